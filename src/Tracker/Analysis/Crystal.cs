using System.Runtime.InteropServices;
using LiveLtem.Tracker.Linking;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Analysis;

/// <summary>One layer of particles in the frame of reference that most of them share: the shift and turn of the crystal is taken off every frame.</summary>
/// <remarks>The motion of a frame is the one that carries its particles onto the mean places of their sites with the least sum of squares
/// (<see cref="RigidMotion.Fit"/>), those that are far off left out. A site is one particle's stay at one place: three frames in a row nearer
/// to each other than to it, and further from it than 0.4 of the spacing, begin another one.</remarks>
internal sealed class Crystal(int layer)
{
    private const double HopSpacings = 0.4;
    private const int HopFrames = 3;
    private const int ForgetFrames = 256;

    // A mean of fewer places is too much the newest one's own.
    private const int LeastMean = 8;
    private const double Reach = 1.2;
    private static readonly double WidestGapCos = Math.Cos(150 * Math.PI / 180);
    private readonly Dictionary<int, CrystalSite> _sites = [];
    private readonly Dictionary<(int, int), PairTrace> _pairs = [];
    private readonly NeighbourMap _map = new();
    private readonly List<CrystalSite> _mapped = [];
    private readonly List<CrystalSite> _here = [];
    private readonly List<Point2> _from = [];
    private readonly List<Point2> _to = [];
    private readonly List<Point2> _keptFrom = [];
    private readonly List<Point2> _keptTo = [];
    private readonly List<double> _off = [];
    private readonly List<double> _ranked = [];
    private readonly VibrationSums _displacement = new();
    private readonly SortedDictionary<int, VibrationSums> _rotations = [];
    private readonly PairSums _relative = new();
    private readonly List<(Point2 Site, double Dx, double Dy, double Noise)> _displaced = [];
    private RigidMotion _motion;
    private long _frames;

    /// <summary>Its number.</summary>
    public int Layer => layer;

    /// <summary>Sites that are held now.</summary>
    public IReadOnlyCollection<CrystalSite> Sites => _sites.Values;

    /// <summary>Positions and, of them, those that are free once three numbers a frame are spent on the motion of the crystal.</summary>
    public (double All, double Free) Degrees { get; private set; }

    /// <summary>Bond order over the frames.</summary>
    public OrderSeries Psi4 { get; } = new();

    /// <summary>Bond order over the frames.</summary>
    public OrderSeries Psi6 { get; } = new();

    /// <summary>How alike the particles are turned.</summary>
    public BodyOrder Bodies { get; } = new();

    /// <summary>Waves in the displacements.</summary>
    public NormalModes Modes { get; } = new();

    /// <summary>Distances from the sites.</summary>
    public DisplacementMap Distances { get; } = new();

    /// <summary>All displacements, also of sites that are held now.</summary>
    public VibrationSums Displacements() => Gather(_displacement, (sums, site) =>
    {
        sums.Add(site.X, site.Group);
        sums.Add(site.Y, site.Group);
    });

    /// <summary>Rotations of the shapes of one symmetry, that of most of them: how another kind of body turns is another figure.</summary>
    public VibrationSums Rotations()
    {
        var all = _rotations.ToDictionary(entry => entry.Key, entry => entry.Value.Copy());
        foreach (var site in _sites.Values)
        {
            if (!all.TryGetValue(site.Symmetry, out var sums))
            {
                all[site.Symmetry] = sums = new VibrationSums();
            }

            sums.Add(site.Turn, site.Group);
        }

        return all.OrderByDescending(entry => entry.Value.Values).ThenBy(entry => entry.Key).Select(entry => entry.Value).FirstOrDefault() ?? new VibrationSums();
    }

    /// <summary>All pairs of neighbours.</summary>
    public PairSums Pairs()
    {
        var sums = _relative.Copy();
        foreach (var ((first, second), pair) in _pairs)
        {
            sums.Add(pair, Jackknife.GroupOf(first), Jackknife.GroupOf(second));
        }

        return sums;
    }

    /// <summary>Takes the particles of one frame.</summary>
    public void Take(PhysicsFrame frame, IReadOnlyList<PhysicsPoint> points)
    {
        Align(points);
        _here.Clear();
        foreach (var point in points)
        {
            Place(frame.Number, point);
        }

        if (_here.Count > 3)
        {
            Degrees = (Degrees.All + (2 * _here.Count), Degrees.Free + (2 * _here.Count) - 3);
        }

        // Often at first, when the means still move.
        if (_frames < 8 || _frames % 8 == 0)
        {
            Forget(frame.Number);
            Map();
        }

        _frames++;
        Relate(frame);
        Bodies.Add(points, _motion.AngleDeg);
        Displace();
    }

    /// <summary>No site goes on into the next frame.</summary>
    public void Cut()
    {
        foreach (var site in _sites.Values)
        {
            Retire(site);
        }

        foreach (var ((first, second), pair) in _pairs)
        {
            _relative.Add(pair, Jackknife.GroupOf(first), Jackknife.GroupOf(second));
        }

        _sites.Clear();
        _pairs.Clear();
        _mapped.Clear();
        _map.Build([], Reach);
        _motion = RigidMotion.None;
        _frames = 0;
    }

    private VibrationSums Gather(VibrationSums retired, Action<VibrationSums, CrystalSite> add)
    {
        var sums = retired.Copy();
        foreach (var site in _sites.Values)
        {
            add(sums, site);
        }

        return sums;
    }

    private void Align(IReadOnlyList<PhysicsPoint> points)
    {
        _from.Clear();
        _to.Clear();
        foreach (var point in points)
        {
            if (_sites.TryGetValue(point.Particle, out var site))
            {
                _from.Add(point.Position);
                _to.Add(site.Mean);
            }
        }

        if (_from.Count < 3)
        {
            if (_sites.Count > 3 && _from.Count == 0 && points.Count > 3)
            {
                // Everybody is new: nothing ties them to what was there before.
                Cut();
            }

            return;
        }

        _motion = RigidMotion.Fit(Span(_from), Span(_to));
        for (var turn = 0; turn < 2 && _from.Count > 4; turn++)
        {
            _off.Clear();
            for (var i = 0; i < _from.Count; i++)
            {
                _off.Add(_motion.Apply(_from[i]).DistanceSquaredTo(_to[i]));
            }

            // Four times the median distance: a vibration passes, a hop does not.
            _ranked.Clear();
            _ranked.AddRange(_off);
            var limit = 16 * Selection.Ranked(CollectionsMarshal.AsSpan(_ranked), (_ranked.Count - 1) / 2);
            _keptFrom.Clear();
            _keptTo.Clear();
            for (var i = 0; i < _off.Count; i++)
            {
                if (_off[i] <= limit)
                {
                    _keptFrom.Add(_from[i]);
                    _keptTo.Add(_to[i]);
                }
            }

            if (_keptFrom.Count == _off.Count || _keptFrom.Count < 4)
            {
                return;
            }

            _motion = RigidMotion.Fit(Span(_keptFrom), Span(_keptTo));
        }
    }

    private void Place(long frame, in PhysicsPoint point)
    {
        var position = _motion.Apply(point.Position);
        var (xVariance, yVariance) = (point.XErr * point.XErr, point.YErr * point.YErr);
        var turn = point.IsOriented ? (double.IsNaN(point.RotationDeg) ? point.AngleDeg : point.RotationDeg) + _motion.AngleDeg : double.NaN;
        var turnVariance = point.AngleErrDeg * point.AngleErrDeg;
        if (!_sites.TryGetValue(point.Particle, out var site))
        {
            _sites[point.Particle] = site = new CrystalSite(point.Particle, point.Symmetry, position);
        }
        else if (Strays(site, position))
        {
            site.Strays.Add((frame, position, xVariance, yVariance, turn, turnVariance));
            if (site.Strays.Count < HopFrames)
            {
                return;
            }

            site = Hop(site, point);
            _here.Add(site);
            return;
        }

        site.Strays.Clear();
        Fill(site, frame, position, xVariance, yVariance, turn, turnVariance, point.PeriodDeg);
        _here.Add(site);
    }

    private bool Strays(CrystalSite site, Point2 position)
    {
        var limit = HopSpacings * _map.Spacing;
        return limit > 0 && position.DistanceSquaredTo(site.Mean) > limit * limit;
    }

    private CrystalSite Hop(CrystalSite left, in PhysicsPoint point)
    {
        Retire(left);
        var next = new CrystalSite(point.Particle, point.Symmetry, left.Strays[0].Position);
        foreach (var (frame, position, xVariance, yVariance, turn, turnVariance) in left.Strays)
        {
            Fill(next, frame, position, xVariance, yVariance, turn, turnVariance, point.PeriodDeg);
        }

        _sites[point.Particle] = next;
        return next;
    }

    private static void Fill(CrystalSite site, long frame, Point2 position, double xVariance, double yVariance, double turn, double turnVariance, double period)
    {
        site.LastFrame = frame;
        site.Newest = position;
        site.Add(frame, position, xVariance, yVariance);
        if (!double.IsNaN(turn))
        {
            site.AddTurn(frame, turn, period, turnVariance);
        }
    }

    private void Retire(CrystalSite site)
    {
        _displacement.Add(site.X, site.Group);
        _displacement.Add(site.Y, site.Group);
        if (!_rotations.TryGetValue(site.Symmetry, out var rotations))
        {
            _rotations[site.Symmetry] = rotations = new VibrationSums();
        }

        rotations.Add(site.Turn, site.Group);
    }

    private void Forget(long frame)
    {
        foreach (var site in _sites.Values.Where(site => frame - site.LastFrame > ForgetFrames).ToList())
        {
            Retire(site);
            _sites.Remove(site.Particle);
        }
    }

    // Who is whose neighbour, by the mean places of those that are here.
    private void Map()
    {
        _mapped.ForEach(site => site.Index = -1);
        _mapped.Clear();
        foreach (var site in _here)
        {
            site.Index = _mapped.Count;
            _mapped.Add(site);
        }

        _map.Build([.. _mapped.Select(site => site.Mean)], Reach);
        var neighbours = new HashSet<(int, int)>();
        for (var i = 0; i < _mapped.Count; i++)
        {
            foreach (var j in _map.Of(i))
            {
                var (a, b) = (_mapped[i].Particle, _mapped[j].Particle);
                neighbours.Add(a < b ? (a, b) : (b, a));
            }
        }

        foreach (var (key, pair) in _pairs.Where(entry => !neighbours.Contains(entry.Key)).ToList())
        {
            _relative.Add(pair, Jackknife.GroupOf(key.Item1), Jackknife.GroupOf(key.Item2));
            _pairs.Remove(key);
        }

        foreach (var key in neighbours)
        {
            _pairs.TryAdd(key, new PairTrace());
        }
    }

    private void Displace()
    {
        _displaced.Clear();
        foreach (var site in _here)
        {
            if (site.X.Count < LeastMean)
            {
                continue;
            }

            // The mean holds the newest place too.
            var given = Math.Sqrt(site.X.Count / (site.X.Count - 1.0));
            var (mean, newest) = (site.Mean, site.Newest);
            var (dx, dy) = (given * (newest.X - mean.X), given * (newest.Y - mean.Y));
            _displaced.Add((mean, dx, dy, site.NewestNoise));
            Distances.Add(Math.Sqrt((dx * dx) + (dy * dy)), _map.Spacing);
        }

        if (!Modes.IsLaid && _frames % LeastMean == 0)
        {
            Modes.Lay([.. _here.Where(site => site.X.Count >= LeastMean)]);
        }

        Modes.Add(_displaced);
    }

    private void Relate(PhysicsFrame frame)
    {
        double c4 = 0, s4 = 0, c6 = 0, s6 = 0;
        var inside = 0;
        for (var i = 0; i < _mapped.Count; i++)
        {
            var site = _mapped[i];
            if (site.LastFrame != frame.Number || site.Index != i)
            {
                continue;
            }

            double a4 = 0, b4 = 0, a6 = 0, b6 = 0;
            var bonds = 0;
            double firstX = 0, firstY = 0, beforeX = 0, beforeY = 0, widest = 1;
            foreach (var j in _map.Of(i))
            {
                var other = _mapped[j];
                if (other.LastFrame != frame.Number)
                {
                    continue;
                }

                var (dx, dy) = (other.Newest.X - site.Newest.X, other.Newest.Y - site.Newest.Y);
                if (site.Particle < other.Particle)
                {
                    Pair(frame.Number, site, other, dx, dy);
                }

                // Powers of exp(i phi); neighbours come in order around the cell, so the gap between two directions is that of two in a row.
                var length = Math.Sqrt((dx * dx) + (dy * dy));
                var (c, s) = length > 0 ? (dx / length, dy / length) : (1, 0);
                if (bonds == 0)
                {
                    (firstX, firstY) = (c, s);
                }
                else
                {
                    widest = Math.Min(widest, (c * beforeX) + (s * beforeY));
                }

                (beforeX, beforeY) = (c, s);
                var (c2, s2) = ((c * c) - (s * s), 2 * c * s);
                var (cFour, sFour) = ((c2 * c2) - (s2 * s2), 2 * c2 * s2);
                (a4, b4) = (a4 + cFour, b4 + sFour);
                (a6, b6) = (a6 + (cFour * c2) - (sFour * s2), b6 + (sFour * c2) + (cFour * s2));
                bonds++;
            }

            widest = Math.Min(widest, (firstX * beforeX) + (firstY * beforeY));
            if (bonds < 3 || widest < WidestGapCos)
            {
                continue; // at the border or at an edge: the bonds that are missing are not disorder
            }

            inside++;
            (c4, s4, c6, s6) = (c4 + (a4 / bonds), s4 + (b4 / bonds), c6 + (a6 / bonds), s6 + (b6 / bonds));
            site.Order = (
                site.Order.Psi4 + (Math.Sqrt((a4 * a4) + (b4 * b4)) / bonds),
                site.Order.Psi6 + (Math.Sqrt((a6 * a6) + (b6 * b6)) / bonds),
                site.Order.Count + 1);
        }

        if (inside > 0)
        {
            Psi4.Add(Math.Sqrt((c4 * c4) + (s4 * s4)) / inside, inside);
            Psi6.Add(Math.Sqrt((c6 * c6) + (s6 * s6)) / inside, inside);
        }
    }

    private void Pair(long frame, CrystalSite site, CrystalSite other, double dx, double dy)
    {
        if (_pairs.TryGetValue((site.Particle, other.Particle), out var pair) && (pair.Count == 0 || pair.LastFrame < frame))
        {
            pair.Add(frame, dx, dy, site.NewestNoise + other.NewestNoise);
        }
    }

    private static ReadOnlySpan<Point2> Span(List<Point2> points) => CollectionsMarshal.AsSpan(points);
}
