namespace LiveLtem.HardwareSim.Scoring;

/// <summary>The matching of greatest total weight in a sparse bipartite graph; nobody has to be matched.</summary>
/// <remarks>Shortest augmenting paths with potentials (Jonker and Volgenant 1987, doi:10.1007/BF02278710) by Dijkstra over the edges there are;
/// each row has a column of its own, of weight 0, that stands for staying alone. Exact; O(rows × edges × log) at worst.</remarks>
public static class SparseAssignment
{
    /// <summary>Solves one matching.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="edges">Row, column and weight; weights of 0 and less never match.</param>
    /// <returns>For each row its column, or -1.</returns>
    public static int[] Solve(int rows, int columns, IReadOnlyList<(int Row, int Column, double Weight)> edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        var graph = new Graph(rows, columns, edges);
        for (var row = 0; row < rows; row++)
        {
            graph.Augment(row);
        }

        return graph.Result();
    }

    private sealed class Graph
    {
        private readonly int _columns;
        private readonly int[] _first;
        private readonly int[] _to;
        private readonly double[] _cost;
        private readonly double[] _columnPotential;
        private readonly int[] _rowOf;
        private readonly int[] _columnOf;
        private readonly double[] _distance;
        private readonly int[] _parentRow;
        private readonly bool[] _done;
        private readonly double[] _rowPotential;
        private readonly List<int> _touched = [];
        private readonly PriorityQueue<int, double> _queue = new();

        public Graph(int rows, int columns, IReadOnlyList<(int Row, int Column, double Weight)> edges)
        {
            _columns = columns;
            _first = new int[rows + 1];
            foreach (var (row, _, weight) in edges)
            {
                _first[row + 1] += weight > 0 ? 1 : 0;
            }

            for (var row = 0; row < rows; row++)
            {
                _first[row + 1] += _first[row];
            }

            _to = new int[_first[rows]];
            _cost = new double[_first[rows]];
            var next = _first[..^1];
            foreach (var (row, column, weight) in edges)
            {
                if (weight > 0)
                {
                    _to[next[row]] = column;
                    _cost[next[row]++] = -weight;
                }
            }

            // Columns beyond the real ones: one for each row, where it stays alone.
            _columnPotential = new double[columns + rows];
            _rowOf = new int[columns + rows];
            Array.Fill(_rowOf, -1);
            _columnOf = new int[rows];
            Array.Fill(_columnOf, -1);
            _distance = new double[columns + rows];
            Array.Fill(_distance, double.PositiveInfinity);
            _parentRow = new int[columns + rows];
            _done = new bool[columns + rows];
            _rowPotential = new double[rows];
        }

        public void Augment(int start)
        {
            _touched.Clear();
            _queue.Clear();
            // The row's own potential makes its cheapest edge free, so that reduced costs stay at or above 0.
            var cheapest = -_columnPotential[_columns + start];
            for (var e = _first[start]; e < _first[start + 1]; e++)
            {
                cheapest = Math.Min(cheapest, _cost[e] - _columnPotential[_to[e]]);
            }

            _rowPotential[start] = cheapest;
            Relax(start, 0);
            var sink = -1;
            while (_queue.TryDequeue(out var column, out var distance))
            {
                if (_done[column] || distance > _distance[column])
                {
                    continue;
                }

                _done[column] = true;
                if (_rowOf[column] < 0)
                {
                    sink = column;
                    break;
                }

                Relax(_rowOf[column], distance);
            }

            // A row's own column is always free unless the row holds it, so a path always ends.
            var length = _distance[sink];
            foreach (var column in _touched)
            {
                if (_done[column] && column != sink)
                {
                    var shift = length - _distance[column];
                    _columnPotential[column] -= shift;
                    _rowPotential[_rowOf[column]] += shift;
                }
            }

            _rowPotential[start] += length;
            for (var column = sink; ;)
            {
                var row = _parentRow[column];
                var before = _columnOf[row];
                _columnOf[row] = column;
                _rowOf[column] = row;
                if (row == start)
                {
                    break;
                }

                column = before;
            }

            foreach (var column in _touched)
            {
                _distance[column] = double.PositiveInfinity;
                _done[column] = false;
            }
        }

        public int[] Result() => [.. _columnOf.Select(column => column < _columns ? column : -1)];

        private void Relax(int row, double distance)
        {
            for (var e = _first[row]; e < _first[row + 1]; e++)
            {
                Offer(row, _to[e], distance + _cost[e] - _rowPotential[row] - _columnPotential[_to[e]]);
            }

            var own = _columns + row;
            Offer(row, own, distance - _rowPotential[row] - _columnPotential[own]);
        }

        private void Offer(int row, int column, double distance)
        {
            if (_done[column] || distance >= _distance[column])
            {
                return;
            }

            if (double.IsPositiveInfinity(_distance[column]))
            {
                _touched.Add(column);
            }

            _distance[column] = distance;
            _parentRow[column] = row;
            _queue.Enqueue(column, distance);
        }
    }
}
