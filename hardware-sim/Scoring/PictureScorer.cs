using System.Numerics.Tensors;
using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.HardwareSim.Scoring;

/// <summary>How close a denoised movie is to the one without noise.</summary>
public sealed record PictureScore
{
    /// <summary>Pairs of frames.</summary>
    public required int Frames { get; init; }

    /// <summary>Correlation of denoised and clean detail over all pixels of all frames; null where one of them has none.</summary>
    public required double? DetailCorrelation { get; init; }

    /// <summary>Mean over the frames of each frame's own correlation; null where none has any.</summary>
    public required double? DetailCorrelationOfFrames { get; init; }

    /// <summary>Slope of clean detail on denoised detail: 1 where what is shown is, on average, there.</summary>
    public required double? CalibrationSlope { get; init; }

    /// <summary>Peak signal to noise, dB, of whole frames, the peak being the range of the clean movie.</summary>
    public required double? PsnrDb { get; init; }

    /// <summary>Mean structural similarity (Wang et al. 2004, doi:10.1109/TIP.2003.819861), Gaussian window of sigma 1.5 px.</summary>
    public required double? Ssim { get; init; }
}

/// <summary>Compares denoised frames with clean ones, pair by pair, in memory that does not grow.</summary>
/// <remarks>Detail is what remains when each frame's own slow background (a Gaussian of sigma 12 px) is taken off: a frame with every particle
/// blurred away has hardly any error, and no detail. Not thread-safe.</remarks>
public sealed class PictureScorer
{
    private const double BackgroundSigmaPx = 12;
    private const double WindowSigmaPx = 1.5;
    private readonly int _height;
    private readonly int _width;
    private readonly GaussianBlur _background = new(BackgroundSigmaPx);
    private readonly GaussianBlur _window = new(WindowSigmaPx);
    private readonly float[] _slow;
    private readonly float[] _clean;
    private readonly float[] _denoised;
    private readonly List<double> _ofFrames = [];
    private readonly float[][] _moments;
    private double _cc;
    private double _cd;
    private double _dd;
    private double _squares;
    private double _ssim;
    private double _least = double.PositiveInfinity;
    private double _most = double.NegativeInfinity;
    private int _frames;
    private double? _range;

    /// <summary>Prepares for frames of one size.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public PictureScorer(int height, int width)
    {
        (_height, _width) = (height, width);
        _slow = new float[height * width];
        _clean = new float[height * width];
        _denoised = new float[height * width];
        _moments = [.. Enumerable.Range(0, 5).Select(_ => new float[height * width])];
    }

    /// <summary>Adds a pair.</summary>
    /// <param name="clean">Row-major [height, width].</param>
    /// <param name="denoised">The same.</param>
    public void Add(ReadOnlySpan<float> clean, ReadOnlySpan<float> denoised)
    {
        _least = Math.Min(_least, TensorPrimitives.Min(clean));
        _most = Math.Max(_most, TensorPrimitives.Max(clean));
        _range ??= Math.Max(1e-12, _most - _least);
        _squares += Math.Pow(TensorPrimitives.Distance(clean, denoised), 2);
        _ssim += Similarity(clean, denoised, _range.Value);
        Detail(clean, _clean);
        Detail(denoised, _denoised);
        double cc = Dot(_clean, _clean), cd = Dot(_clean, _denoised), dd = Dot(_denoised, _denoised);
        if (cc > 0 && dd > 0)
        {
            _ofFrames.Add(cd / Math.Sqrt(cc * dd));
        }

        (_cc, _cd, _dd) = (_cc + cc, _cd + cd, _dd + dd);
        _frames++;
    }

    /// <summary>The figures of the pairs so far.</summary>
    public PictureScore Score()
    {
        var pixels = (double)_frames * _height * _width;
        var range = _most - _least;
        return new PictureScore
        {
            Frames = _frames,
            DetailCorrelation = _cc > 0 && _dd > 0 ? _cd / Math.Sqrt(_cc * _dd) : null,
            DetailCorrelationOfFrames = _ofFrames.Count > 0 ? _ofFrames.Average() : null,
            CalibrationSlope = _dd > 0 ? _cd / _dd : null,
            PsnrDb = _squares > 0 && range > 0 ? 10 * Math.Log10(range * range * pixels / _squares) : null,
            Ssim = _frames > 0 ? _ssim / _frames : null,
        };
    }

    private void Detail(ReadOnlySpan<float> picture, float[] detail)
    {
        picture.CopyTo(_slow);
        _background.Apply(_slow, _height, _width);
        TensorPrimitives.Subtract(picture, _slow, detail);
        TensorPrimitives.Subtract(detail, TensorPrimitives.Sum<float>(detail) / detail.Length, detail);
    }

    // Row by row: a float sum over a whole frame would lose the last digits.
    private double Dot(float[] a, float[] b)
    {
        var sum = 0.0;
        for (var y = 0; y < _height; y++)
        {
            sum += TensorPrimitives.Dot<float>(a.AsSpan(y * _width, _width), b.AsSpan(y * _width, _width));
        }

        return sum;
    }

    private double Similarity(ReadOnlySpan<float> clean, ReadOnlySpan<float> denoised, double range)
    {
        // The level is taken off before anything is squared, which floats would not bear.
        var level = clean[clean.Length / 2];
        var (a, b, aa, bb, ab) = (_moments[0], _moments[1], _moments[2], _moments[3], _moments[4]);
        TensorPrimitives.Subtract(clean, level, a);
        TensorPrimitives.Subtract(denoised, level, b);
        TensorPrimitives.Multiply<float>(a, a, aa);
        TensorPrimitives.Multiply<float>(b, b, bb);
        TensorPrimitives.Multiply<float>(a, b, ab);
        foreach (var moment in _moments)
        {
            _window.Apply(moment, _height, _width);
        }

        var (c1, c2) = (Math.Pow(0.01 * range, 2), Math.Pow(0.03 * range, 2));
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            double x = a[i], y = b[i];
            var (vx, vy, vxy) = (aa[i] - (x * x), bb[i] - (y * y), ab[i] - (x * y));
            sum += ((2 * (x + level) * (y + level)) + c1) * ((2 * vxy) + c2)
                / ((Math.Pow(x + level, 2) + Math.Pow(y + level, 2) + c1) * (vx + vy + c2));
        }

        return sum / a.Length;
    }
}
