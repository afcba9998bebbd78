using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Which particles of a frame are crystalline, and the clusters that they form.</summary>
/// <remarks>psi_k = sum l_j exp(i k phi_j) / sum l_j with the lengths l_j of the edges of the Voronoi cell: it changes gradually where a neighbour
/// comes or goes (Mickel, Kapfer, Schroeder-Turk and Mecke 2013, doi:10.1063/1.4774084). Crystalline: |psi_k| over 0.65 and at least k/2
/// solid-like bonds, those with Re(psi_i psi_j*)/|psi_i psi_j| over 0.5, where k is 4 or 6, whichever more particles were so by (ten Wolde,
/// Ruiz-Montero and Frenkel 1995, doi:10.1103/PhysRevLett.75.2714, in the plane). Clusters hang together by solid-like bonds. A particle
/// that is not crystalline by itself, as one alone upon the last row or one that sticks out of it, belongs to the crystal when all of its bonds are
/// solid-like and one of them leads there: in a liquid that hardly happens.</remarks>
internal sealed class Crystallinity
{
    private const double LeastOrder = 0.65;
    private const double Alike = 0.5;

    // Voronoi cells of a square lattice have their corners at 0.71 spacings; diagonal neighbours share little more than a corner.
    private const double Reach = 1.5;
    private const double OpenReach = 0.75;
    private const double LeastEdge = 0.3;

    // A crystal's distances are the short ones where most of the particles are vapour.
    private const double Close = 0.1;
    private const double Remember = 0.99;
    private readonly NeighbourMap _map = new();
    private Point2[] _points = [];
    private (double C, double S)[] _psi = [];
    private int[] _parent = [];
    private bool[] _isIn = [];
    private double _fours;
    private double _sixes;

    /// <summary>The largest cluster, by index into the points; empty where nothing is crystalline.</summary>
    public List<int> Largest { get; } = [];

    /// <summary>About the distance to the nearest particle in the crystal; NaN with fewer than two.</summary>
    public double Spacing => _map.Spacing;

    /// <summary>Judges the particles of one frame.</summary>
    /// <param name="points">Their positions.</param>
    public void Take(Point2[] points)
    {
        _points = points;
        Largest.Clear();
        _map.Build(points, Reach, OpenReach, Close);
        if (_psi.Length < points.Length)
        {
            (_psi, _parent, _isIn) = (new (double, double)[points.Length], new int[points.Length], new bool[points.Length]);
        }

        Array.Clear(_isIn);
        if (!(_map.Spacing > 0))
        {
            return;
        }

        _sixes = (Remember * _sixes) + Judge(6);
        _fours = (Remember * _fours) + Judge(4);
        if (_sixes > _fours)
        {
            Judge(6);
        }

        Cluster();
    }

    /// <summary>The number of the cluster that a point belongs to, the same for all of its points; -1 for one that is not crystalline.</summary>
    public int ClusterOf(int point) => _isIn[point] ? Root(point) : -1;

    private void Cluster()
    {
        for (var i = 0; i < _points.Length; i++)
        {
            Join(i);
        }

        // Those that stick out or lack neighbours; decided on the crystal as it was, so that none carries another.
        var attached = new List<int>();
        for (var i = 0; i < _points.Length; i++)
        {
            var (solid, all) = Bonds(i);
            if (!_isIn[i] && solid > 0 && solid == all && LeadsToCrystal(i))
            {
                attached.Add(i);
            }
        }

        attached.ForEach(i => _isIn[i] = true);
        attached.ForEach(Join);
        var sizes = new Dictionary<int, int>();
        for (var i = 0; i < _points.Length; i++)
        {
            if (_isIn[i])
            {
                sizes[Root(i)] = sizes.GetValueOrDefault(Root(i)) + 1;
            }
        }

        if (sizes.Count > 0)
        {
            var largest = sizes.MaxBy(size => size.Value).Key;
            Largest.AddRange(Enumerable.Range(0, _points.Length).Where(i => ClusterOf(i) == largest));
        }
    }

    private void Join(int i)
    {
        foreach (var j in _map.Of(i))
        {
            if (_isIn[i] && _isIn[j] && IsSolid(i, j))
            {
                _parent[Root(i)] = Root(j);
            }
        }
    }

    private bool LeadsToCrystal(int i)
    {
        foreach (var j in _map.Of(i))
        {
            if (_isIn[j] && IsSolid(i, j))
            {
                return true;
            }
        }

        return false;
    }

    private int Root(int i)
    {
        while (_parent[i] != i)
        {
            i = _parent[i] = _parent[_parent[i]];
        }

        return i;
    }

    // Fills in psi_k and who is crystalline by it, and returns how many are.
    private int Judge(int fold)
    {
        for (var i = 0; i < _points.Length; i++)
        {
            _parent[i] = i;
            double c = 0, s = 0, length = 0;
            var bonds = _map.Of(i);
            var edges = _map.EdgesOf(i);
            for (var k = 0; k < bonds.Length; k++)
            {
                var (sin, cos) = Math.SinCos(fold * Math.Atan2(_points[bonds[k]].Y - _points[i].Y, _points[bonds[k]].X - _points[i].X));
                (c, s, length) = (c + (edges[k] * cos), s + (edges[k] * sin), length + edges[k]);
            }

            _psi[i] = bonds.Length == 0 ? (0, 0) : (c / length, s / length);
        }

        var count = 0;
        for (var i = 0; i < _points.Length; i++)
        {
            _isIn[i] = Length(_psi[i]) > LeastOrder && Bonds(i).Solid >= fold / 2;
            count += _isIn[i] ? 1 : 0;
        }

        return count;
    }

    // Solid-like bonds, and all bonds, of a particle.
    private (int Solid, int All) Bonds(int i)
    {
        var bonds = _map.Of(i);
        var edges = _map.EdgesOf(i);
        var (solid, all) = (0, 0);
        for (var k = 0; k < bonds.Length; k++)
        {
            if (edges[k] > LeastEdge * _map.Spacing)
            {
                all++;
                solid += IsSolid(i, bonds[k]) ? 1 : 0;
            }
        }

        return (solid, all);
    }

    private bool IsSolid(int i, int j) =>
        (_psi[i].C * _psi[j].C) + (_psi[i].S * _psi[j].S) > Alike * Length(_psi[i]) * Length(_psi[j]);

    private static double Length((double C, double S) psi) => Math.Sqrt((psi.C * psi.C) + (psi.S * psi.S));
}
