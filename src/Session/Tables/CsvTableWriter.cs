using System.Buffers.Text;
using System.Text;

namespace LiveLtem.Session.Tables;

/// <summary>Writes one table as CSV, row by row, without garbage. The schema decides how each cell is written.</summary>
/// <remarks>UTF-8 without a byte order mark, lines end with <c>\n</c>. Not thread-safe. A row is written whole: what a reader sees of a file
/// that is still growing ends with a line end.</remarks>
public sealed class CsvTableWriter : IDisposable
{
    private const int BufferBytes = 1 << 16;
    private const int RowReserve = 1 << 13;

    private readonly Stream _stream;
    private readonly TableSchema _schema;
    private byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private int _rowStart;
    private int _column;

    /// <summary>Starts the table with its header.</summary>
    /// <param name="stream">Taken over; disposed with the writer.</param>
    /// <param name="schema">The columns.</param>
    public CsvTableWriter(Stream stream, TableSchema schema)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(schema);
        _stream = stream;
        _schema = schema;
        _used = Encoding.UTF8.GetBytes($"{schema.Header}\n", _buffer);
        _rowStart = _used;
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Writes a whole number.</summary>
    public void Cell(long value)
    {
        var target = Next(ColumnKind.Int64, ColumnKind.Int32);
        Utf8Formatter.TryFormat(value, target, out var length);
        _used += length;
    }

    /// <summary>Writes a whole number.</summary>
    public void Cell(int value) => Cell((long)value);

    /// <summary>Writes a whole number, or an empty cell where it is not known.</summary>
    public void Cell(int? value)
    {
        if (value is { } known)
        {
            Cell((long)known);
            return;
        }

        Next(ColumnKind.Int32, ColumnKind.Int32);
    }

    /// <summary>Writes a number with the column's precision, or an empty cell where it is not known or not finite.</summary>
    public void Cell(double? value)
    {
        var column = _schema.Columns[Math.Min(_column, _schema.Columns.Count - 1)];
        var target = Next(ColumnKind.Fixed, ColumnKind.Significant);
        if (value is { } known)
        {
            _used += column.Kind == ColumnKind.Fixed
                ? NumberText.Fixed(known, column.Digits, target)
                : NumberText.Significant(known, column.Digits, target);
        }
    }

    /// <summary>Writes words that need no quotes.</summary>
    public void Cell(string text)
    {
        var target = Next(ColumnKind.Text, ColumnKind.Text);
        _used += Encoding.UTF8.GetBytes(text, target);
    }

    /// <summary>Ends the row.</summary>
    /// <exception cref="InvalidOperationException">The row has too few cells.</exception>
    public void EndRow()
    {
        if (_column != _schema.Columns.Count)
        {
            throw new InvalidOperationException($"a row of {_schema.Name} ended after {_column} of {_schema.Columns.Count} cells");
        }

        _buffer[_used++] = (byte)'\n';
        _rowStart = _used;
        _column = 0;
        Rows++;
        if (_used > BufferBytes - RowReserve)
        {
            WriteWholeRows();
        }
    }

    /// <summary>Hands every whole row to the operating system, so that they outlive this process.</summary>
    public void Flush()
    {
        WriteWholeRows();
        _stream.Flush();
    }

    /// <summary>Writes what is left and closes the file.</summary>
    public void Dispose()
    {
        try
        {
            WriteWholeRows();
        }
        finally
        {
            _stream.Dispose();
        }
    }

    private Span<byte> Next(ColumnKind kind, ColumnKind orKind)
    {
        if (_column >= _schema.Columns.Count || (_schema.Columns[_column].Kind is var found && found != kind && found != orKind))
        {
            throw new InvalidOperationException($"cell {_column + 1} of a row of {_schema.Name} is not what its column holds");
        }

        if (_buffer.Length - _used < RowReserve / 2)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        if (_column++ > 0)
        {
            _buffer[_used++] = (byte)',';
        }

        return _buffer.AsSpan(_used);
    }

    private void WriteWholeRows()
    {
        var end = _stream.CanSeek ? _stream.Position : 0;
        try
        {
            _stream.Write(_buffer, 0, _rowStart);
        }
        catch (IOException) when (_stream.CanSeek)
        {
            // A full disk takes part of a write: what stays is whole rows.
            _stream.SetLength(end);
            _rowStart = 0;
            _used = 0;
            throw;
        }

        Array.Copy(_buffer, _rowStart, _buffer, 0, _used - _rowStart);
        _used -= _rowStart;
        _rowStart = 0;
    }
}
