using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Session.Results;

/// <summary>What a <see cref="ResultFolder"/> should hold and what was analysed.</summary>
public sealed record ResultFolderOptions
{
    /// <summary>The folder; made where it is missing.</summary>
    public required string Path { get; init; }

    /// <summary>What was analysed.</summary>
    public required SourceInfo Source { get; init; }

    /// <summary>The calibration in force, with everything typed by the operator put over the source's own.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Name or file of the profile, for the report; null where there is none.</summary>
    public string? Profile { get; init; }

    /// <summary>Version of the program, for the report.</summary>
    public string? Version { get; init; }

    /// <summary>Whether to write the tables and figures; else the report alone, and what else is in the folder stays as it is.</summary>
    public bool WriteTables { get; init; } = true;

    /// <summary>What is worked out of the tracks; each is fed from the first frame to the last.</summary>
    public IReadOnlyList<ITrackAnalysis> Analyses { get; init; } = [];

    /// <summary>The relative 1-sigma error that is asked of a figure: what 'enough yet?' is judged by.</summary>
    public double AskedRelativeErr { get; init; } = 0.05;

    /// <summary>Whether to write <c>masks.tif</c>; the detections then carry labels.</summary>
    public bool WriteMasks { get; init; }

    /// <summary>Whether to write <c>denoised.mrc</c>; the sink is then given the denoised frames.</summary>
    public bool WriteDenoised { get; init; }

    /// <summary>Whether to write <c>overlay.mp4</c>.</summary>
    public bool WriteOverlay { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
