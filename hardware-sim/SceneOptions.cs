using LiveLtem.Core;

namespace LiveLtem.HardwareSim;

/// <summary>What a person may choose about a simulated scene; what is left null the scene chooses.</summary>
public sealed record SceneOptions
{
    /// <summary>Smallest side of a frame, px.</summary>
    public const int SmallestSizePx = 32;

    /// <summary>Largest side of a frame, px.</summary>
    public const int LargestSizePx = 4096;

    /// <summary>Everything random follows from it: the same seed gives the same bytes.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Side of the square frame, px.</summary>
    public int SizePx { get; init; } = 512;

    /// <summary>Specimen dose of one frame, e-/A^2. Not together with <see cref="Cnr"/>.</summary>
    public double? DosePerFrameEPerA2 { get; init; }

    /// <summary>Contrast-to-noise per pixel to be reached: it sets the dose.</summary>
    public double? Cnr { get; init; }

    /// <summary>Side of a pixel on the specimen, nm.</summary>
    public double? PixelSizeNm { get; init; }

    /// <summary>Time from frame to frame, s.</summary>
    public double FrameTimeS { get; init; } = 0.1;

    /// <summary>Time the shutter is open, s; the rest of the frame time is dead. Null: the whole frame time.</summary>
    public double? ExposureS { get; init; }

    /// <summary>How a pixel is stored: uint8, uint16 or float32.</summary>
    public PixelType Type { get; init; } = PixelType.UInt16;

    /// <summary>True for particles brighter than the background (dark field), false for absorption.</summary>
    public bool Bright { get; init; }

    /// <summary>About how many particles; null: the scene fills the field as it does in reality.</summary>
    public int? Particles { get; init; }

    /// <summary>Structural states of macromolecules, 1 to 4; null: the scene's own.</summary>
    public int? States { get; init; }

    /// <summary>Size of macromolecules over the usual one, 0.2 to 3.</summary>
    public double MoleculeScale { get; init; } = 1;

    /// <summary>Spread of the macromolecules' sizes: each is that part larger or smaller at most, 0 to 0.8.</summary>
    public double MoleculeSpread { get; init; }

    /// <summary>Turning of the whole crystal, degrees a frame.</summary>
    public double RotationDegPerFrame { get; init; }

    /// <summary>Slow drift, px a frame.</summary>
    public double? DriftPxPerFrame { get; init; }

    /// <summary>Gaussian blur of the lens, px; null: the scene's own.</summary>
    public double? LensBlurPx { get; init; }

    /// <summary>Gaussian blur of the detector, px.</summary>
    public double DetectorBlurPx { get; init; } = 0.6;

    /// <summary>Excess (Swank) noise e: the relative spread of one electron's signal.</summary>
    public double ExcessNoise { get; init; } = 0.3;

    /// <summary>Read noise, electrons.</summary>
    public double ReadNoiseE { get; init; } = 0.3;

    /// <summary>Counts for one electron; null: as many as the pixel type takes well.</summary>
    public double? CountsPerElectron { get; init; }

    /// <summary>Fraction of hot pixels.</summary>
    public double HotPixelFraction { get; init; } = 2e-5;

    /// <summary>Relative rms of the pixels' gain that no gain reference took out.</summary>
    public double GainSpread { get; init; } = 0.005;

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Something is out of range; the sentence says what would do.</exception>
    public void Validate()
    {
        Demand(SizePx is >= SmallestSizePx and <= LargestSizePx, "--size", SizePx, $"a side of {SmallestSizePx} to {LargestSizePx} px");
        Demand(DosePerFrameEPerA2 is null or (> 0 and <= 1e6), "--dose", DosePerFrameEPerA2, "e-/A^2 a frame, above 0 and up to 1e6");
        Demand(Cnr is null or (> 0 and <= 100), "--cnr", Cnr, "a contrast-to-noise ratio above 0 and up to 100");
        Demand(DosePerFrameEPerA2 is null || Cnr is null, "--cnr", Cnr, "either --dose or --cnr: each sets the other");
        Demand(PixelSizeNm is null or (>= 0.01 and <= 100), "--pixel-size-nm", PixelSizeNm, "0.01 to 100 nm");
        Demand(FrameTimeS is > 0 and <= 3600, "--frame-time-s", FrameTimeS, "above 0 and up to 3600 s");
        Demand(ExposureS is null || (ExposureS > 0 && ExposureS <= FrameTimeS), "--exposure-s", ExposureS, "above 0 and at most the frame time");
        Demand(Type is PixelType.UInt8 or PixelType.UInt16 or PixelType.Float32, "--dtype", Type.NumpyName(), "uint8, uint16 or float32");
        Demand(Particles is null or (>= 1 and <= 20_000), "--particles", Particles, "1 to 20000");
        Demand(States is null or (>= 1 and <= 4), "--states", States, "1 to 4");
        Demand(MoleculeScale is >= 0.2 and <= 3, "--molecule-scale", MoleculeScale, "0.2 to 3");
        Demand(MoleculeSpread is >= 0 and <= 0.8, "--molecule-spread", MoleculeSpread, "0 to 0.8");
        Demand(Math.Abs(RotationDegPerFrame) <= 5, "--rotation", RotationDegPerFrame, "at most 5 degrees a frame either way");
        Demand(DriftPxPerFrame is null or (>= 0 and <= 50), "--drift", DriftPxPerFrame, "0 to 50 px a frame");
        Demand(LensBlurPx is null or (>= 0 and <= 20), "--lens-blur", LensBlurPx, "0 to 20 px");
        Demand(DetectorBlurPx is >= 0 and <= 5, "--detector-blur", DetectorBlurPx, "0 to 5 px");
        Demand(ExcessNoise is >= 0 and <= 1, "--excess-noise", ExcessNoise, "0 to 1");
        Demand(ReadNoiseE is >= 0 and <= 100, "--read-noise", ReadNoiseE, "0 to 100 electrons");
        Demand(CountsPerElectron is null or (> 0 and <= 10_000), "--counts-per-electron", CountsPerElectron, "above 0 and up to 10000");
        Demand(HotPixelFraction is >= 0 and <= 0.01, "--hot-pixels", HotPixelFraction, "a fraction of 0 to 0.01");
        Demand(GainSpread is >= 0 and <= 0.3, "--gain-spread", GainSpread, "0 to 0.3");
    }

    /// <summary>A pixel type by its numpy name.</summary>
    /// <exception cref="InputException">It is none that a scene can be written in.</exception>
    public static PixelType ParseType(string name) => name switch
    {
        "uint8" or "u8" => PixelType.UInt8,
        "uint16" or "u16" => PixelType.UInt16,
        "float32" or "f32" => PixelType.Float32,
        _ => throw new InputException($"--dtype {name}: must be uint8, uint16 or float32"),
    };

    /// <summary>True for bright particles, by the word.</summary>
    /// <exception cref="InputException">The word is neither dark nor bright.</exception>
    public static bool ParsePolarity(string name) => name switch
    {
        "dark" => false,
        "bright" => true,
        _ => throw new InputException($"--polarity {name}: must be dark or bright"),
    };

    private static void Demand(bool good, string option, object? value, string allowed)
    {
        if (!good)
        {
            throw new InputException(FormattableString.Invariant($"{option} {value}: must be {allowed}"));
        }
    }
}
