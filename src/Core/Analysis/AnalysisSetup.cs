namespace LiveLtem.Core.Analysis;

/// <summary>What an analysis has to know before the first frame.</summary>
public sealed record AnalysisSetup
{
    /// <summary>The calibration of a segment of conditions, by <see cref="FrameHeader.Segment"/>.</summary>
    public required Func<int, Calibration> CalibrationOf { get; init; }

    /// <summary>Rows of a frame; null where there is no picture, as for a table of positions.</summary>
    public int? Height { get; init; }

    /// <summary>Columns of a frame; null where there is no picture.</summary>
    public int? Width { get; init; }

    /// <summary>One calibration that holds from the first frame to the last.</summary>
    /// <param name="calibration">The calibration.</param>
    /// <param name="height">Rows of a frame.</param>
    /// <param name="width">Columns of a frame.</param>
    public static AnalysisSetup Of(Calibration calibration, int? height, int? width) =>
        new() { CalibrationOf = _ => calibration, Height = height, Width = width };
}
