using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LiveLtem.Core;

namespace LiveLtem.Inference.Denoise;

/// <summary>Learns a <see cref="MotionSpectrum"/> from the frames of a recording, by how much they differ from one another.</summary>
/// <remarks>No clean frame is needed: half the mean squared difference of two frames at lag t is N + sum P_k (1 - exp(-t / T_k)) (a structure
/// function), in which the noise, being independent from frame to frame, is what remains at lag 0. Fitted ring by ring by non-negative least squares.
/// Large frames are looked at through a window in their middle. Not thread-safe.</remarks>
public sealed class SpectrumEstimator : IDisposable
{
    private const int MostLag = 24;
    private const int LargestSide = 512;
    private const int Rounds = 400;
    private const double Doubt = 2.5;
    private const int Reach = 2;
    private const double BeyondLens = 0.4;

    private readonly CosineTransform _transform;
    private readonly byte[] _map;
    private readonly int[] _modes = new int[FrequencyBins.Count];
    private readonly List<float[]> _recent = [];
    private readonly double[][] _differences = [.. Enumerable.Range(0, MostLag + 1).Select(_ => new double[FrequencyBins.Count])];
    private readonly double[][] _chance = [.. Enumerable.Range(0, FrequencyBins.Count).Select(_ => new double[MotionSpectrum.Parts])];
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

    /// <summary>Learns from some frames.</summary>
    /// <param name="frames">In order; they stay the caller's.</param>
    /// <param name="level">The recording's.</param>
    public static MotionSpectrum Of(IReadOnlyList<Frame> frames, RecordingLevel level)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentNullException.ThrowIfNull(level);
        using var estimator = new SpectrumEstimator(frames[0].Height, frames[0].Width);
        var picture = new float[frames[0].Height * frames[0].Width];
        foreach (var frame in frames)
        {
            if (level.TakeOff(frame, picture).Usual)
            {
                estimator.Add(picture);
            }
        }

        return estimator.Estimate();
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
        TakeChanceOff(spectrum);
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

        spectrum.Pattern = modes > 0 ? Math.Max(0, sum / modes) : 0;
        foreach (var power in spectrum.Power)
        {
            power[^1] -= spectrum.Pattern;
        }
    }

    // Powers of neighbouring rings are alike, so they are averaged, flattened by the square of the frequency as which they fall or faster. They
    // cannot be negative, so that chance alone makes them positive: the less they exceed what chance would make of noise, the less of them is believed.
    private void TakeChanceOff(MotionSpectrum spectrum)
    {
        for (var k = 0; k < MotionSpectrum.Parts; k++)
        {
            var smooth = new double[FrequencyBins.Count];
            for (var bin = 0; bin < FrequencyBins.Count; bin++)
            {
                var (sum, weights, variance) = (0.0, 0.0, 0.0);
                for (var other = Math.Max(1, bin - Reach); other <= Math.Min(FrequencyBins.Count - 1, bin + Reach); other++)
                {
                    if (_modes[other] > 0)
                    {
                        var weight = Reach + 1 - Math.Abs(other - bin);
                        var flat = Math.Pow(FrequencyBins.Middle(other) / FrequencyBins.Middle(bin), 2);
                        sum += weight * flat * spectrum.Power[other][k];
                        variance += Math.Pow(weight * flat * _chance[other][k], 2);
                        weights += weight;
                    }
                }

                if (bin > 0 && weights > 0 && sum > 0)
                {
                    var power = sum / weights;
                    smooth[bin] = power * Math.Max(0, 1 - (Doubt * Doubt * variance / (sum * sum)));
                }
                else
                {
                    smooth[bin] = Math.Max(0, spectrum.Power[bin][k]);
                }
            }

            for (var bin = 0; bin < FrequencyBins.Count; bin++)
            {
                spectrum.Power[bin][k] = smooth[bin];
            }
        }
    }

    private void AddPair(float[] now, float[] before, double[] sums)
    {
        ref var map = ref MemoryMarshal.GetArrayDataReference(_map);
        for (var i = 1; i < now.Length; i++)
        {
            var d = now[i] - before[i];
            sums[Unsafe.Add(ref map, i)] += d * d;
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

        // What two frames share is the picture at that lag: it tells the powers without a word about the noise.
        const int unknowns = 4;
        var normal = new double[unknowns * unknowns];
        var right = new double[unknowns];
        Span<double> column = stackalloc double[unknowns];
        foreach (var lag in lags)
        {
            var shared = whole - Difference(lag, bin);
            for (var k = 0; k < unknowns; k++)
            {
                column[k] = MotionSpectrum.Kept(k, lag);
            }

            for (var i = 0; i < unknowns; i++)
            {
                right[i] += _pairs[lag] * column[i] * shared;
                for (var j = 0; j < unknowns; j++)
                {
                    normal[(i * unknowns) + j] += _pairs[lag] * column[i] * column[j];
                }
            }
        }

        var found = NonNegative(normal, right, unknowns);
        var (noise, weight) = (0.0, 0.0);
        foreach (var lag in lags)
        {
            var changed = 0.0;
            for (var k = 0; k < unknowns; k++)
            {
                changed += found[k] * (1 - MotionSpectrum.Kept(k, lag));
            }

            noise += _pairs[lag] * (Difference(lag, bin) - changed);
            weight += _pairs[lag];
        }

        spectrum.Noise[bin] = Math.Max(noise / weight, 1e-3 * whole);
        for (var k = 0; k < unknowns; k++)
        {
            var pairs = lags.Sum(lag => _pairs[lag] * Math.Exp(-2 * lag / MotionSpectrum.Times[k]));
            _chance[bin][k] = spectrum.Noise[bin] / Math.Sqrt(modes * pairs);
            spectrum.Power[bin][k] = found[k];
        }
    }

    // Half the mean squared difference of two frames.
    private double Difference(int lag, int bin) => 0.5 * _differences[lag][bin] / ((double)Math.Max(1, _modes[bin]) * _pairs[lag]);

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
