using System.Runtime.InteropServices;

namespace LiveLtem.Inference.Denoise;

/// <summary>Learns a <see cref="MotionSpectrum"/> from the frames of a recording, by how much they differ from one another.</summary>
/// <remarks>No clean frame is needed: half the mean squared difference of two frames at lag t is N + sum P_k (1 - exp(-t / T_k)) (a structure
/// function), in which the noise, being independent from frame to frame, is what remains at lag 0. Fitted ring by ring by non-negative least squares.
/// Large frames are looked at through a window in their middle. Not thread-safe.</remarks>
internal sealed class SpectrumEstimator : IDisposable
{
    private const int MostLag = 24;
    private const int LargestSide = 512;
    private const int Rounds = 400;
    private const double BeyondLens = 0.4;

    private readonly CosineTransform _transform;
    private readonly byte[] _map;
    private readonly int[] _modes = new int[FrequencyBins.Count];
    private readonly List<float[]> _recent = [];
    private readonly double[][] _differences = [.. Enumerable.Range(0, MostLag + 1).Select(_ => new double[FrequencyBins.Count])];
    private readonly int[] _pairs = new int[MostLag + 1];
    private readonly double[] _squares = new double[FrequencyBins.Count];
    private readonly float[] _window;
    private readonly int _top;
    private readonly int _left;
    private readonly int _width;
    private int _frames;

    /// <summary>Prepares for frames of one size.</summary>
    public SpectrumEstimator(int height, int width)
    {
        _width = width;
        var (h, w) = (Math.Min(height, LargestSide), Math.Min(width, LargestSide));
        (_top, _left) = ((height - h) / 2, (width - w) / 2);
        _transform = new CosineTransform(h, w);
        _window = new float[h * w];
        _map = FrequencyBins.Map(_transform.Rows, _transform.Columns);
        for (var i = 1; i < _map.Length; i++)
        {
            _modes[_map[i]]++;
        }
    }

    /// <summary>Frames seen.</summary>
    public int Frames => _frames;

    /// <summary>Adds the next frame.</summary>
    /// <param name="picture">Level taken off, row-major [height, width].</param>
    public void Add(ReadOnlySpan<float> picture)
    {
        for (var y = 0; y < _transform.Height; y++)
        {
            picture.Slice(((y + _top) * _width) + _left, _transform.Width).CopyTo(_window.AsSpan(y * _transform.Width));
        }

        _transform.Forward(_window);
        var now = _transform.Coefficients.ToArray();
        for (var i = 1; i < now.Length; i++)
        {
            _squares[_map[i]] += (double)now[i] * now[i];
        }

        for (var lag = 1; lag <= _recent.Count; lag++)
        {
            AddPair(now, _recent[^lag], _differences[lag]);
            _pairs[lag]++;
        }

        _recent.Add(now);
        if (_recent.Count > MostLag)
        {
            _recent.RemoveAt(0);
        }

        _frames++;
    }

    /// <summary>What was learnt.</summary>
    public MotionSpectrum Estimate()
    {
        var spectrum = new MotionSpectrum();
        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            Fit(bin, spectrum);
        }

        TakePatternOff(spectrum);
        return spectrum;
    }

    /// <inheritdoc/>
    public void Dispose() => _transform.Dispose();

    // What rests beyond the frequencies that a lens passes is the camera's; being white, it is as strong in all other rings.
    private void TakePatternOff(MotionSpectrum spectrum)
    {
        var (sum, modes) = (0.0, 0);
        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            if (FrequencyBins.Middle(bin) > BeyondLens)
            {
                sum += spectrum.Power[bin][^1] * _modes[bin];
                modes += _modes[bin];
            }
        }

        spectrum.Pattern = modes > 0 ? sum / modes : 0;
        foreach (var power in spectrum.Power)
        {
            power[^1] = Math.Max(0, power[^1] - spectrum.Pattern);
        }
    }

    private void AddPair(float[] now, float[] before, double[] sums)
    {
        ref var map = ref MemoryMarshal.GetArrayDataReference(_map);
        for (var i = 1; i < now.Length; i++)
        {
            var d = now[i] - before[i];
            sums[System.Runtime.CompilerServices.Unsafe.Add(ref map, i)] += d * d;
        }
    }

    private void Fit(int bin, MotionSpectrum spectrum)
    {
        var modes = Math.Max(1, _modes[bin]);
        var whole = _squares[bin] / ((double)modes * Math.Max(1, _frames));
        var lags = Enumerable.Range(1, MostLag).Where(lag => _pairs[lag] > 0).ToArray();
        if (_modes[bin] == 0 || lags.Length == 0)
        {
            // Nothing to tell a picture that rests from noise: half and half is shown, which cannot be far wrong either way.
            spectrum.Noise[bin] = 0.5 * whole;
            spectrum.Power[bin][^1] = 0.5 * whole;
            return;
        }

        var moving = MotionSpectrum.Parts - 1;
        var unknowns = moving + 1;
        var normal = new double[unknowns * unknowns];
        var right = new double[unknowns];
        Span<double> column = stackalloc double[unknowns];
        foreach (var lag in lags)
        {
            var value = 0.5 * _differences[lag][bin] / ((double)modes * _pairs[lag]);
            column[0] = 1;
            for (var k = 0; k < moving; k++)
            {
                column[k + 1] = 1 - MotionSpectrum.Kept(k, lag);
            }

            for (var i = 0; i < unknowns; i++)
            {
                right[i] += _pairs[lag] * column[i] * value;
                for (var j = 0; j < unknowns; j++)
                {
                    normal[(i * unknowns) + j] += _pairs[lag] * column[i] * column[j];
                }
            }
        }

        var found = NonNegative(normal, right, unknowns);
        spectrum.Noise[bin] = Math.Max(found[0], 1e-3 * whole);
        var rest = whole - found[0];
        for (var k = 0; k < moving; k++)
        {
            spectrum.Power[bin][k] = found[k + 1];
            rest -= found[k + 1];
        }

        spectrum.Power[bin][^1] = Math.Max(0, rest);
    }

    // Coordinate descent: the few unknowns of one ring are found to rounding in far fewer rounds.
    private static double[] NonNegative(double[] normal, double[] right, int n)
    {
        var x = new double[n];
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < n; i++)
            {
                var gradient = right[i];
                for (var j = 0; j < n; j++)
                {
                    gradient -= normal[(i * n) + j] * x[j];
                }

                x[i] = Math.Max(0, x[i] + (gradient / normal[(i * n) + i]));
            }
        }

        return x;
    }
}
