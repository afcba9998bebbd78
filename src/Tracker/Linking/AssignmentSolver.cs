namespace LiveLtem.Tracker.Linking;

/// <summary>Solves an <see cref="AssignmentProblem"/> exactly.</summary>
/// <remarks>The candidates split into connected components, and those are solved one by one: single rows, single columns and pairs in closed
/// form, larger ones by shortest augmenting paths (Jonker and Volgenant 1987, doi:10.1007/BF02278710) on the sparse candidates, with a
/// private dummy column for each row standing for 'unlinked'. Each search is Dijkstra's with a heap and ends at the nearest free column or
/// dummy, so that a component as large as the frame costs about what its rows' neighbourhoods cost, not its cube. Of two equal totals
/// the one that links more is taken where the choice is a single row's; otherwise lower indices win: the result is a function of the
/// problem alone. Not thread-safe; the arrays are kept between frames.</remarks>
public sealed class AssignmentSolver
{
    private readonly ShortestPaths _paths = new();
    private int[] _rowStarts = [];
    private CandidateLink[] _sorted = [];
    private int[] _parent = [];
    private int[] _componentOfRoot = [];
    private int[] _componentStarts = [];
    private int[] _componentRows = [];
    private int[] _rowComponent = [];

    /// <summary>Components with at least one candidate in the last problem.</summary>
    public int Components { get; private set; }

    /// <summary>Candidates looked at while searching for paths in the last problem: the work done, for tests of its growth.</summary>
    public long Work => _paths.Work;

    /// <summary>Solves a problem.</summary>
    /// <param name="problem">The candidates and costs; not changed.</param>
    /// <param name="columnOfRow">Receives the column of each row, or -1 where it stays unlinked; as long as there are rows.</param>
    /// <returns>The total cost: of the links made and of the rows left unlinked.</returns>
    public double Solve(AssignmentProblem problem, Span<int> columnOfRow)
    {
        ArgumentNullException.ThrowIfNull(problem);
        columnOfRow = columnOfRow[..problem.Rows];
        columnOfRow.Fill(-1);
        SortByRow(problem);
        FindComponents(problem);
        _paths.Begin(_sorted, _rowStarts, problem);
        for (var c = 0; c < Components; c++)
        {
            var rows = _componentRows.AsSpan(_componentStarts[c], _componentStarts[c + 1] - _componentStarts[c]);
            if (rows.Length == 1)
            {
                LinkSingleRow(rows[0], problem.UnlinkedCosts, columnOfRow);
            }
            else if (!TryLinkToSingleColumn(rows, problem.UnlinkedCosts, columnOfRow))
            {
                _paths.Solve(rows, columnOfRow);
            }
        }

        return Total(problem, columnOfRow);
    }

    private void SortByRow(AssignmentProblem problem)
    {
        Buffers.Ensure(ref _rowStarts, problem.Rows + 2);
        Buffers.Ensure(ref _sorted, problem.LinkCount);
        Array.Clear(_rowStarts, 0, problem.Rows + 2);
        foreach (var link in problem.Links)
        {
            _rowStarts[link.Row + 2]++;
        }

        for (var r = 2; r < problem.Rows + 2; r++)
        {
            _rowStarts[r] += _rowStarts[r - 1];
        }

        foreach (var link in problem.Links)
        {
            _sorted[_rowStarts[link.Row + 1]++] = link;
        }
    }

    private void FindComponents(AssignmentProblem problem)
    {
        var nodes = problem.Rows + problem.Columns;
        Buffers.Ensure(ref _parent, nodes);
        Buffers.Ensure(ref _componentOfRoot, nodes);
        for (var i = 0; i < nodes; i++)
        {
            _parent[i] = i;
            _componentOfRoot[i] = -1;
        }

        foreach (var link in problem.Links)
        {
            var a = Root(link.Row);
            var b = Root(problem.Rows + link.Column);
            if (a != b)
            {
                // The smaller index becomes the root, so that components are numbered by their first row.
                _parent[Math.Max(a, b)] = Math.Min(a, b);
            }
        }

        Components = 0;
        Buffers.Ensure(ref _rowComponent, problem.Rows);
        Buffers.Ensure(ref _componentRows, problem.Rows);
        Buffers.Ensure(ref _componentStarts, problem.Rows + 2);
        Array.Clear(_componentStarts, 0, problem.Rows + 2);
        for (var r = 0; r < problem.Rows; r++)
        {
            if (_rowStarts[r + 1] == _rowStarts[r])
            {
                _rowComponent[r] = -1;
                continue;
            }

            var root = Root(r);
            if (_componentOfRoot[root] < 0)
            {
                _componentOfRoot[root] = Components++;
            }

            _rowComponent[r] = _componentOfRoot[root];
            _componentStarts[_rowComponent[r] + 2]++;
        }

        for (var c = 2; c < Components + 2; c++)
        {
            _componentStarts[c] += _componentStarts[c - 1];
        }

        for (var r = 0; r < problem.Rows; r++)
        {
            if (_rowComponent[r] >= 0)
            {
                _componentRows[_componentStarts[_rowComponent[r] + 1]++] = r;
            }
        }
    }

    private int Root(int node)
    {
        while (_parent[node] != node)
        {
            _parent[node] = _parent[_parent[node]];
            node = _parent[node];
        }

        return node;
    }

    private void LinkSingleRow(int row, ReadOnlySpan<double> unlinked, Span<int> columnOfRow)
    {
        var best = unlinked[row];
        for (var k = _rowStarts[row]; k < _rowStarts[row + 1]; k++)
        {
            var cost = _sorted[k].Cost;
            if (cost < best || (cost == best && columnOfRow[row] < 0))
            {
                best = cost;
                columnOfRow[row] = _sorted[k].Column;
            }
        }
    }

    /// <summary>Several rows that compete for one column: the one that gains most by the link has it.</summary>
    private bool TryLinkToSingleColumn(ReadOnlySpan<int> rows, ReadOnlySpan<double> unlinked, Span<int> columnOfRow)
    {
        var column = _sorted[_rowStarts[rows[0]]].Column;
        var winner = -1;
        var bestGain = 0.0;
        foreach (var row in rows)
        {
            var first = _rowStarts[row];
            if (_rowStarts[row + 1] - first != 1 || _sorted[first].Column != column)
            {
                return false;
            }

            var gain = unlinked[row] - _sorted[first].Cost;
            if (gain > bestGain || (gain == bestGain && winner < 0))
            {
                bestGain = gain;
                winner = row;
            }
        }

        if (winner >= 0)
        {
            columnOfRow[winner] = column;
        }

        return true;
    }

    private double Total(AssignmentProblem problem, ReadOnlySpan<int> columnOfRow)
    {
        var total = 0.0;
        for (var r = 0; r < problem.Rows; r++)
        {
            if (columnOfRow[r] < 0)
            {
                total += problem.UnlinkedCosts[r];
                continue;
            }

            for (var k = _rowStarts[r]; k < _rowStarts[r + 1]; k++)
            {
                if (_sorted[k].Column == columnOfRow[r])
                {
                    total += _sorted[k].Cost;
                    break;
                }
            }
        }

        return total;
    }
}
