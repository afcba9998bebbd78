using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Session.Results;

/// <summary>The analyses of one recording, fed once and read by whoever writes them down.</summary>
/// <remarks>One that fails is left out from there on: its figures are unknown, for the reason that it gave, and nothing else suffers.</remarks>
internal sealed class AnalysisBook(IReadOnlyList<ITrackAnalysis> analyses)
{
    private readonly Dictionary<string, string> _failed = [];
    private IReadOnlyDictionary<string, AnalysisResult>? _results;

    /// <summary>Whether an analysis of that name was asked for.</summary>
    public bool Has(string name) => analyses.Any(analysis => analysis.Name == name);

    /// <summary>Why an analysis broke off, or null.</summary>
    public string? Failure(string name) => _failed.GetValueOrDefault(name);

    /// <summary>Gives the final points of one frame to every analysis.</summary>
    public void Add(FrameTracks tracks, FrameRow row)
    {
        foreach (var analysis in analyses)
        {
            if (!_failed.ContainsKey(analysis.Name))
            {
                Guard(analysis, () => analysis.Add(tracks, row), $"frame {tracks.Header.Number}: ");
            }
        }
    }

    /// <summary>What they know at the end, by name; worked out once.</summary>
    public IReadOnlyDictionary<string, AnalysisResult> Results()
    {
        if (_results is null)
        {
            var results = new Dictionary<string, AnalysisResult>();
            foreach (var analysis in analyses)
            {
                if (!_failed.ContainsKey(analysis.Name))
                {
                    Guard(analysis, () => results[analysis.Name] = analysis.Result(), string.Empty);
                }
            }

            _results = results;
        }

        return _results;
    }

    private void Guard(ITrackAnalysis analysis, Action act, string where)
    {
        try
        {
            act();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _failed[analysis.Name] = $"the analysis broke off: {where}{error.Message}";
        }
    }
}
