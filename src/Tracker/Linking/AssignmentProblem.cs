namespace LiveLtem.Tracker.Linking;

/// <summary>One allowed pair of an <see cref="AssignmentProblem"/>.</summary>
/// <param name="Row">The earlier one (a track).</param>
/// <param name="Column">The later one (a detection).</param>
/// <param name="Cost">What the pair costs; any finite number.</param>
public readonly record struct CandidateLink(int Row, int Column, double Cost);

/// <summary>Rows to be linked one to one with columns, by candidate pairs with costs; a row may stay unlinked at a price of its own, a
/// column for nothing.</summary>
/// <remarks>A price for unlinked columns needs no field: take it off every candidate of that column. The arrays are kept between frames.
/// Not thread-safe.</remarks>
public sealed class AssignmentProblem
{
    private double[] _unlinkedCosts = [];
    private CandidateLink[] _links = [];

    /// <summary>Rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns.</summary>
    public int Columns { get; private set; }

    /// <summary>What leaving each row unlinked costs.</summary>
    public Span<double> UnlinkedCosts => _unlinkedCosts.AsSpan(0, Rows);

    /// <summary>The candidates, in the order added.</summary>
    public ReadOnlySpan<CandidateLink> Links => _links.AsSpan(0, LinkCount);

    /// <summary>How many candidates there are.</summary>
    public int LinkCount { get; private set; }

    /// <summary>Starts over.</summary>
    /// <param name="rows">Rows, >= 0.</param>
    /// <param name="columns">Columns, >= 0.</param>
    /// <param name="unlinkedCost">What leaving a row unlinked costs, until set otherwise.</param>
    public void Reset(int rows, int columns, double unlinkedCost)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
        LinkCount = 0;
        Buffers.Ensure(ref _unlinkedCosts, rows);
        UnlinkedCosts.Fill(unlinkedCost);
    }

    /// <summary>Allows a pair. Each pair at most once.</summary>
    public void Add(int row, int column, double cost)
    {
        Buffers.Grow(ref _links, LinkCount + 1);
        _links[LinkCount++] = new CandidateLink(row, column, cost);
    }
}
