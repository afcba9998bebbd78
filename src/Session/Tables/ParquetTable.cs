using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace LiveLtem.Session.Tables;

/// <summary>Makes the Parquet twin of a CSV table, so that both hold the same values to the last digit.</summary>
/// <remarks>Read row group by row group: the memory needed does not grow with the table. Columns are named and ordered as in the CSV.</remarks>
public static class ParquetTable
{
    private const int RowsPerGroup = 1 << 16;

    /// <summary>Converts a table that <see cref="CsvTableWriter"/> wrote.</summary>
    /// <param name="csvPath">The table; a last line that was cut off is left out.</param>
    /// <param name="parquetPath">Written anew.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="cancellationToken">Stops between row groups.</param>
    public static async Task ConvertAsync(string csvPath, string parquetPath, TableSchema schema, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var columns = schema.Columns.Select(ParquetColumn.For).ToArray();
        var input = new StreamReader(csvPath);
        await using var output = File.Create(parquetPath);
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Snappy };
        using (input)
        {
            await using var writer = await ParquetWriter.CreateAsync(
                new ParquetSchema([.. columns.Select(column => column.Field)]), output, options, append: false, cancellationToken).ConfigureAwait(false);
            await input.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            var rows = 0;
            while (await input.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                if (TryAdd(line, columns) && ++rows == RowsPerGroup)
                {
                    await WriteGroupAsync(writer, columns, cancellationToken).ConfigureAwait(false);
                    rows = 0;
                }
            }

            // A table without rows still gets one (empty) group: some readers want to see the columns.
            await WriteGroupAsync(writer, columns, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool TryAdd(string line, ParquetColumn[] columns)
    {
        if (line.AsSpan().Count(',') != columns.Length - 1)
        {
            return false;
        }

        var index = 0;
        foreach (var range in line.AsSpan().Split(','))
        {
            columns[index++].Add(line.AsSpan()[range]);
        }

        return true;
    }

    private static async Task WriteGroupAsync(ParquetWriter writer, ParquetColumn[] columns, CancellationToken cancellationToken)
    {
        using var group = writer.CreateRowGroup();
        foreach (var column in columns)
        {
            await column.WriteAsync(group, cancellationToken).ConfigureAwait(false);
        }

        group.CompleteValidate();
    }

    private abstract class ParquetColumn(DataField field)
    {
        public DataField Field { get; } = field;

        public static ParquetColumn For(TableColumn column) => (column.Kind, column.Nullable) switch
        {
            (ColumnKind.Int64, _) => new Required<long>(column.Name),
            (ColumnKind.Int32, false) => new Required<int>(column.Name),
            (ColumnKind.Int32, true) => new Optional<int>(column.Name),
            (ColumnKind.Text, _) => new Words(column.Name),
            _ => new Optional<double>(column.Name),
        };

        public abstract void Add(ReadOnlySpan<char> cell);

        public abstract Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken);
    }

    private sealed class Required<T>(string name) : ParquetColumn(new DataField<T>(name))
        where T : struct, ISpanParsable<T>
    {
        private readonly List<T> _values = [];

        public override void Add(ReadOnlySpan<char> cell) => _values.Add(T.Parse(cell, CultureInfo.InvariantCulture));

        public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync<T>(Field, _values.ToArray(), null, null, cancellationToken).ConfigureAwait(false);
            _values.Clear();
        }
    }

    private sealed class Optional<T>(string name) : ParquetColumn(new DataField<T?>(name))
        where T : struct, ISpanParsable<T>
    {
        private readonly List<T?> _values = [];

        public override void Add(ReadOnlySpan<char> cell) => _values.Add(cell.IsEmpty ? null : T.Parse(cell, CultureInfo.InvariantCulture));

        public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync<T>(Field, _values.ToArray(), null, null, cancellationToken).ConfigureAwait(false);
            _values.Clear();
        }
    }

    private sealed class Words(string name) : ParquetColumn(new DataField(name, typeof(string), isNullable: false))
    {
        private readonly List<string> _values = [];

        public override void Add(ReadOnlySpan<char> cell) => _values.Add(cell.ToString());

        public override async Task WriteAsync(ParquetRowGroupWriter group, CancellationToken cancellationToken)
        {
            await group.WriteAsync(Field, _values).ConfigureAwait(false);
            _values.Clear();
        }
    }
}
