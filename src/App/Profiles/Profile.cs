using LiveLtem.Inference;
using LiveLtem.Tracker;

namespace LiveLtem.App.Profiles;

/// <summary>What an operator sets once for a kind of sample.</summary>
internal sealed record Profile
{
    /// <summary>Name of a shipped profile, or the file it was read from.</summary>
    public required string Name { get; init; }

    /// <summary>The YAML it was read from, kept with a session so that a re-analysis runs with the same.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>How particles are found.</summary>
    public ParticleDetectorOptions Detector { get; init; } = new();

    /// <summary>How they are linked.</summary>
    public ParticleTrackerOptions Tracker { get; init; } = new();
}
