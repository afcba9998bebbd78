using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S10: particles that bond into clusters, and the law by which these grow.</summary>
/// <remarks>
/// Bonds by <see cref="BondBook"/>, clusters by union-find. X_n = particles/clusters, X_w = sum n^2 N_n / sum n N_n.
/// <c>mean_cluster_size</c>: X_n over the last tenth of the movie; its error is that of a mean over the clusters.
/// <c>attach_per_s</c>, <c>detach_per_s</c>: events a second in the field in which two clusters became one, or one became two; Poisson errors
/// (with none seen, the error is that of one event).
/// <c>model</c>: <c>step_growth</c>, X_n = X_0 + k c_0 t (second order, k the same for all sizes; Flory 1953), or <c>first_order</c>,
/// dX_n/dt = k (X_end - X_n), an exponential approach. An event takes N X_n^-2 of a step of X_n, so the events of a short stretch are a Poisson
/// number of known mean under either law; each law's numbers are the most likely ones, and the one with the lower AIC = 2 p - 2 ln L is
/// named. <c>k</c>: nm^2/s for step growth with c_0 the particles per nm^2 of the field, 1/s for first order; Poisson errors.
/// <c>k_c0_per_s</c>: the slope of X_n by step growth. <c>aic_difference</c>: of the other model less this one's.
/// <c>growth.csv</c>: by time. n: events, of X_n clusters.
/// </remarks>
internal sealed class Growth(Conditions conditions) : IQuantity
{
    public const string Name = "growth";

    private const int MostBins = 256;
    private const int LeastEvents = 5;
    private readonly BondBook _bonds = new();
    private readonly FrameClock _clock = new(conditions.FrameTimeS);
    private readonly FoldingBins<Bin> _bins = new(MostBins);
    private (double Left, double Right, double Top, double Bottom) _box = (double.MaxValue, double.MinValue, double.MaxValue, double.MinValue);
    private double _attached;
    private double _detached;
    private long _first = -1;
    private long _last;
    private long _earlierFrames;

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        _clock.Take(frame);
        _first = _first < 0 ? frame.Number : _first;
        _last = frame.Number;
        foreach (var point in frame.Points)
        {
            var p = point.Position;
            _box = (Math.Min(_box.Left, p.X), Math.Max(_box.Right, p.X), Math.Min(_box.Top, p.Y), Math.Max(_box.Bottom, p.Y));
        }

        _bonds.Take(frame.Number, frame.Points);
        _attached += _bonds.Attached;
        _detached += _bonds.Detached;
        // No bond can have lasted yet in the first frames.
        if (_bonds.Sizes.Count > 0 && frame.Number - _first >= BondBook.HoldFrames)
        {
            var sizes = _bonds.Sizes;
            double particles = sizes.Sum(), clusters = sizes.Count;
            var squares = sizes.Sum(size => (double)size * size);
            var spread = clusters > 1 ? Math.Max(0, ((squares / clusters) - (particles * particles / clusters / clusters)) / (clusters - 1)) : 0;
            _bins.Add(new Bin(1, frame.Number, particles / clusters, squares / particles, clusters, particles, sizes.Count(size => size == 1), spread, _bonds.Attached, _bonds.Detached));
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        _bonds.Cut();
        _earlierFrames += _last - _first;
        _first = -1;
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        if (_bins.Bins.Count == 0 || _bins.Bins.Max(bin => bin.Particles / bin.Count) < 3)
        {
            return Nothing("fewer than three particles of known size are in view");
        }

        var means = _bins.Bins.Select(bin => bin.Mean).ToList();
        var dt = _clock.FrameTimeS;
        var end = means.Where(bin => bin.Time >= means[^1].Time - (0.1 * (means[^1].Time - means[0].Time))).ToList();
        var size = end.Average(bin => bin.Number);
        var sizeErr = Math.Sqrt(end.Average(bin => bin.Spread));
        var figures = new List<AnalysisFigure>(Law(dt))
        {
            PerSecond("attach_per_s", _attached, dt),
            PerSecond("detach_per_s", _detached, dt),
            AnalysisFigures.Of("mean_cluster_size", string.Empty, size, sizeErr, end.Average(bin => bin.Clusters), "no cluster"),
        };
        return new AnalysisResult { Name = Name, Figures = [.. figures.OrderBy(figure => Array.IndexOf(Order, figure.Name))], Tables = [Table(means, dt)] };
    }

    private static readonly string[] Order = ["model", "k", "attach_per_s", "detach_per_s", "mean_cluster_size", "k_c0_per_s", "aic_difference"];

    private static AnalysisResult Nothing(string why) => new() { Name = Name, Figures = [.. Order.Take(5).Select(name => AnalysisFigure.Unknown(name, why))] };

    private AnalysisFigure PerSecond(string name, double events, double dt)
    {
        var seconds = (_earlierFrames + Math.Max(0, _last - _first)) * dt;
        return AnalysisFigures.Missing(conditions, false, true, dt) is { } missing
            ? AnalysisFigure.Unknown(name, missing)
            : AnalysisFigures.Of(name, "1/s", events / seconds, Math.Sqrt(Math.Max(1, events)) / seconds, events, "one frame has no rate");
    }

    private List<AnalysisFigure> Law(double dt)
    {
        if (_attached < LeastEvents)
        {
            var why = $"{_attached} clusters joined others, too few for a law";
            return [AnalysisFigure.Unknown("model", why), AnalysisFigure.Unknown("k", why)];
        }

        var step = Likelihood(_ => 1);
        var largest = _bins.Bins.Max(bin => bin.Number / bin.Count);
        var approaches = new List<(double LogLikelihood, double Rate)>();
        for (var more = 0.01; more < 100; more *= 1.1)
        {
            var end = largest * (1 + more);
            approaches.Add(Likelihood(size => Math.Max(0, end - size)));
        }

        var first = approaches.MaxBy(fit => fit.LogLikelihood);

        var difference = (2 * 2) - (2 * first.LogLikelihood) - (2 - (2 * step.LogLikelihood));
        var isStep = difference >= 0;
        var figures = new List<AnalysisFigure>
        {
            new() { Name = "model", Text = isStep ? "step_growth" : "first_order" },
            AnalysisFigures.Of("aic_difference", string.Empty, Math.Abs(difference), null, _attached, "no fit"),
        };
        if (!(dt > 0))
        {
            figures.Add(AnalysisFigure.Unknown("k", AnalysisFigures.NeedsFrameTime));
            return figures;
        }

        var relative = 1 / Math.Sqrt(_attached);
        var slope = step.Rate / dt;
        figures.Add(AnalysisFigures.Of("k_c0_per_s", "1/s", slope, relative * slope, _attached, "no fit"));
        if (!isStep)
        {
            // The end that it tends to is not known either: rates that go with ends half a unit of log-likelihood below the best one.
            var likely = approaches.Where(fit => fit.LogLikelihood > first.LogLikelihood - 0.5).Select(fit => fit.Rate).ToList();
            var err = Math.Sqrt(Math.Pow(relative * first.Rate, 2) + Math.Pow((likely.Max() - likely.Min()) / 2, 2));
            figures.Add(AnalysisFigures.Of("k", "1/s", first.Rate / dt, err / dt, _attached, "no fit"));
            return figures;
        }

        var area = conditions.Width * conditions.Height ?? ((_box.Right - _box.Left) * (_box.Bottom - _box.Top));
        var k = slope * area / (_bins.Bins.Sum(bin => bin.Particles) / _bins.Bins.Sum(bin => bin.Count));
        figures.Add(conditions.HasNm
            ? AnalysisFigures.Of("k", "nm^2/s", k, relative * k, _attached, "no fit")
            : AnalysisFigure.Unknown("k", AnalysisFigures.NeedsPixelSize));
        return figures;
    }

    // X_n grows by rate * law(X_n) a frame while N X_n^-2 of a step of X_n are one event: the most likely rate, and how likely the events are then.
    private (double LogLikelihood, double Rate) Likelihood(Func<double, double> law)
    {
        double Expected(in Bin bin)
        {
            var size = bin.Number / bin.Count;
            return bin.Particles * law(size) / (size * size);
        }

        var rate = _attached / _bins.Bins.Sum(bin => Expected(bin));
        var sum = 0.0;
        foreach (var bin in _bins.Bins)
        {
            var mean = rate * Expected(bin);
            sum += bin.Attached == 0 ? -mean : (bin.Attached * Math.Log(Math.Max(mean, 1e-300))) - mean;
        }

        return (sum, rate);
    }

    private static AnalysisTable Table(List<Bin> means, double dt) => new(
        Name,
        ["time_s", "frame", "particles", "clusters", "X_n", "X_n_err", "X_w", "singles", "attached", "detached"],
        [.. means.Select(bin => new[] { bin.Time * dt, bin.Time, bin.Particles, bin.Clusters, bin.Number, Math.Sqrt(bin.Spread), bin.Weight, bin.Singles, bin.Attached, bin.Detached })]);

    /// <summary>Some frames: sums, events as they are.</summary>
    private readonly record struct Bin(
        int Count, double Time, double Number, double Weight, double Clusters, double Particles, double Singles, double Spread, double Attached, double Detached) : IFrameSum<Bin>
    {
        public Bin With(Bin o) => new(
            Count + o.Count, Time + o.Time, Number + o.Number, Weight + o.Weight, Clusters + o.Clusters, Particles + o.Particles,
            Singles + o.Singles, Spread + o.Spread, Attached + o.Attached, Detached + o.Detached);

        public Bin Mean => new(
            1, Time / Count, Number / Count, Weight / Count, Clusters / Count, Particles / Count, Singles / Count, Spread / Count, Attached, Detached);
    }
}
