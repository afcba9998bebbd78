using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S9: how fast particles dissolve: by facet, corner, side and end, and along the whole contour by direction.</summary>
/// <remarks>
/// Of each track: last minus first over its time, positive when shrinking, both read off a straight line through all its frames
/// (<see cref="RobustLine"/>), so that single noisy frames at the ends decide nothing; the figure is the median over the particles.
/// <c>facet_rate_nm_s</c> (n = 4): of the distance h of a facet from the centre. <c>corner_rate_nm_s</c> (n = 4): of the corner's distance sqrt(2) h - (sqrt(2) - 1) r with the corner's
/// radius r; <c>rounding_rate_nm_s</c>: growth of r; <c>corner_radius_nm</c>: r at the end. h and r are read off the measured outline (<see cref="MeasuredOutline"/>,
/// <see cref="RoundedSquare"/>, <see cref="RoundingLine"/>); in a table without outlines h is half the side and r what the area lacks of a square,
/// A = 4 h^2 - (4 - pi) r^2, and where areas are those of squares nothing is said of corners.
/// <c>side_rate_nm_s</c>, <c>end_rate_nm_s</c> (n = 2): of half-width and half-length. <c>area_rate_nm2_s</c>: of the area, all shapes, of the outline where there is one.
/// Symmetry is that of the track: a cube that etches round stays one. Counted are tracks of at least 8 frames and a quarter of the longest.
/// Errors: of a median, s sqrt(pi/2/(n + pi/2 - 1)), s from the lines' own errors, or from the median deviation over particles where that is clearly larger; the
/// noise floor is the median error of one particle's rate. n: particles.
/// <c>etch.csv</c>: the same over the whole movie (segment -1), by stretch of constant dose rate (a change by a fifth that lasts begins another),
/// and since the onset (since_onset 1): where a line after a constant fits the mean size better than a line alone (F test, 1 %).
/// <c>etch_contour.csv</c>: rates along the normal by direction; <c>etch_size.csv</c>: sizes over time (<see cref="EtchTables"/>).
/// Rates per dose are rates divided by the mean dose rate. Source: Hauwiller et al. 2018 (doi:10.1021/acs.nanolett.8b02819) for etching by facet.
/// </remarks>
internal sealed class Etch(Conditions conditions) : IQuantity
{
    public const string Name = "etch";

    private const string Radius = "corner_radius_nm";
    private const int LeastOutlines = 4;
    private const int LeastFrames = 8;
    private const int MostStretches = 64;
    private const int ForgottenTracks = 20_000;

    // Longer than a tracker keeps one that it does not see.
    private const int FleetingFrames = 256;
    private const double DoseRateStep = 0.2;
    private const int LastingFrames = 5;
    private readonly Dictionary<int, EtchedParticle> _particles = [];
    private readonly FrameClock _clock = new(conditions.FrameTimeS);
    private double _doseRate = double.NaN;
    private int _stretch;
    private int _deviating;
    private long _frames;

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

                _particles[point.Particle] = particle = new EtchedParticle(point.Symmetry);
            }

            particle.LastFrame = frame.Number;
            particle.Add(_stretch, point, time, frame);
        }

        if (++_frames % FleetingFrames == 0)
        {
            ForgetFleeting(frame.Number);
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

        var seen = Seen(_ => true, double.NegativeInfinity);
        return new AnalysisResult
        {
            Name = Name,
            Figures = [.. whole.Select(rate => rate.Figure())],
            Tables =
            [
                Table([.. whole.Where(rate => rate.Name != Radius)]),
                EtchTables.Contour(seen.Select(particle => (particle.Symmetry, particle.Outlines)), "nm"),
                EtchTables.Sizes(seen, "nm", "s"),
            ],
        };
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

    // Too short to count and gone: false detections would add up over a long session.
    private void ForgetFleeting(long frame)
    {
        foreach (var (particle, seen) in _particles)
        {
            if (seen.Count < LeastFrames && frame - seen.LastFrame > FleetingFrames)
            {
                _particles.Remove(particle);
            }
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

    // Those that were seen long enough.
    private List<(int Symmetry, List<SizeHistory.Bin> Sizes, List<OutlineHistory.Bin> Outlines)> Seen(Func<int, bool> stretches, double since)
    {
        var seen = _particles.Values.Select(particle => (Particle: particle, Sizes: particle.Sizes(stretches, since)))
            .Select(particle => (particle.Particle, particle.Sizes, Frames: particle.Sizes.Sum(bin => bin.Count))).ToList();
        var least = Math.Max(LeastFrames, seen.Select(particle => particle.Frames).DefaultIfEmpty(0).Max() / 4);
        return [.. seen.Where(particle => particle.Frames >= least).Select(particle => (particle.Particle.Symmetry, particle.Sizes, particle.Particle.Outlines(stretches, since)))];
    }

    private List<EtchRate> Measure(Func<int, bool> stretches, double since)
    {
        const string NoCube = "no particle with four facets was seen long enough";
        const string NoRod = "no rod was seen long enough";
        var seen = Seen(stretches, since);
        var noCorner = seen.Exists(particle => particle.Symmetry == 4)
            ? "corners are told from sharp ones by the pixels, or by an area that counts their rounding: neither is there"
            : NoCube;
        var facet = new EtchRate("facet_rate_nm_s", "nm/s", NoCube);
        var corner = new EtchRate("corner_rate_nm_s", "nm/s", noCorner);
        var rounding = new EtchRate("rounding_rate_nm_s", "nm/s", noCorner);
        var radius = new EtchRate(Radius, "nm", noCorner);
        var side = new EtchRate("side_rate_nm_s", "nm/s", NoRod);
        var end = new EtchRate("end_rate_nm_s", "nm/s", NoRod);
        var area = new EtchRate("area_rate_nm2_s", "nm^2/s", "no particle was seen long enough");
        foreach (var (symmetry, sizes, outlines) in seen)
        {
            var areas = outlines.Count >= LeastOutlines
                ? RobustLine.Fit([.. outlines.Select(bin => (bin.Time, OutlineHistory.Area(bin, symmetry), (double)bin.Count))])
                : Line(sizes, bin => bin.Area);
            area.Add(-areas.Slope, areas.Err);
            if (symmetry == 4)
            {
                var rates = CubeRates.Of(sizes, outlines);
                facet.Add(rates.Facet.Value, rates.Facet.Err);
                corner.Add(rates.Corner.Value, rates.Corner.Err);
                rounding.Add(rates.Rounding.Value, rates.Rounding.Err);
                radius.Add(rates.Radius.Value, rates.Radius.Err);
            }
            else if (symmetry == 2)
            {
                var (sides, ends) = (Line(sizes, bin => bin.HalfMinor), Line(sizes, bin => bin.HalfMajor));
                side.Add(-sides.Slope, sides.Err);
                end.Add(-ends.Slope, ends.Err);
            }
        }

        return [facet, corner, side, end, area, rounding, radius];
    }

    private static RobustLine Line(List<SizeHistory.Bin> bins, Func<SizeHistory.Bin, double> size) =>
        RobustLine.Fit([.. bins.Select(bin => (bin.Time, size(bin), (double)bin.Count))]);

    private AnalysisTable Table(List<EtchRate> whole)
    {
        List<EtchRate> Rates(Func<int, bool> chosen, double since) => [.. Measure(chosen, since).Where(rate => rate.Name != Radius)];
        var rows = new List<double[]> { Row(-1, 0, whole, _ => true, double.NegativeInfinity) };
        var stretches = _particles.Values.SelectMany(particle => particle.Stretches).Distinct().Order().ToList();
        foreach (var stretch in stretches.Count > 1 ? stretches : [])
        {
            rows.Add(Row(stretch, 0, Rates(k => k == stretch, double.NegativeInfinity), k => k == stretch, double.NegativeInfinity));
        }

        if (Onset() is { } onset)
        {
            rows.Add(Row(-1, 1, Rates(_ => true, onset), _ => true, onset));
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

    private double[] Row(int stretch, int sinceOnset, List<EtchRate> rates, Func<int, bool> stretches, double since)
    {
        var bins = _particles.Values.SelectMany(particle => particle.Sizes(stretches, since)).ToList();
        EtchRate Of(string kind) => rates.First(rate => rate.Name.StartsWith(kind, StringComparison.Ordinal));
        var dose = bins.Count == 0 ? double.NaN : bins.Average(bin => bin.Dose);
        return
        [
            stretch, sinceOnset,
            bins.Count == 0 ? double.NaN : bins.Min(bin => bin.Time), bins.Count == 0 ? double.NaN : bins.Max(bin => bin.Time), dose,
            .. rates.SelectMany(rate => new[] { rate.Value, rate.Err ?? double.NaN, rate.Count }),
            Of("facet").Value / dose, Of("side").Value / dose,
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
            var own = particle.Sizes(_ => true);
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
}
