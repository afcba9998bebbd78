namespace LiveLtem.Core.Analysis;

/// <summary>What a profile asks to be worked out of the tracks, and how well.</summary>
/// <param name="Start">Starts the analyses.</param>
/// <param name="AskedRelativeErr">Relative 1-sigma error that is asked of a figure: what 'enough yet?' is judged by.</param>
public sealed record AnalysisPlan(Func<AnalysisSetup, IReadOnlyList<ITrackAnalysis>> Start, double AskedRelativeErr = 0.05)
{
    /// <summary>Nothing is worked out.</summary>
    public static AnalysisPlan None { get; } = new(_ => []);
}
