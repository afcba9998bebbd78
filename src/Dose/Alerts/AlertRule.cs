using System.Globalization;
using LiveLtem.Core;
using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>One received frame, as rules see it.</summary>
/// <param name="Signals">What was measured on its picture.</param>
/// <param name="Dose">Its gauge, time and dose.</param>
internal readonly record struct ReceivedFrame(FrameSignals Signals, FrameDose Dose)
{
    /// <summary>The frame's gauge.</summary>
    public GaugeReading Gauge => Dose.Gauge;
}

/// <summary>What the received frame said that rules over analysed frames need.</summary>
/// <param name="Spoilt">Blank, saturated or sent again: what was found in it says nothing.</param>
/// <param name="BeamLevel">The beam against the usual one, or null.</param>
internal readonly record struct FrameVerdict(bool Spoilt, double? BeamLevel);

/// <summary>One analysed frame, as rules see it.</summary>
/// <param name="Row">Its row of <c>frames.csv</c>.</param>
/// <param name="Tracks">Its points as known at once.</param>
/// <param name="Verdict">What its picture said.</param>
internal readonly record struct AnalysedFrame(FrameRow Row, FrameTracks Tracks, FrameVerdict Verdict);

/// <summary>One rule: when an alert of its kind is to be raised.</summary>
internal abstract class AlertRule(RuleOptions options)
{
    /// <summary>What the profile says of its kind.</summary>
    public RuleOptions Options => options;

    /// <summary>What its alert is found by.</summary>
    public virtual string Key => options.Kind.Name;

    /// <summary>Why it cannot be evaluated, or null.</summary>
    public virtual string? Missing => null;

    /// <summary>Looks at a received frame; null where it has nothing to say.</summary>
    public virtual RuleReading? Received(in ReceivedFrame frame) => null;

    /// <summary>Looks at an analysed frame; null where it has nothing to say.</summary>
    public virtual RuleReading? Analysed(in AnalysedFrame frame) => null;

    /// <summary>A received frame was left out of the analysis.</summary>
    public virtual RuleReading? LeftOut(FrameRow row) => null;

    /// <summary>The conditions changed.</summary>
    public virtual void Begin(Calibration calibration)
    {
    }

    /// <summary>Words in the invariant culture.</summary>
    protected static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A reading of a value that is bad above the threshold.</summary>
    protected RuleReading Above(double value, double threshold, Func<string> message) => new()
    {
        Over = value > threshold,
        Clear = value <= threshold * (1 - options.Hysteresis),
        Value = value,
        Threshold = threshold,
        Badness = value,
        Message = value > threshold ? message() : null,
    };

    /// <summary>A reading of a value that is bad below the threshold.</summary>
    protected RuleReading Below(double value, double threshold, Func<string> message) => new()
    {
        Over = value < threshold,
        Clear = value >= threshold * (1 + options.Hysteresis),
        Value = value,
        Threshold = threshold,
        Badness = -value,
        Message = value < threshold ? message() : null,
    };
}
