using System.Globalization;
using LiveLtem.Acquisition.Files;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Correction;

/// <summary>A dark image or gain reference from a file of any format that is read; several frames are averaged.</summary>
public static class ReferenceImage
{
    private const int MostFrames = 1000;

    /// <summary>Reads it.</summary>
    /// <param name="sources">The formats.</param>
    /// <param name="path">The file, or a folder of images.</param>
    /// <param name="height">Rows that it must have.</param>
    /// <param name="width">Columns.</param>
    /// <returns>The mean over its frames, [height, width].</returns>
    /// <exception cref="InputException">It cannot be read or has another size.</exception>
    public static float[] Read(FrameSources sources, string path, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(sources);
        using var reader = sources.OpenReader(path, SourceOptions.Default);
        if (reader.Info.Height != height || reader.Info.Width != width)
        {
            throw new InputException($"{path}: is {reader.Info.Height} x {reader.Info.Width} pixels, the frames are {height} x {width}");
        }

        using var pool = new FramePool();
        var sum = new double[height * width];
        var values = new float[height * width];
        var count = 0;
        for (; count < MostFrames && reader.TryRead(count, pool, out _) is { } draft; count++)
        {
            using (draft)
            {
                PixelConverter.ToFloat(draft.Bytes, draft.Type, values);
            }

            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += values[i];
            }
        }

        return count > 0 ? [.. sum.Select(s => (float)(s / count))] : throw new InputException($"{path}: there is no frame in it");
    }

    /// <summary>When it was taken, by what the file says of itself; null where it says nothing.</summary>
    /// <param name="sources">The formats.</param>
    /// <param name="path">The file, or a folder of images.</param>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static DateTimeOffset? Date(FrameSources sources, string path)
    {
        ArgumentNullException.ThrowIfNull(sources);
        using var reader = sources.OpenReader(path, SourceOptions.Default);
        return reader.Info.Date;
    }

    /// <summary>Reads a <c>--dark-level</c>: a number of counts, or a file.</summary>
    /// <param name="text">As typed.</param>
    /// <returns>The number, or null where it is a file.</returns>
    public static double? Level(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var counts) && double.IsFinite(counts) ? counts : null;
}
