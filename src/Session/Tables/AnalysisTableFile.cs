using LiveLtem.Core.Analysis;

namespace LiveLtem.Session.Tables;

/// <summary>The tables that analyses make: numbers only, an empty cell where something is not known.</summary>
public static class AnalysisTableFile
{
    private const int Digits = 9;

    /// <summary>The columns of a table.</summary>
    public static TableSchema SchemaOf(AnalysisTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return new TableSchema(table.Name, [.. table.Columns.Select(column => TableColumn.Precision(column, Digits))]);
    }

    /// <summary>Writes every row.</summary>
    public static void Append(CsvTableWriter writer, AnalysisTable table)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(table);
        foreach (var row in table.Rows)
        {
            foreach (var cell in row)
            {
                writer.Cell(cell);
            }

            writer.EndRow();
        }
    }
}
