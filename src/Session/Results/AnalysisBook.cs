using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Session.Results;

/// <summary>The analyses of one recording, fed once and read by whoever writes them down.</summary>
/// <remarks>One that fails is left out from there on: its figures are unknown, for the reason that it gave, and nothing else suffers.</remarks>
/// <param name="analyses">What is worked out.</param>
/// <param name="asked">Relative error of a figure that is asked for.</param>
internal sealed class AnalysisBook(IReadOnlyList<ITrackAnalysis> analyses, double asked)
{
    // Errors are noted at every doubling of the frames, from here on.
    private const int FirstNote = 32;
    private readonly Dictionary<string, string> _failed = [];
    private readonly List<(long Frames, Dictionary<(string, string), double> Errors)> _noted = [];
    private (double First, double Last, long Frames)? _dose;
    private long _frames;
    private IReadOnlyDictionary<string, AnalysisResult>? _results;

    /// <summary>Relative error of a figure that is asked for.</summary>
    public double AskedRelativeErr => asked;

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

        _frames++;
        if (row.DoseEPerA2 is { } dose && double.IsFinite(dose))
        {
            _dose = (_dose?.First ?? dose, dose, (_dose?.Frames ?? 0) + 1);
        }

        if (_frames >= FirstNote && System.Numerics.BitOperations.IsPow2(_frames))
        {
            Note();
        }
    }

    /// <summary>What more watching would do for a figure; null for one without a value or an error.</summary>
    /// <param name="analysis">Its analysis.</param>
    /// <param name="figure">As it stands.</param>
    public Enough? EnoughYet(string analysis, AnalysisFigure figure)
    {
        var noted = _noted.LastOrDefault(note => 4 * note.Frames <= _frames).Errors;
        var perFrame = _dose is { Frames: > 1 } dose ? (dose.Last - dose.First) / (dose.Frames - 1) : (double?)null;
        return Enough.Of(figure, noted is not null && noted.TryGetValue((analysis, figure.Name), out var err) ? err : null, _frames, asked, perFrame);
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

    private void Note()
    {
        var errors = new Dictionary<(string, string), double>();
        foreach (var analysis in analyses.Where(analysis => !_failed.ContainsKey(analysis.Name)))
        {
            Guard(analysis, () =>
            {
                foreach (var figure in analysis.Result().Figures)
                {
                    if (figure.Err is { } err)
                    {
                        errors[(analysis.Name, figure.Name)] = err;
                    }
                }
            }, string.Empty);
        }

        _noted.Add((_frames, errors));
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
