using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Results;

/// <summary>One table of a result folder: a CSV that grows, and its Parquet twin at the end.</summary>
internal sealed class TableFile
{
    private readonly TableSchema _schema;
    private readonly ResultFile _csv;
    private readonly ResultFile _parquet;

    /// <summary>Starts both files.</summary>
    public TableFile(string folder, TableSchema schema)
    {
        _schema = schema;
        _csv = new ResultFile(Path.Combine(folder, $"{schema.Name}.csv"));
        _parquet = new ResultFile(Path.Combine(folder, $"{schema.Name}.parquet"));
        Writer = new CsvTableWriter(_csv.Create(), schema);
    }

    /// <summary>Takes the rows.</summary>
    public CsvTableWriter Writer { get; }

    /// <summary>Closes the CSV and makes the Parquet of it.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            Writer.Dispose();
        }
        finally
        {
            // Whatever stops the last rows, those before them are whole.
            _csv.Commit();
        }

        await ParquetTable.ConvertAsync(_csv.FinalPath, _parquet.PartialPath, _schema, cancellationToken).ConfigureAwait(false);
        _parquet.Commit();
    }
}
