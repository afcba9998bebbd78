using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Files.Images;

/// <summary>Brings what OpenCV decoded into a frame.</summary>
internal static class GreyMat
{
    /// <summary>Writes a decoded image into the draft, colour (BGR order) as luma.</summary>
    /// <remarks>OpenCV's fixed-point weights add up to exactly one, so equal channels give their common value.</remarks>
    /// <exception cref="FrameFormatException">Its depth is not what the draft was rented for.</exception>
    public static void CopyTo(Mat decoded, FrameDraft draft, string name)
    {
        var depth = draft.Type == PixelType.UInt16 ? MatType.CV_16U : MatType.CV_8U;
        if (decoded.Depth() != depth)
        {
            throw new FrameFormatException(name, $"decoded as {decoded.Type()}, {draft.Type.NumpyName()} was announced");
        }

        using var target = Mat.FromPixelData(draft.Height, draft.Width, draft.Type == PixelType.UInt16 ? MatType.CV_16UC1 : MatType.CV_8UC1, draft.Address);
        switch (decoded.Channels())
        {
            case 1:
                decoded.CopyTo(target);
                break;
            case 2:
                Cv2.ExtractChannel(decoded, target, 0);
                break;
            case 3:
                Cv2.CvtColor(decoded, target, ColorConversionCodes.BGR2GRAY);
                break;
            default:
                Cv2.CvtColor(decoded, target, ColorConversionCodes.BGRA2GRAY);
                break;
        }
    }
}
