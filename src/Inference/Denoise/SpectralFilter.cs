using System.Numerics.Tensors;

namespace LiveLtem.Inference.Denoise;

/// <summary>The best linear estimate of each frame from itself and all earlier ones, for a picture with a given <see cref="MotionSpectrum"/>.</summary>
/// <remarks>A Kalman filter (Kalman 1960, doi:10.1115/1.3662552) for every coefficient of the cosine transform: its state are the parts of the picture, its gain depends on the ring and
/// on how many frames were seen, so that the first frames are smoothed in space only and later ones ever more in time. Memory and time a frame do
/// not grow with the history. Not thread-safe.</remarks>
internal sealed class SpectralFilter : IDisposable
{
    private const int LongestGap = 1000;
    private readonly CosineTransform _transform;
    private readonly MotionSpectrum _spectrum;
    private readonly byte[] _map;
    private readonly float[][] _state;
    private readonly double[][] _covariance;
    private readonly float[] _gain;
    private readonly float[] _line;
    private bool _started;

    /// <summary>Starts with no frame seen.</summary>
    public SpectralFilter(int height, int width, MotionSpectrum spectrum)
    {
        _transform = new CosineTransform(height, width);
        _spectrum = spectrum;
        _map = FrequencyBins.Map(_transform.Rows, _transform.Columns);
        var parts = MotionSpectrum.Parts;
        _state = [.. Enumerable.Range(0, parts).Select(_ => new float[_map.Length])];
        _covariance = [.. Enumerable.Range(0, FrequencyBins.Count).Select(bin => Prior(spectrum.Power[bin]))];
        _gain = new float[parts * FrequencyBins.Count];
        _line = new float[parts];
    }

    /// <summary>Noise of one pixel of a raw frame, standard deviation.</summary>
    public double NoiseRms => _spectrum.NoiseRms(_map);

    /// <summary>Takes the next frame in and gives its estimate.</summary>
    /// <param name="picture">In: the frame with its level taken off, row-major. Out: the estimate.</param>
    /// <param name="step">Frames since the one before: more than 1 where some were lost.</param>
    public void Next(Span<float> picture, long step)
    {
        _transform.Forward(picture);
        var kept = new float[MotionSpectrum.Parts];
        var frames = Math.Clamp(step, 1, LongestGap);
        for (var k = 0; k < kept.Length; k++)
        {
            kept[k] = _started ? (float)MotionSpectrum.Kept(k, frames) : 1;
        }

        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            Advance(bin, _started ? frames : 0);
        }

        _started = true;
        Update(_transform.Coefficients, kept);
        _transform.Backward(picture);
    }

    /// <inheritdoc/>
    public void Dispose() => _transform.Dispose();

    private static double[] Prior(double[] power)
    {
        var covariance = new double[power.Length * power.Length];
        for (var k = 0; k < power.Length; k++)
        {
            covariance[(k * power.Length) + k] = power[k];
        }

        return covariance;
    }

    // One step of the covariance of a ring, which is the same for all of its coefficients, and the gain that follows.
    private void Advance(int bin, long frames)
    {
        var n = MotionSpectrum.Parts;
        var p = _covariance[bin];
        if (frames > 0)
        {
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    p[(i * n) + j] *= MotionSpectrum.Kept(i, frames) * MotionSpectrum.Kept(j, frames);
                }

                var a = MotionSpectrum.Kept(i, frames);
                p[(i * n) + i] += (1 - (a * a)) * _spectrum.Power[bin][i];
            }
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
        }

        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                p[(i * n) + j] -= total > 0 ? seen[i] * seen[j] / total : 0;
            }
        }
    }

    private void Update(Span<float> coefficients, float[] kept)
    {
        var (s0, s1, s2, s3) = (_state[0], _state[1], _state[2], _state[3]);
        var (a0, a1, a2, a3) = (kept[0], kept[1], kept[2], kept[3]);
        for (var i = 0; i < coefficients.Length; i++)
        {
            var g = _map[i] * 4;
            var p0 = a0 * s0[i];
            var p1 = a1 * s1[i];
            var p2 = a2 * s2[i];
            var p3 = a3 * s3[i];
            var predicted = p0 + p1 + p2 + p3;
            var news = coefficients[i] - predicted;
            s0[i] = p0 + (_gain[g] * news);
            s1[i] = p1 + (_gain[g + 1] * news);
            s2[i] = p2 + (_gain[g + 2] * news);
            s3[i] = p3 + (_gain[g + 3] * news);
            coefficients[i] = s0[i] + s1[i] + s2[i] + s3[i];
        }
    }
}
