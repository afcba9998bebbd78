using System.Collections.Immutable;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Broadcast.Tests;

/// <summary>A session that keeps its events in memory and tells them to whoever publishes.</summary>
internal sealed class FakeOperator : IOperator
{
    private readonly Lock _gate = new();
    private readonly List<SessionEvent> _events = [];

    public ILivePublisher? Publisher { get; set; }

    public string Session => "20260101-120000-test";

    public SessionStatus Status { get; set; } = Samples.Status();

    public bool Recording { get; private set; }

    public ConditionsRequest? LastConditions { get; private set; }

    public IReadOnlyList<SessionEvent> EventsAfter(long afterId)
    {
        lock (_gate)
        {
            return [.. _events.Where(happening => happening.Id > afterId)];
        }
    }

    public Annotation Annotate(AnnotationRequest request)
    {
        if (request.Text.Length is 0 or > Annotation.LongestText)
        {
            throw new InputException($"a remark has 1 to {Annotation.LongestText} characters");
        }

        return (Annotation)Add(new Annotation
        {
            Time = DateTimeOffset.UnixEpoch.AddDays(20000),
            Frame = request.Frame,
            Text = request.Text,
            XPx = request.XPx,
            YPx = request.YPx,
            Particle = request.Particle,
            Author = request.Author,
        });
    }

    public SessionAlert Acknowledge(long alert)
    {
        if (alert != Samples.Alert().Id)
        {
            throw new InputException($"there is no alert {alert}: they are numbered from 1 to 1");
        }

        return ((AlertChange)Add(new AlertChange { Time = DateTimeOffset.UnixEpoch.AddDays(20000), Frame = 12, Alert = Samples.Alert() with { State = "acknowledged" } })).Alert;
    }

    public RecordingStatus StartRecording()
    {
        Recording = true;
        return new RecordingStatus { State = RecordingState.On, Folder = "/data/session", Frames = 3 };
    }

    public RecordingStatus StopRecording()
    {
        Recording = false;
        return new RecordingStatus { State = RecordingState.Off, Folder = "/data/session", Frames = 3 };
    }

    public ConditionsChange SetConditions(ConditionsRequest request)
    {
        LastConditions = request;
        if (request.Changed.PixelSizeNm is { Value: <= 0 })
        {
            throw new InputException("pixel_size_nm must be above 0");
        }

        return (ConditionsChange)Add(new ConditionsChange
        {
            Time = DateTimeOffset.UnixEpoch.AddDays(20000),
            Segment = 1,
            FirstFrame = 10,
            Calibration = request.Changed,
            PriorDoseEPerA2 = request.PriorDoseEPerA2,
            Note = request.Note,
        });
    }

    public async Task<ModelInUse> ChooseModelAsync(string model, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (!Status.Models.Contains(model))
        {
            throw new InputException($"model {model}: there is none of that name");
        }

        var change = (ModelChange)Add(new ModelChange
        {
            Time = DateTimeOffset.UnixEpoch.AddDays(20000),
            Frame = 40,
            Model = model == ModelInUse.None ? ModelInUse.Thresholds with { FirstFrame = 41 } : new ModelInUse { Name = model, Sha256 = "0badcafe", Provider = "CPU", FirstFrame = 41 },
        });
        return change.Model;
    }

    public SessionEvent Add(SessionEvent happening)
    {
        SessionEvent written;
        lock (_gate)
        {
            written = happening with { Id = _events.Count + 1 };
            _events.Add(written);
        }

        Publisher?.OnEvent(written);
        return written;
    }
}

/// <summary>Two kept sessions, one with many frames.</summary>
internal sealed class FakeCatalog : ISessionCatalog
{
    public const string Id = "20251231-080000-kept";
    public const int FrameCount = 2500;
    public const int PointsPerFrame = 30;

    private readonly SessionEntry _entry = new()
    {
        Id = Id,
        Folder = "/data/" + Id,
        Started = DateTimeOffset.UnixEpoch.AddDays(20000),
        Ended = DateTimeOffset.UnixEpoch.AddDays(20001),
        State = "closed",
        Source = "rods.mrc",
        Frames = FrameCount,
        Height = 64,
        Width = 96,
        Dtype = "uint8",
        Tracks = PointsPerFrame,
        Bytes = 123456,
    };

    public IReadOnlyList<SessionEntry> List() => [_entry with { Id = "running", Ended = null, State = "recording", Dtype = null }, _entry];

    public SessionEntry Find(string id) => id == Id ? _entry : throw new InputException($"there is no session {id}");

    public IReadOnlyList<FrameRow> Frames(string id, long fromFrame, int most)
    {
        Find(id);
        return [.. Numbers(fromFrame).Take(most).Select(Samples.Row)];
    }

    public IReadOnlyList<TrackPoint> Tracks(string id, long fromFrame, int most)
    {
        Find(id);
        return most < PointsPerFrame
            ? [.. Numbers(fromFrame).Take(1).SelectMany(Points).Take(most)]
            : [.. Numbers(fromFrame).Take(most / PointsPerFrame).SelectMany(Points)];
    }

    public IReadOnlyList<SessionEvent> Events(string id, long afterId)
    {
        Find(id);
        return [.. Samples.Events().Where(happening => happening.Id > afterId)];
    }

    private static IEnumerable<long> Numbers(long from) => Enumerable.Range(0, FrameCount).Select(number => (long)number).Where(number => number >= from);

    private static IEnumerable<TrackPoint> Points(long frame) => Samples.Report(frame, PointsPerFrame).Tracks.Points;
}

/// <summary>Things to publish.</summary>
internal static class Samples
{
    public static FrameRow Row(long frame) => new()
    {
        Frame = frame,
        TimeS = frame * 0.04,
        DoseRateEPerA2PerS = null,
        DoseEPerA2 = frame * 1.5,
        MeanCounts = 100.25,
        Snr = 2.5,
        Particles = 7,
        DriftXPx = 0.5,
        DriftYPx = null,
        SaturatedFraction = 0.001,
        DroppedBefore = 2,
        Processed = true,
        LatencyMs = 12.5,
    };

    public static FrameReport Report(long frame, int particles)
    {
        var header = new FrameHeader { Number = frame, ReceivedTimestamp = TimeProvider.System.GetTimestamp(), DenoiserVersion = 2 };
        return new FrameReport
        {
            Header = header,
            Height = 64,
            Width = 96,
            Row = Row(frame),
            Tracks = new FrameTracks { Header = header, Points = [.. Enumerable.Range(0, particles).Select(particle => Point(frame, particle))] },
        };
    }

    public static TrackPoint Point(long frame, int particle) => new()
    {
        Frame = frame,
        Particle = particle,
        Layer = particle % 3,
        Score = 0.75,
        RotationDeg = particle % 2 == 0 ? null : 33.25,
        State = null,
        Flags = particle % 2 == 0 ? DetectionFlags.None : DetectionFlags.Border | DetectionFlags.Gap,
        Fit = new ShapeFit
        {
            Symmetry = particle % 2 == 0 ? 0 : 4,
            XPx = 10.5 + particle,
            YPx = 20.25 + frame,
            XErrPx = 0.01,
            YErrPx = 0.02,
            AngleDeg = particle % 2 == 0 ? null : 12.5,
            AngleErrDeg = particle % 2 == 0 ? null : 0.25,
            AreaPx = 100,
            MajorPx = 12,
            MinorPx = 10,
        },
    };

    /// <summary>What a denoiser would make of <see cref="Frame"/>.</summary>
    public static Frame Denoised(FramePool pool, long number, int height = 64, int width = 96)
    {
        using var draft = pool.Rent(height, width, PixelType.Float32);
        var pixels = draft.Pixels<float>();
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = number + (i % width) + 0.5f;
        }

        return draft.Publish(new FrameHeader { Number = number, DenoiserVersion = 2 });
    }

    public static Frame Frame(FramePool pool, long number, int height = 64, int width = 96)
    {
        var draft = pool.Rent(height, width, PixelType.UInt16);
        var pixels = draft.Pixels<ushort>();
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (ushort)(i + number);
        }

        return draft.Publish(new FrameHeader { Number = number, ReceivedTimestamp = TimeProvider.System.GetTimestamp() });
    }

    public static SessionStatus Status() => new()
    {
        Session = "20260101-120000-test",
        Source = "sim:crystal",
        State = "live",
        ElapsedS = 1.5,
        Height = 64,
        Width = 96,
        Dtype = "uint16",
        ReceivedFps = 60.5,
        Latency = new LatencySummary(10, 5, 4, 9, 10, 11),
        Detector = "classical",
        Denoiser = "network adapted-1",
        Denoising = new DenoiserStatus
        {
            Denoiser = new DenoiserInUse { Version = 1, Name = "adapted-1", Sha256 = "0badcafe", FirstFrame = 13, HeldOutGain = 0.25, HeldOutGainBefore = 0.125 },
            Adaptation = "denoiser version 1 from frame 13",
            Honesty = new HonestyFigures
            {
                Frames = 9,
                UnsupervisedMse = 4.5,
                UnsupervisedMseErr = 0.5,
                RawMse = 900,
                UnsupervisedPsnrDb = null,
                ResidualCorrelation = -0.01,
                UnsupportedFraction = 0.002,
            },
        },
        Model = ModelInUse.Thresholds,
        Models = [ModelInUse.Auto, ModelInUse.None, "segment"],
        ModelPending = "segment",
        Calibration = new Calibration { PixelSizeNm = new Calibrated(0.5, "typed", 0.01) },
        Dose = "no dose: counts per electron is missing",
        Tracks = 12,
        Recording = new RecordingStatus { State = RecordingState.On, Folder = "/data/session", Frames = 10, Bytes = 1000, DiskFreeBytes = 5_000_000_000 },
        Notes = ["frames lost: the source has no numbers"],
        AlertsMissing = ["etching_fast: it needs the pixel size"],
        Subscribers = [new SubscriberStatus("web", "127.0.0.1", 5, 1)],
        Pipeline = new PipelineReport
        {
            Ledger = new LedgerTotals
            {
                First = 0,
                Last = 41,
                Received = 40,
                Lost = 2,
                Repeated = 0,
                Disordered = 0,
                LostNumbers = [new FrameInterval(3, 4)],
                Branches =
                [
                    new BranchTotals
                    {
                        Branch = FrameBranches.Analysis,
                        Delivered = 30,
                        Skipped = 9,
                        Failed = 1,
                        InFlight = 0,
                        SkippedBy = [new FrameReason("analysis", "replaced by a newer frame", 9)],
                        FailedBy = [new FrameReason("segment", "flat", 1)],
                        SkippedNumbers = [],
                        Failures = [],
                    },
                ],
            },
            Stages =
            [
                new StageStatus
                {
                    Name = "segment", Received = 30, Processed = 29, Failed = 1, Dropped = 9, Disordered = 0, Queued = 1, LastMs = 3.5,
                    Execution = new LatencySummary(29, 3, 3, 4, 5, 6), Age = null,
                },
            ],
            Edges =
            [
                new EdgeStatus
                {
                    Name = "analysis", Policy = EdgePolicy.Latest, Capacity = 1, Queued = 0, PeakQueued = 1, Written = 40, Dropped = 9,
                    Level = EdgeLevel.Normal, Warnings = 0, Alarms = 0, HeldBack = TimeSpan.FromSeconds(0.25),
                },
            ],
        },
    };

    public static ImmutableArray<SessionEvent> Events() =>
    [
        new Annotation { Id = 1, Time = DateTimeOffset.UnixEpoch.AddDays(20000), Frame = 5, Text = "a bubble, µ-sized", XPx = 10.5, YPx = 20, Particle = 3, Author = "Ada" },
        new RecordingChange { Id = 2, Time = DateTimeOffset.UnixEpoch.AddDays(20000.5), State = RecordingState.Failed, Reason = "the disk is full" },
        new ConditionsChange
        {
            Id = 3, Time = DateTimeOffset.UnixEpoch.AddDays(20001), Frame = 9, Segment = 1, FirstFrame = 10,
            Calibration = new Calibration { PixelSizeNm = new Calibrated(0.25, "operator"), Kv = new Calibrated(200, "operator", 0.5) }, PriorDoseEPerA2 = 12.5, Note = "zoomed in",
        },
        new AlertChange { Id = 4, Time = DateTimeOffset.UnixEpoch.AddDays(20002), Frame = 11, Alert = Alert() },
        new ModelChange { Id = 5, Time = DateTimeOffset.UnixEpoch.AddDays(20003), Frame = 12, Model = new ModelInUse { Name = "segment", Sha256 = "0badcafe", Provider = "CPU", FirstFrame = 13 } },
    ];

    public static DenoiserChange Adapted() =>
        new() { Id = 6, Time = DateTimeOffset.UnixEpoch.AddDays(20004), Frame = 12, Denoiser = new DenoiserInUse { Version = 1, Name = "adapted-1", Sha256 = "0badcafe", FirstFrame = 13, HeldOutGain = 0.25 } };

    public static SessionAlert Alert() => new()
    {
        Id = 1,
        Kind = "disk_space",
        Severity = "critical",
        Frame = 11,
        FrameLast = 12,
        TimeS = 0.44,
        State = "raised",
        Count = 2,
        Value = 1.5,
        Threshold = 2,
        Unit = "GB",
        Message = "the disk is nearly full",
    };
}
