namespace LiveLtem.Dose.Alerts;

/// <summary>One kind of alert: what it is measured in and what holds where nobody says otherwise.</summary>
/// <param name="Name">As in <c>alerts.jsonl</c>.</param>
/// <param name="Severity">info, warning or critical.</param>
/// <param name="Threshold">Where it is raised, in <paramref name="Unit"/>; null for a limit that somebody has to set.</param>
/// <param name="Least">Smallest threshold that can be meant.</param>
/// <param name="Most">Largest threshold that can be meant.</param>
/// <param name="Unit">Unit of value and threshold.</param>
/// <param name="Hysteresis">How far on the good side of the threshold, as a part of it, the value must come before the alert clears.</param>
/// <param name="HoldFrames">Frames in a row that it takes to be raised.</param>
/// <param name="ClearFrames">Frames in a row that it takes to clear.</param>
/// <param name="About">What is said of it where rules are listed.</param>
public sealed record AlertKind(
    string Name, string Severity, double? Threshold, double Least, double Most, string Unit, double Hysteresis, int HoldFrames, int ClearFrames, string About)
{
    /// <summary>The dose rate is above the limit.</summary>
    public static AlertKind DoseRateHigh { get; } = new("dose_rate_high", "critical", null, 1e-9, 1e12, "e-/A^2/s", 0.1, 2, 5, "the dose rate is above the limit");

    /// <summary>The beam became stronger or weaker at once.</summary>
    public static AlertKind DoseRateStep { get; } = new("dose_rate_step", "warning", 1.25, 1.02, 1000, "x", 0.4, 2, 3, "the beam became stronger or weaker by this factor at once");

    /// <summary>The dose allowed to the sample is nearly or fully used.</summary>
    public static AlertKind DoseBudget { get; } = new("dose_budget", "warning", 0.7, 0.01, 10, "of the budget", 0, 1, 1, "this part of the budget is used; again at 90 %, and critical at all of it");

    /// <summary>The budget will soon be used up.</summary>
    public static AlertKind DoseProjection { get; } = new("dose_projection", "warning", 60, 0.1, 1e7, "s", 0.25, 3, 5, "at the present rate the budget lasts for less than this");

    /// <summary>The picture is too noisy for the precision asked for.</summary>
    public static AlertKind SnrLow { get; } = new("snr_low", "warning", 0.3, 0.001, 100, "per pixel", 0.15, 5, 5, "the contrast to noise per pixel is below this, or below what the precision asked for needs");

    /// <summary>There is no beam.</summary>
    public static AlertKind BeamBlank { get; } = new("beam_blank", "warning", 0.1, 0.001, 0.9, "of the usual beam", 1, 1, 2, "less than this part of the usual beam arrives");

    /// <summary>Pixels read no higher.</summary>
    public static AlertKind Saturation { get; } = new("saturation", "warning", 0.002, 1e-6, 1, "of the pixels", 0.2, 1, 3, "more than this part of the pixels is at the ceiling");

    /// <summary>The picture jumped.</summary>
    public static AlertKind DriftJump { get; } = new("drift_jump", "warning", 4, 0.5, 10000, "px", 0, 1, 5, "the whole picture jumped by more than this");

    /// <summary>Gas in the liquid.</summary>
    public static AlertKind Bubble { get; } = new("bubble", "critical", 0.1, 0.01, 10, "of the liquid", 0.4, 1, 5, "a region that grows is brighter than the liquid by more than this part");

    /// <summary>The focus changed.</summary>
    public static AlertKind FocusChange { get; } = new("focus_change", "warning", 1.5, 0.1, 1000, "px", 0.3, 3, 5, "the blur changed by more than this, in quadrature");

    /// <summary>Frames did not arrive.</summary>
    public static AlertKind FramesLost { get; } = new("frames_lost", "warning", 1, 1, 1e9, "frames", 0, 1, 5, "so many frames are missing, by their numbers or times");

    /// <summary>Frames came twice.</summary>
    public static AlertKind FramesRepeated { get; } = new("frames_repeated", "warning", 1, 1, 1e9, "frames", 0, 1, 5, "so many frames in a row are a picture that was sent before");

    /// <summary>The analysis cannot keep up.</summary>
    public static AlertKind AnalysisLag { get; } = new("analysis_lag", "warning", 0.5, 0.01, 1, "of the frames", 0.3, 20, 20, "more than this part of the newest frames was left out (live only)");

    /// <summary>Particles dissolve faster than allowed.</summary>
    public static AlertKind EtchingFast { get; } = new("etching_fast", "warning", 2, 1e-6, 1e6, "nm/s", 0.25, 3, 10, "the particles' mean radius shrinks faster than this");

    /// <summary>What the particles do goes with the beam.</summary>
    public static AlertKind BeamDriven { get; } = new("beam_driven", "warning", 1.5, 1.05, 1000, "x", 0.2, 3, 20, "motion or etching changed by this factor, the way of the beam, with a step of the dose rate");

    /// <summary>A calibration is old.</summary>
    public static AlertKind CalibrationExpired { get; } = new("calibration_expired", "warning", 180, 0.01, 36500, "days", 0, 1, 1, "a calibration in use is older than this");

    /// <summary>The counting camera misses electrons.</summary>
    public static AlertKind CoincidenceLoss { get; } = new("coincidence_loss", "warning", 0.1, 0.001, 0.99, "of the electrons", 0.2, 3, 5, "a counting camera misses more than this part of the electrons");

    /// <summary>The disk is nearly or fully used.</summary>
    public static AlertKind DiskSpace { get; } = new("disk_space", "critical", 300, 1, 1e7, "s", 0.25, 1, 1, "the disk takes the recording for less than this, at the present rate; or no more at all (live only)");

    /// <summary>No frames come.</summary>
    public static AlertKind SourceLost { get; } = new("source_lost", "critical", 10, 0.1, 1e7, "s", 0, 1, 1, "no frame came for so long from a camera, or it broke off (live only)");

    /// <summary>All kinds, in the order in which they are listed.</summary>
    public static IReadOnlyList<AlertKind> All { get; } =
    [
        DoseRateHigh, DoseRateStep, DoseBudget, DoseProjection, SnrLow, BeamBlank, Saturation, DriftJump, Bubble, FocusChange, FramesLost, FramesRepeated,
        AnalysisLag, EtchingFast, BeamDriven, CalibrationExpired, CoincidenceLoss, DiskSpace, SourceLost,
    ];

    /// <summary>The severities, mildest first.</summary>
    public static IReadOnlyList<string> Severities { get; } = ["info", "warning", "critical"];
}
