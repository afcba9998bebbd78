using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Training.Samples;

/// <summary>Reads pictures of a lab's training folder.</summary>
internal static class PictureFile
{
    // What is wrong with a file is said once, by us.
    static PictureFile() => Cv2.SetLogLevel(LogLevel.SILENT);

    /// <summary>Endings that are taken for pictures.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".pgm"];

    /// <summary>Pictures of a folder, by name.</summary>
    public static IEnumerable<string> In(string folder) =>
        Directory.EnumerateFiles(folder).Where(f => Endings.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal);

    /// <summary>The first page as it is: its own depth and channels.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static Mat Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: {IoReason.Of(error)}", error);
        }

        Mat? picture = null;
        try
        {
            picture = bytes.Length == 0 ? null : Cv2.ImDecode(bytes, ImreadModes.Unchanged);
        }
        catch (OpenCVException error)
        {
            throw new InputException($"{path}: not a picture that can be read ({error.ErrMsg}); 8 or 16 bit PNG or TIFF would do", error);
        }

        if (picture is null || picture.Empty())
        {
            picture?.Dispose();
            throw new InputException($"{path}: not a picture that can be read; 8 or 16 bit PNG or TIFF would do");
        }

        return picture;
    }

    /// <summary>The first page as grey values.</summary>
    public static Mat ReadGrey(string path)
    {
        using var raw = Read(path);
        using var numbers = new Mat();
        // First to numbers that every conversion knows: files come in depths that some do not.
        raw.ConvertTo(numbers, MatType.CV_32F);
        Cv2.PatchNaNs(numbers);
        var grey = new Mat();
        switch (numbers.Channels())
        {
            case 1:
                numbers.CopyTo(grey);
                break;
            case 3:
                Cv2.CvtColor(numbers, grey, ColorConversionCodes.BGR2GRAY);
                break;
            case 4:
                Cv2.CvtColor(numbers, grey, ColorConversionCodes.BGRA2GRAY);
                break;
            default:
                Cv2.ExtractChannel(numbers, grey, 0);
                break;
        }

        return grey;
    }
}
