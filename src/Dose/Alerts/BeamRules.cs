using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>No beam.</summary>
internal sealed class BlankRule(RuleOptions options) : AlertRule(options)
{
    public override RuleReading? Received(in ReceivedFrame frame)
    {
        var signals = frame.Signals;
        if (signals.Blanked)
        {
            return new RuleReading
            {
                Over = true,
                Clear = false,
                Value = signals.BeamLevel ?? 0,
                Badness = -(signals.BeamLevel ?? 0),
                Message = "the beam is off: nothing but the camera's dark level arrives; no dose is counted",
            };
        }

        return signals.BeamLevel is { } level
            ? new RuleReading { Over = false, Clear = level >= Options.Threshold!.Value * (1 + Options.Hysteresis) }
            : signals.BeamAtLeast is not null || signals.Looked ? RuleReading.Good : null;
    }
}

/// <summary>The beam became stronger or weaker at once.</summary>
/// <remarks>Two-sided CUSUM (Page 1954, doi:10.2307/2333009) on the logarithm of the level, with half the step that counts as its allowance: a large step is found with
/// its second frame, one of just the threshold's size a few frames later, and one frame alone (the beam went off in its middle) never.</remarks>
internal sealed class BeamStepRule(RuleOptions options, int settleFrames, Action<double> accept) : AlertRule(options)
{
    private const double MostLog = 3;
    private readonly Recent _stay = new(9);
    private bool _hasDark;
    private double _up;
    private double _down;
    private int _same;
    private bool _stands;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        var signals = frame.Signals;
        if (signals.Blanked || signals.RepeatOf is not null)
        {
            return null;
        }

        var step = Math.Log(Options.Threshold!.Value);
        if (signals.BeamLevel is not { } level)
        {
            // Saturated: the beam is at least so strong.
            return signals.BeamAtLeast is { } least && Math.Log(Math.Max(least, 1e-3)) > step ? Step(least, "at least ") : null;
        }

        var log = Math.Clamp(Math.Log(Math.Max(level, 1e-3)), -MostLog, MostLog);
        _up = Math.Clamp(_up + log - (step / 2), 0, MostLog);
        _down = Math.Clamp(_down - log - (step / 2), 0, MostLog);
        var far = Math.Abs(log) > step * 0.8;
        var over = far && (_stands || Math.Max(_up, _down) > step / 2);
        var near = Math.Abs(log) < step * (1 - Options.Hysteresis);
        _stands = over || (_stands && !near);
        if (near)
        {
            (_up, _down) = (0, 0);
        }

        Settle(level, _stands);
        return over ? Step(level, string.Empty) : new RuleReading { Over = false, Clear = near };
    }

    public override void Begin(Core.Calibration calibration)
    {
        _hasDark = calibration.DarkLevel is not null;
        Forget();
    }

    private void Forget()
    {
        (_up, _down, _same, _stands) = (0, 0, 0, false);
        _stay.Clear();
    }

    // A beam that stays as it is becomes the usual one.
    private void Settle(double level, bool stands)
    {
        _same = stands ? _same + 1 : 0;
        if (!stands)
        {
            _stay.Clear();
            return;
        }

        _stay.Add(level);
        if (_same >= settleFrames && _stay.IsFull)
        {
            accept(_stay.Median());
            Forget();
        }
    }

    private RuleReading Step(double level, string least) => new()
    {
        Over = true,
        Clear = false,
        Value = _hasDark ? level : null,
        Badness = Math.Abs(Math.Log(Math.Max(level, 1e-3))),
        Message = _hasDark
            ? Say($"the beam is {least}{level:G3} times as strong as before: its intensity, the spot or the condenser changed")
            : Say($"the beam is {(level > 1 ? "stronger" : "weaker")} than before: its intensity, the spot or the condenser changed; the counts are {least}{level:G3} times as many, by more than that the beam, since the dark level among them is not known"),
    };
}

/// <summary>Pixels at the ceiling.</summary>
internal sealed class SaturationRule(RuleOptions options) : AlertRule(options)
{
    public override RuleReading? Received(in ReceivedFrame frame)
    {
        var fraction = frame.Signals.SaturatedFraction;
        return Above(fraction, Options.Threshold!.Value, () => Say($"{100 * fraction:0.##} % of the pixels are at the camera's ceiling: dose and contrast read too low"));
    }
}

/// <summary>A counting camera that is given more electrons than it can tell apart.</summary>
/// <remarks>Recorded n_r = (1 - exp(-s n)) / s of n electrons a pixel and readout, s the pixels in which no second one is seen.</remarks>
internal sealed class CoincidenceRule(RuleOptions options, double? readoutsPerS, double areaPx) : AlertRule(options)
{
    private const double Full = 0.999;
    private double? _electronsPerReadoutCount;
    private double _dark;

    public override string? Missing => readoutsPerS is null
        ? "for a counting camera, alerts.coincidence_loss.readouts_per_s must be set"
        : _electronsPerReadoutCount is null ? "it needs counts per electron and the exposure" : null;

    public override void Begin(Core.Calibration calibration)
    {
        _dark = calibration.DarkLevel?.Value ?? 0;
        _electronsPerReadoutCount = calibration.CountsPerElectron is { } gain && calibration.ExposureS is { } exposure && readoutsPerS is { } rate
            ? 1 / (gain.Value * Math.Max(1, exposure.Value * rate))
            : null;
    }

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        if (_electronsPerReadoutCount is not { } scale || frame.Signals.SaturatedFraction > 0.002)
        {
            return null;
        }

        var recorded = Math.Max(0, (frame.Gauge.MeanCounts - _dark) * scale);
        var filled = Math.Min(Full, areaPx * recorded);
        var loss = recorded <= 0 ? 0 : 1 - (recorded / (-Math.Log(1 - filled) / areaPx));
        return Above(loss, Options.Threshold!.Value, () => Say($"the counting camera misses about {100 * loss:0} % of the electrons: the dose reads too low; a lower rate loses fewer"));
    }
}
