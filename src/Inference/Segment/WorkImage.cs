using System.Buffers;
using System.Numerics.Tensors;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>A frame binned for segmentation, as float.</summary>
internal static class WorkImage
{
    /// <summary>Bins a frame by whole pixels.</summary>
    /// <param name="frame">The frame; not kept.</param>
    /// <param name="bin">Frame pixels to one working pixel; rows and columns that do not fill one are left out.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <returns>Mean counts over zero, CV_32FC1, owned by the caller.</returns>
    public static unsafe Mat Bin(Frame frame, int bin, double zero)
    {
        var rows = Math.Max(1, frame.Height / bin);
        var columns = Math.Max(1, frame.Width / bin);
        var result = new Mat(rows, columns, MatType.CV_32FC1);
        var width = Math.Min(frame.Width, columns * bin);
        var high = Math.Min(frame.Height, bin);
        var rented = ArrayPool<float>.Shared.Rent(2 * frame.Width);
        var line = rented.AsSpan(0, width);
        var sum = rented.AsSpan(frame.Width, width);
        var size = frame.Type.BytesPerPixel();
        for (var row = 0; row < rows; row++)
        {
            var target = new Span<float>((float*)result.Ptr(row), columns);
            for (var k = 0; k < high; k++)
            {
                var into = k == 0 ? sum : line;
                PixelConverter.ToFloat(frame.Bytes.Slice(((row * bin) + k) * frame.Width * size, width * size), frame.Type, into);
                if (frame.Type == PixelType.Float32)
                {
                    DropNaN(into);
                }

                if (k > 0)
                {
                    TensorPrimitives.Add(sum, line, sum);
                }
            }

            if (bin == 1)
            {
                sum.CopyTo(target);
            }
            else
            {
                ImageLoops.AverageAlong(sum, Math.Min(bin, width), target);
            }

            if (zero != 0)
            {
                TensorPrimitives.Subtract(target, (float)zero, target);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
        return result;
    }

    private static void DropNaN(Span<float> line)
    {
        foreach (ref var value in line)
        {
            value = float.IsNaN(value) ? 0 : value;
        }
    }

    /// <summary>Smooths by a Gaussian; the same image (a new header) where sigma is 0.</summary>
    public static Mat Smooth(Mat image, double sigma)
    {
        if (sigma < 0.05)
        {
            return image.Clone();
        }

        var result = new Mat();
        var size = (2 * (int)Math.Ceiling(2.6 * sigma)) + 1;
        Cv2.GaussianBlur(image, result, new Size(size, size), sigma, sigma, BorderTypes.Reflect101);
        return result;
    }
}
