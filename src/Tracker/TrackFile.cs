using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Tracker;

/// <summary>Somebody's trajectories as a table (CSV): a row a measurement, with the columns of <c>tracks.csv</c> as far as they are there.</summary>
/// <remarks><c>frame, particle, x, y</c> are needed; <c>angle_deg, rotation_deg, symmetry, layer, area_px, major_px, minor_px, score, x_err, y_err,
/// angle_err_deg, state, flags, time_s, dose_e_A2</c> and trackpy's <c>ep</c> (error of the position) are read where they are there; others are
/// passed over. Columns in any order, named in any case; rows in any order; comma, semicolon or tab; an empty cell is not known.</remarks>
public sealed class TrackFile
{
    private static readonly string[] Known =
    [
        "frame", "particle", "x", "y", "angle_deg", "rotation_deg", "symmetry", "layer", "area_px", "major_px", "minor_px", "score",
        "x_err", "y_err", "angle_err_deg", "state", "flags", "time_s", "dose_e_a2", "ep",
    ];

    private static readonly string[] Needed = ["frame", "particle", "x", "y"];
    private readonly string _name;
    private readonly Dictionary<string, int> _columns = [];
    private readonly List<Row> _rows = [];

    private TrackFile(string name) => _name = name;

    /// <summary>Frames that have at least one point, in order, with time and dose as the table has them.</summary>
    public IReadOnlyList<(FrameTracks Tracks, double? TimeS, double? DoseEPerA2)> Frames { get; private set; } = [];

    /// <summary>Particles in it.</summary>
    public int Particles { get; private set; }

    /// <summary>Measurements in it.</summary>
    public int Points => _rows.Count;

    /// <summary>Largest x, px.</summary>
    public double MaxX { get; private set; }

    /// <summary>Largest y, px.</summary>
    public double MaxY { get; private set; }

    /// <summary>Reads a table.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, or is no such table; the message names line and column.</exception>
    public static TrackFile Read(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return Parse(reader, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var why = Directory.Exists(path) ? "is a folder; give a CSV file" : error is FileNotFoundException or DirectoryNotFoundException
                ? "no such file" : $"cannot be read: {IoReason.Of(error)}";
            throw new InputException($"{path}: {why}", error);
        }
    }

    /// <summary>Reads a table from text.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InputException">It is no such table; the message names line and column.</exception>
    public static TrackFile Parse(TextReader reader, string name)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var file = new TrackFile(name);
        file.ReadRows(reader);
        file.Order();
        return file;
    }

    private void ReadRows(TextReader reader)
    {
        var number = 0;
        var separator = ',';
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (_columns.Count == 0)
            {
                DemandText(line, reader);
                separator = line.Contains(',', StringComparison.Ordinal) ? ',' : line.Contains(';', StringComparison.Ordinal) ? ';' : line.Contains('\t', StringComparison.Ordinal) ? '\t' : ',';
                ReadHeader(Cells(line, separator), number);
            }
            else
            {
                _rows.Add(ReadRow(Cells(line, separator), number));
            }
        }

        if (_columns.Count == 0)
        {
            throw new InputException($"{_name}: is empty; a header line with the columns frame, particle, x and y is needed");
        }

        if (_rows.Count == 0)
        {
            throw new InputException($"{_name}: has a header but no rows");
        }
    }

    // What no text has is looked for a little further than the first line, for the head of a picture may be one.
    private void DemandText(string line, TextReader reader)
    {
        if (line.Any(IsOfNoText) || (reader.Peek() is >= 0 and var next && IsOfNoText((char)next)))
        {
            throw new InputException($"{_name}: is no text; --tracks takes a table (CSV) with the columns frame, particle, x and y, and a recording is analysed without --tracks");
        }
    }

    private static bool IsOfNoText(char letter) => char.IsControl(letter) && !char.IsWhiteSpace(letter);

    private static string[] Cells(string line, char separator) => [.. line.Split(separator).Select(cell => cell.Trim().Trim('"').Trim())];

    private void ReadHeader(string[] names, int line)
    {
        for (var i = 0; i < names.Length; i++)
        {
            var name = names[i].ToLowerInvariant();
            if (Known.Contains(name) && !_columns.TryAdd(name, i))
            {
                throw new InputException($"{_name}: line {line}: column '{name}' is there twice; keep one");
            }
        }

        foreach (var name in Needed)
        {
            if (!_columns.ContainsKey(name))
            {
                var hint = name == "particle" ? "; 'liveltem link' adds it to a table of positions" : string.Empty;
                throw new InputException($"{_name}: line {line}: no column '{name}' in the header; frame, particle, x and y are needed{hint}");
            }
        }
    }

    private Row ReadRow(string[] cells, int line) => new()
    {
        Line = line,
        Frame = Whole(cells, "frame", line, 0, 1L << 53) ?? throw Bad(cells, "frame", line, "a whole number from 0 is needed"),
        Particle = (int)(Whole(cells, "particle", line, 0, int.MaxValue) ?? throw Bad(cells, "particle", line, "a whole number from 0 is needed")),
        X = Number(cells, "x", line) ?? throw Bad(cells, "x", line, "a number is needed"),
        Y = Number(cells, "y", line) ?? throw Bad(cells, "y", line, "a number is needed"),
        AngleDeg = Number(cells, "angle_deg", line),
        RotationDeg = Number(cells, "rotation_deg", line),
        Symmetry = (int?)Whole(cells, "symmetry", line, 0, 12),
        Layer = (int)(Whole(cells, "layer", line, 0, 2) ?? 0),
        Area = Number(cells, "area_px", line),
        Major = Number(cells, "major_px", line),
        Minor = Number(cells, "minor_px", line),
        Score = Number(cells, "score", line) ?? 1,
        XErr = Number(cells, "x_err", line) ?? Number(cells, "ep", line),
        YErr = Number(cells, "y_err", line) ?? Number(cells, "ep", line),
        AngleErrDeg = Number(cells, "angle_err_deg", line),
        State = (int?)Whole(cells, "state", line, 0, int.MaxValue),
        Flags = Flags(cells, line),
        TimeS = Number(cells, "time_s", line),
        Dose = Number(cells, "dose_e_a2", line),
    };

    private string Text(string[] cells, string column, int line)
    {
        if (!_columns.TryGetValue(column, out var at))
        {
            return string.Empty;
        }

        return at < cells.Length
            ? cells[at]
            : throw new InputException($"{_name}: line {line}: column '{column}': the row has {cells.Length} cells only");
    }

    private double? Number(string[] cells, string column, int line)
    {
        var text = Text(cells, column, line);
        if (text.Length == 0 || (!Needed.Contains(column) && text.Equals("nan", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) < 1e150
            ? value
            : throw Bad(cells, column, line, text.Contains(',', StringComparison.Ordinal) ? "a number with a point for its decimals is needed" : "a finite number is needed");
    }

    private long? Whole(string[] cells, string column, int line, long least, long most) => Number(cells, column, line) switch
    {
        null => null,
        { } value when value == Math.Floor(value) && value >= least && value <= most => (long)value,
        _ => throw Bad(cells, column, line, most <= 12 ? $"a whole number from {least} to {most} is needed" : $"a whole number from {least} is needed"),
    };

    private DetectionFlags Flags(string[] cells, int line)
    {
        var flags = DetectionFlags.None;
        foreach (var word in Text(cells, "flags", line).Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            flags |= Enum.GetValues<DetectionFlags>().FirstOrDefault(flag => flag.Text() == word, DetectionFlags.None);
        }

        return flags;
    }

    private InputException Bad(string[] cells, string column, int line, string needed)
    {
        var text = Text(cells, column, line);
        return new InputException($"{_name}: line {line}: column '{column}': found '{(text.Length > 40 ? text[..40] + "…" : text)}'; {needed}");
    }

    private void Order()
    {
        var turns = new Dictionary<int, (double Angle, double Rotation)>();
        var frames = new List<(FrameTracks, double?, double?)>();
        foreach (var frame in _rows.GroupBy(row => row.Frame).OrderBy(group => group.Key))
        {
            var rows = frame.OrderBy(row => row.Particle).ThenBy(row => row.Line).ToList();
            for (var i = 1; i < rows.Count; i++)
            {
                if (rows[i].Particle == rows[i - 1].Particle)
                {
                    throw new InputException($"{_name}: line {rows[i].Line}: column 'particle': particle {rows[i].Particle} is in frame {frame.Key} twice (see line {rows[i - 1].Line})");
                }
            }

            var points = rows.ConvertAll(row => Point(row, turns));
            frames.Add((
                new FrameTracks { Header = new FrameHeader { Number = frame.Key }, Points = points },
                rows.Select(row => row.TimeS).FirstOrDefault(time => time is not null),
                rows.Select(row => row.Dose).FirstOrDefault(dose => dose is not null)));
        }

        Frames = frames;
        Particles = _rows.Select(row => row.Particle).Distinct().Count();
        (MaxX, MaxY) = (_rows.Max(row => row.X), _rows.Max(row => row.Y));
    }

    private static TrackPoint Point(Row row, Dictionary<int, (double Angle, double Rotation)> turns)
    {
        // An angle without a symmetry is taken for a direction.
        var symmetry = row.Symmetry ?? (row.AngleDeg is null && row.RotationDeg is null ? 0 : 1);
        var period = 360.0 / Math.Max(1, symmetry);
        var angle = symmetry == 0 ? null : row.AngleDeg ?? (row.RotationDeg is { } turned ? turned - (period * Math.Floor(turned / period)) : (double?)null);
        var rotation = row.RotationDeg;
        if (rotation is null && angle is { } now)
        {
            // The branch nearest the last value.
            var last = turns.GetValueOrDefault(row.Particle, (now, now));
            rotation = last.Item2 + Math.IEEERemainder(now - last.Item1, period);
            turns[row.Particle] = (now, rotation.Value);
        }

        var (major, minor) = (row.Major ?? double.NaN, row.Minor ?? double.NaN);
        return new TrackPoint
        {
            Frame = row.Frame,
            Particle = row.Particle,
            RotationDeg = symmetry == 0 ? null : rotation,
            Layer = row.Layer,
            Score = row.Score,
            State = row.State,
            Flags = row.Flags,
            Fit = new ShapeFit
            {
                Symmetry = symmetry,
                XPx = row.X,
                YPx = row.Y,
                XErrPx = row.XErr ?? double.NaN,
                YErrPx = row.YErr ?? double.NaN,
                AngleDeg = angle,
                AngleErrDeg = row.AngleErrDeg,
                AreaPx = row.Area ?? double.NaN,
                MajorPx = major,
                MinorPx = minor,
            },
        };
    }

    private sealed record Row
    {
        public required int Line { get; init; }

        public required long Frame { get; init; }

        public required int Particle { get; init; }

        public required double X { get; init; }

        public required double Y { get; init; }

        public double? AngleDeg { get; init; }

        public double? RotationDeg { get; init; }

        public int? Symmetry { get; init; }

        public int Layer { get; init; }

        public double? Area { get; init; }

        public double? Major { get; init; }

        public double? Minor { get; init; }

        public double Score { get; init; }

        public double? XErr { get; init; }

        public double? YErr { get; init; }

        public double? AngleErrDeg { get; init; }

        public int? State { get; init; }

        public DetectionFlags Flags { get; init; }

        public double? TimeS { get; init; }

        public double? Dose { get; init; }
    }
}
