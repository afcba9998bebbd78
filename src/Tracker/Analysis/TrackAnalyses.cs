using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>The analyses of tracks by name: where a new one is registered.</summary>
public static class TrackAnalyses
{
    private static readonly (string Name, Func<Conditions, IQuantity> Create)[] All =
    [
        (Lattice.Name, conditions => new Lattice(conditions)),
        (Msd.Name, conditions => new Msd(conditions)),
    ];

    /// <summary>Every name, in the order of <c>analysis.json</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(analysis => analysis.Name)];

    /// <summary>Starts analyses.</summary>
    /// <param name="setup">What they have to know.</param>
    /// <param name="names">Which ones; null for all.</param>
    public static IReadOnlyList<ITrackAnalysis> Create(AnalysisSetup setup, IReadOnlyCollection<string>? names = null) =>
        [.. All.Where(analysis => names is null || names.Contains(analysis.Name)).Select(analysis => new SegmentedAnalysis(analysis.Name, setup, analysis.Create))];
}
