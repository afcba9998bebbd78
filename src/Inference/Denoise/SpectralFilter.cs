using System.Numerics.Tensors;

namespace LiveLtem.Inference.Denoise;

/// <summary>The best linear estimate of each frame from itself and all earlier ones, for a picture with a given <see cref="MotionSpectrum"/>.</summary>
/// <remarks>A Kalman filter (Kalman 1960, doi:10.1115/1.3662552) for every coefficient of the cosine transform: its state are the parts of the picture and, not shown, the camera's fixed pattern; its gain depends on the ring and
/// on how many frames were seen, so that the first frames are smoothed in space only and later ones ever more in time. Memory and time a frame do
/// not grow with the history. Not thread-safe.</remarks>
internal sealed class SpectralFilter : IDisposable
{
    private const int LongestGap = 1000;
    // The parts of the picture and the fixed pattern; Update is written out for this many.
    private const int States = 5;
    private readonly CosineTransform _transform;
    private readonly MotionSpectrum _spectrum;
    private readonly byte[] _map;
    private readonly float[][] _state;
    private readonly double[][] _covariance;
    private readonly float[] _gain;
    private bool _started;

    /// <summary>Starts with no frame seen.</summary>
    public SpectralFilter(int height, int width, MotionSpectrum spectrum)
    {
        _transform = new CosineTransform(height, width);
        _spectrum = spectrum;
        _map = FrequencyBins.Map(_transform.Rows, _transform.Columns);
        var parts = States;
        _state = [.. Enumerable.Range(0, parts).Select(_ => new float[_map.Length])];
        _covariance = [.. Enumerable.Range(0, FrequencyBins.Count).Select(bin => Prior(spectrum.Power[bin], spectrum.Pattern))];
        _gain = new float[parts * FrequencyBins.Count];
    }

    /// <summary>Noise of one pixel of a raw frame, standard deviation.</summary>
    public double NoiseRms => _spectrum.NoiseRms(_map);

    /// <summary>Takes the next frame in and gives its estimate.</summary>
    /// <param name="picture">In: the frame with its level taken off, row-major. Out: the estimate.</param>
    /// <param name="step">Frames since the one before: more than 1 where some were lost.</param>
    public void Next(Span<float> picture, long step)
    {
        _transform.Forward(picture);
        Span<double> kept = stackalloc double[States];
        var frames = Math.Clamp(step, 1, LongestGap);
        for (var k = 0; k < States; k++)
        {
            kept[k] = _started && k < MotionSpectrum.Parts ? MotionSpectrum.Kept(k, frames) : 1;
        }

        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            Advance(bin, kept);
        }

        _started = true;
        Update(_transform.Coefficients, kept);
        _transform.Backward(picture);
    }

    /// <inheritdoc/>
    public void Dispose() => _transform.Dispose();

    private static double[] Prior(double[] power, double pattern)
    {
        var covariance = new double[States * States];
        for (var k = 0; k < States; k++)
        {
            covariance[(k * States) + k] = k < power.Length ? power[k] : pattern;
        }

        return covariance;
    }

    // One step of the covariance of a ring, which is the same for all of its coefficients, and the gain that follows.
    private void Advance(int bin, ReadOnlySpan<double> kept)
    {
        const int n = States;
        var p = _covariance[bin];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                p[(i * n) + j] *= kept[i] * kept[j];
            }

            p[(i * n) + i] += i < MotionSpectrum.Parts ? (1 - (kept[i] * kept[i])) * _spectrum.Power[bin][i] : 0;
        }

        Span<double> seen = stackalloc double[n];
        var total = _spectrum.Noise[bin];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                seen[i] += p[(i * n) + j];
            }

            total += seen[i];
        }

        for (var i = 0; i < n; i++)
        {
            var gain = total > 0 ? seen[i] / total : 0;
            _gain[(bin * n) + i] = (float)gain;
            for (var j = 0; j < n; j++)
            {
                p[(i * n) + j] -= gain * seen[j];
            }
        }
    }

    private void Update(Span<float> coefficients, ReadOnlySpan<double> kept)
    {
        var (s0, s1, s2, s3, s4) = (_state[0], _state[1], _state[2], _state[3], _state[4]);
        var (a0, a1, a2, a3) = ((float)kept[0], (float)kept[1], (float)kept[2], (float)kept[3]);
        for (var i = 0; i < coefficients.Length; i++)
        {
            var g = _map[i] * States;
            var p0 = a0 * s0[i];
            var p1 = a1 * s1[i];
            var p2 = a2 * s2[i];
            var p3 = a3 * s3[i];
            var news = coefficients[i] - (p0 + p1 + p2 + p3 + s4[i]);
            s0[i] = p0 + (_gain[g] * news);
            s1[i] = p1 + (_gain[g + 1] * news);
            s2[i] = p2 + (_gain[g + 2] * news);
            s3[i] = p3 + (_gain[g + 3] * news);
            s4[i] += _gain[g + 4] * news;
            coefficients[i] = s0[i] + s1[i] + s2[i] + s3[i];
        }
    }
}
