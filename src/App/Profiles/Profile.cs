using LiveLtem.Core.Analysis;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;
using LiveLtem.Dose.Maps;
using LiveLtem.Inference;
using LiveLtem.Inference.Models;
using LiveLtem.Tracker;
using LiveLtem.Tracker.Analysis;

namespace LiveLtem.App.Profiles;

/// <summary>What an operator sets once for a kind of sample.</summary>
internal sealed record Profile
{
    /// <summary>Name of a shipped profile, or the file it was read from.</summary>
    public required string Name { get; init; }

    /// <summary>The YAML it was read from, kept with a session so that a re-analysis runs with the same.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>The model taken where none is named.</summary>
    public const string DefaultModel = "segment";

    /// <summary>The word for thresholds instead of a network.</summary>
    public const string NoModel = ModelInUse.None;

    /// <summary>The network that segments: name of a shipped model or a card's file; <see cref="NoModel"/> for thresholds; null for the shipped one where there is one.</summary>
    public string? Model { get; init; }

    /// <summary>What runs the network.</summary>
    public ModelProvider Provider { get; init; }

    /// <summary>Whether the noise is taken off the frames before particles are looked for, and how.</summary>
    public DenoiseOptions Denoise { get; init; } = new();

    /// <summary>True for flexible bodies of low contrast, whose states are told apart; false for particles of a firm shape.</summary>
    public bool Molecules { get; init; }

    /// <summary>How particles are found.</summary>
    public ParticleDetectorOptions Detector { get; init; } = new();

    /// <summary>How they are linked.</summary>
    public ParticleTrackerOptions Tracker { get; init; } = new();

    /// <summary>Names of the analyses of the tracks; null for all.</summary>
    public IReadOnlyList<string>? Analyses { get; init; }

    /// <summary>The relative 1-sigma error asked of their figures.</summary>
    public double Precision { get; init; } = 0.05;

    /// <summary>What the operator is to hear of.</summary>
    public AlertOptions Alerts { get; init; } = new();

    /// <summary>The analyses that it asks for, and the account of dose by place, which is always kept.</summary>
    public AnalysisPlan Analysis => new(setup => [.. TrackAnalyses.Create(setup, Analyses), new DoseMap(setup)], Precision);
}
