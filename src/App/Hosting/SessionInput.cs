using LiveLtem.Acquisition;
using LiveLtem.Acquisition.Correction;
using LiveLtem.Acquisition.Selection;
using LiveLtem.Core;

namespace LiveLtem.App.Hosting;

/// <summary>What a session reads and what is known of it: the source, the calibration in force and the camera's references.</summary>
internal sealed record SessionInput
{
    /// <summary>Where frames come from; owned by whoever opened it.</summary>
    public required IFrameSource Source { get; init; }

    /// <summary>The source's own calibration, with what was typed put over it.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Whether the frame time was typed, so that it beats the source's own clock.</summary>
    public bool FrameTimeTyped { get; init; }

    /// <summary>Counts without beam for each pixel, or null.</summary>
    public float[]? Dark { get; init; }

    /// <summary>Gain reference for each pixel, or null.</summary>
    public float[]? Gain { get; init; }

    /// <summary>Whether frame numbers start anywhere, as a camera's do, so that times count from the first frame received.</summary>
    public bool NumbersStartAnywhere => Source.IsLive || Source is IDelayedSource;

    /// <summary>A source as it is, with nothing typed.</summary>
    public static SessionInput Plain(IFrameSource source) => new() { Source = source, Calibration = source.Info.Calibration };

    /// <summary>Opens a recording, or a part of it.</summary>
    /// <param name="sources">What can be opened.</param>
    /// <param name="uriOrPath">File, folder or address.</param>
    /// <param name="typed">What was typed.</param>
    /// <param name="frames">The frames wanted, or null for all.</param>
    /// <param name="roi">The part of the frame wanted, or null for all of it.</param>
    /// <exception cref="InputException">It cannot be read, or the selection is not in it.</exception>
    public static async Task<SessionInput> OpenAsync(FrameSources sources, string uriOrPath, TypedCalibration typed, FrameRange? frames, RegionOfInterest? roi)
    {
        var whole = sources.Open(uriOrPath);
        try
        {
            var (height, width) = (whole.Info.Height, whole.Info.Width);
            var source = roi is null ? whole : new CroppedSource(whole, roi);
            source = frames is null ? source : new RangeSource(source, frames);
            return Of(source, sources, typed, height, width, roi);
        }
        catch
        {
            await whole.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A source that is open already.</summary>
    /// <param name="source">Stays the caller's.</param>
    /// <param name="sources">What references can be read from.</param>
    /// <param name="typed">What was typed.</param>
    /// <exception cref="InputException">A reference cannot be read or has another size.</exception>
    public static SessionInput Of(IFrameSource source, FrameSources sources, TypedCalibration typed) =>
        Of(source, sources, typed, source.Info.Height, source.Info.Width, null);

    private static SessionInput Of(IFrameSource source, FrameSources sources, TypedCalibration typed, int height, int width, RegionOfInterest? roi)
    {
        var dark = Reference(typed.DarkFile);
        var calibration = source.Info.Calibration.OverriddenBy(typed.Values);
        if (dark is not null)
        {
            var name = Path.GetFileName(typed.DarkFile);
            calibration = calibration with { DarkLevel = new Calibrated(dark.Average(counts => (double)counts), $"--dark-level {name}", Date: typed.Date ?? ReferenceImage.Date(sources, typed.DarkFile!)) };
        }

        return new SessionInput
        {
            Source = source,
            Calibration = calibration,
            FrameTimeTyped = typed.FrameTimeTyped,
            Dark = dark,
            Gain = Reference(typed.GainFile),
        };

        float[]? Reference(string? path) => path is null ? null : Crop(ReferenceImage.Read(sources, path, height, width), width, roi);
    }

    private static float[] Crop(float[] image, int width, RegionOfInterest? roi)
    {
        if (roi is null)
        {
            return image;
        }

        var part = new float[roi.Height * roi.Width];
        for (var row = 0; row < roi.Height; row++)
        {
            image.AsSpan(((roi.Y + row) * width) + roi.X, roi.Width).CopyTo(part.AsSpan(row * roi.Width));
        }

        return part;
    }
}
