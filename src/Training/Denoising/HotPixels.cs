using System.Numerics.Tensors;

namespace LiveLtem.Training.Denoising;

/// <summary>Pixels that read too high or too low all the time: to a denoiser they would be a picture that rests.</summary>
/// <remarks>A recording that comes here by way of 'analyze' has lost them already.</remarks>
internal sealed class HotPixels
{
    private const double Doubt = 8;
    private const double MedianToSigma = 1.4826;
    private readonly int _height;
    private readonly int _width;
    private readonly List<int> _places = [];

    /// <summary>Finds them: their mean over the frames is far from that of their neighbours.</summary>
    /// <param name="frames">Two or more of the first frames, row-major.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public HotPixels(IReadOnlyList<float[]> frames, int height, int width)
    {
        (_height, _width) = (height, width);
        var mean = new float[height * width];
        foreach (var frame in frames)
        {
            TensorPrimitives.MultiplyAdd(frame, 1f / frames.Count, mean, mean);
        }

        var away = new float[mean.Length];
        for (var i = 0; i < mean.Length; i++)
        {
            away[i] = mean[i] - Neighbours(mean, i);
        }

        // By the median, since a few pixels that read very high would hide all those that read a little less high.
        var sorted = Array.ConvertAll(away, Math.Abs);
        Array.Sort(sorted);
        var limit = Doubt * MedianToSigma * sorted[sorted.Length / 2];
        for (var i = 0; i < away.Length; i++)
        {
            if (Math.Abs(away[i]) > limit)
            {
                _places.Add(i);
            }
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _places.Count;

    /// <summary>Puts the median of their neighbours in their place.</summary>
    public void Replace(Span<float> picture)
    {
        foreach (var place in _places)
        {
            picture[place] = Neighbours(picture, place);
        }
    }

    // The middle one: a mean would lift the neighbours of a pixel that reads very high until they count as hot themselves.
    private float Neighbours(ReadOnlySpan<float> picture, int place)
    {
        Span<float> around = stackalloc float[8];
        var (x, y, count) = (place % _width, place / _width, 0);
        for (var v = Math.Max(0, y - 1); v <= Math.Min(_height - 1, y + 1); v++)
        {
            for (var u = Math.Max(0, x - 1); u <= Math.Min(_width - 1, x + 1); u++)
            {
                var other = (v * _width) + u;
                if (other != place)
                {
                    around[count++] = picture[other];
                }
            }
        }

        around = around[..count];
        around.Sort();
        return count == 0 ? 0 : (around[(count - 1) / 2] + around[count / 2]) / 2;
    }
}
