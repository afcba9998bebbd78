namespace LiveLtem.Session.Tables;

/// <summary>What a column holds, which decides how its cells are written.</summary>
public enum ColumnKind
{
    /// <summary>Whole numbers up to 64 bit (frame numbers).</summary>
    Int64,

    /// <summary>Whole numbers up to 32 bit.</summary>
    Int32,

    /// <summary>Numbers with a fixed count of decimals.</summary>
    Fixed,

    /// <summary>Numbers with a count of significant digits, written without an exponent.</summary>
    Significant,

    /// <summary>Words; never with a comma, a quote or a line end in them.</summary>
    Text,
}

/// <summary>One column of a table.</summary>
/// <param name="Name">Header cell; a unit is part of it.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Digits">Decimals or significant digits; 0 for whole numbers and text.</param>
/// <param name="Nullable">Whether a cell may be empty because a value is not known.</param>
public sealed record TableColumn(string Name, ColumnKind Kind, int Digits = 0, bool Nullable = false)
{
    /// <summary>A column of whole numbers up to 64 bit, none unknown.</summary>
    public static TableColumn Long(string name) => new(name, ColumnKind.Int64);

    /// <summary>A column of whole numbers.</summary>
    public static TableColumn Int(string name, bool nullable = false) => new(name, ColumnKind.Int32, 0, nullable);

    /// <summary>A column of numbers with a fixed count of decimals; those that are not finite are empty.</summary>
    public static TableColumn Decimals(string name, int decimals) => new(name, ColumnKind.Fixed, decimals, Nullable: true);

    /// <summary>A column of numbers with a count of significant digits; those that are not finite are empty.</summary>
    public static TableColumn Precision(string name, int digits) => new(name, ColumnKind.Significant, digits, Nullable: true);

    /// <summary>A column of words.</summary>
    public static TableColumn Text(string name) => new(name, ColumnKind.Text);
}

/// <summary>A table: its name and its columns in the order of the file.</summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Columns">The columns, in order.</param>
public sealed record TableSchema(string Name, IReadOnlyList<TableColumn> Columns)
{
    /// <summary>The first line of the CSV, without a line end.</summary>
    public string Header => string.Join(',', Columns.Select(column => column.Name));
}
