using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>A connection to <c>session.db</c> that only reads, while another process may write. Thread-safe.</summary>
internal sealed class SessionReader : IDisposable
{
    private const int BusyMs = 5000;
    private const int PointsAtOnce = 4096;

    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    private SessionReader(SqliteConnection connection)
    {
        _connection = connection;
    }

    /// <summary>Opens a database.</summary>
    /// <exception cref="SqliteException">It is none, or damaged.</exception>
    /// <exception cref="LaterVersionException">It is of a later version.</exception>
    public static SessionReader Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            var reader = new SessionReader(connection);
            reader.Scalar($"PRAGMA busy_timeout={BusyMs}");
            var version = reader.Scalar("PRAGMA user_version");
            return version <= SessionSchema.Version
                ? reader
                : throw new LaterVersionException(path, $"schema {version} is of a later version of LiveLTEM; this one reads up to {SessionSchema.Version}: update it");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>One whole number; 0 for NULL.</summary>
    public long Scalar(string sql)
    {
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar() is long value ? value : 0;
        }
    }

    /// <summary>One text, or null.</summary>
    public string? Text(string sql)
    {
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar() as string;
        }
    }

    public IReadOnlyList<SessionEvent> EventsAfter(long afterId) => Query(
        "SELECT id, kind, time_unix_ns, frame, body FROM events WHERE id > $a ORDER BY id",
        afterId,
        0,
        row => EventText.Read(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3), row.GetString(4)))
        .OfType<SessionEvent>().ToList();

    /// <summary>Rows of <c>frames.csv</c> in the order of arrival, from a sequence number on.</summary>
    public IReadOnlyList<(long Sequence, FrameRow Row)> RowsFrom(long sequence, int most) =>
        Query($"SELECT seq, {RowColumns} FROM rows WHERE seq >= $a ORDER BY seq LIMIT $b", sequence, most, row => (row.GetInt64(0), ReadRow(row, 1)));

    /// <summary>Rows of <c>frames.csv</c> from a frame number on.</summary>
    public IReadOnlyList<FrameRow> RowsFromFrame(long frame, int most) =>
        Query($"SELECT {RowColumns} FROM rows WHERE frame >= $a ORDER BY frame, seq LIMIT $b", frame, most, row => ReadRow(row, 0));

    /// <summary>Points in the order they were written, from an id on, with time and dose.</summary>
    public IReadOnlyList<StoredPoint> PointsFrom(long id) =>
        Query($"SELECT {PointColumns} FROM tracks WHERE id >= $a ORDER BY id LIMIT $b", id, PointsAtOnce, ReadPoint);

    /// <summary>Points from a frame number on, by frame and particle; the last frame is whole unless it alone has more than asked for.</summary>
    public IReadOnlyList<TrackPoint> PointsFromFrame(long frame, int most)
    {
        // One more than asked tells whether the last frame was cut in two.
        var points = Query(
            $"SELECT {PointColumns} FROM tracks WHERE frame >= $a ORDER BY frame, particle LIMIT $b",
            frame,
            most < int.MaxValue ? most + 1 : most,
            ReadPoint).Select(stored => stored.Point).ToList();
        if (points.Count <= most)
        {
            return points;
        }

        var cut = points[most].Frame;
        var whole = points.FindIndex(point => point.Frame == cut);
        return points.GetRange(0, whole > 0 ? whole : most);
    }

    /// <summary>Numbers of the first and of the last so many analysed frames.</summary>
    public IReadOnlyList<long> PicturedFrames(int last) =>
    [
        .. Query("SELECT frame FROM rows WHERE processed = 1 AND seq >= $a ORDER BY seq LIMIT $b", 0, 1, row => row.GetInt64(0)),
        .. Query("SELECT frame FROM rows WHERE processed = 1 AND seq >= $a ORDER BY seq DESC LIMIT $b", 0, last, row => row.GetInt64(0)),
    ];

    public void Dispose() => _connection.Dispose();

    private const string RowColumns =
        "frame, time_s, dose_rate_e_A2_s, dose_e_A2, mean_counts, snr, particles, drift_x_px, drift_y_px, saturated_fraction, dropped_before, processed, latency_ms";

    private const string PointColumns =
        "id, frame, particle, x, y, angle_deg, rotation_deg, symmetry, layer, area_px, major_px, minor_px, score, x_err, y_err, angle_err_deg, size_err_px, state, flags, detection, time_s, dose_e_A2";

    private static FrameRow ReadRow(SqliteDataReader row, int first) => new()
    {
        Frame = row.GetInt64(first),
        TimeS = Number(row, first + 1),
        DoseRateEPerA2PerS = Number(row, first + 2),
        DoseEPerA2 = Number(row, first + 3),
        MeanCounts = Number(row, first + 4) ?? double.NaN,
        Snr = Number(row, first + 5),
        Particles = Whole(row, first + 6),
        DriftXPx = Number(row, first + 7),
        DriftYPx = Number(row, first + 8),
        SaturatedFraction = Number(row, first + 9) ?? double.NaN,
        DroppedBefore = row.GetInt64(first + 10),
        Processed = row.GetInt64(first + 11) != 0,
        LatencyMs = Number(row, first + 12),
    };

    private static StoredPoint ReadPoint(SqliteDataReader row) => new(
        row.GetInt64(0),
        new TrackPoint
        {
            Frame = row.GetInt64(1),
            Particle = row.GetInt32(2),
            Fit = new ShapeFit
            {
                XPx = Number(row, 3) ?? double.NaN,
                YPx = Number(row, 4) ?? double.NaN,
                AngleDeg = Number(row, 5),
                Symmetry = row.GetInt32(7),
                AreaPx = Number(row, 9) ?? double.NaN,
                MajorPx = Number(row, 10) ?? double.NaN,
                MinorPx = Number(row, 11) ?? double.NaN,
                XErrPx = Number(row, 13) ?? double.NaN,
                YErrPx = Number(row, 14) ?? double.NaN,
                AngleErrDeg = Number(row, 15),
                SizeErrPx = Number(row, 16),
            },
            RotationDeg = Number(row, 6),
            Layer = row.GetInt32(8),
            Score = Number(row, 12) ?? double.NaN,
            State = Whole(row, 17),
            Flags = (DetectionFlags)row.GetInt32(18),
            Detection = row.GetInt32(19),
        },
        Number(row, 20),
        Number(row, 21));

    private static double? Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);

    private static int? Whole(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    private List<T> Query<T>(string sql, long a, int b, Func<SqliteDataReader, T> read)
    {
        lock (_gate)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.Parameters.AddWithValue("$a", a);
            if (b > 0)
            {
                command.Parameters.AddWithValue("$b", b);
            }

            using var rows = command.ExecuteReader();
            var items = new List<T>();
            try
            {
                while (rows.Read())
                {
                    items.Add(read(rows));
                }
            }
            catch (Exception error) when (error is InvalidOperationException or InvalidCastException or OverflowException or FormatException)
            {
                throw new SqliteException($"a row holds what it cannot hold: {error.Message}", SQLitePCL.raw.SQLITE_CORRUPT);
            }

            return items;
        }
    }
}

/// <summary>A point as the database keeps it.</summary>
/// <param name="Id">Its place in the order of writing.</param>
/// <param name="Point">The point.</param>
/// <param name="TimeS">Seconds from the first frame, or null.</param>
/// <param name="DoseEPerA2">Dose up to its frame, or null.</param>
internal readonly record struct StoredPoint(long Id, TrackPoint Point, double? TimeS, double? DoseEPerA2);
