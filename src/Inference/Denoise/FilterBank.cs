using System.Numerics.Tensors;

namespace LiveLtem.Inference.Denoise;

/// <summary>Several linear estimates of each frame from itself and all earlier ones, from the one that is best on average over the frame to such as are
/// better where there is more to see: what a network chooses from, place by place.</summary>
/// <remarks>A linear filter has to treat empty liquid and a molecule alike. Taking the picture to be 5 and 25 times stronger than on average gives sharper
/// and noisier estimates, as fit where a molecule is (a Gaussian scale mixture; Portilla et al. 2003, doi:10.1109/TIP.2003.818640). Each is given in units
/// of its own expected error, so that what a network sees does not depend on dose or counts. Not thread-safe.</remarks>
public sealed class FilterBank : IDisposable
{
    private static readonly double[] Boosts = [1, 5, 25];

    // What is wider than this is left to the best filter alone: the network is to look at molecules.
    private const double WidestPx = 110;
    private readonly CosineTransform _transform;
    private readonly SpectralFilter[] _filters;
    private readonly SpectralFilter[] _later;
    private readonly SmoothingWeights?[] _joined;
    private readonly int[] _modes = new int[FrequencyBins.Count];
    private double _noise;
    private readonly int _firstBin = FrequencyBins.Of(1 / WidestPx);

    /// <summary>Starts with no frame seen.</summary>
    /// <param name="height">Rows of a frame.</param>
    /// <param name="width">Columns.</param>
    /// <param name="spectrum">What the picture and its noise are like.</param>
    /// <param name="channels">How many estimates: 1 for the best one alone, or <see cref="Channels"/>.</param>
    /// <param name="looksAhead">Whether <see cref="LookAhead"/> will be called.</param>
    public FilterBank(int height, int width, MotionSpectrum spectrum, int channels, bool looksAhead = false)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        _transform = new CosineTransform(height, width);
        var map = FrequencyBins.Map(_transform.Rows, _transform.Columns);
        foreach (var bin in map)
        {
            _modes[bin]++;
        }

        _filters = [.. Boosts.Take(channels).Select(boost => new SpectralFilter(map, _transform.Columns, spectrum, boost))];
        _later = looksAhead ? [.. Boosts.Take(channels).Select(boost => new SpectralFilter(map, _transform.Columns, spectrum, boost))] : [];
        _joined = new SmoothingWeights?[channels];
        _noise = spectrum.NoiseRms(_modes);
    }

    /// <summary>Estimates that a network sees.</summary>
    public static int Channels => Boosts.Length;

    /// <summary>Noise of one pixel of a raw frame, standard deviation.</summary>
    public double NoiseRms => _noise;

    /// <summary>Expected error of the best estimate in one pixel, detail alone: the unit of its channel and of what a network adds.</summary>
    public double Unit { get; private set; } = 1;

    /// <summary>Goes on with better knowledge of the picture and its noise, with all that was seen so far.</summary>
    public void Adopt(MotionSpectrum spectrum)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        foreach (var filter in _filters.Concat(_later))
        {
            filter.Adopt(spectrum);
        }

        _noise = spectrum.NoiseRms(_modes);
    }

    /// <summary>Takes the next frame in.</summary>
    /// <param name="picture">The frame with its level taken off, row-major.</param>
    /// <param name="step">Frames since the one before: more than 1 where some were lost.</param>
    public void Next(ReadOnlySpan<float> picture, long step)
    {
        _transform.Forward(picture);
        Next(_transform.Coefficients, step, null);
    }

    /// <summary>The coefficients of a frame, for <see cref="LookAhead"/>.</summary>
    /// <param name="picture">The frame with its level taken off, row-major.</param>
    public float[] Transform(ReadOnlySpan<float> picture)
    {
        _transform.Forward(picture);
        return _transform.Coefficients.ToArray();
    }

    /// <summary>Takes the next frame in, and looks at later ones for the estimates of this one.</summary>
    /// <param name="coefficients">The frame's.</param>
    /// <param name="step">Frames since the one before.</param>
    /// <param name="later">Coefficients of the later frames, in order, and each one's number counted from this frame.</param>
    public void LookAhead(ReadOnlySpan<float> coefficients, long step, IReadOnlyList<(long Ahead, float[] Coefficients)> later)
    {
        ArgumentNullException.ThrowIfNull(later);
        Next(coefficients, step, later);
    }

    /// <summary>The best linear estimate, row-major.</summary>
    public void Estimate(Span<float> picture)
    {
        Estimate(0, 0);
        _transform.Backward(picture);
    }

    /// <summary>One of the estimates as a network sees it: detail in units of its expected error.</summary>
    /// <param name="channel">0 is the best one.</param>
    /// <param name="picture">Out: row-major.</param>
    public void Channel(int channel, Span<float> picture)
    {
        Estimate(channel, _firstBin);
        _transform.Backward(picture);
        TensorPrimitives.Multiply(picture, (float)(1 / UnitOf(channel)), picture);
    }

    /// <summary>What the next frame shows beyond what the best filter expects, in <see cref="Unit"/>: what a network learns from, since its noise is independent of all that was seen.</summary>
    /// <param name="next">The next frame with its level taken off, row-major.</param>
    /// <param name="picture">Out: row-major.</param>
    public void Surprise(ReadOnlySpan<float> next, Span<float> picture)
    {
        var expected = new float[_transform.Coefficients.Length];
        _filters[0].Predict(expected);
        _transform.Forward(next);
        var coefficients = _transform.Coefficients;
        TensorPrimitives.Subtract(coefficients, expected, coefficients);
        coefficients[0] = 0;
        _transform.Backward(picture);
        TensorPrimitives.Multiply(picture, (float)(1 / Unit), picture);
    }

    /// <inheritdoc/>
    public void Dispose() => _transform.Dispose();

    private void Next(ReadOnlySpan<float> coefficients, long step, IReadOnlyList<(long Ahead, float[] Coefficients)>? later)
    {
        for (var channel = 0; channel < _filters.Length; channel++)
        {
            _filters[channel].Next(coefficients, step);
            _joined[channel] = null;
            if (later is { Count: > 0 })
            {
                var filter = _later[channel];
                filter.Reset();
                for (var i = later.Count - 1; i >= 0; i--)
                {
                    filter.Next(later[i].Coefficients, i == later.Count - 1 ? 1 : later[i + 1].Ahead - later[i].Ahead);
                }

                _joined[channel] = _filters[channel].Join(filter, later[0].Ahead);
            }
        }

        Unit = UnitOf(0);
    }

    private void Estimate(int channel, int firstBin)
    {
        if (_joined[channel] is { } weights)
        {
            _filters[channel].Estimate(_later[channel], weights, _transform.Coefficients, firstBin);
        }
        else
        {
            _filters[channel].Estimate(_transform.Coefficients, firstBin);
        }
    }

    // Where nothing is expected at all, the noise is the measure.
    private double UnitOf(int channel) => Math.Max(
        _joined[channel]?.Error(_firstBin, _modes) ?? _filters[channel].Error(_firstBin, _modes),
        1e-3 * Math.Max(_noise, 1e-6));
}
