using System.Numerics.Tensors;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Denoise.Honesty;

/// <summary>Measures how far denoised frames can be trusted, from the noisy ones alone, as they go by.</summary>
/// <remarks>
/// uMSE (Marcos Morales et al. 2023, arXiv:2210.05553) takes three noisy frames of one picture; here they are the three that follow, whose noise no causal
/// denoiser has seen: (y₁ - f)² less half of (y₂ - y₃)², on average. What moves between frames and the camera's fixed pattern count as error too, so that the
/// figure is rather too bad than too good. A pixel is not supported where the denoised contrast, averaged over a molecule's scale, exceeds that of the raw frames over the
/// same area and the last frames by more than <see cref="Doubt"/> times the noise of that sum. Not thread-safe.
/// </remarks>
public sealed class HonestyMeter : IDisposable
{
    /// <summary>Standard deviations of the raw sum above which shown contrast is not supported.</summary>
    public const double Doubt = 4;

    // What a molecule's scale is, px, and what is slower than any molecule.
    private const double ScalePx = 3;
    private const int BackgroundPx = 41;
    private const double MemoryFrames = 8;
    private const int LookEvery = 8;
    private const int RangeEvery = 7;
    private const double Tail = 0.001;
    private readonly int _height;
    private readonly int _width;
    private readonly Queue<float[]> _raw = new();
    private readonly Queue<float[]> _shown = new();
    private readonly Stack<float[]> _spare = new();
    private readonly float[] _first;
    private readonly float[] _second;
    private readonly Mat _sum;
    private readonly Mat _work;
    private readonly Mat _slow;
    private readonly List<double> _errors = [];
    private readonly float[] _scratch;
    private double _weight;
    private double _weightSquared;
    private double _noise;
    private double _range;
    private double _residualTogether;
    private double _residualAlone;
    private double _unsupported;
    private int _looks;
    private int _frames;
    private double? _smoothNoise;
    private HonestyFigures? _known;

    /// <summary>Starts with no frame seen.</summary>
    public HonestyMeter(int height, int width)
    {
        (_height, _width) = (height, width);
        _sum = new Mat(height, width, MatType.CV_32FC1, Scalar.All(0));
        _work = new Mat(height, width, MatType.CV_32FC1);
        _slow = new Mat(height, width, MatType.CV_32FC1);
        _scratch = new float[((height * width) + RangeEvery - 1) / RangeEvery];
        _first = new float[height * width];
        _second = new float[height * width];
        Mask = new bool[height * width];
    }

    /// <summary>Where the newest frame that was looked at shows more than the raw frames carry, row-major.</summary>
    public bool[] Mask { get; private set; }

    /// <summary>Takes the next frame; call it for every one, in order.</summary>
    /// <param name="raw">With its level taken off, row-major.</param>
    /// <param name="shown">The same, denoised.</param>
    /// <returns>True where this frame was looked at, so that <see cref="Mask"/> is new.</returns>
    public bool Add(ReadOnlySpan<float> raw, ReadOnlySpan<float> shown)
    {
        var decay = 1 - (1 / MemoryFrames);
        (_weight, _weightSquared) = ((decay * _weight) + 1, (decay * decay * _weightSquared) + 1);
        Accumulate(raw, (float)decay);
        _raw.Enqueue(Kept(raw));
        _shown.Enqueue(Kept(shown));
        var looks = _frames++ % LookEvery == LookEvery - 1 && _raw.Count > 1;
        if (looks)
        {
            Look(shown);
        }

        // Three later frames are needed to judge one.
        if (_raw.Count > 4)
        {
            _spare.Push(_raw.Dequeue());
            _spare.Push(_shown.Dequeue());
        }

        if (_raw.Count == 4 && _frames % LookEvery == 0)
        {
            Judge();
        }

        return looks;
    }

    /// <summary>Begins the figures anew, as after a change of what is measured; what is known of the raw frames stays.</summary>
    public void Restart()
    {
        _errors.Clear();
        _known = null;
        (_noise, _range, _residualTogether, _residualAlone, _unsupported, _looks) = (0, 0, 0, 0, 0, 0);

        // A frame is judged by those that follow: what waits for them was shown before the change.
        _raw.Clear();
        _shown.Clear();
    }

    /// <summary>The figures so far; null before there are any.</summary>
    public HonestyFigures? Figures()
    {
        if (_errors.Count < 2)
        {
            return null;
        }

        if (_known is { } known && known.Frames == _errors.Count)
        {
            return known;
        }

        var mean = _errors.Average();
        var scatter = Math.Sqrt(_errors.Sum(error => (error - mean) * (error - mean)) / (_errors.Count - 1) / _errors.Count);
        var range = _range / _errors.Count;
        return _known = new HonestyFigures
        {
            Frames = _errors.Count,
            UnsupervisedMse = mean,
            UnsupervisedMseErr = scatter,
            RawMse = _noise / _errors.Count,
            UnsupervisedPsnrDb = mean > 0 && range > 0 ? 10 * Math.Log10(range * range / mean) : null,
            ResidualCorrelation = _residualAlone > 0 ? _residualTogether / _residualAlone : 0,
            UnsupportedFraction = _looks > 0 ? _unsupported / _looks : 0,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sum.Dispose();
        _work.Dispose();
        _slow.Dispose();
    }

    private void Judge()
    {
        var (raw, shown) = (_raw.ToArray(), _shown.ToArray());
        double pixels = raw[0].Length;
        var noise = Math.Pow(TensorPrimitives.Distance<float>(raw[2], raw[3]), 2) / 2 / pixels;
        _errors.Add((Math.Pow(TensorPrimitives.Distance<float>(raw[1], shown[0]), 2) / pixels) - noise);
        _noise += noise;
        _range += Range(shown[0]);

        Residual(raw[0], shown[0], _first);
        Residual(raw[1], shown[1], _second);
        _residualTogether += TensorPrimitives.Dot<float>(_first, _second);
        _residualAlone += Math.Sqrt((double)TensorPrimitives.SumOfSquares<float>(_first) * TensorPrimitives.SumOfSquares<float>(_second));
    }

    private double Range(float[] picture)
    {
        for (var i = 0; i < _scratch.Length; i++)
        {
            _scratch[i] = picture[i * RangeEvery];
        }

        Array.Sort(_scratch);
        return _scratch[(int)((1 - Tail) * (_scratch.Length - 1))] - _scratch[(int)(Tail * (_scratch.Length - 1))];
    }

    private void Residual(float[] raw, float[] shown, float[] into)
    {
        TensorPrimitives.Subtract(raw, shown, into);
        Detail(into).CopyTo(into);
    }

    // Buffers go round: frames are large enough that fresh ones would be most of the garbage of a session.
    private float[] Kept(ReadOnlySpan<float> picture)
    {
        var kept = _spare.TryPop(out var spare) ? spare : new float[picture.Length];
        picture.CopyTo(kept);
        return kept;
    }

    private unsafe void Accumulate(ReadOnlySpan<float> raw, float decay) =>
        TensorPrimitives.MultiplyAdd(new ReadOnlySpan<float>((void*)_sum.Data, raw.Length), decay, raw, new Span<float>((void*)_sum.Data, raw.Length));

    // On the scale of molecules: slow background off, noise smoothed.
    private unsafe Span<float> Detail(ReadOnlySpan<float> picture)
    {
        var work = new Span<float>((void*)_work.Data, picture.Length);
        picture.CopyTo(work);
        Cv2.Blur(_work, _slow, new Size(BackgroundPx, BackgroundPx), borderType: BorderTypes.Reflect101);
        Cv2.GaussianBlur(_work, _work, default, ScalePx, ScalePx, BorderTypes.Reflect101);
        Cv2.Subtract(_work, _slow, _work);
        return work;
    }

    private unsafe void Look(ReadOnlySpan<float> shown)
    {
        // Noise of one frame on that scale, from the difference of two; the smallest so far is that of the frames between which least moved.
        var raw = _raw.ToArray();
        TensorPrimitives.Subtract(raw[^1], raw[^2], _first);
        var smooth = TensorPrimitives.StdDev<float>(Detail(_first)) / Math.Sqrt(2);
        _smoothNoise = Math.Min(_smoothNoise ?? smooth, smooth);

        var limit = (float)(Doubt * _smoothNoise.Value * Math.Sqrt(_weightSquared) / _weight);
        var seen = _first;
        Detail(new ReadOnlySpan<float>((void*)_sum.Data, shown.Length)).CopyTo(seen);
        TensorPrimitives.Multiply(seen, (float)(1 / _weight), seen);
        var claimed = Detail(shown);
        var mask = new bool[shown.Length];
        var count = 0;
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = Math.Abs(claimed[i]) > limit && Math.Abs(claimed[i] - seen[i]) > limit && (Math.Abs(claimed[i]) > Math.Abs(seen[i]) || claimed[i] * seen[i] < 0);
            count += mask[i] ? 1 : 0;
        }

        Mask = mask;
        _unsupported += (double)count / mask.Length;
        _looks++;
    }
}
