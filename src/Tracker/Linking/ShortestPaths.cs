namespace LiveLtem.Tracker.Linking;

/// <summary>Shortest augmenting paths on sparse candidates, one component at a time.</summary>
/// <remarks>Column prices v are at most 0 and only fall; a row's price is the least of (cost - v) over its candidates and its own price for
/// staying unlinked, which is reached by no other row, so once a row is left unlinked it is so for good. All state is reset by stamp, so
/// that a component costs nothing for the rest of the frame.</remarks>
internal sealed class ShortestPaths
{
    private readonly PriorityQueue<int, (double Distance, int Column)> _heap = new();
    private readonly List<int> _scanned = [];
    private CandidateLink[] _links = [];
    private int[] _rowStarts = [];
    private AssignmentProblem? _problem;
    private double[] _price = [];
    private int[] _rowOfColumn = [];
    private double[] _costOfColumn = [];
    private double[] _distance = [];
    private int[] _via = [];
    private double[] _viaCost = [];
    private int[] _seen = [];
    private int[] _done = [];
    private int _stamp;

    /// <summary>Candidates looked at since <see cref="Begin"/>.</summary>
    public long Work { get; private set; }

    /// <summary>Takes over a frame's candidates.</summary>
    /// <param name="links">Sorted by row.</param>
    /// <param name="rowStarts">Where each row's candidates begin in <paramref name="links"/>.</param>
    /// <param name="problem">Sizes and the prices of unlinked rows.</param>
    public void Begin(CandidateLink[] links, int[] rowStarts, AssignmentProblem problem)
    {
        _links = links;
        _rowStarts = rowStarts;
        _problem = problem;
        Work = 0;
        var n = problem.Columns;
        if (_seen.Length < n)
        {
            Buffers.Ensure(ref _price, n);
            Buffers.Ensure(ref _rowOfColumn, n);
            Buffers.Ensure(ref _costOfColumn, n);
            Buffers.Ensure(ref _distance, n);
            Buffers.Ensure(ref _via, n);
            Buffers.Ensure(ref _viaCost, n);
            Buffers.Ensure(ref _seen, n);
            Buffers.Ensure(ref _done, n);
            _stamp = 0;
        }

        Array.Clear(_price, 0, n);
        Array.Fill(_rowOfColumn, -1, 0, n);
    }

    /// <summary>Links the rows of one component.</summary>
    public void Solve(ReadOnlySpan<int> rows, Span<int> columnOfRow)
    {
        var unlinked = _problem!.UnlinkedCosts;
        foreach (var row in rows)
        {
            if (!TryCheapest(row, unlinked[row], columnOfRow))
            {
                Augment(row, columnOfRow);
            }
        }
    }

    /// <summary>Takes the row's cheapest candidate where it is free, or leaves the row unlinked where that is cheapest of all.</summary>
    private bool TryCheapest(int row, double unlinkedCost, Span<int> columnOfRow)
    {
        var best = -1;
        var least = unlinkedCost;
        for (var k = _rowStarts[row]; k < _rowStarts[row + 1]; k++)
        {
            var reduced = _links[k].Cost - _price[_links[k].Column];
            if (reduced < least || (reduced == least && best < 0))
            {
                least = reduced;
                best = k;
            }
        }

        Work += _rowStarts[row + 1] - _rowStarts[row];
        if (best < 0)
        {
            return true;
        }

        var column = _links[best].Column;
        if (_rowOfColumn[column] >= 0)
        {
            return false;
        }

        _rowOfColumn[column] = row;
        _costOfColumn[column] = _links[best].Cost;
        columnOfRow[row] = column;
        return true;
    }

    private void Augment(int row, Span<int> columnOfRow)
    {
        var unlinked = _problem!.UnlinkedCosts;
        NextStamp();
        _heap.Clear();
        _scanned.Clear();
        var leaver = row;
        var end = unlinked[row];
        var endColumn = -1;
        Relax(row, 0);
        while (_heap.TryDequeue(out var column, out var key))
        {
            if (_done[column] == _stamp || key.Distance > _distance[column])
            {
                continue;
            }

            // A tie goes to the link: who can be linked for the same price is linked.
            if (key.Distance > end)
            {
                break;
            }

            if (_rowOfColumn[column] < 0)
            {
                end = key.Distance;
                endColumn = column;
                break;
            }

            _done[column] = _stamp;
            _scanned.Add(column);
            var owner = _rowOfColumn[column];
            var shift = key.Distance - (_costOfColumn[column] - _price[column]);
            if (unlinked[owner] + shift < end)
            {
                end = unlinked[owner] + shift;
                leaver = owner;
            }

            Relax(owner, shift);
        }

        foreach (var column in _scanned)
        {
            if (_distance[column] < end)
            {
                _price[column] += _distance[column] - end;
            }
        }

        if (endColumn < 0)
        {
            // The path ends with a row left unlinked; the column it had is the first to be handed on.
            if (leaver == row)
            {
                return;
            }

            endColumn = columnOfRow[leaver];
            columnOfRow[leaver] = -1;
        }

        HandOn(endColumn, row, columnOfRow);
    }

    private void Relax(int row, double shift)
    {
        for (var k = _rowStarts[row]; k < _rowStarts[row + 1]; k++)
        {
            var column = _links[k].Column;
            if (_done[column] == _stamp)
            {
                continue;
            }

            var distance = _links[k].Cost - _price[column] + shift;
            if (_seen[column] != _stamp || distance < _distance[column])
            {
                _seen[column] = _stamp;
                _distance[column] = distance;
                _via[column] = row;
                _viaCost[column] = _links[k].Cost;
                _heap.Enqueue(column, (distance, column));
            }
        }

        Work += _rowStarts[row + 1] - _rowStarts[row];
    }

    /// <summary>Gives each column of the path to the row it was reached from, back to the row that started.</summary>
    private void HandOn(int column, int start, Span<int> columnOfRow)
    {
        while (true)
        {
            var taker = _via[column];
            var handedOn = columnOfRow[taker];
            _rowOfColumn[column] = taker;
            _costOfColumn[column] = _viaCost[column];
            columnOfRow[taker] = column;
            if (taker == start)
            {
                return;
            }

            column = handedOn;
        }
    }

    private void NextStamp()
    {
        if (_stamp == int.MaxValue)
        {
            Array.Clear(_seen);
            Array.Clear(_done);
            _stamp = 0;
        }

        _stamp++;
    }
}
