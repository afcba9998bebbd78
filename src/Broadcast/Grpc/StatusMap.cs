using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using Proto = LiveLtem.Broadcast.Protos;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>The session in figures as a protobuf message.</summary>
internal static class StatusMap
{
    public static Proto.SessionStatus Of(SessionStatus status)
    {
        var message = new Proto.SessionStatus
        {
            Session = status.Session,
            Source = status.Source,
            State = status.State,
            ElapsedS = status.ElapsedS,
            Height = status.Height,
            Width = status.Width,
            Latency = Of(status.Latency),
            LatencyTotal = Of(status.LatencyTotal),
            Tracks = status.Tracks,
            Detector = status.Detector,
            Model = status.Model is { } model ? ProtoMap.Of(model) : null,
            Models = { status.Models },
            Calibration = ProtoMap.Of(status.Calibration),
            Dose = status.Dose,
            Segment = status.Segment,
            Recording = ProtoMap.Of(status.Recording),
            Notes = { status.Notes },
            AlertsMissing = { status.AlertsMissing },
            Ledger = Of(status.Pipeline.Ledger),
            Subscribers =
            {
                status.Subscribers.Select(subscriber =>
                    new Proto.Subscriber { Kind = subscriber.Kind, Name = subscriber.Name, Sent = subscriber.Sent, Dropped = subscriber.Dropped }),
            },
            Stages = { status.Pipeline.Stages.Select(Of) },
            Edges = { status.Pipeline.Edges.Select(Of) },
        };
        ProtoMap.Said(status.Dtype, value => message.Dtype = value);
        ProtoMap.Known(status.ReceivedFps, value => message.ReceivedFps = value);
        ProtoMap.Known(status.AnalysedFps, value => message.AnalysedFps = value);
        ProtoMap.Said(status.Learnt, value => message.Learnt = value);
        ProtoMap.Said(status.Denoiser, value => message.Denoiser = value);
        message.Denoising = status.Denoising is { } denoising ? Of(denoising) : null;
        ProtoMap.Said(status.ModelPending, value => message.ModelPending = value);
        ProtoMap.Said(status.DoseKind, value => message.DoseKind = value);
        ProtoMap.Said(status.Pipeline.Fault?.Message, value => message.Fault = value);
        if (status.Particles is { } particles)
        {
            message.Particles = particles;
        }

        return message;
    }

    private static Proto.DenoiserStatus Of(DenoiserStatus denoising)
    {
        var message = new Proto.DenoiserStatus { Denoiser = ProtoMap.Of(denoising.Denoiser) };
        ProtoMap.Said(denoising.Adaptation, value => message.Adaptation = value);
        if (denoising.Honesty is { } honesty)
        {
            message.Honesty = new Proto.Honesty
            {
                Frames = honesty.Frames,
                Umse = honesty.UnsupervisedMse,
                UmseErr = honesty.UnsupervisedMseErr,
                RawMse = honesty.RawMse,
                ResidualCorrelation = honesty.ResidualCorrelation,
                UnsupportedFraction = honesty.UnsupportedFraction,
            };
            ProtoMap.Known(honesty.UnsupervisedPsnrDb, value => message.Honesty.UpsnrDb = value);
        }

        return message;
    }

    private static Proto.Latency? Of(LatencySummary? latency) => latency is null
        ? null
        : new Proto.Latency
        {
            Count = latency.Count,
            MeanMs = latency.MeanMs,
            P50Ms = latency.P50Ms,
            P95Ms = latency.P95Ms,
            P99Ms = latency.P99Ms,
            MaxMs = latency.MaxMs,
        };

    private static Proto.Ledger Of(LedgerTotals ledger)
    {
        var message = new Proto.Ledger
        {
            Received = ledger.Received,
            Lost = ledger.Lost,
            RepeatedFrames = ledger.Repeated,
            Disordered = ledger.Disordered,
            Skipped = { ledger.Branches.SelectMany(branch => branch.SkippedBy.Select(reason => Of(branch.Branch, reason))) },
            Failed = { ledger.Branches.SelectMany(branch => branch.FailedBy.Select(reason => Of(branch.Branch, reason))) },
        };
        ProtoMap.Counted(ledger.First, value => message.First = value);
        ProtoMap.Counted(ledger.Last, value => message.Last = value);
        ProtoMap.Counted(ledger.Of(FrameBranches.Recording)?.Delivered, value => message.Recorded = value);
        ProtoMap.Counted(ledger.Of(FrameBranches.Analysis)?.Delivered, value => message.Processed = value);
        ProtoMap.Counted(ledger.Of(FrameBranches.Preview)?.Delivered, value => message.Shown = value);
        return message;
    }

    private static Proto.FrameReason Of(FrameBranches branch, FrameReason reason) =>
        new() { Branch = Wire.StatusLayout.BranchName(branch), Where = reason.Where, Why = reason.Why, Frames = reason.Frames };

    private static Proto.Stage Of(StageStatus stage)
    {
        var message = new Proto.Stage
        {
            Name = stage.Name,
            Received = stage.Received,
            Processed = stage.Processed,
            Failed = stage.Failed,
            Dropped = stage.Dropped,
            Disordered = stage.Disordered,
            Queued = stage.Queued,
            Execution = Of(stage.Execution),
            Age = Of(stage.Age),
        };
        ProtoMap.Known(stage.LastMs, value => message.LastMs = value);
        return message;
    }

    private static Proto.Edge Of(EdgeStatus edge) => new()
    {
        Name = edge.Name,
        Policy = Wire.StatusLayout.PolicyName(edge.Policy),
        Capacity = edge.Capacity,
        Queued = edge.Queued,
        PeakQueued = edge.PeakQueued,
        Written = edge.Written,
        Dropped = edge.Dropped,
        Level = Wire.StatusLayout.LevelName(edge.Level),
        HeldBackS = edge.HeldBack.TotalSeconds,
    };
}
