using LiveLtem.Core;

namespace LiveLtem.Session.Results;

/// <summary>Which dose a calibration gives, in words.</summary>
internal static class DoseKind
{
    /// <summary><c>specimen</c> where the dose was typed or the transmission is known, else <c>camera</c>.</summary>
    public static string Of(Calibration calibration) =>
        calibration.DosePerFrameEPerA2 is not null || calibration.Transmission is not null ? "specimen" : "camera";

    /// <summary>What it would take to know the dose.</summary>
    public static string Missing(Calibration calibration)
    {
        var missing = new List<string>();
        if (calibration.CountsPerElectron is null)
        {
            missing.Add("counts per electron (--counts-per-electron)");
        }

        if (calibration.DarkLevel is null)
        {
            missing.Add("dark level (--dark-level)");
        }

        if (calibration.PixelSizeNm is null)
        {
            missing.Add("pixel size (--pixel-size-nm)");
        }

        if (calibration.ExposureS is null && calibration.FrameTimeS is null)
        {
            missing.Add("exposure (--exposure-s)");
        }

        return missing.Count == 0
            ? "no frame gave a dose"
            : $"not known: {string.Join(", ", missing)}; or give the specimen's dose of one frame (--dose-per-frame-e-A2)";
    }
}
