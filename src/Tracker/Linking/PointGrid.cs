namespace LiveLtem.Tracker.Linking;

/// <summary>A uniform grid over points: neighbours within a radius in time proportional to how many there are.</summary>
/// <remarks>Cells lie row by row in memory where the box of the points has not many more cells than points, so that a search reads a few runs; else they are hashed. Building is
/// O(n) and its memory depends on the number of points alone, so one stray point at 10^300 costs nothing. The arrays are kept between builds:
/// in the steady state nothing is allocated. Not thread-safe.</remarks>
public sealed class PointGrid
{
    private const double CellLimit = 1L << 52;

    /// <summary>Cells that a box may have for each point and still be laid out whole.</summary>
    private const int CellsPerPoint = 4;

    // Points in the order of their cells.
    private Point2[] _points = [];
    private int[] _order = [];
    private long[] _cellX = [];
    private long[] _cellY = [];
    private int[] _starts = [];
    private int[] _bucketOf = [];
    private int _count;
    private int _mask;
    private double _cell = 1;
    private bool _isDense;
    private long _left;
    private long _top;
    private int _columns;
    private int _rows;

    /// <summary>Points in the grid.</summary>
    public int Count => _count;

    /// <summary>Side of a cell, px.</summary>
    public double CellPx => _cell;

    /// <summary>Takes a copy of the points; what was in the grid before is forgotten.</summary>
    /// <param name="points">Finite positions, px.</param>
    /// <param name="cellPx">Side of a cell, px, > 0: the radius that will mostly be asked for.</param>
    public void Build(ReadOnlySpan<Point2> points, double cellPx)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cellPx);
        _count = points.Length;
        _cell = cellPx;
        Buffers.Ensure(ref _points, _count);
        Buffers.Ensure(ref _order, _count);
        Buffers.Ensure(ref _bucketOf, _count);
        _isDense = LayOut(points);
        var buckets = _isDense ? _columns * _rows : Hash();
        Buffers.Ensure(ref _starts, buckets + 1);
        Array.Clear(_starts, 0, buckets + 1);
        for (var i = 0; i < _count; i++)
        {
            long x = Cell(points[i].X), y = Cell(points[i].Y);
            _bucketOf[i] = _isDense ? (int)(((y - _top) * _columns) + (x - _left)) : Bucket(x, y);
            _starts[_bucketOf[i] + 1]++;
        }

        for (var b = 0; b < buckets; b++)
        {
            _starts[b + 1] += _starts[b];
        }

        // Filled from the back, so that within a bucket the points keep their order and _starts ends as it began.
        for (var i = _count - 1; i >= 0; i--)
        {
            var k = --_starts[_bucketOf[i] + 1];
            _order[k] = i;
            _points[k] = points[i];
            if (!_isDense)
            {
                (_cellX[k], _cellY[k]) = (Cell(points[i].X), Cell(points[i].Y));
            }
        }

        for (var b = 0; b < buckets; b++)
        {
            _starts[b] = _starts[b + 1];
        }

        _starts[buckets] = _count;
    }

    /// <summary>Appends the index of every point within a radius, and the squared distance to it.</summary>
    /// <param name="centre">Where to look.</param>
    /// <param name="radiusPx">Largest distance, px, inclusive.</param>
    /// <param name="found">Receives them in a fixed order; not cleared.</param>
    public void Within(Point2 centre, double radiusPx, List<Neighbour> found)
    {
        var limit = radiusPx * radiusPx;
        var (x0, x1) = Cells(centre.X, radiusPx);
        var (y0, y1) = Cells(centre.Y, radiusPx);
        if ((double)(x1 - x0 + 1) * (y1 - y0 + 1) > _count + 16)
        {
            for (var i = 0; i < _count; i++)
            {
                Offer(i, centre, limit, found);
            }

            return;
        }

        if (_isDense)
        {
            (x0, x1) = (Math.Max(x0 - _left, 0), Math.Min(x1 - _left, _columns - 1));
            (y0, y1) = (Math.Max(y0 - _top, 0), Math.Min(y1 - _top, _rows - 1));
            for (var cy = y0; cy <= y1 && x0 <= x1; cy++)
            {
                var row = (int)cy * _columns;
                var last = _starts[row + (int)x1 + 1];
                for (var k = _starts[row + (int)x0]; k < last; k++)
                {
                    Offer(k, centre, limit, found);
                }
            }

            return;
        }

        for (var cy = y0; cy <= y1; cy++)
        {
            for (var cx = x0; cx <= x1; cx++)
            {
                var b = Bucket(cx, cy);
                for (var k = _starts[b]; k < _starts[b + 1]; k++)
                {
                    if (_cellX[k] == cx && _cellY[k] == cy)
                    {
                        Offer(k, centre, limit, found);
                    }
                }
            }
        }
    }

    /// <summary>The nearest point within a radius, or -1.</summary>
    /// <param name="centre">Where to look.</param>
    /// <param name="radiusPx">Largest distance, px, inclusive.</param>
    /// <param name="distanceSquared">Squared distance to it, px^2.</param>
    /// <param name="except">Index of a point to pass over, or -1.</param>
    public int Nearest(Point2 centre, double radiusPx, out double distanceSquared, int except = -1)
    {
        var best = -1;
        distanceSquared = radiusPx * radiusPx;
        var (x0, x1) = Cells(centre.X, radiusPx);
        var (y0, y1) = Cells(centre.Y, radiusPx);
        if ((double)(x1 - x0 + 1) * (y1 - y0 + 1) > _count + 16)
        {
            for (var i = 0; i < _count; i++)
            {
                Compare(i, centre, except, ref best, ref distanceSquared);
            }

            return best;
        }

        if (_isDense)
        {
            (x0, x1) = (Math.Max(x0 - _left, 0), Math.Min(x1 - _left, _columns - 1));
            (y0, y1) = (Math.Max(y0 - _top, 0), Math.Min(y1 - _top, _rows - 1));
            for (var cy = y0; cy <= y1 && x0 <= x1; cy++)
            {
                var row = (int)cy * _columns;
                var last = _starts[row + (int)x1 + 1];
                for (var k = _starts[row + (int)x0]; k < last; k++)
                {
                    Compare(k, centre, except, ref best, ref distanceSquared);
                }
            }

            return best;
        }

        for (var cy = y0; cy <= y1; cy++)
        {
            for (var cx = x0; cx <= x1; cx++)
            {
                var b = Bucket(cx, cy);
                for (var k = _starts[b]; k < _starts[b + 1]; k++)
                {
                    if (_cellX[k] == cx && _cellY[k] == cy)
                    {
                        Compare(k, centre, except, ref best, ref distanceSquared);
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Whether the box of the points is laid out whole; then where it begins and how many cells it has.</summary>
    private bool LayOut(ReadOnlySpan<Point2> points)
    {
        double left = double.MaxValue, right = double.MinValue, top = double.MaxValue, bottom = double.MinValue;
        foreach (var p in points)
        {
            (left, right) = (Math.Min(left, p.X), Math.Max(right, p.X));
            (top, bottom) = (Math.Min(top, p.Y), Math.Max(bottom, p.Y));
        }

        if (points.IsEmpty)
        {
            return false;
        }

        (_left, _top) = (Cell(left), Cell(top));
        double columns = Cell(right) - _left + 1, rows = Cell(bottom) - _top + 1;
        if (!(columns * rows <= (CellsPerPoint * (double)points.Length) + 16))
        {
            return false;
        }

        (_columns, _rows) = ((int)columns, (int)rows);
        return true;
    }

    private int Hash()
    {
        var buckets = 16;
        while (buckets < 2 * _count)
        {
            buckets *= 2;
        }

        _mask = buckets - 1;
        Buffers.Ensure(ref _cellX, _count);
        Buffers.Ensure(ref _cellY, _count);
        return buckets;
    }

    private void Offer(int k, Point2 centre, double limit, List<Neighbour> found)
    {
        var d = _points[k].DistanceSquaredTo(centre);
        if (d <= limit)
        {
            found.Add(new Neighbour(_order[k], d));
        }
    }

    private void Compare(int k, Point2 centre, int except, ref int best, ref double distanceSquared)
    {
        var d = _points[k].DistanceSquaredTo(centre);
        if (d > distanceSquared)
        {
            return;
        }

        var i = _order[k];
        if (i != except && (d < distanceSquared || best < 0 || i < best))
        {
            best = i;
            distanceSquared = d;
        }
    }

    // A point counts as within the radius when its rounded squared distance does: it can lie beyond it by the rounding of the differences and
    // squares, and by about 10^-162 px where squares underflow to zero. The cells searched reach that far.
    private (long First, long Last) Cells(double centre, double radiusPx)
    {
        var reach = (radiusPx * (1 + 1e-15)) + (Math.Abs(centre) * 1e-15) + 1e-150;
        return (Cell(centre - reach), Cell(centre + reach));
    }

    private long Cell(double v) => (long)Math.Clamp(Math.Floor(v / _cell), -CellLimit, CellLimit);

    private int Bucket(long cx, long cy)
    {
        var h = ((ulong)cx * 0x9E3779B97F4A7C15UL) ^ ((ulong)cy * 0xC2B2AE3D27D4EB4FUL);
        return (int)((h ^ (h >> 29) ^ (h >> 47)) & (ulong)_mask);
    }
}

/// <summary>A point found near another.</summary>
/// <param name="Index">Its index in the grid.</param>
/// <param name="DistanceSquared">Squared distance, px^2.</param>
public readonly record struct Neighbour(int Index, double DistanceSquared);
