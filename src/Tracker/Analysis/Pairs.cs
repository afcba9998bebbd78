using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S8: how particles lie to one another: pair correlation, potential of mean force, map in the body's frame.</summary>
/// <remarks>
/// g(r) = pairs at distance r over those that as many particles strewn at random would have: ordered pairs are counted within a frame, over
/// N (N - 1) 2 pi r dr gamma(r)/A^2 summed over the frames, with gamma(r) = W H - 2 r (W + H)/pi + r^2/pi the mean overlap of a field of
/// W x H with itself moved by r in any direction (Ohser 1983, doi:10.1080/02331888308802391). An ideal gas has 1 at every r up to the shorter
/// side, borders included. The field is the picture less a margin in which particles would be cut; without a picture it is the box that
/// the particles fill. Potential of mean force: w = -ln g in kT; it is the pair potential only where the particles are dilute and in
/// equilibrium.
/// <c>contact_nm</c>: distance of the deepest place of w, the commonest distance of neighbours; <c>well_depth_kT</c>: ln g there. Null where g
/// has no peak that stands out of its error.
/// <c>pairs.csv</c>: r, g, its error, w, pairs; <c>pair_map.csv</c>: the same by distance, bearing of the neighbour from a facet (n >= 3) or from
/// the long axis (n = 2), folded into half a period, and relative angle, for the symmetry that most pairs have; cells without pairs are left
/// empty. Errors leave out one group of particles after the other; each pair is in two groups, so they are widened by sqrt(2).
/// n: pairs within the first peak, each counted once.
/// </remarks>
internal sealed class Pairs(Conditions conditions) : IQuantity
{
    public const string Name = "pairs";

    private const int Bins = 256;
    private const double BinsPerSize = 32;
    private const double MarginSizes = 0.75;
    private const int MapDistances = 32;
    private const int MapBearings = 12;
    private const int MapTurns = 6;
    private const double MapSizes = 4;
    private const int LeastPairs = 50;
    private readonly double[,] _counts = new double[Jackknife.Groups, Bins];
    private readonly double[] _centres = new double[Jackknife.Groups];
    private readonly Dictionary<int, double[]> _maps = [];
    private readonly Dictionary<int, double> _mapCentres = [];
    private readonly PointGrid _grid = new();
    private readonly List<Neighbour> _near = [];
    private double _size = double.NaN;
    private (double Left, double Right, double Top, double Bottom) _box = (double.MaxValue, double.MinValue, double.MaxValue, double.MinValue);

    private double BinWidth => _size / BinsPerSize;

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        foreach (var layer in frame.Points.GroupBy(point => point.Layer))
        {
            Take([.. layer]);
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        // Every frame is counted by itself.
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        if (_centres.Sum() < LeastPairs)
        {
            return Nothing("too few particles are in view together");
        }

        if (double.IsNaN(_size))
        {
            return Nothing("neither sizes nor neighbours tell a scale");
        }

        var g = Enumerable.Range(0, Bins).Select(bin => G(bin, -1)).ToArray();
        var peak = Peak(-1);
        var contact = peak.R;
        var contactErr = Math.Sqrt(2) * Jackknife.Error(Has, without => Peak(without).R);
        var depthErr = Math.Sqrt(2) * Jackknife.Error(Has, without => Peak(without).Depth);
        var inPeak = Total((int)(contact / BinWidth)) / 2;
        var stands = contact > 0 && inPeak >= 5 && peak.Depth > 2 * (depthErr ?? double.PositiveInfinity);
        const string NoPeak = "the pair correlation has no peak above its error";
        return new AnalysisResult
        {
            Name = Name,
            Figures =
            [
                !conditions.HasNm ? AnalysisFigure.Unknown("contact_nm", AnalysisFigures.NeedsPixelSize)
                    : AnalysisFigures.Of("contact_nm", "nm", stands ? contact : double.NaN, contactErr, inPeak, NoPeak),
                AnalysisFigures.Of("well_depth_kT", "kT", stands ? peak.Depth : double.NaN, depthErr, inPeak, NoPeak),
            ],
            Tables = [Table(g), Map()],
        };
    }

    private static AnalysisResult Nothing(string why) => new()
    {
        Name = Name,
        Figures = [AnalysisFigure.Unknown("contact_nm", why), AnalysisFigure.Unknown("well_depth_kT", why)],
    };

    private void Take(List<PhysicsPoint> points)
    {
        if (double.IsNaN(_size))
        {
            _size = Scale(points);
            if (double.IsNaN(_size))
            {
                return;
            }
        }

        var margin = conditions.Width is null ? 0 : MarginSizes * _size;
        var inside = points.Where(point => conditions.Width is not { } width || conditions.Height is not { } height
            || (point.Position.X >= margin && point.Position.Y >= margin && point.Position.X <= width - margin && point.Position.Y <= height - margin)).ToList();
        if (inside.Count < 2)
        {
            return;
        }

        var positions = inside.Select(point => point.Position).ToArray();
        foreach (var p in positions)
        {
            _box = (Math.Min(_box.Left, p.X), Math.Max(_box.Right, p.X), Math.Min(_box.Top, p.Y), Math.Max(_box.Bottom, p.Y));
        }

        var reach = Bins * BinWidth;
        _grid.Build(positions, reach / 4);
        for (var i = 0; i < inside.Count; i++)
        {
            var from = inside[i];
            var group = Jackknife.GroupOf(from.Particle);
            var isMapped = IsMapped(from);
            _centres[group] += inside.Count - 1;
            if (isMapped)
            {
                _mapCentres[from.Symmetry] = _mapCentres.GetValueOrDefault(from.Symmetry) + inside.Count - 1;
            }

            _near.Clear();
            _grid.Within(positions[i], reach, _near);
            foreach (var (j, square) in _near)
            {
                // Each pair is met from both ends and counted for both at once.
                if (j <= i)
                {
                    continue;
                }

                var r = Math.Sqrt(square);
                var bin = Math.Min(Bins - 1, (int)(r / BinWidth));
                _counts[group, bin]++;
                _counts[Jackknife.GroupOf(inside[j].Particle), bin]++;
                if (isMapped && r < MapSizes * _size && inside[j].Symmetry == from.Symmetry && inside[j].IsOriented)
                {
                    AddToMap(from, inside[j], r);
                }
            }
        }
    }

    // The usual length of a particle, else of the way to the next one.
    private static double Scale(List<PhysicsPoint> points)
    {
        var sizes = points.Select(point => point.Major).Where(size => size > 0).Order().ToList();
        if (sizes.Count > 0)
        {
            return sizes[sizes.Count / 2];
        }

        var map = new NeighbourMap();
        map.Build([.. points.Select(point => point.Position)], 1.2);
        return map.Spacing > 0 ? map.Spacing : double.NaN;
    }

    private static bool IsMapped(in PhysicsPoint point) => point.Symmetry is 2 or 3 or 4 or 6 && point.IsOriented;

    // Both ways round.
    private void AddToMap(in PhysicsPoint from, in PhysicsPoint to, double r)
    {
        if (!_maps.TryGetValue(from.Symmetry, out var map))
        {
            _maps[from.Symmetry] = map = new double[MapDistances * MapBearings * MapTurns];
        }

        var distance = Math.Min(MapDistances - 1, (int)(r / (MapSizes * _size) * MapDistances));
        var bearing = Math.Atan2(to.Position.Y - from.Position.Y, to.Position.X - from.Position.X) * 180 / Math.PI;
        var period = from.PeriodDeg;
        var turn = Folded(to.AngleDeg - from.AngleDeg, period, MapTurns);
        map[(((distance * MapBearings) + Folded(bearing - from.AngleDeg, period, MapBearings)) * MapTurns) + turn]++;
        map[(((distance * MapBearings) + Folded(bearing + 180 - to.AngleDeg, period, MapBearings)) * MapTurns) + turn]++;
    }

    // An angle and its mirror image are the same to a body with a mirror line: 0 to half a period.
    private static int Folded(double degrees, double period, int bins)
    {
        var folded = Math.Abs(degrees - (period * Math.Round(degrees / period)));
        return Math.Min(bins - 1, (int)(folded / (period / 2) * bins));
    }

    private bool Has(int group) => _centres[group] > 0;

    private double Total(int bin) => Enumerable.Range(0, Jackknife.Groups).Sum(group => _counts[group, Math.Clamp(bin, 0, Bins - 1)]);

    private (double Width, double Height) Field()
    {
        if (conditions.Width is { } width && conditions.Height is { } height)
        {
            return (width - (2 * MarginSizes * _size), height - (2 * MarginSizes * _size));
        }

        return (_box.Right - _box.Left, _box.Bottom - _box.Top);
    }

    // Expected pairs of one ordered pair of particles strewn at random, between two distances.
    private double Expected(double from, double to)
    {
        var (w, h) = Field();
        var area = w * h;
        if (to > Math.Min(w, h))
        {
            return 0;
        }

        // Integral of 2 pi r gamma(r) / A^2.
        double Primitive(double r) => 2 * Math.PI * ((area * r * r / 2) - (2 * (w + h) * r * r * r / (3 * Math.PI)) + (r * r * r * r / (4 * Math.PI)));
        return (Primitive(to) - Primitive(from)) / (area * area);
    }

    private double G(int bin, int without)
    {
        double pairs = 0, centres = 0;
        for (var group = 0; group < Jackknife.Groups; group++)
        {
            pairs += group == without ? 0 : _counts[group, bin];
            centres += group == without ? 0 : _centres[group];
        }

        var expected = centres * Expected(bin * BinWidth, (bin + 1) * BinWidth);
        return expected > 0 && bin < Bins - 1 ? pairs / expected : double.NaN;
    }

    // Deepest place of the potential, over three bins together, beyond where fewer than a handful of pairs lie.
    private (double R, double Depth) Peak(int without)
    {
        var best = (R: double.NaN, G: 0.0);
        for (var bin = 2; bin < Bins - 3; bin++)
        {
            var (before, here, after) = (Smooth(bin - 1), Smooth(bin), Smooth(bin + 1));
            if (here > best.G && Total(bin) >= 10)
            {
                var bend = before - (2 * here) + after;
                var shift = bend < 0 ? Math.Clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
                best = ((bin + 0.5 + shift) * BinWidth, here);
            }
        }

        return (best.R, Math.Log(best.G));

        double Smooth(int bin) => (G(bin - 1, without) + G(bin, without) + G(bin + 1, without)) / 3;
    }

    private AnalysisTable Table(double[] g)
    {
        var unit = conditions.HasNm ? "nm" : "px";
        var rows = new List<double[]>();
        for (var bin = 0; bin < Bins - 1; bin++)
        {
            var at = bin;
            if (!double.IsNaN(g[bin]))
            {
                var err = Math.Sqrt(2) * Jackknife.Error(Has, without => G(at, without));
                rows.Add([(bin + 0.5) * BinWidth, g[bin], err ?? double.NaN, g[bin] > 0 ? -Math.Log(g[bin]) : double.NaN, Total(bin) / 2]);
            }
        }

        return new AnalysisTable(Name, [$"r_{unit}", "g", "g_err", "pmf_kT", "pairs"], rows);
    }

    private AnalysisTable Map()
    {
        var unit = conditions.HasNm ? "nm" : "px";
        var rows = new List<double[]>();
        if (_maps.Count > 0)
        {
            var (symmetry, map) = _maps.OrderByDescending(entry => entry.Value.Sum()).ThenBy(entry => entry.Key).First();
            var half = 180.0 / symmetry;
            var width = MapSizes * _size / MapDistances;
            for (var i = 0; i < map.Length; i++)
            {
                var (distance, bearing, turn) = (i / (MapBearings * MapTurns), i / MapTurns % MapBearings, i % MapTurns);
                var expected = _mapCentres[symmetry] * Expected(distance * width, (distance + 1) * width) / (MapBearings * MapTurns);
                if (expected > 0)
                {
                    var g = map[i] / expected;
                    rows.Add(
                    [
                        (distance + 0.5) * width, (bearing + 0.5) * half / MapBearings, (turn + 0.5) * half / MapTurns,
                        map[i] > 0 ? g : double.NaN, map[i] > 0 ? -Math.Log(g) : double.NaN, map[i], symmetry,
                    ]);
                }
            }
        }

        return new AnalysisTable("pair_map", [$"r_{unit}", "bearing_deg", "relative_angle_deg", "g", "pmf_kT", "pairs", "symmetry"], rows);
    }
}
