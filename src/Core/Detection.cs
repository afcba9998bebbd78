using System.Collections.Immutable;

namespace LiveLtem.Core;

/// <summary>What is special about one measurement; joined by <c>|</c> in tables.</summary>
[Flags]
public enum DetectionFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Part of the particle lies outside the frame.</summary>
    Border = 1,

    /// <summary>It touches another particle.</summary>
    Contact = 2,

    /// <summary>Another particle lies over part of it.</summary>
    Covered = 4,

    /// <summary>The track was not seen in the frame before.</summary>
    Gap = 8,

    /// <summary>The rotation since the last measurement may be off by a symmetry step.</summary>
    RotationAmbiguous = 16,
}

/// <summary>The words for <see cref="DetectionFlags"/>.</summary>
public static class DetectionFlagWords
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 32).Select(flags => Join((DetectionFlags)flags))];

    /// <summary>Flags as tables and messages show them: their names joined by <c>|</c>, empty where there are none.</summary>
    public static string Text(this DetectionFlags flags) => Texts[(int)flags & (Texts.Length - 1)];

    private static string Join(DetectionFlags flags)
    {
        (DetectionFlags Flag, string Name)[] names =
        [
            (DetectionFlags.Border, "border"), (DetectionFlags.Contact, "contact"), (DetectionFlags.Covered, "covered"),
            (DetectionFlags.Gap, "gap"), (DetectionFlags.RotationAmbiguous, "rotation_ambiguous"),
        ];
        return string.Join('|', names.Where(pair => flags.HasFlag(pair.Flag)).Select(pair => pair.Name));
    }
}

/// <summary>Where one particle is by one shape model: position, angle and size with 1-sigma errors.</summary>
/// <remarks>Angle by the convention for n-fold shapes: in [0, 360/n), from +x towards +y (clockwise on the screen); the outward normal of a
/// facet for n >= 3, the long axis for n = 2, the major inertia axis in the direction of the third moment for n = 1, null for n = 0.</remarks>
public sealed record ShapeFit
{
    /// <summary>Fold of the rotational symmetry: 0 round, 1 irregular, 2 rod, 3, 4 cube, 6.</summary>
    public required int Symmetry { get; init; }

    /// <summary>Centre of the whole particle, px, pixel centres at integers.</summary>
    public required double XPx { get; init; }

    /// <summary>Centre of the whole particle, px, y down.</summary>
    public required double YPx { get; init; }

    /// <summary>1-sigma error of <see cref="XPx"/>, px.</summary>
    public required double XErrPx { get; init; }

    /// <summary>1-sigma error of <see cref="YPx"/>, px.</summary>
    public required double YErrPx { get; init; }

    /// <summary>Orientation in degrees, or null where the shape has none.</summary>
    public double? AngleDeg { get; init; }

    /// <summary>1-sigma error of <see cref="AngleDeg"/>, degrees, or null.</summary>
    public double? AngleErrDeg { get; init; }

    /// <summary>Area of the whole fitted shape, px^2.</summary>
    public required double AreaPx { get; init; }

    /// <summary>Full length of the fitted shape along its major axis (side of a square, diameter of a disc), px.</summary>
    public required double MajorPx { get; init; }

    /// <summary>Full length across the major axis, px.</summary>
    public required double MinorPx { get; init; }

    /// <summary>1-sigma error of the size (<see cref="MinorPx"/>), px, or null.</summary>
    public double? SizeErrPx { get; init; }

    /// <summary>Log-likelihood of this shape less a penalty for its parameters: differences between the fits of one detection compare shapes.</summary>
    public double LogEvidence { get; init; }
}

/// <summary>One particle measured in one frame.</summary>
public sealed record Detection
{
    /// <summary>Fits by every shape still in question, best first; one entry once a particle's shape is known. Never empty.</summary>
    public required ImmutableArray<ShapeFit> Fits { get; init; }

    /// <summary>How sure the detector is that this is a particle, 0 to 1.</summary>
    public required double Score { get; init; }

    /// <summary>Border, contact, covered.</summary>
    public DetectionFlags Flags { get; init; }

    /// <summary>0 where there is one layer, else 1 (in better focus) or 2.</summary>
    public int Layer { get; init; }

    /// <summary>Mean contrast of the particle against the liquid around it: (background - particle) / background; negative for bright particles. Null where not measured.</summary>
    public double? Contrast { get; init; }

    /// <summary>Shape of a body that may change it, or null where that was not measured.</summary>
    public ShapeFeatures? Features { get; init; }

    /// <summary>Outline by direction as the pixels show it, or null where that was not measured.</summary>
    public MeasuredOutline? Outline { get; init; }

    /// <summary>The best fit.</summary>
    public ShapeFit Best => Fits[0];

    /// <summary>The fit by shapes of that symmetry, or the best one where there is none.</summary>
    public ShapeFit For(int symmetry)
    {
        foreach (var fit in Fits)
        {
            if (fit.Symmetry == symmetry)
            {
                return fit;
            }
        }

        return Fits[0];
    }
}

/// <summary>Everything the detector found in one frame.</summary>
public sealed record FrameDetections
{
    /// <summary>Number and times of the frame.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>The particles, in a stable order.</summary>
    public required IReadOnlyList<Detection> Particles { get; init; }

    /// <summary>Rows of the frame.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the frame.</summary>
    public required int Width { get; init; }

    /// <summary>Contrast-to-noise ratio per pixel of the particles, or null where nothing was found.</summary>
    public double? Snr { get; init; }

    /// <summary>Why the frame could not be analysed, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Label image [height, width], or [2, height, width] where two layers are told apart: 0 background, 1.. = index in
    /// <see cref="Particles"/> + 1; present only when masks are asked for.</summary>
    public ushort[]? Labels { get; init; }
}

/// <summary>Finds and measures the particles of a frame.</summary>
/// <remarks>What is learnt from a recording (particle size, scale, noise) is learnt from its first frames only, so that results do not
/// depend on speed. <see cref="Segment"/> is a pure function of what it is given and may run for several frames at once;
/// <see cref="Measure"/> remembers earlier frames and is called in frame order.</remarks>
public interface IParticleDetector : IDisposable
{
    /// <summary>First frames it wants to see before the first <see cref="Segment"/>; fewer where the recording is shorter.</summary>
    int LearningFrames { get; }

    /// <summary>Learns noise, polarity and particle size. Called once.</summary>
    /// <param name="first">The first frames, in order; they stay the caller's.</param>
    void Learn(IReadOnlyList<Frame> first);

    /// <summary>Which pixels belong to which particle. Thread-safe.</summary>
    /// <param name="frame">The frame; stays the caller's.</param>
    /// <param name="denoised">The same frame without its noise, or null where frames are not denoised; stays the caller's.</param>
    IDisposable Segment(Frame frame, Frame? denoised = null);

    /// <summary>Where each particle is. Called in frame order with what <see cref="Segment"/> gave for the same frame.</summary>
    FrameDetections Measure(Frame frame, IDisposable segmentation);

    /// <summary>One line of what was learnt, for logs and reports.</summary>
    string Describe();

    /// <summary>Why what it finds may be something else than particles, and what to do then; null where nothing says so. Thread-safe, once it has learnt.</summary>
    /// <param name="frames">Frames analysed so far.</param>
    /// <param name="points">Detections that were followed in them.</param>
    /// <param name="tracks">Tracks of these.</param>
    string? Doubt(long frames, long points, long tracks) => null;
}
