using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Analysis.States;

namespace LiveLtem.Tracker.Analysis;

/// <summary>The analyses of tracks by name: where a new one is registered.</summary>
public static class TrackAnalyses
{
    private static readonly (string Name, Func<Conditions, IQuantity> Create)[] All =
    [
        (Lattice.Name, conditions => new Lattice(conditions)),
        (Msd.Name, conditions => new Msd(conditions)),
        (Pairs.Name, conditions => new Pairs(conditions)),
        (Etch.Name, conditions => new Etch(conditions)),
        (Growth.Name, conditions => new Growth(conditions)),
        (Nucleation.Name, conditions => new Nucleation(conditions)),
        (Interface.Name, conditions => new Interface(conditions)),
    ];

    /// <summary>Every name, in the order of <c>analysis.json</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(analysis => analysis.Name), StatesAnalysis.PartName];

    /// <summary>Starts analyses.</summary>
    /// <param name="setup">What they have to know.</param>
    /// <param name="names">Which ones; null for all.</param>
    public static IReadOnlyList<ITrackAnalysis> Create(AnalysisSetup setup, IReadOnlyCollection<string>? names = null)
    {
        List<ITrackAnalysis> asked = [.. All.Where(analysis => IsAsked(names, analysis.Name)).Select(analysis => new SegmentedAnalysis(analysis.Name, setup, analysis.Create))];
        if (IsAsked(names, StatesAnalysis.PartName))
        {
            // States are read off the tracks as they come; nothing of them depends on px or nm.
            asked.Add(new StatesAnalysis(setup));
        }

        return asked;
    }

    /// <summary>Whether one of them reads the particles' measured outlines (<see cref="MeasuredOutline"/>), which cost the detector time.</summary>
    /// <param name="names">Those asked for; null for all.</param>
    public static bool ReadOutlines(IReadOnlyCollection<string>? names) => IsAsked(names, Etch.Name);

    private static bool IsAsked(IReadOnlyCollection<string>? names, string name) => names is null || names.Contains(name);
}
