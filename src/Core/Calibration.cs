namespace LiveLtem.Core;

/// <summary>One calibrated number and where it came from.</summary>
/// <param name="Value">The value, in the unit that the property holding it names.</param>
/// <param name="Origin">Where it was read or who typed it, as shown to the operator: <c>MRC header</c>, <c>--pixel-size-nm</c>, …</param>
/// <param name="Err">1-sigma error in the same unit, or null where nobody stated one.</param>
/// <param name="Date">When it was measured, or null where nobody said.</param>
public sealed record Calibrated(double Value, string Origin, double? Err = null, DateTimeOffset? Date = null);

/// <summary>What turns counts and pixels into electrons, nanometres and seconds. What is not known is null, never a guess.</summary>
public sealed record Calibration
{
    /// <summary>Nothing is known.</summary>
    public static Calibration Unknown { get; } = new();

    /// <summary>Side of a (square) pixel on the specimen, nm. Null where the axes differ: see the source's metadata.</summary>
    public Calibrated? PixelSizeNm { get; init; }

    /// <summary>Time from the start of one frame to the start of the next, s.</summary>
    public Calibrated? FrameTimeS { get; init; }

    /// <summary>Time the shutter was open for one frame, s.</summary>
    public Calibrated? ExposureS { get; init; }

    /// <summary>Camera counts for one electron that reaches it.</summary>
    public Calibrated? CountsPerElectron { get; init; }

    /// <summary>Counts of a pixel that no electron reached.</summary>
    public Calibrated? DarkLevel { get; init; }

    /// <summary>Fraction of the beam that reaches the camera through liquid and windows, 0 to 1.</summary>
    public Calibrated? Transmission { get; init; }

    /// <summary>Specimen dose of a normal frame as typed by the operator, e-/A^2. It beats what the counts say.</summary>
    public Calibrated? DosePerFrameEPerA2 { get; init; }

    /// <summary>Acceleration voltage, kV.</summary>
    public Calibrated? Kv { get; init; }

    /// <summary>Area of one pixel on the specimen, A^2; null without a pixel size.</summary>
    public double? PixelAreaA2 => PixelSizeNm is { } p ? p.Value * p.Value * 100 : null;

    /// <summary>This calibration with every value that <paramref name="other"/> knows put over it.</summary>
    public Calibration OverriddenBy(Calibration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new Calibration
        {
            PixelSizeNm = other.PixelSizeNm ?? PixelSizeNm,
            FrameTimeS = other.FrameTimeS ?? FrameTimeS,
            ExposureS = other.ExposureS ?? ExposureS,
            CountsPerElectron = other.CountsPerElectron ?? CountsPerElectron,
            DarkLevel = other.DarkLevel ?? DarkLevel,
            Transmission = other.Transmission ?? Transmission,
            DosePerFrameEPerA2 = other.DosePerFrameEPerA2 ?? DosePerFrameEPerA2,
            Kv = other.Kv ?? Kv,
        };
    }
}
