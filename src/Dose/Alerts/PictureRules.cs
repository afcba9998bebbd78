using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>The picture jumped.</summary>
internal sealed class JumpRule(RuleOptions options, FrameMonitor monitor) : AlertRule(options)
{
    public override string? Missing => monitor.TooSmall;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        if (frame.Signals.Jump is not { } jump)
        {
            return frame.Signals.Looked ? RuleReading.Good : null;
        }

        return new RuleReading
        {
            Over = true,
            Clear = false,
            Value = jump.Length,
            Badness = jump.Length,
            Message = Say($"the picture jumped by {jump.Length:0.0} px ({Tenths(jump.XPx)}, {Tenths(jump.YPx)}) after frame {jump.From}: the stage or the holder moved"),
        };
    }

    // What rounds to nothing has no sign.
    private static string Tenths(double px) => Say($"{Math.Round(px, 1) + 0.0:+0.0;-0.0;0.0}");
}

/// <summary>Gas in the liquid.</summary>
internal sealed class BubbleRule(RuleOptions options, FrameMonitor monitor) : AlertRule(options)
{
    private const int LeastAge = 3;

    public override string? Missing => monitor.TooSmall;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        if (!frame.Signals.Looked)
        {
            return null;
        }

        if (frame.Signals.Bright is not { } bright)
        {
            return RuleReading.Good;
        }

        return new RuleReading
        {
            Over = bright.AgeFrames >= LeastAge && bright.HasGrown,
            Clear = false,
            Value = bright.Excess,
            Badness = bright.Excess * bright.RadiusPx * bright.RadiusPx,
            Message = Say($"gas: a growing region about {bright.XPx:0}, {bright.YPx:0} of radius {bright.RadiusPx:0} px is {100 * bright.Excess:0} % brighter than the liquid around"),
        };
    }
}

/// <summary>The focus changed.</summary>
internal sealed class FocusRule(RuleOptions options, FrameMonitor monitor, int settleFrames) : AlertRule(options)
{
    private int _since;

    public override string? Missing => monitor.TooSmall ?? (monitor.FocusCanBeTold == false ? "too little of the picture stands out of the noise to tell the focus by" : null);

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        if (frame.Signals.Focus is not { BlurPx: { } blur } focus)
        {
            return null;
        }

        var size = Math.Abs(blur);
        var over = focus.IsSure && size > Options.Threshold!.Value;
        var clear = size <= Options.Threshold!.Value * (1 - Options.Hysteresis);
        _since = clear ? 0 : over || _since > 0 ? _since + 1 : 0;
        if (_since >= settleFrames)
        {
            monitor.AcceptFocus();
            _since = 0;
        }

        return new RuleReading
        {
            Over = over,
            Clear = clear,
            Value = blur,
            Badness = size,
            Message = over ? Say($"the focus changed: the picture is {(blur > 0 ? "blurred by" : "sharper by")} {size:0.0} px, in quadrature") : null,
        };
    }
}
