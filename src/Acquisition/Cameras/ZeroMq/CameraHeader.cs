using LiveLtem.Core;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>The first part of a message: what the pixels are, or that there are no more.</summary>
internal readonly record struct CameraHeader
{
    /// <summary>The number of a message in which none could be read.</summary>
    public const long NoNumber = -1;

    /// <summary>True for the end of the series; only <see cref="Frames"/> means something then.</summary>
    public bool IsEnd { get; init; }

    /// <summary>Frames that were sent in all, at the end of the series; null where the sender does not say.</summary>
    public long? Frames { get; init; }

    /// <summary>The sender's own number of the frame, >= 0.</summary>
    public long Number { get; init; }

    /// <summary>How one pixel is stored.</summary>
    public PixelType Type { get; init; }

    /// <summary>Rows, > 0.</summary>
    public int Height { get; init; }

    /// <summary>Columns, > 0.</summary>
    public int Width { get; init; }

    /// <summary>Seconds from the camera's first frame by its own clock, or null.</summary>
    public double? TimeS { get; init; }

    /// <summary>What the camera knows of its counts and pixels.</summary>
    public CameraFacts Facts { get; init; }

    /// <summary>The first field that says something impossible and was left out, or null.</summary>
    public HeaderFault? Ignored { get; init; }

    /// <summary>Bytes that the pixels take.</summary>
    public long PixelBytes => (long)Height * Width * Type.BytesPerPixel();

    /// <summary>Size and type, as shown to people.</summary>
    public string Shape => $"{Height} x {Width} {Type.NumpyName()}";
}

/// <summary>Calibration as a camera states it; null where it does not.</summary>
internal readonly record struct CameraFacts
{
    public double? PixelSizeNm { get; init; }

    public double? FrameTimeS { get; init; }

    public double? ExposureS { get; init; }

    public double? CountsPerElectron { get; init; }

    public double? DarkLevel { get; init; }

    public double? Transmission { get; init; }

    public double? Kv { get; init; }

    /// <summary>The same as the rest of the program knows it.</summary>
    public Calibration ToCalibration(string origin)
    {
        return new Calibration
        {
            PixelSizeNm = Of(PixelSizeNm),
            FrameTimeS = Of(FrameTimeS),
            ExposureS = Of(ExposureS),
            CountsPerElectron = Of(CountsPerElectron),
            DarkLevel = Of(DarkLevel),
            Transmission = Of(Transmission),
            Kv = Of(Kv),
        };

        Calibrated? Of(double? value) => value is { } known ? new Calibrated(known, origin) : null;
    }
}

/// <summary>A field that is not what it should be.</summary>
/// <param name="Field">Its name in the protocol.</param>
/// <param name="Problem">What was found and what is allowed.</param>
internal readonly record struct HeaderFault(string Field, string Problem);
