using LiveLtem.Core;

namespace LiveLtem.App.Hosting;

/// <summary>The time of a frame: by the source's own clock, else by its number and the frame time, else unknown.</summary>
/// <param name="frameTimeS">Time from frame to frame, s, or null.</param>
/// <param name="trustsSource">False where the operator typed a frame time, which then beats the source's clock.</param>
/// <param name="fromFirst">True for a camera, whose numbers start anywhere; a file's count from its first frame.</param>
internal sealed class FrameClock(double? frameTimeS, bool trustsSource, bool fromFirst)
{
    private double? _frameTimeS = frameTimeS;
    private long? _first;
    private long _last;
    private double? _startS = 0;

    /// <summary>Seconds from the first frame, or null. Called in the order of arrival.</summary>
    public double? TimeS(FrameHeader header)
    {
        _first ??= fromFirst ? header.Number : 0;
        _last = header.Number;
        return trustsSource && header.SourceTimeS is { } own ? own : _startS + ((header.Number - _first) * _frameTimeS);
    }

    /// <summary>Frames that come from now on are another time apart.</summary>
    public void Change(double? frameTimeS)
    {
        if (_first is null)
        {
            _frameTimeS = frameTimeS;
            return;
        }

        // Counted from the last frame of before, which ended after its own frame time.
        _startS += (_last + 1 - _first) * _frameTimeS;
        (_first, _frameTimeS) = (_last + 1, frameTimeS);
    }
}
