using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.Training.Samples;

/// <summary>Buffers and blurs of one thread at work, kept between pictures. Not thread-safe.</summary>
internal sealed class RenderTools
{
    // Blurs are made for steps of a fiftieth of a pixel: finer is not seen.
    private const double BlurStepsPerPx = 50;

    private readonly Dictionary<int, GaussianBlur> _blurs = [];
    private readonly List<float[]> _planes = [];
    private int _next;

    /// <summary>The blur nearest to this one.</summary>
    public GaussianBlur Blur(double sigmaPx)
    {
        var key = (int)Math.Round(sigmaPx * BlurStepsPerPx);
        if (!_blurs.TryGetValue(key, out var blur))
        {
            _blurs[key] = blur = new GaussianBlur(key / BlurStepsPerPx);
        }

        return blur;
    }

    /// <summary>Room that is this caller's until <see cref="Reset"/>; its content is whatever was there before.</summary>
    public Span<float> Plane(int length)
    {
        if (_next == _planes.Count)
        {
            _planes.Add([]);
        }

        if (_planes[_next].Length < length)
        {
            _planes[_next] = new float[length];
        }

        return _planes[_next++].AsSpan(0, length);
    }

    /// <summary>Takes all planes back.</summary>
    public void Reset() => _next = 0;
}
