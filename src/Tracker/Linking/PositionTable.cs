using System.Buffers.Text;
using System.Text;
using LiveLtem.Core;

namespace LiveLtem.Tracker.Linking;

/// <summary>A table of positions as text (CSV): the columns <c>frame</c>, <c>x</c> and <c>y</c> read, every byte kept for writing.</summary>
/// <remarks>Columns are found by the names in the header, in any order; others are passed over. Fields may be quoted as in RFC 4180, also
/// over line ends; comma, semicolon and tab are told apart by the header. Blank lines are passed over and copied.</remarks>
public sealed class PositionTable
{
    private const byte Quote = (byte)'"';

    // How far is looked for bytes that no text has.
    private const int TextHead = 4096;
    private readonly byte[] _text;
    private readonly byte _separator;
    private readonly string _name;
    private readonly List<long> _frames = [];
    private readonly List<Point2> _positions = [];

    // Where each row's own text ends, before its line end; the header first.
    private readonly List<int> _rowEnds = [];

    private PositionTable(string name, byte[] text)
    {
        _name = name;
        _text = text;
        DemandText();
        _separator = FindSeparator();
    }

    private enum Column
    {
        Frame,
        X,
        Y,
    }

    /// <summary>Rows, without the header.</summary>
    public int Rows => _frames.Count;

    /// <summary>Frame number of each row, in the order of the file.</summary>
    public IReadOnlyList<long> Frames => _frames;

    /// <summary>Position of each row, px.</summary>
    public IReadOnlyList<Point2> Positions => _positions;

    /// <summary>Reads a table.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">It cannot be read, or is not such a table; the message names line and column.</exception>
    public static PositionTable Read(string path)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var why = Directory.Exists(path) ? "is a folder; give a CSV file" : error is FileNotFoundException or DirectoryNotFoundException
                ? "no such file" : $"cannot be read: {IoReason.Of(error)}";
            throw new InputException($"{path}: {why}", error);
        }

        return Parse(text, path);
    }

    /// <summary>Reads a table from bytes.</summary>
    /// <param name="text">The file's bytes, kept by the table: UTF-8 or any encoding that holds ASCII.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="InputException">It is not such a table; the message names line and column.</exception>
    public static PositionTable Parse(byte[] text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var table = new PositionTable(name, text);
        table.ReadRows();
        return table;
    }

    /// <summary>Writes every row as it was read, in order, with one more column.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="column">Name of the column.</param>
    /// <param name="values">One value for each row.</param>
    public void WriteWith(Stream output, string column, IReadOnlyList<int> values)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(values);
        Span<byte> added = stackalloc byte[16];
        var copied = 0;
        for (var row = -1; row < Rows; row++)
        {
            var end = _rowEnds[row + 1];
            output.Write(_text.AsSpan(copied, end - copied));
            copied = end;
            output.WriteByte(_separator);
            if (row < 0)
            {
                output.Write(Encoding.UTF8.GetBytes(column));
                continue;
            }

            Utf8Formatter.TryFormat(values[row], added, out var length);
            output.Write(added[..length]);
        }

        output.Write(_text.AsSpan(copied));
        if (_text[^1] is not ((byte)'\n' or (byte)'\r'))
        {
            output.WriteByte((byte)'\n');
        }
    }

    private void DemandText()
    {
        if (_text is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new InputException($"{_name}: is UTF-16 text; save it as UTF-8 CSV");
        }

        var head = _text.AsSpan(0, Math.Min(_text.Length, TextHead));
        if (head.IndexOfAnyInRange((byte)0, (byte)8) >= 0 || head.IndexOfAnyInRange((byte)14, (byte)31) >= 0)
        {
            throw new InputException($"{_name}: is no text; a table (CSV) with the columns frame, x and y is needed");
        }
    }

    private byte FindSeparator()
    {
        var line = _text.AsSpan();
        var end = line.IndexOfAny((byte)'\n', (byte)'\r');
        line = end < 0 ? line : line[..end];
        return line.Contains((byte)',') ? (byte)',' : line.Contains((byte)';') ? (byte)';' : line.Contains((byte)'\t') ? (byte)'\t' : (byte)',';
    }

    private void ReadRows()
    {
        var position = _text is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0;
        var line = 1;
        List<Range> fields = [];
        int[]? columns = null;
        while (position < _text.Length)
        {
            var firstLine = line;
            fields.Clear();
            var end = SplitRow(position, fields, ref line);
            var next = AfterLineEnd(end);
            if (end > position)
            {
                if (columns is null)
                {
                    columns = FindColumns(fields, firstLine);
                }
                else
                {
                    ReadRow(fields, columns, firstLine);
                }

                _rowEnds.Add(end);
            }

            line++;
            position = next;
        }

        if (columns is null)
        {
            throw new InputException($"{_name}: is empty; a header line with the columns frame, x and y is needed");
        }
    }

    private int AfterLineEnd(int position)
    {
        if (position < _text.Length && _text[position] == (byte)'\r')
        {
            position++;
        }

        return position < _text.Length && _text[position] == (byte)'\n' ? position + 1 : position;
    }

    /// <summary>Splits one row into fields; returns where it ends, before the line end.</summary>
    private int SplitRow(int start, List<Range> fields, ref int line)
    {
        var begin = start;
        var position = start;
        while (true)
        {
            if (position < _text.Length && _text[position] == Quote && position == begin)
            {
                position = AfterQuoted(position, ref line);
            }

            while (position < _text.Length && _text[position] != _separator && _text[position] is not ((byte)'\n' or (byte)'\r'))
            {
                position++;
            }

            fields.Add(begin..position);
            if (position >= _text.Length || _text[position] != _separator)
            {
                return position;
            }

            begin = ++position;
        }
    }

    private int AfterQuoted(int position, ref int line)
    {
        var opened = line;
        for (position++; position < _text.Length; position++)
        {
            if (_text[position] == (byte)'\n')
            {
                line++;
            }
            else if (_text[position] == Quote)
            {
                if (position + 1 >= _text.Length || _text[position + 1] != Quote)
                {
                    return position + 1;
                }

                position++;
            }
        }

        throw new InputException($"{_name}: line {opened}: a quoted field is never closed; add the missing \"");
    }

    private int[] FindColumns(List<Range> fields, int line)
    {
        int[] columns = [-1, -1, -1];
        var linked = false;
        for (var i = 0; i < fields.Count; i++)
        {
            var name = Encoding.UTF8.GetString(Content(fields[i])).Trim();
            linked |= name.Equals("particle", StringComparison.OrdinalIgnoreCase);
            var column = name.ToUpperInvariant() switch { "FRAME" => 0, "X" => 1, "Y" => 2, _ => -1 };
            if (column >= 0 && columns[column] >= 0)
            {
                throw new InputException($"{_name}: line {line}: column '{name}' is there twice; keep one");
            }

            if (column >= 0)
            {
                columns[column] = i;
            }
        }

        foreach (var column in Enum.GetValues<Column>())
        {
            if (columns[(int)column] < 0)
            {
                throw new InputException($"{_name}: line {line}: no column '{Named(column)}' in the header; the columns frame, x and y are needed");
            }
        }

        return linked
            ? throw new InputException($"{_name}: line {line}: has a column 'particle' already; rename or remove it, for linking adds one of that name")
            : columns;
    }

    private void ReadRow(List<Range> fields, int[] columns, int line)
    {
        var x = Number(fields, columns, Column.X, line);
        var y = Number(fields, columns, Column.Y, line);
        var frame = Number(fields, columns, Column.Frame, line);
        if (frame != Math.Floor(frame) || Math.Abs(frame) > 1L << 53)
        {
            throw Bad(fields, columns, Column.Frame, line, "a whole frame number is needed");
        }

        _frames.Add((long)frame);
        _positions.Add(new Point2(x, y));
    }

    private double Number(List<Range> fields, int[] columns, Column column, int line)
    {
        if (columns[(int)column] >= fields.Count)
        {
            throw new InputException($"{_name}: line {line}: column '{Named(column)}': the row has {fields.Count} of the header's columns only");
        }

        var content = Content(fields[columns[(int)column]]).Trim((byte)' ');
        if (!Utf8Parser.TryParse(content, out double value, out var used) || used != content.Length)
        {
            throw Bad(fields, columns, column, line, content.Contains((byte)',') ? "a number with a point for its decimals is needed" : "a number is needed");
        }

        // Squared distances must stay finite.
        if (!(Math.Abs(value) < 1e150))
        {
            throw Bad(fields, columns, column, line, "a finite number is needed");
        }

        return value;
    }

    private InputException Bad(List<Range> fields, int[] columns, Column column, int line, string needed)
    {
        var text = Encoding.UTF8.GetString(Content(fields[columns[(int)column]]));
        return new InputException($"{_name}: line {line}: column '{Named(column)}': found '{(text.Length > 40 ? text[..40] + "…" : text)}'; {needed}");
    }

    private static string Named(Column column) => column switch { Column.Frame => "frame", Column.X => "x", _ => "y" };

    /// <summary>A field without its quotes; doubled quotes inside stay, for no number or name that is looked for has one.</summary>
    private ReadOnlySpan<byte> Content(Range field)
    {
        var content = _text.AsSpan(field);
        return content is [Quote, .., Quote] ? content[1..^1] : content;
    }
}
