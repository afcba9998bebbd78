using LiveLtem.Core;
using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>What a kind of scene is by itself, before anybody chooses anything.</summary>
public sealed record SceneDefaults
{
    /// <summary>Side of a pixel, nm.</summary>
    public required double PixelSizeNm { get; init; }

    /// <summary>Thickness of the particle that contrast-to-noise is quoted for, nm.</summary>
    public required double NominalThicknessNm { get; init; }

    /// <summary>Contrast-to-noise per pixel where neither dose nor ratio is asked for.</summary>
    public required double Cnr { get; init; }

    /// <summary>Mean free path of the particles, nm: gold 20 to 80.</summary>
    public double ParticleMeanFreePathNm { get; init; } = 40;

    /// <summary>Liquid between the windows, nm.</summary>
    public double LiquidThicknessNm { get; init; } = 150;

    /// <summary>Both windows together, nm of SiNx.</summary>
    public double WindowThicknessNm { get; init; } = 100;

    /// <summary>Gaussian blur of the lens, px.</summary>
    public double LensBlurPx { get; init; } = 0.9;

    /// <summary>Further blur of the second layer, in quadrature, px.</summary>
    public double SecondLayerBlurPx { get; init; }

    /// <summary>Rms of the logarithm of the liquid's transmission over the field.</summary>
    public double LiquidUnevenness { get; init; } = 0.06;

    /// <summary>Dirt specks in a field of 512 × 512 px.</summary>
    public double DirtPer512 { get; init; } = 6;

    /// <summary>Slow drift, px a frame.</summary>
    public double DriftPxPerFrame { get; init; } = 0.04;

    /// <summary>Jitter of the stage, px rms an axis.</summary>
    public double JitterPx { get; init; } = 0.12;

    /// <summary>Pictures that one exposure is made of: motion blur.</summary>
    public int SubExposures { get; init; } = 2;
}

/// <summary>Every figure of a scene, decided: options over defaults.</summary>
/// <remarks>Electrons: n = dose × pixel area × transmission. Transmission exp(-liquid/185 nm - windows/144 nm) and contrast
/// 1 - exp(-T (1/l_particle - 1/l_liquid)), with the mean free paths of the published LP-TEM simulator of the Chen group.</remarks>
public sealed record SceneSettings
{
    /// <summary>Mean free path in water, nm.</summary>
    public const double WaterMeanFreePathNm = 185;

    /// <summary>Mean free path in silicon nitride, nm.</summary>
    public const double WindowMeanFreePathNm = 144;

    /// <summary>Name of the scene.</summary>
    public required string Scene { get; init; }

    /// <summary>As asked for.</summary>
    public required SceneOptions Options { get; init; }

    /// <summary>As the scene is by itself.</summary>
    public required SceneDefaults Defaults { get; init; }

    /// <summary>Side of a pixel, nm.</summary>
    public required double PixelSizeNm { get; init; }

    /// <summary>1/l_particle - 1/l_liquid, per nm.</summary>
    public required double AttenuationPerNm { get; init; }

    /// <summary>Fraction of the beam that comes through liquid and windows.</summary>
    public required double Transmission { get; init; }

    /// <summary>Specimen dose of one frame, e-/A^2.</summary>
    public required double DosePerFrameEPerA2 { get; init; }

    /// <summary>Detected electrons a pixel of mean background.</summary>
    public required double ElectronsPerPixel { get; init; }

    /// <summary>Contrast of the nominal particle.</summary>
    public required double Contrast { get; init; }

    /// <summary>(background - particle) / sqrt(n (1 + e^2) + r^2) of the nominal particle.</summary>
    public required double Cnr { get; init; }

    /// <summary>Gaussian blur of the lens, px.</summary>
    public required double LensBlurPx { get; init; }

    /// <summary>The camera.</summary>
    public required DetectorOptions Detector { get; init; }

    /// <summary>Time the shutter is open, s.</summary>
    public required double ExposureS { get; init; }

    /// <summary>Side of the frame, px.</summary>
    public int SizePx => Options.SizePx;

    /// <summary>Blur of lens and detector in quadrature, px, for particles of a layer.</summary>
    public double TotalBlurPx(int layer)
    {
        var second = layer == 2 ? Defaults.SecondLayerBlurPx : 0;
        return Math.Sqrt((LensBlurPx * LensBlurPx) + (second * second) + (Detector.BlurPx * Detector.BlurPx));
    }

    /// <summary>The calibration as the simulation knows it.</summary>
    public Calibration Calibration => new()
    {
        PixelSizeNm = Known(PixelSizeNm),
        FrameTimeS = Known(Options.FrameTimeS),
        ExposureS = Known(ExposureS),
        CountsPerElectron = Known(Detector.CountsPerElectron),
        DarkLevel = Known(Detector.DarkLevel),
        Transmission = Known(Transmission),
        Kv = Known(200),
    };

    /// <summary>Decides everything.</summary>
    /// <exception cref="InputException">An option is out of range.</exception>
    public static SceneSettings Resolve(string scene, SceneOptions options, SceneDefaults defaults)
    {
        options.Validate();
        var pixel = options.PixelSizeNm ?? defaults.PixelSizeNm;
        var attenuation = (1 / defaults.ParticleMeanFreePathNm) - (1 / WaterMeanFreePathNm);
        var transmission = Math.Exp((-defaults.LiquidThicknessNm / WaterMeanFreePathNm) - (defaults.WindowThicknessNm / WindowMeanFreePathNm));
        var contrast = 1 - Math.Exp(-attenuation * defaults.NominalThicknessNm);
        var spread = 1 + (options.ExcessNoise * options.ExcessNoise);
        var read = options.ReadNoiseE * options.ReadNoiseE;
        var electronsPerDose = pixel * pixel * 100 * transmission;
        double electrons;
        if (options.DosePerFrameEPerA2 is { } dose)
        {
            electrons = dose * electronsPerDose;
        }
        else
        {
            // C n = k sqrt(n (1 + e^2) + r^2), solved for n.
            var k2 = Math.Pow(options.Cnr ?? defaults.Cnr, 2);
            electrons = ((k2 * spread) + Math.Sqrt((k2 * spread * k2 * spread) + (4 * contrast * contrast * k2 * read))) / (2 * contrast * contrast);
        }

        if (electrons > 1e6)
        {
            throw new InputException(FormattableString.Invariant($"{electrons:G3} electrons a pixel: choose a lower --dose or --cnr (at most 1e6)"));
        }

        return new SceneSettings
        {
            Scene = scene,
            Options = options,
            Defaults = defaults,
            PixelSizeNm = pixel,
            AttenuationPerNm = attenuation,
            Transmission = transmission,
            DosePerFrameEPerA2 = electrons / electronsPerDose,
            ElectronsPerPixel = electrons,
            Contrast = contrast,
            Cnr = contrast * electrons / Math.Sqrt((electrons * spread) + read),
            LensBlurPx = options.LensBlurPx ?? defaults.LensBlurPx,
            ExposureS = options.ExposureS ?? options.FrameTimeS,
            Detector = new DetectorOptions
            {
                BlurPx = options.DetectorBlurPx,
                ExcessNoise = options.ExcessNoise,
                ReadNoiseE = options.ReadNoiseE,
                HotPixelFraction = options.HotPixelFraction,
                GainSpread = options.GainSpread,
                DarkLevel = options.Type == PixelType.UInt8 ? 8 : 100,
                CountsPerElectron = options.CountsPerElectron ?? TypicalGain(options.Type, electrons),
            },
        };
    }

    private static Calibrated Known(double value) => new(value, "simulation");

    // Sixteen counts an electron is a common camera figure; a type with a low ceiling gets fewer, so that normal frames do not saturate.
    private static double TypicalGain(PixelType type, double electrons)
    {
        var ceiling = type == PixelType.UInt8 ? 100.0 : 30_000.0;
        var gain = Math.Min(16, ceiling / electrons);
        var digits = Math.Pow(10, Math.Floor(Math.Log10(gain)) - 2);
        return Math.Floor(gain / digits) * digits;
    }
}
