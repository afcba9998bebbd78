using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>A frame binned for segmentation, as float.</summary>
internal static class WorkImage
{
    /// <summary>Bins a frame by whole pixels.</summary>
    /// <param name="frame">The frame; not kept.</param>
    /// <param name="bin">Frame pixels to one working pixel; rows and columns that do not fill one are left out.</param>
    /// <returns>Mean counts, CV_32FC1, owned by the caller.</returns>
    public static Mat Bin(Frame frame, int bin)
    {
        using var whole = Whole(frame);
        var rows = Math.Max(1, frame.Height / bin);
        var columns = Math.Max(1, frame.Width / bin);
        var result = new Mat();
        if (bin == 1)
        {
            whole.ConvertTo(result, MatType.CV_32FC1);
            Cv2.PatchNaNs(result, 0);
            return result;
        }

        using var part = whole[new Rect(0, 0, Math.Min(frame.Width, columns * bin), Math.Min(frame.Height, rows * bin))];

        // Eight-bit means would be rounded to whole counts: they are averaged in 16 bit or more.
        using var wide = new Mat();
        part.ConvertTo(wide, MatType.CV_32FC1);
        if (frame.Type == PixelType.Float32)
        {
            Cv2.PatchNaNs(wide, 0);
        }

        Cv2.Resize(wide, result, new Size(columns, rows), 0, 0, InterpolationFlags.Area);
        return result;
    }

    private static Mat Whole(Frame frame)
    {
        if (frame.Type == PixelType.UInt32)
        {
            // OpenCV has no unsigned 32-bit pixels.
            var values = new float[frame.Height * frame.Width];
            frame.CopyTo(values);
            using var view = Mat.FromPixelData(frame.Height, frame.Width, MatType.CV_32FC1, values);
            return view.Clone();
        }

        var type = frame.Type switch
        {
            PixelType.UInt8 => MatType.CV_8UC1,
            PixelType.Int8 => MatType.CV_8SC1,
            PixelType.UInt16 => MatType.CV_16UC1,
            PixelType.Int16 => MatType.CV_16SC1,
            PixelType.Int32 => MatType.CV_32SC1,
            _ => MatType.CV_32FC1,
        };
        return Mat.FromPixelData(frame.Height, frame.Width, type, frame.Address);
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
