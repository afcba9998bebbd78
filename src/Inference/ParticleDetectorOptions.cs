using LiveLtem.Core;

namespace LiveLtem.Inference;

/// <summary>What an operator may tell the detector; everything left null is learnt from the first frames.</summary>
public sealed record ParticleDetectorOptions
{
    /// <summary>True where particles are darker than the liquid, false where brighter; null to find out.</summary>
    public bool? DarkParticles { get; init; }

    /// <summary>Smallest particle to report, full length across, px; null for no limit.</summary>
    public double? MinSizePx { get; init; }

    /// <summary>Largest particle to report, full length along, px; null for no limit.</summary>
    public double? MaxSizePx { get; init; }

    /// <summary>Symmetries that particles may have (0, 1, 2, 3, 4, 6); empty for any.</summary>
    public IReadOnlyList<int> Symmetries { get; init; } = [];

    /// <summary>Counts that the camera gives without beam; null where unknown. Particles that cover each other are measured wrongly without it.</summary>
    public double? ZeroCounts { get; init; }

    /// <summary>First frames to learn from.</summary>
    public int LearningFrames { get; init; } = 10;

    /// <summary>True to fill <see cref="FrameDetections.Labels"/>.</summary>
    public bool WithLabels { get; init; }

    /// <summary>Outlines measured from the pixels in a frame, at most; more particles take turns from frame to frame. One costs about a quarter of a millisecond.</summary>
    public int OutlinesAFrame { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public void Validate()
    {
        if (MinSizePx is { } min && !(min > 0 && double.IsFinite(min)))
        {
            throw new InputException($"detector min_size_px: {min} is not a length in px; give a number over 0");
        }

        if (MaxSizePx is { } max && !(max > (MinSizePx ?? 0) && double.IsFinite(max)))
        {
            throw new InputException($"detector max_size_px: {max} must be over 0 and over min_size_px");
        }

        if (LearningFrames is < 1 or > 100)
        {
            throw new InputException($"detector learning_frames: {LearningFrames}; allowed: 1 to 100");
        }

        if (ZeroCounts is { } zero && !double.IsFinite(zero))
        {
            throw new InputException($"detector zero_counts: {zero} is not a number of counts");
        }

        foreach (var symmetry in Symmetries)
        {
            if (symmetry is not (0 or 1 or 2 or 3 or 4 or 6))
            {
                throw new InputException($"detector symmetries: {symmetry} is not one of 0, 1, 2, 3, 4, 6");
            }
        }
    }
}
