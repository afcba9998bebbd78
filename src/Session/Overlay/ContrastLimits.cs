using OpenCvSharp;

namespace LiveLtem.Session.Overlay;

/// <summary>Grey limits for showing a movie: percentiles of each frame, followed slowly so that the picture does not flicker.</summary>
internal sealed class ContrastLimits
{
    private const int MostSamples = 16384;
    private const double Tail = 0.003;
    private const double Follow = 0.1;

    private readonly float[] _samples = new float[MostSamples];
    private double _low;
    private double _high;
    private bool _started;

    /// <summary>Limits for the next frame; the upper one is always above the lower.</summary>
    /// <param name="image">32-bit float, one channel.</param>
    public (double Low, double High) Next(Mat image)
    {
        var pixels = image.AsSpan<float>();
        var step = Math.Max(1, pixels.Length / MostSamples);
        var count = 0;
        for (var i = 0; i < pixels.Length && count < MostSamples; i += step)
        {
            if (float.IsFinite(pixels[i]))
            {
                _samples[count++] = pixels[i];
            }
        }

        if (count > 0)
        {
            Array.Sort(_samples, 0, count);
            var low = _samples[(int)(Tail * (count - 1))];
            var high = _samples[(int)((1 - Tail) * (count - 1))];
            var share = _started ? Follow : 1;
            _low += share * (low - _low);
            _high += share * (high - _high);
            _started = true;
        }

        return (_low, Math.Max(_high, _low + (1e-6 * Math.Max(1, Math.Abs(_low)))));
    }
}
