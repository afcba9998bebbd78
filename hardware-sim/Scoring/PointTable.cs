using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Scoring;

/// <summary>A table of points by frame, read from CSV: truth or prediction. Columns in any order; those missing are empty.</summary>
/// <remarks>Rows are sorted by frame, in the file's order within one. NaN stands for an empty cell inside this class only.</remarks>
public sealed class PointTable
{
    private readonly Dictionary<string, double[]> _numbers;
    private readonly Dictionary<int, (int Start, int Count)> _frames = [];

    private PointTable(string source, Columns columns)
    {
        Source = source;
        var order = Enumerable.Range(0, columns.Frames.Count).ToArray();
        var frames = columns.Frames.ToArray();
        Array.Sort(order, (a, b) => frames[a] != frames[b] ? frames[a].CompareTo(frames[b]) : a.CompareTo(b));
        Frame = [.. order.Select(i => frames[i])];
        _numbers = columns.Numbers.ToDictionary(pair => pair.Key, pair => order.Select(i => pair.Value[i]).ToArray(), StringComparer.Ordinal);
        Id = columns.Ids is { } ids ? [.. order.Select(i => ids[i])] : null;
        IdNames = columns.IdNames;
        Flags = columns.Flags is { } flags ? [.. order.Select(i => flags[i])] : null;
        Shape = columns.Shapes is { } shapes ? [.. order.Select(i => shapes[i])] : null;
        for (var i = 0; i < Frame.Length;)
        {
            var end = i;
            while (end < Frame.Length && Frame[end] == Frame[i])
            {
                end++;
            }

            _frames[Frame[i]] = (i, end - i);
            i = end;
        }
    }

    /// <summary>File it came from.</summary>
    public string Source { get; }

    /// <summary>Rows.</summary>
    public int Count => Frame.Length;

    /// <summary>Frame of each row, rising.</summary>
    public int[] Frame { get; }

    /// <summary>Track of each row as an index into <see cref="IdNames"/>; null without a column <c>particle</c>.</summary>
    public int[]? Id { get; }

    /// <summary>Track ids as written.</summary>
    public IReadOnlyList<string> IdNames { get; }

    /// <summary>Flags of each row as written, or null.</summary>
    public string[]? Flags { get; }

    /// <summary>Shape of each row as written, or null.</summary>
    public string[]? Shape { get; }

    /// <summary>Frames that have rows, rising.</summary>
    public IEnumerable<int> FrameNumbers => _frames.Keys;

    /// <summary>Where a frame's rows are; (0, 0) where it has none.</summary>
    public (int Start, int Count) Rows(int frame) => _frames.GetValueOrDefault(frame);

    /// <summary>A numeric column, NaN in empty cells; null where the table has no such column or only empty cells.</summary>
    public double[]? Column(string name) => _numbers.TryGetValue(name, out var values) && values.Any(v => !double.IsNaN(v)) ? values : null;

    /// <summary>Reads a table.</summary>
    /// <param name="path">CSV with a header.</param>
    /// <exception cref="InputException">The file or a needed column is missing, or a cell is no number.</exception>
    public static PointTable Read(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return Read(reader, Path.GetFileName(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {IoReason.Of(error)}", error);
        }
    }

    /// <summary>Reads a table.</summary>
    /// <param name="reader">CSV with a header.</param>
    /// <param name="source">Its name in messages.</param>
    /// <exception cref="InputException">A needed column is missing, or a cell is no number.</exception>
    public static PointTable Read(TextReader reader, string source)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var header = (reader.ReadLine() ?? throw new FrameFormatException(source, "the file is empty; a CSV with the columns frame,x,y is needed"))
            .TrimStart('\uFEFF').Split(',').Select(name => name.Trim().Trim('"')).ToArray();
        var columns = new Columns(header, source);
        for (var line = 2; reader.ReadLine() is { } text; line++)
        {
            if (text.Length > 0)
            {
                columns.Add(text, line);
            }
        }

        return new PointTable(source, columns);
    }

    private sealed class Columns
    {
        private static readonly string[] Numeric =
        [
            "x", "y", "angle_deg", "symmetry", "layer", "area_px", "major_px", "minor_px", "visible", "x_err", "y_err", "angle_err_deg",
            "x_bound_px", "y_bound_px", "angle_bound_deg", "state",
        ];

        private readonly string _source;
        private readonly List<double>?[] _targets;
        private readonly int _frame;
        private readonly int _particle;
        private readonly int _flags;
        private readonly int _shape;
        private readonly int _x;
        private readonly int _y;
        private readonly int _count;
        private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
        private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);
        private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _wordsBySpan;

        public Columns(string[] header, string source)
        {
            _source = source;
            _count = header.Length;
            _idsBySpan = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
            _wordsBySpan = _words.GetAlternateLookup<ReadOnlySpan<char>>();
            _frame = Needed(header, "frame");
            _x = Needed(header, "x");
            _y = Needed(header, "y");
            _particle = Array.IndexOf(header, "particle");
            _flags = Array.IndexOf(header, "flags");
            _shape = Array.IndexOf(header, "shape");
            Ids = _particle >= 0 ? [] : null;
            Flags = _flags >= 0 ? [] : null;
            Shapes = _shape >= 0 ? [] : null;
            _targets = new List<double>?[header.Length];
            foreach (var name in Numeric)
            {
                var index = Array.IndexOf(header, name);
                if (index >= 0)
                {
                    Numbers[name] = _targets[index] = [];
                }
            }
        }

        public List<int> Frames { get; } = [];

        public Dictionary<string, List<double>> Numbers { get; } = new(StringComparer.Ordinal);

        public List<int>? Ids { get; }

        public List<string> IdNames { get; } = [];

        public List<string>? Flags { get; }

        public List<string>? Shapes { get; }

        public void Add(string text, int line)
        {
            var rest = text.AsSpan();
            var index = 0;
            for (var more = true; more; index++)
            {
                if (index >= _count)
                {
                    throw new InputException($"{_source}: line {line}: has more cells than the header's {_count}");
                }

                var comma = rest.IndexOf(',');
                more = comma >= 0;
                var cell = (more ? rest[..comma] : rest).Trim().Trim('"');
                rest = more ? rest[(comma + 1)..] : default;
                Put(index, cell, line);
            }

            if (index < _count)
            {
                throw new InputException($"{_source}: line {line}: has {index} cells, the header {_count}");
            }
        }

        private static int Demanded(ReadOnlySpan<char> cell)
        {
            // Tables that went through pandas may hold frame numbers as 12.0.
            var value = double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
            return value == Math.Floor(value) && value is >= 0 and <= int.MaxValue ? (int)value : throw new FormatException();
        }

        private void Put(int index, ReadOnlySpan<char> cell, int line)
        {
            try
            {
                if (index == _frame)
                {
                    Frames.Add(Demanded(cell));
                }
                else if (index == _particle)
                {
                    Ids!.Add(IdOf(cell));
                }
                else if (index == _flags)
                {
                    Flags!.Add(Word(cell));
                }
                else if (index == _shape)
                {
                    Shapes!.Add(Word(cell));
                }
                else if (_targets[index] is { } target)
                {
                    var value = cell.IsEmpty ? double.NaN : double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
                    if ((index == _x || index == _y) && !double.IsFinite(value))
                    {
                        throw new FormatException();
                    }

                    target.Add(value);
                }
            }
            catch (FormatException error)
            {
                throw new InputException($"{_source}: line {line}, column {index + 1}: '{cell}' is not the number that belongs there", error);
            }
        }

        private int IdOf(ReadOnlySpan<char> cell)
        {
            if (!_idsBySpan.TryGetValue(cell, out var id))
            {
                id = IdNames.Count;
                var name = cell.ToString();
                IdNames.Add(name);
                _ids[name] = id;
            }

            return id;
        }

        private string Word(ReadOnlySpan<char> cell)
        {
            if (!_wordsBySpan.TryGetValue(cell, out var word))
            {
                word = cell.ToString();
                _words[word] = word;
            }

            return word;
        }

        private int Needed(string[] header, string name)
        {
            var index = Array.IndexOf(header, name);
            return index >= 0 ? index : throw new InputException($"{_source}: has no column '{name}'; needed are frame,x,y and, for tracks, particle");
        }
    }
}
