namespace LiveLtem.Tracker.Analysis;

/// <summary>The time from frame to frame: as stated, or as the frames' own times and numbers say.</summary>
internal sealed class FrameClock(double? statedS)
{
    private (long Number, double TimeS)? _first;
    private (long Number, double TimeS)? _last;
    private double _earlierS;
    private long _earlierFrames;

    /// <summary>The frame time, s; NaN where it is not known.</summary>
    public double FrameTimeS
    {
        get
        {
            var frames = _earlierFrames + ((_last?.Number - _first?.Number) ?? 0);
            var time = _earlierS + ((_last?.TimeS - _first?.TimeS) ?? 0);
            return statedS ?? (frames > 0 ? time / frames : double.NaN);
        }
    }

    /// <summary>Takes the time of a frame.</summary>
    public void Take(PhysicsFrame frame)
    {
        if (!double.IsNaN(frame.TimeS))
        {
            _first ??= (frame.Number, frame.TimeS);
            _last = (frame.Number, frame.TimeS);
        }
    }

    /// <summary>A clock that goes on after a break which is not counted.</summary>
    public FrameClock Next() => new(statedS)
    {
        _earlierS = _earlierS + ((_last?.TimeS - _first?.TimeS) ?? 0),
        _earlierFrames = _earlierFrames + ((_last?.Number - _first?.Number) ?? 0),
    };
}
