using LiveLtem.Core;
using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>The picture is too noisy.</summary>
/// <remarks>Errors of positions go with the inverse of the contrast to noise: from both as they are follows what the precision asked for needs. Where particles were
/// found all along and none is any more, the ratio is not known, and that is said.</remarks>
internal sealed class SnrRule(RuleOptions options, double? positionErrPx) : AlertRule(options)
{
    private const int Frames = 5;
    private const int EnoughSeen = 10;
    private readonly Recent _ratio = new(Frames);
    private readonly Recent _errors = new(Frames);
    private int _seen;
    private int _empty;

    public override RuleReading? Analysed(in AnalysedFrame frame)
    {
        if (frame.Verdict.Spoilt)
        {
            return null;
        }

        if (frame.Row.Snr is not { } ratio || frame.Tracks.Points.Count == 0)
        {
            return Nothing();
        }

        _seen++;
        _empty = 0;
        _ratio.Add(ratio);
        _errors.Add(Error(frame.Tracks.Points));
        if (_ratio.Count < Frames)
        {
            return null;
        }

        var now = _ratio.Median();
        var threshold = Options.Threshold!.Value;
        var error = _errors.Median();
        if (positionErrPx is { } wanted && double.IsFinite(error))
        {
            threshold = Math.Max(threshold, now * error / wanted);
        }

        return Below(now, threshold, () => positionErrPx is { } asked && threshold > Options.Threshold!.Value
            ? Say($"positions are good to {error:0.00} px only, {asked:0.00} px are asked for: that needs a contrast to noise of {threshold:0.00} per pixel, it is {now:0.00}")
            : Say($"the contrast to noise is {now:0.00} per pixel: particles may be missed; a longer exposure, binning or more dose helps"));
    }

    public override void Begin(Calibration calibration)
    {
        (_seen, _empty) = (0, 0);
        _ratio.Clear();
        _errors.Clear();
    }

    private RuleReading? Nothing()
    {
        _empty++;
        return _seen < EnoughSeen
            ? null
            : new RuleReading { Over = true, Clear = false, Badness = _empty, Message = "no particle stands out of the noise any more" };
    }

    private static double Error(IReadOnlyList<TrackPoint> points)
    {
        Span<double> values = points.Count <= 1024 ? stackalloc double[points.Count] : new double[points.Count];
        var count = 0;
        foreach (var point in points)
        {
            if (point.Flags == DetectionFlags.None && double.IsFinite(point.Fit.XErrPx) && double.IsFinite(point.Fit.YErrPx))
            {
                values[count++] = Math.Sqrt(0.5 * ((point.Fit.XErrPx * point.Fit.XErrPx) + (point.Fit.YErrPx * point.Fit.YErrPx)));
            }
        }

        return Robust.Median(values[..count]);
    }
}

/// <summary>Particles dissolve faster than allowed.</summary>
internal sealed class EtchingRule(RuleOptions options, RadiusSlopes slopes) : AlertRule(options)
{
    private const double Sigmas = 4;
    private double? _pixelNm;
    private bool _any;
    private bool _timed;

    public override string? Missing => _pixelNm is null ? "it needs the pixel size" : _any && !_timed ? "it needs the frame time" : null;

    public override void Begin(Calibration calibration) => _pixelNm = calibration.PixelSizeNm?.Value;

    public override RuleReading? Analysed(in AnalysedFrame frame)
    {
        _any = true;
        _timed |= frame.Row.TimeS is not null;
        if (frame.Verdict.Spoilt || _pixelNm is not { } nm || slopes.ShrinkingPxPerS is not { } shrinking)
        {
            return null;
        }

        var (rate, err) = (shrinking * nm, slopes.ErrPxPerS * nm);
        var limit = Options.Threshold!.Value;
        var reading = Above(rate, limit, () => Say($"the particles' mean radius shrinks by {rate:0.00} ± {err:0.00} nm/s ({slopes.Count} particles); {limit:0.00} nm/s are allowed"));
        return reading with { Over = reading.Over && rate - limit > 0 && rate > Sigmas * err };
    }
}

/// <summary>What the particles do goes with the beam: motion or etching after a step of the dose rate against before.</summary>
/// <remarks>Motion: the mean square step from frame to frame about the common one, less what the positions' errors give; a step's square is exponentially distributed,
/// so its median is ln 2 of its mean. The logarithm of the ratio of the means is held against its error.</remarks>
internal sealed class BeamDrivenRule(RuleOptions options, double stepFactor, RadiusSlopes slopes, int windowFrames) : AlertRule(options)
{
    private const double Sigmas = 4.5;
    private const double SameWithin = 0.1;
    private const int FewestParticles = 3;
    private readonly Dictionary<int, (double X, double Y, double Variance)> _last = [];
    private readonly Recent _before = new(3 * windowFrames);
    private readonly Recent _after = new(windowFrames);
    private readonly Recent _etchBefore = new(windowFrames);
    private readonly List<double> _dx = [];
    private readonly List<double> _dy = [];
    private readonly List<double> _noise = [];
    private double _meanNoise;
    private long _lastFrame = long.MinValue;
    private int _inStep;
    private double _etchBeforeErr;

    public override void Begin(Calibration calibration)
    {
        _before.Clear();
        _after.Clear();
        _etchBefore.Clear();
        _last.Clear();
        (_inStep, _lastFrame) = (0, long.MinValue);
    }

    public override RuleReading? Analysed(in AnalysedFrame frame)
    {
        var motion = Motion(frame);
        if (frame.Verdict is not { Spoilt: false, BeamLevel: { } level })
        {
            return null;
        }

        if (Math.Abs(level - 1) < SameWithin)
        {
            (_inStep, _) = (0, 0);
            _after.Clear();
            Keep(_before, motion);
            if (slopes.ShrinkingPxPerS is { } slope)
            {
                _etchBefore.Add(slope);
                _etchBeforeErr = slopes.ErrPxPerS;
            }

            return RuleReading.Good;
        }

        if (level < stepFactor && level > 1 / stepFactor)
        {
            return null;
        }

        _inStep++;

        // The frame of the step itself is half of either.
        if (_inStep > 2)
        {
            Keep(_after, motion);
        }

        return Moves(level) ?? Etches(level) ?? (_after.Count >= windowFrames ? RuleReading.Good : null);
    }

    private static void Keep(Recent values, double? motion)
    {
        if (motion is { } known)
        {
            values.Add(known);
        }
    }

    private RuleReading? Moves(double level)
    {
        if (_before.Count < windowFrames || _after.Count < (windowFrames / 2))
        {
            return null;
        }

        var (before, after) = (_before.Mean(), _after.Mean());

        // Motion below the noise is no motion that could be compared.
        if (before <= 0.5 * _meanNoise || after <= 0)
        {
            return null;
        }

        var err = Math.Sqrt(Math.Pow(_before.MeanErr() / before, 2) + Math.Pow(_after.MeanErr() / after, 2));
        return Judge(level, after / before, err, "move", "the particles' motion");
    }

    private RuleReading? Etches(double level)
    {
        if (_etchBefore.Count < windowFrames || _inStep < windowFrames + 2 || slopes.ShrinkingPxPerS is not { } after)
        {
            return null;
        }

        var before = _etchBefore.Median();
        if (before <= 3 * _etchBeforeErr || after <= 0)
        {
            return null;
        }

        var err = Math.Sqrt(Math.Pow(_etchBeforeErr / before, 2) + Math.Pow(slopes.ErrPxPerS / after, 2));
        return Judge(level, after / before, err, "dissolve", "the particles' dissolving");
    }

    private RuleReading? Judge(double level, double ratio, double err, string verb, string what)
    {
        var log = Math.Log(ratio);
        var withBeam = Math.Sign(log) == Math.Sign(Math.Log(level));
        var size = Math.Abs(log);
        var over = withBeam && size > Math.Log(Options.Threshold!.Value) && size > Sigmas * err;
        return over
            ? new RuleReading
            {
                Over = true,
                Clear = false,
                Value = ratio,
                Badness = size,
                Message = Say($"{what} goes with the beam: they {verb} {ratio:0.0} times as fast since the beam is {level:0.0} times as strong"),
            }
            : null;
    }

    // Mean square step of a particle, px² a frame over both axes, without common motion and noise; null where it cannot be told.
    private double? Motion(in AnalysedFrame frame)
    {
        var follows = frame.Row.Frame == _lastFrame + 1 && !frame.Verdict.Spoilt;
        _lastFrame = frame.Row.Frame;
        _dx.Clear();
        _dy.Clear();
        _noise.Clear();
        foreach (var point in frame.Tracks.Points)
        {
            if (follows && point.Flags == DetectionFlags.None && _last.TryGetValue(point.Particle, out var before))
            {
                _dx.Add(point.Fit.XPx - before.X);
                _dy.Add(point.Fit.YPx - before.Y);
                _noise.Add(before.Variance + Variance(point.Fit));
            }
        }

        _last.Clear();
        foreach (var point in frame.Tracks.Points)
        {
            if (point.Flags == DetectionFlags.None && !frame.Verdict.Spoilt)
            {
                _last[point.Particle] = (point.Fit.XPx, point.Fit.YPx, Variance(point.Fit));
            }
        }

        return _dx.Count < FewestParticles ? null : Spread();
    }

    private double Spread()
    {
        var (mx, my) = (Robust.Median([.. _dx]), Robust.Median([.. _dy]));
        var squares = new double[_dx.Count];
        for (var i = 0; i < squares.Length; i++)
        {
            squares[i] = Math.Pow(_dx[i] - mx, 2) + Math.Pow(_dy[i] - my, 2);
        }

        _meanNoise = _noise.Average();
        return (Robust.Median(squares) / Math.Log(2)) - _meanNoise;
    }

    private static double Variance(ShapeFit fit) => (fit.XErrPx * fit.XErrPx) + (fit.YErrPx * fit.YErrPx);
}

/// <summary>A calibration in use is old.</summary>
internal sealed class ExpiryRule(RuleOptions options, DateTimeOffset? at) : AlertRule(options)
{
    private (string Name, double Days)? _oldest;
    private bool _dated;

    public override string? Missing => _dated ? null : at is null ? "the recording has no date" : "no calibration in use has a date";

    public override void Begin(Calibration calibration)
    {
        (_dated, _oldest) = (false, null);
        foreach (var (name, value) in new[]
        {
            ("counts per electron", calibration.CountsPerElectron), ("dark level", calibration.DarkLevel), ("pixel size", calibration.PixelSizeNm), ("transmission", calibration.Transmission),
        })
        {
            if (value?.Date is { } date && at is { } now)
            {
                _dated = true;
                var days = (now - date).TotalDays;
                _oldest = _oldest is { } known && known.Days >= days ? known : (name, days);
            }
        }
    }

    public override RuleReading? Received(in ReceivedFrame frame) => _oldest is not { } oldest
        ? null
        : Above(oldest.Days, Options.Threshold!.Value, () => Say($"the calibration of {oldest.Name} is {oldest.Days:0} days old; {Options.Threshold:0} are allowed: calibrate again"));
}
