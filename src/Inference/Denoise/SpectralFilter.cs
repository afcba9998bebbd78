using System.Runtime.Intrinsics;

namespace LiveLtem.Inference.Denoise;

/// <summary>The best linear estimate of every coefficient of a picture from the frames so far, for a picture with a given <see cref="MotionSpectrum"/>.</summary>
/// <remarks>A Kalman filter (Kalman 1960, doi:10.1115/1.3662552) for every coefficient of the cosine transform: its state are the parts of the picture
/// and, not shown, the camera's fixed pattern; its gain depends on the ring and on how many frames were seen, so that the first frames are smoothed
/// in space only and later ones ever more in time. Memory and time a frame do not grow with the history. Not thread-safe.</remarks>
internal sealed class SpectralFilter
{
    // The parts of the picture and the fixed pattern; the loops are written out for this many.
    private const int States = 5;
    private const int LongestGap = 1000;
    private const byte Mixed = byte.MaxValue;
    private MotionSpectrum _spectrum;
    private readonly double _boost;
    private readonly byte[] _map;
    private readonly int _columns;
    private readonly float[][] _state;
    private readonly double[][] _covariance;
    private readonly float[] _gain = new float[States * FrequencyBins.Count];

    // The estimate of the newest frame, made where the states are at hand.
    private readonly float[] _sum;

    // For each run of eight coefficients: the ring that all of them lie in, or Mixed.
    private readonly byte[] _rings;

    // Rings in which a picture was ever expected.
    private readonly bool[] _awake = new bool[FrequencyBins.Count];
    private bool _started;

    /// <summary>Starts with no frame seen.</summary>
    /// <param name="map">The ring of each coefficient.</param>
    /// <param name="columns">Coefficients in a row.</param>
    /// <param name="spectrum">What the picture is like.</param>
    /// <param name="boost">How much stronger than that the picture is taken to be: where there is something, it is stronger than on average over the frame.</param>
    public SpectralFilter(byte[] map, int columns, MotionSpectrum spectrum, double boost)
    {
        _columns = columns;
        _spectrum = spectrum;
        _boost = boost;
        _map = map;
        _sum = new float[map.Length];
        _rings = [.. Enumerable.Range(0, map.Length / Vector256<float>.Count).Select(i => RingOf(map.AsSpan(i * Vector256<float>.Count, Vector256<float>.Count)))];
        _state = [.. Enumerable.Range(0, States).Select(_ => new float[map.Length])];
        _covariance = [.. Enumerable.Range(0, FrequencyBins.Count).Select(Prior)];
    }

    /// <summary>Takes the next frame in.</summary>
    /// <param name="coefficients">Its coefficients.</param>
    /// <param name="step">Frames since the one before: more than 1 where some were lost.</param>
    public void Next(ReadOnlySpan<float> coefficients, long step)
    {
        Span<double> kept = stackalloc double[States];
        var frames = Math.Clamp(step, 1, LongestGap);
        for (var k = 0; k < States; k++)
        {
            kept[k] = _started && k < MotionSpectrum.Parts ? MotionSpectrum.Kept(k, frames) : 1;
        }

        _started = true;
        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            Advance(bin, kept);
        }

        Update(coefficients, kept);
    }

    /// <summary>Goes on with better knowledge of the picture and its noise; what it made of the frames so far stays, and so does how sure it is of it.</summary>
    public void Adopt(MotionSpectrum spectrum) => _spectrum = spectrum;

    /// <summary>Forgets every frame.</summary>
    public void Reset()
    {
        _started = false;
        for (var k = 0; k < States; k++)
        {
            _state[k].AsSpan().Clear();
        }

        _awake.AsSpan().Clear();
        _sum.AsSpan().Clear();

        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            Prior(bin).CopyTo(_covariance[bin], 0);
        }
    }

    /// <summary>Brings together what this filter makes of a frame and those before, and what another one makes of those after.</summary>
    /// <param name="later">Has seen the later frames, the last one first.</param>
    /// <param name="step">Frames between this one and the next.</param>
    /// <remarks>The two-filter smoother (Fraser and Potter 1969, doi:10.1109/TAC.1969.1099196): what both know beforehand is taken off once.</remarks>
    public SmoothingWeights Join(SpectralFilter later, long step)
    {
        var weights = new SmoothingWeights(States);
        Span<double> kept = stackalloc double[States];
        for (var k = 0; k < States; k++)
        {
            kept[k] = k < MotionSpectrum.Parts ? MotionSpectrum.Kept(k, Math.Clamp(step, 1, LongestGap)) : 1;
        }

        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            var prior = Prior(bin);
            weights.Set(bin, _covariance[bin], later._covariance[bin], prior, kept, MotionSpectrum.Parts);
        }

        return weights;
    }

    /// <summary>The coefficients of the estimate from earlier and later frames.</summary>
    /// <param name="later">Has seen the later frames, the last one first.</param>
    /// <param name="weights">Of <see cref="Join"/>.</param>
    /// <param name="coefficients">Out.</param>
    /// <param name="firstBin">Rings before this one are left out.</param>
    public void Estimate(SpectralFilter later, SmoothingWeights weights, Span<float> coefficients, int firstBin)
    {
        for (var i = 0; i < coefficients.Length; i++)
        {
            var sum = 0f;
            if (_map[i] >= firstBin)
            {
                var w = weights.Of(_map[i]);
                for (var k = 0; k < States; k++)
                {
                    sum += (w[k] * _state[k][i]) + (w[States + k] * later._state[k][i]);
                }
            }

            coefficients[i] = sum;
        }
    }

    /// <summary>The coefficients of the estimate.</summary>
    /// <param name="coefficients">Out.</param>
    /// <param name="firstBin">Rings before this one are left out.</param>
    public void Estimate(Span<float> coefficients, int firstBin)
    {
        _sum.CopyTo(coefficients);

        // The slowest rings lie at the start of the first rows.
        for (var row = 0; row < _map.Length && _map[row] < firstBin; row += _columns)
        {
            for (var i = row; i < row + _columns && _map[i] < firstBin; i++)
            {
                coefficients[i] = 0;
            }
        }
    }

    /// <summary>The coefficients that the next frame will have on average, the camera's fixed pattern among them.</summary>
    /// <param name="coefficients">Out.</param>
    public void Predict(Span<float> coefficients)
    {
        Span<float> kept = stackalloc float[MotionSpectrum.Parts];
        for (var k = 0; k < kept.Length; k++)
        {
            kept[k] = (float)MotionSpectrum.Kept(k, 1);
        }

        var (s0, s1, s2, s3, s4) = (_state[0], _state[1], _state[2], _state[3], _state[4]);
        for (var i = 0; i < coefficients.Length; i++)
        {
            coefficients[i] = (kept[0] * s0[i]) + (kept[1] * s1[i]) + (kept[2] * s2[i]) + (kept[3] * s3[i]) + s4[i];
        }
    }

    /// <summary>Standard deviation of the estimate's error in one pixel, by the spectrum.</summary>
    /// <param name="firstBin">Rings before this one are left out.</param>
    /// <param name="modes">Coefficients in each ring.</param>
    public double Error(int firstBin, ReadOnlySpan<int> modes)
    {
        var (sum, all) = (0.0, 0);
        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            all += modes[bin];
            for (var i = 0; i < MotionSpectrum.Parts && bin >= firstBin; i++)
            {
                for (var j = 0; j < MotionSpectrum.Parts; j++)
                {
                    sum += modes[bin] * _covariance[bin][(i * States) + j];
                }
            }
        }

        return Math.Sqrt(Math.Max(0, sum / all));
    }

    private double Power(int bin, int part) => _boost * _spectrum.Power[bin][part];

    private double[] Prior(int bin)
    {
        var covariance = new double[States * States];
        for (var k = 0; k < States; k++)
        {
            covariance[(k * States) + k] = k < MotionSpectrum.Parts ? Power(bin, k) : _spectrum.Pattern;
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

            p[(i * n) + i] += i < MotionSpectrum.Parts ? (1 - (kept[i] * kept[i])) * Power(bin, i) : 0;
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
            _awake[bin] |= gain != 0 && i < MotionSpectrum.Parts;
            for (var j = 0; j < n; j++)
            {
                p[(i * n) + j] -= gain * seen[j];
            }
        }
    }

    private void Update(ReadOnlySpan<float> coefficients, ReadOnlySpan<double> kept)
    {
        var width = Vector256<float>.Count;
        Span<Vector256<float>> keep = [Vector256.Create((float)kept[0]), Vector256.Create((float)kept[1]), Vector256.Create((float)kept[2]), Vector256.Create((float)kept[3])];
        for (var run = 0; run < _rings.Length; run++)
        {
            var ring = _rings[run];
            var i = run * width;
            if (ring == Mixed)
            {
                Update(coefficients, kept, i, i + width);
                continue;
            }

            var g = ring * States;
            var seen = Vector256.LoadUnsafe(in coefficients[i]);
            ref var s4 = ref _state[4][i];
            var pattern = Vector256.LoadUnsafe(ref s4);
            if (!_awake[ring])
            {
                // Nothing was ever expected here but the camera's pattern.
                (pattern + (Vector256.Create(_gain[g + 4]) * (seen - pattern))).StoreUnsafe(ref s4);
                continue;
            }

            ref var s0 = ref _state[0][i];
            ref var s1 = ref _state[1][i];
            ref var s2 = ref _state[2][i];
            ref var s3 = ref _state[3][i];
            var p0 = keep[0] * Vector256.LoadUnsafe(ref s0);
            var p1 = keep[1] * Vector256.LoadUnsafe(ref s1);
            var p2 = keep[2] * Vector256.LoadUnsafe(ref s2);
            var p3 = keep[3] * Vector256.LoadUnsafe(ref s3);
            var news = seen - (p0 + p1 + p2 + p3 + pattern);
            p0 += Vector256.Create(_gain[g]) * news;
            p1 += Vector256.Create(_gain[g + 1]) * news;
            p2 += Vector256.Create(_gain[g + 2]) * news;
            p3 += Vector256.Create(_gain[g + 3]) * news;
            p0.StoreUnsafe(ref s0);
            p1.StoreUnsafe(ref s1);
            p2.StoreUnsafe(ref s2);
            p3.StoreUnsafe(ref s3);
            (pattern + (Vector256.Create(_gain[g + 4]) * news)).StoreUnsafe(ref s4);
            (p0 + p1 + p2 + p3).StoreUnsafe(ref _sum[i]);
        }

        Update(coefficients, kept, _rings.Length * width, coefficients.Length);
    }

    private void Update(ReadOnlySpan<float> coefficients, ReadOnlySpan<double> kept, int from, int to)
    {
        var (s0, s1, s2, s3, s4) = (_state[0], _state[1], _state[2], _state[3], _state[4]);
        var (a0, a1, a2, a3) = ((float)kept[0], (float)kept[1], (float)kept[2], (float)kept[3]);
        for (var i = from; i < to; i++)
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
            _sum[i] = s0[i] + s1[i] + s2[i] + s3[i];
        }
    }

    private static byte RingOf(ReadOnlySpan<byte> rings) => rings.ContainsAnyExcept(rings[0]) ? Mixed : rings[0];
}
