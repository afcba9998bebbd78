namespace LiveLtem.Core;

/// <summary>One row of <c>tracks.csv</c>: one particle, measured in one frame and linked to its track.</summary>
/// <remarks>Units and conventions as in <see cref="ShapeFit"/>; what cannot be known is null and becomes an empty cell.</remarks>
public sealed record TrackPoint
{
    /// <summary>The frame's own number.</summary>
    public required long Frame { get; init; }

    /// <summary>Track id, from 0, never reused.</summary>
    public required int Particle { get; init; }

    /// <summary>The measurement, by the shape that the track was decided to have.</summary>
    public required ShapeFit Fit { get; init; }

    /// <summary>Orientation since the track's first angle, unwrapped, degrees; null without an orientation.</summary>
    public double? RotationDeg { get; init; }

    /// <summary>0 where there is one layer, else 1 or 2.</summary>
    public int Layer { get; init; }

    /// <summary>How sure the detector is, 0 to 1.</summary>
    public double Score { get; init; }

    /// <summary>Structural state, or null where not classified.</summary>
    public int? State { get; init; }

    /// <summary>Shape in this frame of a body that may change it, or null where that was not measured.</summary>
    public ShapeFeatures? Features { get; init; }

    /// <summary>Outline by direction as the pixels of this frame show it, or null where that was not measured.</summary>
    public MeasuredOutline? Outline { get; init; }

    /// <summary>How sure <see cref="State"/> is, for counting; null where there is none, or where it comes from a table.</summary>
    public StateEvidence? StateEvidence { get; init; }

    /// <summary>Everything special about this point.</summary>
    public DetectionFlags Flags { get; init; }

    /// <summary>Index of the detection in its frame.</summary>
    public int Detection { get; init; }
}

/// <summary>What the tracker made of one frame.</summary>
public sealed record FrameTracks
{
    /// <summary>Number and times of the frame.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>One point for each detection, ordered by particle.</summary>
    public required IReadOnlyList<TrackPoint> Points { get; init; }

    /// <summary>Common drift since the first frame, px; null while there are too few particles to tell.</summary>
    public double? DriftXPx { get; init; }

    /// <summary>Common drift since the first frame, px, y down; null while there are too few particles to tell.</summary>
    public double? DriftYPx { get; init; }
}

/// <summary>Links the detections of successive frames into tracks.</summary>
/// <remarks>A track's symmetry is decided once, from its first frames, and kept; so the final rows of a frame come some frames later than
/// the live ones. Called in frame order from one thread.</remarks>
public interface IParticleTracker
{
    /// <summary>Links one frame and says at once what is known: for the overlay and the live stream.</summary>
    FrameTracks Track(FrameDetections detections);

    /// <summary>The frames whose rows are final by now, oldest first; each frame is returned exactly once over the life of the tracker.</summary>
    IReadOnlyList<FrameTracks> TakeFinished();

    /// <summary>Decides what is still open: called once after the last frame, before the last <see cref="TakeFinished"/>.</summary>
    void Complete();
}

/// <summary>One row of <c>frames.csv</c>: what is known of one received frame.</summary>
public sealed record FrameRow
{
    /// <summary>The frame's own number.</summary>
    public required long Frame { get; init; }

    /// <summary>Seconds from the first frame, or null without a frame time or time stamps.</summary>
    public double? TimeS { get; init; }

    /// <summary>Dose rate, e-/A^2/s, or null where calibration is missing.</summary>
    public double? DoseRateEPerA2PerS { get; init; }

    /// <summary>Dose up to and with this frame, e-/A^2, or null where calibration is missing.</summary>
    public double? DoseEPerA2 { get; init; }

    /// <summary>Mean of the counts as received.</summary>
    public required double MeanCounts { get; init; }

    /// <summary>Contrast-to-noise ratio per pixel of the particles, or null.</summary>
    public double? Snr { get; init; }

    /// <summary>Particles measured in the frame, or null where it was not analysed.</summary>
    public int? Particles { get; init; }

    /// <summary>Common drift since the first frame, px, or null.</summary>
    public double? DriftXPx { get; init; }

    /// <summary>Common drift since the first frame, px, or null.</summary>
    public double? DriftYPx { get; init; }

    /// <summary>Fraction of pixels at the type's ceiling.</summary>
    public required double SaturatedFraction { get; init; }

    /// <summary>Frames lost between the one before and this one, by their numbers.</summary>
    public required long DroppedBefore { get; init; }

    /// <summary>Whether the analysis saw it.</summary>
    public required bool Processed { get; init; }

    /// <summary>Arrival to result, ms, or null where it was not analysed.</summary>
    public double? LatencyMs { get; init; }

    /// <summary>Version of the denoiser in whose picture particles were looked for, or null; goes with the live stream, not into tables.</summary>
    public int? DenoiserVersion { get; init; }
}
