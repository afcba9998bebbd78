using LiveLtem.Core;

namespace LiveLtem.Dose;

/// <summary>What a dose rests on.</summary>
public enum DoseSource
{
    /// <summary>There is no dose: see what is missing.</summary>
    None,

    /// <summary>The operator typed the dose of a normal frame; the counts scale it from frame to frame.</summary>
    Typed,

    /// <summary>The camera's counts.</summary>
    Counts,
}

/// <summary>Which dose it is. Liquid and windows scatter electrons away, so the camera sees less than the specimen gets.</summary>
public enum DoseKind
{
    /// <summary>Not known, since there is no dose.</summary>
    None,

    /// <summary>What hits the specimen.</summary>
    Specimen,

    /// <summary>What reaches the camera: a lower bound of the specimen's.</summary>
    Camera,
}

/// <summary>Where a dose comes from, what kind it is and how far to trust it; shown wherever the dose is.</summary>
public sealed record DoseStatement
{
    /// <summary>Typed or counts.</summary>
    public required DoseSource Source { get; init; }

    /// <summary>Specimen or camera.</summary>
    public required DoseKind Kind { get; init; }

    /// <summary>Relative 1-sigma error from the calibration errors that were stated, in quadrature; null where none was.</summary>
    public required double? RelativeErr { get; init; }

    /// <summary>Calibrations used whose error nobody stated: the true error is larger than <see cref="RelativeErr"/>.</summary>
    public required IReadOnlyList<string> WithoutErr { get; init; }

    /// <summary>What must be given before there is a dose rate or, where that is known, a dose; empty where nothing is missing.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>What was taken for granted, in words.</summary>
    public required IReadOnlyList<string> Assumptions { get; init; }

    /// <summary>Dose rate of a normal frame, e-/A^2/s: that of the reference, whatever came since; null while it is not known.</summary>
    public double? NormalRateEPerA2PerS { get; init; }
}

/// <summary>The dose of one received frame.</summary>
/// <param name="Gauge">The frame's own measurement.</param>
/// <param name="TimeS">Seconds from the first frame, or null.</param>
/// <param name="RateEPerA2PerS">Dose rate while the frame was taken, e-/A^2/s, or null where something is missing.</param>
/// <param name="DoseEPerA2">Dose up to and with this frame, e-/A^2, or null where something is missing.</param>
public readonly record struct FrameDose(GaugeReading Gauge, double? TimeS, double? RateEPerA2PerS, double? DoseEPerA2);
