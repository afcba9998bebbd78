using LiveLtem.Core;
using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>Frames that did not arrive, by their numbers or, where these tell nothing, by the camera's clock.</summary>
/// <param name="options">What the profile says.</param>
/// <param name="numbersTell">Whether the source's numbers leave a gap where frames are lost.</param>
internal sealed class LostRule(RuleOptions options, bool numbersTell) : AlertRule(options)
{
    private const int TimesWanted = 4;
    private const double LateAfter = 1.6;
    private readonly Recent _periods = new(31);
    private double? _lastTime;
    private bool _anyTime;
    private long _frames;
    private long _together;
    private int _since;

    public override string? Missing => numbersTell || _anyTime || _frames < 2
        ? null
        : "the recording has neither frame numbers that skip nor times of its own";

    public override void Begin(Calibration calibration)
    {
        // Frames may be another time apart from here on.
        _periods.Clear();
        _lastTime = null;
    }

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        _frames++;
        var gauge = frame.Gauge;
        var lost = Math.Max(gauge.DroppedBefore, ByTime(gauge.Header));
        if (lost == 0)
        {
            _together = ++_since > Options.ClearFrames ? 0 : _together;
            return RuleReading.Good;
        }

        (_since, _together) = (0, _together + lost);
        var total = _together;
        return new RuleReading
        {
            Over = total >= Options.Threshold!.Value,
            Clear = false,
            Value = total,
            Badness = total,
            Message = Say($"{total} {(total == 1 ? "frame" : "frames")} before frame {gauge.Header.Number} did not arrive; their dose is counted all the same"),
        };
    }

    private long ByTime(FrameHeader header)
    {
        if (header.SourceTimeS is not { } time)
        {
            return 0;
        }

        var period = time - _lastTime;
        _lastTime = time;
        if (period is not > 0)
        {
            return 0;
        }

        // Times that differ at all: some writers give every frame the same.
        _anyTime = true;
        var usual = _periods.Count >= TimesWanted ? _periods.Median() : double.NaN;
        if (period > LateAfter * usual)
        {
            return (long)Math.Round(period.Value / usual) - 1;
        }

        _periods.Add(period.Value);
        return 0;
    }
}

/// <summary>Pictures that were sent before.</summary>
internal sealed class RepeatedRule(RuleOptions options) : AlertRule(options)
{
    private int _inARow;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        if (frame.Signals.RepeatOf is not { } of)
        {
            _inARow = 0;
            return RuleReading.Good;
        }

        _inARow++;
        var many = _inARow;
        return new RuleReading
        {
            Over = many >= Options.Threshold!.Value,
            Clear = false,
            Value = many,
            Badness = many,
            Message = many > 1
                ? Say($"the picture is frozen: {many} frames in a row are that of frame {of}")
                : Say($"frame {frame.Gauge.Header.Number} is the picture of frame {of}, sent again"),
        };
    }
}

/// <summary>The analysis leaves out too many of the newest frames.</summary>
internal sealed class LagRule(RuleOptions options, bool isLive) : AlertRule(options)
{
    private const int Window = 100;
    private const int Fewest = 30;
    private readonly Recent _skipped = new(Window);

    public override string? Missing => isLive ? null : "a recording waits for its analysis: no frame is left out";

    public override RuleReading? Analysed(in AnalysedFrame frame) => Read(0);

    public override RuleReading? LeftOut(FrameRow row) => Read(1);

    private RuleReading? Read(double skipped)
    {
        if (!isLive)
        {
            return null;
        }

        _skipped.Add(skipped);
        var part = _skipped.Mean();
        return _skipped.Count < Fewest
            ? null
            : Above(part, Options.Threshold!.Value, () => Say($"{100 * part:0} % of the last {_skipped.Count} frames were left out: the analysis takes longer than the camera; all frames are recorded and counted for the dose"));
    }
}
