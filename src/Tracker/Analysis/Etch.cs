using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S9: how fast particles dissolve, by facet, corner, side and end.</summary>
/// <remarks>
/// Of each track: last minus first over its time, positive when shrinking, both read off a straight line through all its frames
/// (<see cref="RobustLine"/>), so that single noisy frames at the ends decide nothing; the figure is the median over the particles.
/// <c>facet_rate_nm_s</c> (n = 4): of the distance h of a facet from the centre, half the side. <c>corner_rate_nm_s</c> (n = 4): of the corner's
/// distance sqrt(2) h - (sqrt(2) - 1) r, with the corner's radius r from what the area lacks of a square, A = 4 h^2 - (4 - pi) r^2.
/// <c>side_rate_nm_s</c>, <c>end_rate_nm_s</c> (n = 2): of half-width and half-length. <c>area_rate_nm2_s</c>: of the area, all shapes.
/// Symmetry is that of the track: a cube that etches round stays one. Counted are tracks of at least 8 frames and a quarter of the longest.
/// Errors: of a median, 1.2533 s / sqrt(n), s from the median deviation over particles or the lines' own errors, whichever is larger; the
/// noise floor is the median error of one particle's rate. n: particles.
/// <c>etch.csv</c>: the same over the whole movie (segment -1), by stretch of constant dose rate (a change by a fifth that lasts begins another),
/// and since the onset (since_onset 1): where a line after a constant fits the mean size better than a line alone (F test, 1 %).
/// Rates per dose are rates divided by the mean dose rate. Source: Hauwiller et al. 2018 (doi:10.1021/acs.nanolett.8b02819) for etching by facet.
/// </remarks>
internal sealed class Etch(Conditions conditions) : IQuantity
{
    public const string Name = "etch";

    private const int LeastFrames = 8;
    private const int MostStretches = 64;
    private const int ForgottenTracks = 20_000;
    private const double DoseRateStep = 0.2;
    private const int LastingFrames = 5;
    private static readonly double CornerGap = Math.Sqrt(2) - 1;
    private readonly Dictionary<int, Dissolving> _particles = [];
    private readonly FrameClock _clock = new(conditions.FrameTimeS);
    private double _doseRate = double.NaN;
    private int _stretch;
    private int _deviating;

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        _clock.Take(frame);
        Watch(frame.DoseRate);
        var time = double.IsNaN(frame.TimeS) ? frame.Number * (conditions.FrameTimeS ?? 1) : frame.TimeS;
        foreach (var point in frame.Points)
        {
            if (!point.IsWhole)
            {
                continue;
            }

            if (!_particles.TryGetValue(point.Particle, out var particle))
            {
                if (_particles.Count >= ForgottenTracks)
                {
                    Forget();
                }

                _particles[point.Particle] = particle = new Dissolving(point.Symmetry);
            }

            particle.Add(_stretch, new SizeHistory.Bin(1, time, point.Minor / 2, point.Major / 2, point.Area, frame.DoseRate));
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        // A track goes on under its old number: what it was before the break is closed by a stretch of its own.
        _stretch = Math.Min(MostStretches - 1, _stretch + 1);
        _doseRate = double.NaN;
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        var whole = Measure(_ => true, double.NegativeInfinity);
        if (AnalysisFigures.Missing(conditions, true, true, _clock.FrameTimeS) is { } missing)
        {
            return new AnalysisResult { Name = Name, Figures = [.. whole.Select(rate => AnalysisFigure.Unknown(rate.Name, missing))] };
        }

        return new AnalysisResult { Name = Name, Figures = [.. whole.Select(rate => rate.Figure())], Tables = [Table(whole)] };
    }

    private void Watch(double doseRate)
    {
        if (double.IsNaN(doseRate))
        {
            return;
        }

        if (double.IsNaN(_doseRate))
        {
            _doseRate = doseRate;
        }

        if (Math.Abs(doseRate - _doseRate) <= DoseRateStep * _doseRate)
        {
            _deviating = 0;
            _doseRate += 0.02 * (doseRate - _doseRate);
        }
        else if (++_deviating >= LastingFrames && _stretch < MostStretches - 1)
        {
            _stretch++;
            (_doseRate, _deviating) = (doseRate, 0);
        }
    }

    // The shortest tracks tell the least.
    private void Forget()
    {
        foreach (var particle in _particles.OrderBy(particle => particle.Value.Count).Take(ForgottenTracks / 4).Select(particle => particle.Key).ToList())
        {
            _particles.Remove(particle);
        }
    }

    private List<Rate> Measure(Func<int, bool> stretches, double since)
    {
        var rates = new List<Rate>
        {
            new("facet_rate_nm_s", "nm/s", "no particle with four facets was seen long enough"),
            new("corner_rate_nm_s", "nm/s", "no particle with four facets was seen long enough"),
            new("side_rate_nm_s", "nm/s", "no rod was seen long enough"),
            new("end_rate_nm_s", "nm/s", "no rod was seen long enough"),
            new("area_rate_nm2_s", "nm^2/s", "no particle was seen long enough"),
        };
        var seen = _particles.Values.Select(particle => (particle.Symmetry, Bins: particle.Bins(stretches).Where(bin => bin.Time >= since).ToList()))
            .Select(particle => (particle.Symmetry, particle.Bins, Frames: particle.Bins.Sum(bin => bin.Count))).ToList();
        var least = Math.Max(LeastFrames, seen.Select(particle => particle.Frames).DefaultIfEmpty(0).Max() / 4);
        foreach (var (symmetry, bins, _) in seen.Where(particle => particle.Frames >= least))
        {
            var area = Line(bins, bin => bin.Area);
            rates[4].Add(-area.Slope, area.Err);
            if (symmetry == 4)
            {
                var side = Line(bins, bin => (bin.HalfMinor + bin.HalfMajor) / 2);
                rates[0].Add(-side.Slope, side.Err);
                var lacking = Line(bins, bin => Math.Pow(bin.HalfMinor + bin.HalfMajor, 2) - bin.Area);
                var time = bins[^1].Time - bins[0].Time;
                var (first, last) = (Corner(side.First, lacking.First), Corner(side.Last, lacking.Last));
                rates[1].Add((first - last) / time, Math.Sqrt(2) * side.Err);
            }
            else if (symmetry == 2)
            {
                var (side, end) = (Line(bins, bin => bin.HalfMinor), Line(bins, bin => bin.HalfMajor));
                rates[2].Add(-side.Slope, side.Err);
                rates[3].Add(-end.Slope, end.Err);
            }
        }

        return rates;
    }

    // Distance of a corner from the centre, by the facet's and what the area lacks of a square.
    private static double Corner(double facet, double lacking) =>
        (Math.Sqrt(2) * facet) - (CornerGap * Math.Min(facet, Math.Sqrt(Math.Max(0, lacking) / (4 - Math.PI))));

    private static RobustLine Line(List<SizeHistory.Bin> bins, Func<SizeHistory.Bin, double> size) =>
        RobustLine.Fit([.. bins.Select(bin => (bin.Time, size(bin), (double)bin.Count))]);

    private AnalysisTable Table(List<Rate> whole)
    {
        var rows = new List<double[]> { Row(-1, 0, whole, _ => true, double.NegativeInfinity) };
        var stretches = _particles.Values.SelectMany(particle => particle.Stretches).Distinct().Order().ToList();
        foreach (var stretch in stretches.Count > 1 ? stretches : [])
        {
            rows.Add(Row(stretch, 0, Measure(k => k == stretch, double.NegativeInfinity), k => k == stretch, double.NegativeInfinity));
        }

        if (Onset() is { } onset)
        {
            rows.Add(Row(-1, 1, Measure(_ => true, onset), _ => true, onset));
        }

        return new AnalysisTable(
            Name,
            [
                "segment", "since_onset", "from_s", "to_s", "dose_rate_e_A2_s",
                .. whole.SelectMany(rate => new[] { rate.Name, rate.Name.Replace("_rate_", "_rate_err_", StringComparison.Ordinal), $"{rate.Name.Split('_')[0]}_n" }),
                "facet_nm_per_e_A2", "side_nm_per_e_A2",
            ],
            rows);
    }

    private double[] Row(int stretch, int sinceOnset, List<Rate> rates, Func<int, bool> stretches, double since)
    {
        var bins = _particles.Values.SelectMany(particle => particle.Bins(stretches)).Where(bin => bin.Time >= since).ToList();
        var dose = bins.Count == 0 ? double.NaN : bins.Average(bin => bin.Dose);
        return
        [
            stretch, sinceOnset,
            bins.Count == 0 ? double.NaN : bins.Min(bin => bin.Time), bins.Count == 0 ? double.NaN : bins.Max(bin => bin.Time), dose,
            .. rates.SelectMany(rate => new[] { rate.Value, rate.Err ?? double.NaN, rate.Count }),
            rates[0].Value / dose, rates[2].Value / dose,
        ];
    }

    // Where a constant followed by a line fits the mean size of all particles better than a line.
    private double? Onset()
    {
        const int Steps = 64;
        var all = _particles.Values.Where(particle => particle.Count >= LeastFrames).ToList();
        if (all.Count == 0)
        {
            return null;
        }

        var bins = all.SelectMany(particle =>
        {
            var own = particle.Bins(_ => true).ToList();
            var mean = own.Average(bin => bin.Area);
            return own.Select(bin => (bin.Time, Size: bin.Area / mean, bin.Count));
        }).ToList();
        var (from, to) = (bins.Min(bin => bin.Time), bins.Max(bin => bin.Time));
        var means = bins.GroupBy(bin => (int)Math.Min(Steps - 1, Steps * (bin.Time - from) / Math.Max(1e-9, to - from)))
            .OrderBy(group => group.Key).Select(group => (Time: group.Average(bin => bin.Time), Size: group.Average(bin => bin.Size))).ToList();
        if (means.Count < 12)
        {
            return null;
        }

        var line = Squares(means, time => time);
        var best = (Squares: double.PositiveInfinity, Time: 0.0);
        foreach (var (time, _) in means.Skip(3).SkipLast(3))
        {
            var squares = Squares(means, at => Math.Max(0, at - time));
            best = squares < best.Squares ? (squares, time) : best;
        }

        // F(1, n-3) at 1 % is about 7.5 for the dozens of means here.
        return (line - best.Squares) / (best.Squares / (means.Count - 3)) > 7.5 ? best.Time : null;

        static double Squares(List<(double Time, double Size)> points, Func<double, double> shape)
        {
            var (x, y) = (points.Average(p => shape(p.Time)), points.Average(p => p.Size));
            var xx = points.Sum(p => Math.Pow(shape(p.Time) - x, 2));
            var slope = xx > 0 ? points.Sum(p => (shape(p.Time) - x) * (p.Size - y)) / xx : 0;
            return points.Sum(p => Math.Pow(p.Size - y - (slope * (shape(p.Time) - x)), 2));
        }
    }

    /// <summary>One kind of rate over the particles.</summary>
    private sealed class Rate(string name, string unit, string why)
    {
        private readonly List<(double Value, double Err)> _rates = [];

        public string Name => name;

        public int Count => _rates.Count;

        public double Value => _rates.Count == 0 ? double.NaN : Median(_rates.Select(rate => rate.Value));

        public double? Err
        {
            get
            {
                if (_rates.Count == 0)
                {
                    return null;
                }

                var value = Value;
                var spread = 1.4826 * Median(_rates.Select(rate => Math.Abs(rate.Value - value)));
                return _rates.Count == 1 ? _rates[0].Err : 1.2533 * Math.Max(spread, Median(_rates.Select(rate => rate.Err))) / Math.Sqrt(_rates.Count);
            }
        }

        public void Add(double value, double err)
        {
            if (double.IsFinite(value) && double.IsFinite(err))
            {
                _rates.Add((value, err));
            }
        }

        public AnalysisFigure Figure() =>
            AnalysisFigures.Of(name, unit, Value, Err, Count, why, _rates.Count == 0 ? null : Median(_rates.Select(rate => rate.Err)));

        private static double Median(IEnumerable<double> values)
        {
            var sorted = values.Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>One particle by stretch of constant dose rate.</summary>
    private sealed class Dissolving(int symmetry)
    {
        private readonly SortedDictionary<int, SizeHistory> _stretches = [];

        public int Symmetry => symmetry;

        public long Count => _stretches.Values.Sum(history => history.Count);

        public IEnumerable<int> Stretches => _stretches.Keys;

        public void Add(int stretch, in SizeHistory.Bin bin)
        {
            if (!_stretches.TryGetValue(stretch, out var history))
            {
                _stretches[stretch] = history = new SizeHistory();
            }

            history.Add(bin);
        }

        public IEnumerable<SizeHistory.Bin> Bins(Func<int, bool> stretches) =>
            _stretches.Where(stretch => stretches(stretch.Key)).SelectMany(stretch => stretch.Value.Means);
    }
}
