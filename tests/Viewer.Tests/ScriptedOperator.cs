using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Viewer.Tests;

/// <summary>A session that says what the test wants and remembers what it was asked.</summary>
internal sealed class ScriptedOperator(string session) : IOperator
{
    private readonly Lock _gate = new();
    private readonly List<SessionEvent> _events = [];
    private SessionStatus _status = StatusOf(session, Calibration.Unknown, RecordingState.Off);

    public ILivePublisher? Publisher { get; set; }

    public string Session => session;

    public SessionStatus Status
    {
        get
        {
            lock (_gate)
            {
                return _status;
            }
        }
    }

    public IReadOnlyList<SessionEvent> EventsAfter(long afterId)
    {
        lock (_gate)
        {
            return [.. _events.Where(happening => happening.Id > afterId)];
        }
    }

    public Annotation Annotate(AnnotationRequest request) => Add(new Annotation
    {
        Time = TimeProvider.System.GetUtcNow(),
        Frame = request.Frame,
        Text = request.Text,
        XPx = request.XPx,
        YPx = request.YPx,
        Particle = request.Particle,
        Author = request.Author,
    });

    public SessionAlert Acknowledge(long alert)
    {
        var known = EventsAfter(0).OfType<AlertChange>().LastOrDefault(change => change.Alert.Id == alert)?.Alert;
        if (known is not { State: "raised" })
        {
            throw new InputException($"alert {alert} is over: what it told of has passed, so that there is nothing to acknowledge");
        }

        var seen = known with { State = "acknowledged" };
        Raise(seen);
        return seen;
    }

    public RecordingStatus StartRecording() => Record(RecordingState.On);

    public RecordingStatus StopRecording() => Record(RecordingState.Off);

    public ConditionsChange SetConditions(ConditionsRequest request)
    {
        if (request.Changed.PixelSizeNm is { Value: <= 0 })
        {
            throw new InputException("pixel_size_nm: found 0; above 0");
        }

        Change(status => status with { Calibration = status.Calibration.OverriddenBy(request.Changed), Segment = status.Segment + 1 });
        return Add(new ConditionsChange
        {
            Time = TimeProvider.System.GetUtcNow(),
            Segment = Status.Segment,
            FirstFrame = 1,
            Calibration = Status.Calibration,
            Note = request.Note,
        });
    }

    public Task<ModelInUse> ChooseModelAsync(string model, CancellationToken cancellationToken)
    {
        if (model == "damaged")
        {
            throw new InputException("model damaged: its network is not the one that its card describes");
        }

        var chosen = new ModelInUse { Name = model, Sha256 = model == ModelInUse.None ? null : "0badcafe", Provider = model == ModelInUse.None ? null : "CPU", FirstFrame = 3 };
        Change(status => status with { Model = chosen, Detector = chosen.Sha256 is null ? "classical" : model });
        Add(new ModelChange { Time = TimeProvider.System.GetUtcNow(), Frame = 2, Model = chosen });
        return Task.FromResult(chosen);
    }

    public void Raise(SessionAlert alert) => Add(new AlertChange { Time = TimeProvider.System.GetUtcNow(), Frame = alert.Frame, Alert = alert });

    /// <summary>Changes the status and tells it.</summary>
    public void Change(Func<SessionStatus, SessionStatus> change)
    {
        SessionStatus status;
        lock (_gate)
        {
            _status = status = change(_status);
        }

        Publisher?.OnStatus(status);
    }

    private RecordingStatus Record(RecordingState state)
    {
        Change(status => status with { Recording = status.Recording with { State = state } });
        Add(new RecordingChange { Time = TimeProvider.System.GetUtcNow(), State = state });
        return Status.Recording;
    }

    private T Add<T>(T happening)
        where T : SessionEvent
    {
        T written;
        lock (_gate)
        {
            written = happening with { Id = _events.Count + 1 };
            _events.Add(written);
        }

        Publisher?.OnEvent(written);
        return written;
    }

    private static SessionStatus StatusOf(string session, Calibration calibration, RecordingState recording) => new()
    {
        Session = session,
        Source = "scripted",
        State = "live",
        ElapsedS = 1,
        ReceivedFps = 20,
        AnalysedFps = 18,
        Latency = new LatencySummary(10, 5, 4.5, 9, 10, 11),
        Detector = "classical",
        Model = ModelInUse.Thresholds,
        Models = [ModelInUse.Auto, ModelInUse.None, "segment", "damaged"],
        Calibration = calibration,
        Dose = "no dose: counts per electron and dark level are missing",
        Recording = new RecordingStatus { State = recording, Folder = "sessions/scripted", DiskFreeBytes = 412_000_000_000 },
        Pipeline = new PipelineReport
        {
            Ledger = new LedgerTotals { First = null, Last = null, Received = 0, Lost = 0, Repeated = 0, Disordered = 0, LostNumbers = [], Branches = [] },
            Stages = [],
            Edges =
            [
                new EdgeStatus
                {
                    Name = "analysis", Policy = EdgePolicy.Latest, Capacity = 1, Queued = 0, PeakQueued = 1, Written = 40, Dropped = 9,
                    Level = EdgeLevel.Normal, Warnings = 0, Alarms = 0, HeldBack = TimeSpan.Zero,
                },
            ],
        },
    };
}
