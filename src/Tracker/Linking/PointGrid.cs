namespace LiveLtem.Tracker.Linking;

/// <summary>A hashed uniform grid over points: neighbours within a radius in time proportional to how many there are.</summary>
/// <remarks>Building is O(n) and its memory depends on the number of points alone, so one stray point at 10^300 costs nothing. The arrays
/// are kept between builds: in the steady state nothing is allocated. Not thread-safe.</remarks>
public sealed class PointGrid
{
    private const double CellLimit = 1L << 52;

    private Point2[] _points = [];
    private long[] _cellX = [];
    private long[] _cellY = [];
    private int[] _order = [];
    private int[] _starts = [];
    private int _count;
    private int _mask;
    private double _cell = 1;

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
        var buckets = 16;
        while (buckets < 2 * _count)
        {
            buckets *= 2;
        }

        _mask = buckets - 1;
        Buffers.Ensure(ref _points, _count);
        Buffers.Ensure(ref _cellX, _count);
        Buffers.Ensure(ref _cellY, _count);
        Buffers.Ensure(ref _order, _count);
        Buffers.Ensure(ref _starts, buckets + 1);
        points.CopyTo(_points);
        Array.Clear(_starts, 0, buckets + 1);
        for (var i = 0; i < _count; i++)
        {
            _cellX[i] = Cell(_points[i].X);
            _cellY[i] = Cell(_points[i].Y);
            _starts[Bucket(_cellX[i], _cellY[i]) + 1]++;
        }

        for (var b = 0; b < buckets; b++)
        {
            _starts[b + 1] += _starts[b];
        }

        // Filled from the back, so that within a bucket the points keep their order and _starts ends as it began.
        for (var i = _count - 1; i >= 0; i--)
        {
            _order[--_starts[Bucket(_cellX[i], _cellY[i]) + 1]] = i;
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
        long x0 = Cell(centre.X - radiusPx), x1 = Cell(centre.X + radiusPx);
        long y0 = Cell(centre.Y - radiusPx), y1 = Cell(centre.Y + radiusPx);
        if ((double)(x1 - x0 + 1) * (y1 - y0 + 1) > _count + 16)
        {
            for (var i = 0; i < _count; i++)
            {
                Offer(i, centre, limit, found);
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
                    var i = _order[k];
                    if (_cellX[i] == cx && _cellY[i] == cy)
                    {
                        Offer(i, centre, limit, found);
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
        long x0 = Cell(centre.X - radiusPx), x1 = Cell(centre.X + radiusPx);
        long y0 = Cell(centre.Y - radiusPx), y1 = Cell(centre.Y + radiusPx);
        if ((double)(x1 - x0 + 1) * (y1 - y0 + 1) > _count + 16)
        {
            for (var i = 0; i < _count; i++)
            {
                Compare(i, centre, except, ref best, ref distanceSquared);
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
                    var i = _order[k];
                    if (_cellX[i] == cx && _cellY[i] == cy)
                    {
                        Compare(i, centre, except, ref best, ref distanceSquared);
                    }
                }
            }
        }

        return best;
    }

    private void Offer(int i, Point2 centre, double limit, List<Neighbour> found)
    {
        var d = _points[i].DistanceSquaredTo(centre);
        if (d <= limit)
        {
            found.Add(new Neighbour(i, d));
        }
    }

    private void Compare(int i, Point2 centre, int except, ref int best, ref double distanceSquared)
    {
        var d = _points[i].DistanceSquaredTo(centre);
        if (i != except && (d < distanceSquared || (d == distanceSquared && (best < 0 || i < best))))
        {
            best = i;
            distanceSquared = d;
        }
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
