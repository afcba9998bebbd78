using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Denoise;

/// <summary>The two-dimensional cosine transform of a frame: a frame that goes on beyond its borders as in a mirror, so that there is no jump there.</summary>
/// <remarks>Orthonormal (type II): white noise of variance v has variance v in every coefficient. Coefficient [v, u] has spatial frequency
/// (u / 2W, v / 2H) cycles per px. Frames are widened by their last row and column to a size that OpenCV transforms quickly. Not thread-safe.</remarks>
internal sealed class CosineTransform : IDisposable
{
    private readonly Mat _picture;
    private readonly Mat _coefficients;
    private readonly Mat _back;

    /// <summary>Prepares for frames of one size.</summary>
    public CosineTransform(int height, int width)
    {
        (Height, Width) = (height, width);
        (Rows, Columns) = (Quick(height), Quick(width));
        _picture = new Mat(Rows, Columns, MatType.CV_32FC1);
        _coefficients = new Mat(Rows, Columns, MatType.CV_32FC1);
        _back = new Mat(Rows, Columns, MatType.CV_32FC1);
    }

    /// <summary>Rows of a frame.</summary>
    public int Height { get; }

    /// <summary>Columns of a frame.</summary>
    public int Width { get; }

    /// <summary>Rows of the transform.</summary>
    public int Rows { get; }

    /// <summary>Columns of the transform.</summary>
    public int Columns { get; }

    /// <summary>The coefficients, row-major [rows, columns]; valid until the next call.</summary>
    public unsafe Span<float> Coefficients => new((void*)_coefficients.Data, Rows * Columns);

    /// <summary>Transforms a picture, row-major [height, width], into <see cref="Coefficients"/>.</summary>
    public unsafe void Forward(ReadOnlySpan<float> picture)
    {
        var padded = new Span<float>((void*)_picture.Data, Rows * Columns);
        for (var y = 0; y < Rows; y++)
        {
            var from = picture.Slice(Math.Min(y, Height - 1) * Width, Width);
            var to = padded.Slice(y * Columns, Columns);
            from.CopyTo(to);
            to[Width..].Fill(from[^1]);
        }

        Cv2.Dct(_picture, _coefficients);
    }

    /// <summary>The picture of the coefficients, row-major [height, width].</summary>
    public unsafe void Backward(Span<float> picture)
    {
        Cv2.Dct(_coefficients, _back, DctFlags.Inverse);
        var padded = new ReadOnlySpan<float>((void*)_back.Data, Rows * Columns);
        for (var y = 0; y < Height; y++)
        {
            padded.Slice(y * Columns, Width).CopyTo(picture.Slice(y * Width, Width));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _picture.Dispose();
        _coefficients.Dispose();
        _back.Dispose();
    }

    private static int Quick(int length) => 2 * Cv2.GetOptimalDFTSize((length + 1) / 2);
}
