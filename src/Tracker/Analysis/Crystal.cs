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
    private const double Reach = 1.2;
    private const double WidestGapRad = 150 * Math.PI / 180;
    private readonly Dictionary<int, CrystalSite> _sites = [];
    private readonly Dictionary<(int, int), PairTrace> _pairs = [];
    private readonly NeighbourMap _map = new();
    private readonly List<CrystalSite> _mapped = [];
    private readonly List<CrystalSite> _here = [];
    private readonly List<Point2> _from = [];
    private readonly List<Point2> _to = [];
    private readonly VibrationSums _displacement = new();
    private readonly VibrationSums _rotation = new();
    private readonly PairSums _relative = new();
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

    /// <summary>All displacements, also of sites that are held now.</summary>
    public VibrationSums Displacements() => Gather(_displacement, (sums, site) =>
    {
        sums.Add(site.X, site.Group);
        sums.Add(site.Y, site.Group);
    });

    /// <summary>All rotations.</summary>
    public VibrationSums Rotations() => Gather(_rotation, (sums, site) => sums.Add(site.Turn, site.Group));

    /// <summary>All pairs of neighbours.</summary>
    public PairSums Pairs()
    {
        var sums = _relative.Copy();
        foreach (var ((first, _), pair) in _pairs)
        {
            sums.Add(pair, Jackknife.GroupOf(first));
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
    }

    /// <summary>No site goes on into the next frame.</summary>
    public void Cut()
    {
        foreach (var site in _sites.Values)
        {
            Retire(site);
        }

        foreach (var ((first, _), pair) in _pairs)
        {
            _relative.Add(pair, Jackknife.GroupOf(first));
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
            var motion = _motion;
            var off = _from.Select((p, i) => motion.Apply(p).DistanceSquaredTo(_to[i])).ToArray();
            // Four times the median distance: a vibration passes, a hop does not.
            var limit = 16 * Middle(off);
            var kept = Enumerable.Range(0, off.Length).Where(i => off[i] <= limit).ToArray();
            if (kept.Length == off.Length || kept.Length < 4)
            {
                return;
            }

            var (from, to) = (kept.Select(i => _from[i]).ToArray(), kept.Select(i => _to[i]).ToArray());
            _motion = RigidMotion.Fit(from, to);
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
            _sites[point.Particle] = site = new CrystalSite(point.Particle, position);
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
        var next = new CrystalSite(point.Particle, left.Strays[0].Position);
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
        _rotation.Add(site.Turn, site.Group);
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
            _relative.Add(pair, Jackknife.GroupOf(key.Item1));
            _pairs.Remove(key);
        }

        foreach (var key in neighbours)
        {
            _pairs.TryAdd(key, new PairTrace());
        }
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
            double first = double.NaN, before = double.NaN, widest = 0;
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

                var angle = Math.Atan2(dy, dx);
                widest = Math.Max(widest, Turn(before, angle));
                first = bonds == 0 ? angle : first;
                before = angle;
                (a4, b4) = (a4 + Math.Cos(4 * angle), b4 + Math.Sin(4 * angle));
                (a6, b6) = (a6 + Math.Cos(6 * angle), b6 + Math.Sin(6 * angle));
                bonds++;
            }

            widest = Math.Max(widest, Turn(before, first));
            if (bonds < 3 || widest > WidestGapRad)
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

        static double Turn(double from, double to)
        {
            var turn = Math.Abs(to - from) % (2 * Math.PI);
            return double.IsNaN(turn) ? 0 : Math.Min(turn, (2 * Math.PI) - turn);
        }
    }

    private void Pair(long frame, CrystalSite site, CrystalSite other, double dx, double dy)
    {
        if (_pairs.TryGetValue((site.Particle, other.Particle), out var pair) && (pair.Count == 0 || pair.LastFrame < frame))
        {
            pair.Add(frame, dx, dy, site.NewestNoise + other.NewestNoise);
        }
    }

    private static double Middle(double[] values)
    {
        var sorted = values.Order().ToArray();
        return sorted[(sorted.Length - 1) / 2];
    }

    private static ReadOnlySpan<Point2> Span(List<Point2> points) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(points);
}
