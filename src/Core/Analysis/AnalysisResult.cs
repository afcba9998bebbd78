namespace LiveLtem.Core.Analysis;

/// <summary>What one analysis knows: figures for people and scripts, tables for plots.</summary>
public sealed record AnalysisResult
{
    /// <summary>Its part of <c>analysis.json</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Figures in the order of their names' contract.</summary>
    public required IReadOnlyList<AnalysisFigure> Figures { get; init; }

    /// <summary>Its tables; empty where there is nothing to list.</summary>
    public IReadOnlyList<AnalysisTable> Tables { get; init; } = [];

    /// <summary>What a reader has to know of all its figures, one clause; null where there is nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>One figure with its uncertainty, or the reason why there is none.</summary>
/// <remarks>Exactly one of <see cref="Value"/>, <see cref="Values"/>, <see cref="Text"/> and <see cref="Missing"/> says what it is.</remarks>
public sealed record AnalysisFigure
{
    /// <summary>Name with unit, as <c>a1_nm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The value, finite; null where it is not a single number or not known.</summary>
    public double? Value { get; init; }

    /// <summary>1-sigma error of <see cref="Value"/>, in its unit; null where it cannot be stated.</summary>
    public double? Err { get; init; }

    /// <summary>Unit, as <c>nm</c>; empty for a pure number.</summary>
    public string Unit { get; init; } = string.Empty;

    /// <summary>Independent measurements behind it, as its definition counts them.</summary>
    public long N { get; init; }

    /// <summary>What measurement noise alone would give, in the same unit; null where that has no meaning.</summary>
    public double? NoiseFloor { get; init; }

    /// <summary>Several values of one kind, in a stated order, each with its error or null.</summary>
    public IReadOnlyList<(double Value, double? Err)>? Values { get; init; }

    /// <summary>A word, as the name of the law that fits best.</summary>
    public string? Text { get; init; }

    /// <summary>Why there is none, one clause for people; null where there is one.</summary>
    public string? Missing { get; init; }

    /// <summary>A figure that is not known.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="why">Why not, one clause.</param>
    public static AnalysisFigure Unknown(string name, string why) => new() { Name = name, Missing = why };
}

/// <summary>A table of numbers; <c>NaN</c> is an empty cell.</summary>
/// <param name="Name">File name without extension, as <c>msd</c>.</param>
/// <param name="Columns">Column names with units.</param>
/// <param name="Rows">Rows of as many cells as there are columns.</param>
public sealed record AnalysisTable(string Name, IReadOnlyList<string> Columns, IReadOnlyList<double[]> Rows);
