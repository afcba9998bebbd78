using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis.States;

/// <summary>Structural heterogeneity: how many states molecules take, how long they are in each, how often they change.</summary>
/// <remarks>
/// <para>Times and changes are counted by their chances, forward and backward (<see cref="StateEvidence"/>); the rate from i to j is the expected number of
/// changes over the time in i. Errors: counting (Poisson, one change more than was seen), and doubt about when there was a change. Occupancy: as many
/// independent measurements as there are visits. Frames between which others are missing count for occupancy only.</para>
/// <para>Numbers of one set of conditions only are joined to times: rates use the frame time of the segment with most points.</para>
/// </remarks>
/// <param name="setup">Where pixel size and frame time come from.</param>
public sealed class StatesAnalysis(AnalysisSetup setup) : ITrackAnalysis
{
    /// <summary>Its part of <c>analysis.json</c>.</summary>
    public const string PartName = "states";

    private const string NoStates = "no structural states: they are told apart for molecules (profile soft)";
    private static readonly string[] Columns =
    [
        "state", "to_state", "points", "occupancy", "occupancy_err", "changes", "changes_err", "probability_per_frame", "probability_per_frame_err",
        "rate_per_s", "rate_per_s_err", "dwell_s", "dwell_s_err", "gyration_radius_px", "gyration_radius_px_err", "gyration_radius_nm", "end_to_end_px", "area_px",
    ];

    private readonly StateAccount _account = new();
    private readonly Dictionary<int, long> _points = [];
    private (long Frame, double TimeS)? _first;
    private (long Frame, double TimeS)? _last;

    /// <inheritdoc/>
    public string Name => PartName;

    /// <inheritdoc/>
    public void Add(FrameTracks tracks, FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(tracks);
        ArgumentNullException.ThrowIfNull(row);
        _account.Add(tracks);
        _points[tracks.Header.Segment] = _points.GetValueOrDefault(tracks.Header.Segment) + tracks.Points.Count;
        if (row.TimeS is { } time)
        {
            _first ??= (row.Frame, time);
            _last = (row.Frame, time);
        }
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        var n = _account.Count;
        if (n == 0)
        {
            return new AnalysisResult
            {
                Name = Name,
                Figures = [AnalysisFigure.Unknown("count", NoStates), AnalysisFigure.Unknown("occupancy", NoStates), AnalysisFigure.Unknown("rate_per_s", NoStates)],
            };
        }

        var calibration = setup.CalibrationOf(_points.MaxBy(p => p.Value).Key);
        var frameTime = calibration.FrameTimeS?.Value ?? Measured();
        var states = Enumerable.Range(0, n).ToArray();
        return new AnalysisResult
        {
            Name = Name,
            Figures =
            [
                new AnalysisFigure { Name = "count", Value = n, N = _account.Points },
                new AnalysisFigure { Name = "occupancy", Values = [.. states.Select(k => (Occupancy(k).Value, (double?)Occupancy(k).Err))], N = _account.Points },
                frameTime > 0
                    ? new AnalysisFigure { Name = "rate_per_s", Unit = "1/s", Values = [.. states.Select(k => Rate(k, null, frameTime))], N = (long)Math.Round(states.Sum(k => Leaving(k).Moves)) }
                    : AnalysisFigure.Unknown("rate_per_s", AnalysisFigures.NeedsFrameTime),
            ],
            Tables = [new AnalysisTable("states", Columns, [.. states.SelectMany(k => Rows(k, frameTime, calibration.PixelSizeNm?.Value))])],
        };
    }

    private static double OrNone(double value) => double.IsFinite(value) ? value : double.NaN;

    private double Measured() =>
        _first is { } first && _last is { } last && last.Frame > first.Frame ? (last.TimeS - first.TimeS) / (last.Frame - first.Frame) : double.NaN;

    private (double Moves, double Err) Leaving(int state)
    {
        double moves = 0, variance = 0;
        for (var j = 0; j < _account.Count; j++)
        {
            if (j != state)
            {
                moves += _account.Moves(state, j);
                variance += Math.Pow(_account.MovesErr(state, j), 2) - 1;
            }
        }

        return (moves, Math.Sqrt(variance + 1));
    }

    // Visits are independent, frames of one visit are not.
    private (double Value, double Err) Occupancy(int state)
    {
        var share = _account.Time(state) / _account.Points;
        var visits = _account.Molecules + Enumerable.Range(0, _account.Count).Sum(k => Leaving(k).Moves);
        return (share, Math.Sqrt(Math.Max(share * (1 - share), 0) / Math.Max(visits, 1)));
    }

    // To one state, or to any other.
    private (double Value, double? Err) Rate(int from, int? to, double frameTime)
    {
        var (moves, err) = to is { } j ? (_account.Moves(from, j), _account.MovesErr(from, j)) : Leaving(from);
        var time = _account.Followed(from) * frameTime;
        return time > 0 ? (moves / time, err / time) : (0, null);
    }

    private IEnumerable<double[]> Rows(int state, double frameTime, double? pixelNm)
    {
        const double none = double.NaN;
        var occupancy = Occupancy(state);
        var (gyration, gyrationErr) = _account.Gyration(state);
        var leaving = Leaving(state);
        var followed = _account.Followed(state);
        var isTimed = frameTime > 0 && followed > 0;
        var rate = isTimed ? Rate(state, null, frameTime) : (none, none);
        var dwell = isTimed && leaving.Moves > 0 ? followed * frameTime / leaving.Moves : none;
        yield return
        [
            state, none, _account.Time(state), occupancy.Value, occupancy.Err, leaving.Moves, leaving.Err, OrNone(leaving.Moves / followed), OrNone(leaving.Err / followed),
            rate.Item1, rate.Item2 ?? none, dwell, dwell * leaving.Err / leaving.Moves, OrNone(gyration), OrNone(gyrationErr), OrNone(gyration * (pixelNm ?? none)),
            OrNone(_account.Length(state)), OrNone(_account.Area(state)),
        ];
        for (var to = 0; to < _account.Count; to++)
        {
            if (to == state)
            {
                continue;
            }

            var (moves, err) = (_account.Moves(state, to), _account.MovesErr(state, to));
            var part = isTimed ? Rate(state, to, frameTime) : (none, none);
            yield return
            [
                state, to, none, none, none, moves, err, OrNone(moves / followed), OrNone(err / followed), part.Item1, part.Item2 ?? none,
                none, none, none, none, none, none, none,
            ];
        }
    }
}
