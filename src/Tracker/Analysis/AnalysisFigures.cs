using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Builds figures: what is not finite, or needs a calibration that is missing, becomes a reason.</summary>
internal static class AnalysisFigures
{
    /// <summary>Said of lengths where the pixel size is not known.</summary>
    public const string NeedsPixelSize = "the pixel size is not known: --pixel-size-nm";

    /// <summary>Said of rates where there are no times.</summary>
    public const string NeedsFrameTime = "the time from frame to frame is not known: --frame-time-s";

    /// <summary>A figure, or why there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="unit">Its unit; empty for a pure number.</param>
    /// <param name="value">The value; NaN where there is none.</param>
    /// <param name="err">1-sigma error, or null.</param>
    /// <param name="n">Independent measurements.</param>
    /// <param name="why">Said where the value is not finite.</param>
    /// <param name="noiseFloor">What noise alone would give.</param>
    public static AnalysisFigure Of(string name, string unit, double value, double? err, double n, string why, double? noiseFloor = null) =>
        double.IsFinite(value)
            ? new AnalysisFigure
            {
                Name = name,
                Unit = unit,
                Value = value,
                Err = err is { } e && double.IsFinite(e) ? e : null,
                N = (long)Math.Round(n),
                NoiseFloor = noiseFloor is { } floor && double.IsFinite(floor) ? floor : null,
            }
            : AnalysisFigure.Unknown(name, why);

    /// <summary>Which calibration keeps a figure from its unit; null where nothing is missing.</summary>
    /// <param name="conditions">What is known.</param>
    /// <param name="needsLength">Whether the unit has a length in it.</param>
    /// <param name="needsTime">Whether the unit has a time in it.</param>
    /// <param name="frameTime">Time from frame to frame as measured or stated; NaN where not known.</param>
    public static string? Missing(Conditions conditions, bool needsLength, bool needsTime, double frameTime) =>
        (needsLength && !conditions.HasNm, needsTime && !(frameTime > 0)) switch
        {
            (true, true) => $"{NeedsPixelSize}; {NeedsFrameTime}",
            (true, false) => NeedsPixelSize,
            (false, true) => NeedsFrameTime,
            _ => null,
        };
}
