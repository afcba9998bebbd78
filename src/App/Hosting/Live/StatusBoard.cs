using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Puts together the figures of a live session.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class StatusBoard(
    string session, SourceInfo source, ModelDesk models, AnalysisHost host, ISessionStore? store, ConditionsBook conditions, ILivePublisher publisher, IFrameDenoiser? denoiser, DenoiserDesk? denoisers, Func<string?> adaptation, LiveAlertWatch? watch, TimeProvider time)
{
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private readonly Queue<(long At, long Received, long Analysed)> _counts = new();
    private readonly long _started = time.GetTimestamp();
    private LatencySummary? _recent;
    private string _state = "learning";

    /// <summary>learning, live, ended or failed.</summary>
    public string State
    {
        get => Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, value);
    }

    /// <summary>Moves the rates and the recent latency on; called at regular times from one place.</summary>
    public void Tick()
    {
        var received = host.Status.Ledger.Received;
        var analysed = host.Figures.Processed;
        var recent = host.TakeRecentLatency();
        lock (_gate)
        {
            _recent = recent;
            _counts.Enqueue((time.GetTimestamp(), received, analysed));
            while (_counts.Count > 2 && time.GetElapsedTime(_counts.Peek().At) > RateWindow)
            {
                _counts.Dequeue();
            }
        }
    }

    /// <summary>The session as it stands.</summary>
    public SessionStatus Read()
    {
        var pipeline = host.Status;
        var figures = host.Figures;
        var dose = host.DoseStatement;
        var (received, analysed, recent) = Rates();
        var model = models.Now;
        return new SessionStatus
        {
            Session = session,
            Source = source.Name,
            State = State,
            ElapsedS = time.GetElapsedTime(_started).TotalSeconds,
            Height = source.Height,
            Width = source.Width,
            Dtype = source.Type.NumpyName(),
            ReceivedFps = received,
            AnalysedFps = analysed,
            Latency = recent,
            LatencyTotal = host.Latency,
            Pipeline = pipeline,
            Particles = figures.Particles,
            Tracks = figures.Tracks,
            Learnt = State == "learning" ? null : host.Learnt,
            Detector = model is null or { Sha256: null } ? "classical" : model.Name,
            Denoiser = State == "learning" ? null : denoiser?.Describe(),
            Denoising = State == "learning" || denoisers is null
                ? null
                : new DenoiserStatus { Denoiser = denoisers.Now, Adaptation = adaptation(), Honesty = denoisers.Honesty },
            Model = model,
            Models = models.Names,
            ModelPending = models.Pending,
            Calibration = conditions.Calibration,
            Dose = DoseText.Of(dose),
            DoseKind = DoseText.Kind(dose),
            Segment = conditions.Segment,
            Recording = store?.Recording ?? new RecordingStatus { State = RecordingState.Off, NotRecorded = pipeline.Ledger.Received },
            Subscribers = publisher.Subscribers,
            Notes = [.. source.Warnings, .. watch?.Losses.Describe() is { } unseen ? (string[])[unseen] : []],
            AlertsMissing = watch?.Missing ?? Watches.AllOff,
        };
    }

    private (double? Received, double? Analysed, LatencySummary? Recent) Rates()
    {
        lock (_gate)
        {
            if (_counts.Count < 2)
            {
                return (null, null, _recent);
            }

            var (first, last) = (_counts.Peek(), _counts.Last());
            var seconds = time.GetElapsedTime(first.At, last.At).TotalSeconds;
            return seconds > 0
                ? ((last.Received - first.Received) / seconds, (last.Analysed - first.Analysed) / seconds, _recent)
                : (null, null, _recent);
        }
    }
}
