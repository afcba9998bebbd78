using LiveLtem.Core;

namespace LiveLtem.Tracker.Analysis.States;

/// <summary>A tracker whose points carry the structural state of flexible molecules; tracks are those of the tracker it stands before.</summary>
/// <remarks>
/// <para>The states are learnt from the first measurements, once, when there are enough of them or the recording ends; until then final rows wait. From then on
/// a row waits for the next <see cref="LagFrames"/> frames, which say whether a change was one. Live points carry what the frames so far say, by the
/// states as they are known then (a first guess comes early and is renewed as measurements double).</para>
/// <para>Memory is bounded: measurements are dropped once their row is out. Deterministic.</para>
/// </remarks>
public sealed class StateTracker : IParticleTracker
{
    /// <summary>Frames after a measurement that are looked at before its state is final.</summary>
    public const int LagFrames = 20;

    /// <summary>Measurements from which the states are learnt, if the recording is that long.</summary>
    public const int LearningMeasurements = 4000;

    /// <summary>Frames after which they are learnt in any case.</summary>
    public const int LearningFrames = 600;

    private const int FirstGuess = 300;
    private readonly IParticleTracker _inner;
    private readonly Queue<FrameTracks> _waiting = new();
    private readonly SortedDictionary<int, StatePath> _paths = [];
    private readonly Dictionary<int, LiveState> _live = [];
    private StateModel? _model;
    private StateModel? _guess;
    private double _typicalMass;
    private int _measurements;
    private int _nextGuess = FirstGuess;
    private int _frames;
    private bool _completed;

    /// <summary>Stands before a tracker.</summary>
    public StateTracker(IParticleTracker inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <summary>The states as they are known; null before the first guess.</summary>
    internal StateModel? Model => _model ?? _guess;

    /// <inheritdoc/>
    public FrameTracks Track(FrameDetections detections)
    {
        var tracks = _inner.Track(detections);
        if (Model is not { } model)
        {
            return tracks;
        }

        var points = new List<TrackPoint>(tracks.Points.Count);
        foreach (var point in tracks.Points)
        {
            points.Add(point with { State = LiveStateOf(point, model) });
        }

        return tracks with { Points = points };
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrameTracks> TakeFinished()
    {
        foreach (var tracks in _inner.TakeFinished())
        {
            Take(tracks);
        }

        if (_model is null && (_completed || _measurements >= LearningMeasurements || _frames >= LearningFrames))
        {
            Learn(final: true);
        }
        else if (_model is null && _measurements >= _nextGuess)
        {
            _nextGuess *= 2;
            Learn(final: false);
        }

        return Release();
    }

    /// <inheritdoc/>
    public void Complete()
    {
        _completed = true;
        _inner.Complete();
    }

    /// <summary>One line of the states found, for logs and reports; null where there are none.</summary>
    public string? Describe()
    {
        if (Model is not { } model)
        {
            return null;
        }

        var states = Enumerable.Range(0, model.Count).Select(k => FormattableString.Invariant(
            $"{k}: squared radius of gyration {model.Means[k][0]:F0} px^2, elongation {model.Means[k][1]:F0} px^2, molecules differ by {Math.Sqrt(model.Scatters[k][0]):F0} and {Math.Sqrt(model.Scatters[k][1]):F0}"));
        return $"{model.Count} {(model.Count == 1 ? "state" : "states")} ({string.Join("; ", states)})";
    }

    private int? LiveStateOf(TrackPoint point, StateModel model)
    {
        if (!_live.TryGetValue(point.Particle, out var live))
        {
            _live[point.Particle] = live = new LiveState();
        }

        var mass = _paths.TryGetValue(point.Particle, out var path) ? path.MeanMass : 0;
        return live.Add(point, model, mass, _typicalMass);
    }

    private void Take(FrameTracks tracks)
    {
        _frames++;
        _waiting.Enqueue(tracks);
        foreach (var point in tracks.Points)
        {
            if (point.Features is null)
            {
                continue;
            }

            if (!_paths.TryGetValue(point.Particle, out var path))
            {
                _paths[point.Particle] = path = new StatePath();
            }

            path.Add(point);
            _measurements++;
        }
    }

    private void Learn(bool final)
    {
        var masses = _paths.Values.Select(p => p.MeanMass).Where(m => m > 0).Order().ToArray();
        _typicalMass = masses.Length > 0 ? masses[masses.Length / 2] : 0;
        var sequences = _paths.Values.Select(p => p.Observations(_typicalMass)).Where(s => s.Length > 0).ToList();
        if (sequences.Count == 0)
        {
            return;
        }

        var model = StateFit.Choose(sequences);
        _live.Clear();
        if (final)
        {
            _model = model;
            foreach (var path in _paths.Values)
            {
                path.LearnOwn(model, _typicalMass);
            }
        }
        else
        {
            _guess = model;
        }
    }

    private List<FrameTracks> Release()
    {
        var released = new List<FrameTracks>();
        if (_model is null && !_completed)
        {
            return released;
        }

        while (_waiting.TryPeek(out var oldest) && (_completed || _waiting.Count > LagFrames))
        {
            _waiting.Dequeue();
            var points = new List<TrackPoint>(oldest.Points.Count);
            foreach (var point in oldest.Points)
            {
                var (state, evidence) = FinalState(point);
                points.Add(point with { State = state, StateEvidence = evidence });
            }

            released.Add(oldest with { Points = points });
        }

        return released;
    }

    private (int? State, StateEvidence? Evidence) FinalState(TrackPoint point)
    {
        if (_model is not { } model || !_paths.TryGetValue(point.Particle, out var path))
        {
            return (null, null);
        }

        return path.Settle(point, model, _typicalMass);
    }
}
