using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>A connection to <c>session.db</c> that writes. Not thread-safe.</summary>
/// <remarks>Write-ahead log: readers are never held up and see whole transactions. A transaction that was committed survives the end of the
/// process; with <c>synchronous=FULL</c> a power failure too.</remarks>
internal sealed class SessionDatabase : IDisposable
{
    private const int BusyMs = 5000;

    private readonly SqliteConnection _connection;
    private InsertStatement? _frame;
    private InsertStatement? _row;
    private InsertStatement? _point;

    private SessionDatabase(SqliteConnection connection)
    {
        _connection = connection;
    }

    /// <summary>The connection, for queries.</summary>
    public SqliteConnection Connection => _connection;

    /// <summary>Makes a new database.</summary>
    public static SessionDatabase Create(string path)
    {
        var database = Open(path, SqliteOpenMode.ReadWriteCreate, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
        try
        {
            database.Run($"BEGIN; {SessionSchema.Create} PRAGMA user_version={SessionSchema.Version}; COMMIT;");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens a database for writing; what a killed writer left in the log is brought in.</summary>
    /// <param name="path">The file.</param>
    /// <param name="survivesPowerFailure">Whether each commit waits for the disk.</param>
    public static SessionDatabase OpenForWriting(string path, bool survivesPowerFailure) => Open(
        path,
        SqliteOpenMode.ReadWrite,
        $"PRAGMA journal_mode=WAL; PRAGMA synchronous={(survivesPowerFailure ? "FULL" : "NORMAL")};");

    public void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs some writing as one transaction.</summary>
    public void Transact(Action write)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            write();
            Run("COMMIT");
        }
        catch
        {
            // After some faults (a full disk) SQLite has rolled back by itself.
            if (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                Run("ROLLBACK");
            }

            throw;
        }
    }

    public void Insert(long sequence, IndexRecord record)
    {
        _frame ??= new InsertStatement(_connection, SessionSchema.InsertFrame);
        _frame.Add(sequence).Add(record.Number);
        _ = record.IsKept ? _frame.Add(record.Position) : _frame.AddNull();
        _frame.Add((long)record.Segment).Add(record.SourceTimeS).Add(record.ReceivedUnixNs).Add(HashText.Of(record.Hash))
            .Add(record.MeanCounts).Add(record.MinCounts).Add(record.MaxCounts).Add(record.SaturatedFraction)
            .Add(record.DroppedBefore).Add((long)record.Flags).Run();
    }

    public void Insert(FrameRow row)
    {
        _row ??= new InsertStatement(_connection, SessionSchema.InsertRow);
        _row.Add(row.Frame).Add(row.TimeS).Add(row.DoseRateEPerA2PerS).Add(row.DoseEPerA2).Add(row.MeanCounts).Add(row.Snr).Add(row.Particles)
            .Add(row.DriftXPx).Add(row.DriftYPx).Add(row.SaturatedFraction).Add(row.DroppedBefore).Add(row.Processed ? 1L : 0L).Add(row.LatencyMs).Run();
    }

    public void Insert(TrackPoint point, FrameRow row)
    {
        _point ??= new InsertStatement(_connection, SessionSchema.InsertPoint);
        var fit = point.Fit;
        _point.Add(point.Frame).Add((long)point.Particle).Add(fit.XPx).Add(fit.YPx).Add(fit.AngleDeg).Add(point.RotationDeg)
            .Add((long)fit.Symmetry).Add((long)point.Layer).Add(fit.AreaPx).Add(fit.MajorPx).Add(fit.MinorPx).Add(point.Score)
            .Add(fit.XErrPx).Add(fit.YErrPx).Add(fit.AngleErrDeg).Add(fit.SizeErrPx).Add(point.State).Add((long)point.Flags)
            .Add((long)point.Detection).Add(row.TimeS).Add(row.DoseEPerA2).Run();
    }

    public void Insert(SessionEvent happening)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = SessionSchema.InsertEvent;
        command.Parameters.AddWithValue("$id", happening.Id);
        command.Parameters.AddWithValue("$kind", EventText.Kind(happening));
        command.Parameters.AddWithValue("$time", UnixTime.Nanoseconds(happening.Time));
        command.Parameters.AddWithValue("$frame", (object?)happening.Frame ?? DBNull.Value);
        command.Parameters.AddWithValue("$body", EventText.Body(happening));
        command.ExecuteNonQuery();
    }

    public void SetSetting(string key, string value)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "INSERT OR REPLACE INTO settings (key, value) VALUES ($key, $value)";
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }

    /// <summary>Brings the write-ahead log into the database and does away with it, so that the file stands for itself on read-only media.</summary>
    public void Close()
    {
        Release();
        Run("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;");
    }

    public void Dispose()
    {
        Release();
        _connection.Dispose();
    }

    private static SessionDatabase Open(string path, SqliteOpenMode mode, string settings)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            var database = new SessionDatabase(connection);
            database.Run($"PRAGMA busy_timeout={BusyMs}; {settings}");
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Release()
    {
        _frame?.Dispose();
        _row?.Dispose();
        _point?.Dispose();
        (_frame, _row, _point) = (null, null, null);
    }
}
