using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Who is whose neighbour: points that share an edge of the Voronoi diagram (Delaunay neighbours) and are not too far apart.</summary>
/// <remarks>Each point's Voronoi cell is cut out of a box by the bisectors to the points around it, nearest first, so that the four points
/// of a square, which lie on one circle, do not get an arbitrary diagonal. O(n) for points of bounded density. Not thread-safe.</remarks>
internal sealed class NeighbourMap
{
    // An edge of the cell shorter than this part of the cut is a corner where four cells meet.
    private const double LeastEdge = 0.02;
    private readonly PointGrid _grid = new();
    private readonly List<Neighbour> _near = [];
    private readonly List<int> _links = [];
    private readonly List<double> _edges = [];
    private readonly List<(double X, double Y, int Behind)> _cell = [];
    private readonly List<(double X, double Y, int Behind)> _clipped = [];
    private Point2[] _points = [];
    private int[] _starts = [0];

    /// <summary>Distance to the nearest point, the median or the quantile asked for; NaN with fewer than two points.</summary>
    public double Spacing { get; private set; } = double.NaN;

    /// <summary>Points it was built of.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The neighbours of a point, by index.</summary>
    public ReadOnlySpan<int> Of(int point) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_links)[_starts[point].._starts[point + 1]];

    /// <summary>Lengths of the edges shared with the neighbours, in the same order.</summary>
    public ReadOnlySpan<double> EdgesOf(int point) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_edges)[_starts[point].._starts[point + 1]];

    /// <summary>Finds the neighbours anew.</summary>
    /// <param name="points">Positions.</param>
    /// <param name="reach">Longest bond in units of the median distance to the nearest point.</param>
    /// <param name="openReach">How far a cell goes where no point bounds it, in the same units; null: as far as a bond.</param>
    /// <param name="quantile">Of the distances to the nearest point, which one is the unit, if it is at least the fourth smallest.</param>
    public void Build(Point2[] points, double reach, double? openReach = null, double quantile = 0.5)
    {
        _points = points;
        _links.Clear();
        _edges.Clear();
        _starts = new int[points.Length + 1];
        Spacing = Nearest(quantile);
        if (!(Spacing > 0))
        {
            return;
        }

        var cut = reach * Spacing;
        var open = (openReach ?? reach) * Spacing;

        // What is further off than twice the corners of the box cuts nothing off.
        var within = Math.Min(2 * cut, 2.001 * Math.Sqrt(2) * open);
        _grid.Build(points, within / 2);
        for (var i = 0; i < points.Length; i++)
        {
            Cut(i, cut, open, within);
            _starts[i + 1] = _links.Count;
        }
    }

    private double Nearest(double quantile)
    {
        if (_points.Length < 2)
        {
            return double.NaN;
        }

        double left = double.MaxValue, right = double.MinValue, top = double.MaxValue, bottom = double.MinValue;
        foreach (var p in _points)
        {
            (left, right) = (Math.Min(left, p.X), Math.Max(right, p.X));
            (top, bottom) = (Math.Min(top, p.Y), Math.Max(bottom, p.Y));
        }

        var cell = Math.Max(Math.Sqrt((right - left + 1e-9) * (bottom - top + 1e-9) / _points.Length), (right - left + bottom - top) / (4 * _points.Length));
        if (!(cell > 0))
        {
            return double.NaN;
        }

        var nearest = new double[_points.Length];
        for (var radius = 1.5 * cell; ; radius *= 4)
        {
            _grid.Build(_points, radius);
            var found = 0;
            for (var i = 0; i < _points.Length; i++)
            {
                var best = _grid.Nearest(_points[i], radius, out var squared, except: i) < 0 ? double.PositiveInfinity : squared;
                nearest[i] = Math.Sqrt(best);
                found += double.IsFinite(best) ? 1 : 0;
            }

            if (found > _points.Length / 2)
            {
                Array.Sort(nearest);
                return nearest[Math.Min(Math.Max((int)(quantile * (found - 1)), 3), (found - 1) / 2)];
            }
        }
    }

    private void Cut(int i, double cut, double open, double within)
    {
        var p = _points[i];
        _near.Clear();
        _grid.Within(p, within, _near);
        SortByDistance();
        _cell.Clear();
        _cell.Add((-open, -open, -1));
        _cell.Add((open, -open, -1));
        _cell.Add((open, open, -1));
        _cell.Add((-open, open, -1));
        var farthest = Farthest();
        foreach (var (j, squared) in _near)
        {
            // A bisector beyond every corner leaves the cell as it is, and so do those of all that are further off.
            if (squared > 4.001 * farthest)
            {
                break;
            }

            if (j != i && Clip(_points[j].X - p.X, _points[j].Y - p.Y, j))
            {
                farthest = Farthest();
            }
        }

        for (var k = 0; k < _cell.Count; k++)
        {
            // Each corner carries the point behind the edge that starts at it.
            var (x0, y0, behind) = _cell[k];
            var (x1, y1, _) = _cell[(k + 1) % _cell.Count];
            var edge = Math.Sqrt(((x1 - x0) * (x1 - x0)) + ((y1 - y0) * (y1 - y0)));
            if (behind >= 0 && edge > LeastEdge * cut && p.DistanceSquaredTo(_points[behind]) < cut * cut)
            {
                _links.Add(behind);
                _edges.Add(edge);
            }
        }
    }

    // Nearest first, by index where the distances are the same. They are few.
    private void SortByDistance()
    {
        var near = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_near);
        for (var k = 1; k < near.Length; k++)
        {
            var moving = near[k];
            var place = k;
            for (; place > 0 && (near[place - 1].DistanceSquared > moving.DistanceSquared
                || (near[place - 1].DistanceSquared == moving.DistanceSquared && near[place - 1].Index > moving.Index)); place--)
            {
                near[place] = near[place - 1];
            }

            near[place] = moving;
        }
    }

    // Squared distance of the corner that is furthest from the point.
    private double Farthest()
    {
        var most = 0.0;
        foreach (var (x, y, _) in _cell)
        {
            most = Math.Max(most, (x * x) + (y * y));
        }

        return most;
    }

    // Keeps the part of the cell that is nearer to the origin than to (dx, dy); says whether that is less than before.
    private bool Clip(double dx, double dy, int behind)
    {
        var half = ((dx * dx) + (dy * dy)) / 2;
        if (half == 0)
        {
            return false;
        }

        var isCut = false;
        foreach (var (x, y, _) in _cell)
        {
            isCut |= (x * dx) + (y * dy) > half;
        }

        if (!isCut)
        {
            return false;
        }

        _clipped.Clear();
        for (var k = 0; k < _cell.Count; k++)
        {
            var (x0, y0, edge) = _cell[k];
            var (x1, y1, _) = _cell[(k + 1) % _cell.Count];
            var from = (x0 * dx) + (y0 * dy) - half;
            var to = (x1 * dx) + (y1 * dy) - half;
            if (from <= 0)
            {
                _clipped.Add((x0, y0, edge));
            }

            if ((from <= 0) == (to <= 0))
            {
                continue;
            }

            var t = from / (from - to);
            // Leaving: what follows is the new edge. Coming back: the rest of the old one.
            _clipped.Add((x0 + (t * (x1 - x0)), y0 + (t * (y1 - y0)), from <= 0 ? behind : edge));
        }

        _cell.Clear();
        _cell.AddRange(_clipped);
        return true;
    }
}
