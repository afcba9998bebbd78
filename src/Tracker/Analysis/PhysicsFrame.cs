using LiveLtem.Core;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>One particle of one frame in the units of the analyses.</summary>
/// <remarks>Lengths are in nm, or in px where the pixel size is not known (<see cref="Conditions.HasNm"/>); what is not known is NaN.</remarks>
internal readonly record struct PhysicsPoint
{
    public required int Particle { get; init; }

    public required int Layer { get; init; }

    public required int Symmetry { get; init; }

    /// <summary>Centre as measured: drift is in it.</summary>
    public required Point2 Position { get; init; }

    public required double XErr { get; init; }

    public required double YErr { get; init; }

    /// <summary>Orientation modulo 360/n, degrees.</summary>
    public required double AngleDeg { get; init; }

    public required double AngleErrDeg { get; init; }

    /// <summary>Orientation unwrapped over the track, degrees.</summary>
    public required double RotationDeg { get; init; }

    public required double Area { get; init; }

    public required double Major { get; init; }

    public required double Minor { get; init; }

    public required DetectionFlags Flags { get; init; }

    /// <summary>Outline as the pixels show it, px^2; null where it was not measured.</summary>
    public MeasuredOutline? Outline { get; init; }

    /// <summary>360/n, degrees; 360 without a symmetry.</summary>
    public double PeriodDeg => 360.0 / Math.Max(1, Symmetry);

    /// <summary>Whether it has an orientation that the measurement tells from its equivalents with certainty: an error under 1/24 of their distance.</summary>
    public bool IsOriented => Symmetry > 0 && !double.IsNaN(AngleDeg) && !(AngleErrDeg > PeriodDeg / 24);

    /// <summary>Whether the whole particle was seen: else its centre and size are partly the model's.</summary>
    public bool IsWhole => (Flags & (DetectionFlags.Border | DetectionFlags.Covered)) == 0;
}

/// <summary>What holds for all frames of a stretch.</summary>
/// <param name="HasNm">Whether lengths are in nm; else in px.</param>
/// <param name="FrameTimeS">Time from frame to frame; null where not known.</param>
/// <param name="ExposureS">Time the shutter was open; where nobody said, the frame time.</param>
/// <param name="Width">Width of the field, as lengths are; null without a picture.</param>
/// <param name="Height">Height of the field, as lengths are; null without a picture.</param>
internal sealed record Conditions(bool HasNm, double? FrameTimeS, double? ExposureS, double? Width, double? Height);

/// <summary>One frame in the units of the analyses.</summary>
internal sealed class PhysicsFrame
{
    /// <summary>The frame's own number.</summary>
    public required long Number { get; init; }

    /// <summary>Seconds from the first frame; NaN where not known.</summary>
    public required double TimeS { get; init; }

    /// <summary>Dose rate, e-/A^2/s; NaN where not known.</summary>
    public required double DoseRate { get; init; }

    /// <summary>Dose up to and with this frame, e-/A^2; NaN where not known.</summary>
    public required double Dose { get; init; }

    /// <summary>Length of a pixel in the units of the points.</summary>
    public required double PixelLength { get; init; }

    /// <summary>What holds for the stretch that it belongs to.</summary>
    public required Conditions Conditions { get; init; }

    /// <summary>The particles, by number.</summary>
    public required IReadOnlyList<PhysicsPoint> Points { get; init; }
}
