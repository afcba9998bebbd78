namespace LiveLtem.Tracker;

/// <summary>How <see cref="ParticleTracker"/> links; every value has a default that suits an ordinary recording.</summary>
public sealed record ParticleTrackerOptions
{
    /// <summary>Frames for which a particle may stay unseen in the open before its track ends, 0 to 1000.</summary>
    public int MemoryFrames { get; init; } = 8;

    /// <summary>Frames for which a particle may stay unseen where another one lies over it or touches it, at least <see cref="MemoryFrames"/>.</summary>
    public int CoveredMemoryFrames { get; init; } = 30;

    /// <summary>Measured frames after which a track's symmetry is decided, 1 to 1000.</summary>
    public int SymmetryFrames { get; init; } = 12;

    /// <summary>Frames after its first for which a track may stay undecided: how far final rows may lag, at least <see cref="SymmetryFrames"/>.</summary>
    public int LongestHoldFrames { get; init; } = 30;

    /// <summary>Frames from which the motion of the particles is learnt, 2 to 10,000.</summary>
    public int LearningFrames { get; init; } = 20;

    /// <summary>Chance that a particle in plain view is found in a frame, 0.5 to 0.999.</summary>
    public double DetectionProbability { get; init; } = 0.92;

    /// <summary>Detections a frame that belong to no known particle (entering or false), > 0.</summary>
    public double NewPerFrame { get; init; } = 1;

    /// <summary>Whether a motion that most of at least 8 particles share is taken off before linking.</summary>
    public bool RemovesDrift { get; init; } = true;

    /// <summary>Refuses values that cannot be meant.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Demand(MemoryFrames, 0, 1000, nameof(MemoryFrames));
        Demand(CoveredMemoryFrames, MemoryFrames, 10_000, nameof(CoveredMemoryFrames));
        Demand(SymmetryFrames, 1, 1000, nameof(SymmetryFrames));
        Demand(LongestHoldFrames, SymmetryFrames, 10_000, nameof(LongestHoldFrames));
        Demand(LearningFrames, 2, 10_000, nameof(LearningFrames));
        Demand(DetectionProbability, 0.5, 0.999, nameof(DetectionProbability));
        Demand(NewPerFrame, 1e-6, 1e6, nameof(NewPerFrame));
    }

    private static void Demand(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must lie between {least} and {most}");
        }
    }
}
