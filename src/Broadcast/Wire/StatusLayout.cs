using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Broadcast.Wire;

/// <summary>How the session in figures lies on the wire: topic <c>status</c> and <c>GET /api/status</c>.</summary>
internal static class StatusLayout
{
    /// <summary>Fields of a model.</summary>
    public const int ModelFields = 4;

    public static void WriteStatus<TWriter>(ref TWriter writer, SessionStatus status)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(32);
        writer.Field("session"u8, status.Session);
        writer.Field("source"u8, status.Source);
        writer.Field("state"u8, status.State);
        writer.Field("elapsed_s"u8, status.ElapsedS);
        writer.Field("height"u8, status.Height);
        writer.Field("width"u8, status.Width);
        writer.Field("dtype"u8, status.Dtype);
        writer.Field("received_fps"u8, status.ReceivedFps);
        writer.Field("analysed_fps"u8, status.AnalysedFps);
        Latency(ref writer, "latency_ms"u8, status.Latency);
        Latency(ref writer, "latency_total_ms"u8, status.LatencyTotal);
        writer.Field("particles"u8, (long?)status.Particles);
        writer.Field("tracks"u8, status.Tracks);
        writer.Field("learnt"u8, status.Learnt);
        writer.Field("detector"u8, status.Detector);
        writer.Field("denoiser"u8, status.Denoiser);
        writer.Key("denoising"u8);
        DenoiserLayout.WriteStatus(ref writer, status.Denoising);
        writer.Key("model"u8);
        WriteModel(ref writer, status.Model);
        writer.Field("models"u8, status.Models);
        writer.Field("model_pending"u8, status.ModelPending);
        writer.Key("calibration"u8);
        WriteCalibration(ref writer, status.Calibration);
        writer.Field("dose"u8, status.Dose);
        writer.Field("dose_kind"u8, status.DoseKind);
        writer.Field("segment"u8, status.Segment);
        writer.Key("recording"u8);
        WriteRecording(ref writer, status.Recording);
        Subscribers(ref writer, status.Subscribers);
        writer.Field("notes"u8, status.Notes);
        writer.Field("alerts_missing"u8, status.AlertsMissing);
        Ledger(ref writer, status.Pipeline.Ledger);
        Stages(ref writer, status.Pipeline.Stages);
        Edges(ref writer, status.Pipeline.Edges);
        writer.Field("fault"u8, status.Pipeline.Fault?.Message);
        writer.EndMap();
    }

    /// <summary>Each value with its origin and error; null where it is not known.</summary>
    public static void WriteCalibration<TWriter>(ref TWriter writer, Calibration calibration)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(8);
        Calibrated(ref writer, "pixel_size_nm"u8, calibration.PixelSizeNm);
        Calibrated(ref writer, "frame_time_s"u8, calibration.FrameTimeS);
        Calibrated(ref writer, "exposure_s"u8, calibration.ExposureS);
        Calibrated(ref writer, "counts_per_electron"u8, calibration.CountsPerElectron);
        Calibrated(ref writer, "dark_level"u8, calibration.DarkLevel);
        Calibrated(ref writer, "transmission"u8, calibration.Transmission);
        Calibrated(ref writer, "dose_per_frame_e_A2"u8, calibration.DosePerFrameEPerA2);
        Calibrated(ref writer, "kv"u8, calibration.Kv);
        writer.EndMap();
    }

    /// <summary>What segments; null where that is not known.</summary>
    public static void WriteModel<TWriter>(ref TWriter writer, ModelInUse? model)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        if (model is null)
        {
            writer.Null();
            return;
        }

        writer.BeginMap(ModelFields);
        WriteModelFields(ref writer, model);
        writer.EndMap();
    }

    /// <summary>The <see cref="ModelFields"/> of a model, in a map that is begun already.</summary>
    public static void WriteModelFields<TWriter>(ref TWriter writer, ModelInUse model)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Field("name"u8, model.Name);
        writer.Field("sha256"u8, model.Sha256);
        writer.Field("provider"u8, model.Provider);
        writer.Field("first_frame"u8, model.FirstFrame);
    }

    public static void WriteRecording<TWriter>(ref TWriter writer, RecordingStatus recording)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(7);
        writer.Field("state"u8, EventLayout.StateName(recording.State));
        writer.Field("folder"u8, recording.Folder);
        writer.Field("frames"u8, recording.Frames);
        writer.Field("bytes"u8, recording.Bytes);
        writer.Field("not_recorded"u8, recording.NotRecorded);
        writer.Field("disk_free_bytes"u8, recording.DiskFreeBytes);
        writer.Field("problem"u8, recording.Problem);
        writer.EndMap();
    }

    public static string BranchName(FrameBranches branch) => branch switch
    {
        FrameBranches.Analysis => "analysis",
        FrameBranches.Recording => "recording",
        _ => "preview",
    };

    public static string PolicyName(EdgePolicy policy) => policy == EdgePolicy.Wait ? "wait" : "latest";

    public static string LevelName(EdgeLevel level) => level switch
    {
        EdgeLevel.Normal => "normal",
        EdgeLevel.Filling => "filling",
        _ => "full",
    };

    private static void Calibrated<TWriter>(ref TWriter writer, ReadOnlySpan<byte> name, Calibrated? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        if (value is null)
        {
            writer.Null();
            return;
        }

        writer.BeginMap(3);
        writer.Field("value"u8, value.Value);
        writer.Field("origin"u8, value.Origin);
        writer.Field("err"u8, value.Err);
        writer.EndMap();
    }

    private static void Latency<TWriter>(ref TWriter writer, ReadOnlySpan<byte> name, LatencySummary? latency)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        if (latency is null)
        {
            writer.Null();
            return;
        }

        writer.BeginMap(6);
        writer.Field("count"u8, latency.Count);
        writer.Field("mean"u8, latency.MeanMs);
        writer.Field("p50"u8, latency.P50Ms);
        writer.Field("p95"u8, latency.P95Ms);
        writer.Field("p99"u8, latency.P99Ms);
        writer.Field("max"u8, latency.MaxMs);
        writer.EndMap();
    }

    private static void Subscribers<TWriter>(ref TWriter writer, IReadOnlyList<SubscriberStatus> subscribers)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key("subscribers"u8);
        writer.BeginArray(subscribers.Count);
        foreach (var subscriber in subscribers)
        {
            writer.BeginMap(4);
            writer.Field("kind"u8, subscriber.Kind);
            writer.Field("name"u8, subscriber.Name);
            writer.Field("sent"u8, subscriber.Sent);
            writer.Field("dropped"u8, subscriber.Dropped);
            writer.EndMap();
        }

        writer.EndArray();
    }

    // A branch that the pipeline does not have counts nothing: unknown, not zero.
    private static void Ledger<TWriter>(ref TWriter writer, LedgerTotals ledger)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key("ledger"u8);
        writer.BeginMap(11);
        writer.Field("first"u8, ledger.First);
        writer.Field("last"u8, ledger.Last);
        writer.Field("received"u8, ledger.Received);
        writer.Field("lost"u8, ledger.Lost);
        writer.Field("repeated"u8, ledger.Repeated);
        writer.Field("disordered"u8, ledger.Disordered);
        writer.Field("recorded"u8, ledger.Of(FrameBranches.Recording)?.Delivered);
        writer.Field("processed"u8, ledger.Of(FrameBranches.Analysis)?.Delivered);
        writer.Field("shown"u8, ledger.Of(FrameBranches.Preview)?.Delivered);
        Reasons(ref writer, "skipped"u8, ledger, static branch => branch.SkippedBy);
        Reasons(ref writer, "failed"u8, ledger, static branch => branch.FailedBy);
        writer.EndMap();
    }

    private static void Reasons<TWriter>(
        ref TWriter writer, ReadOnlySpan<byte> name, LedgerTotals ledger, Func<BranchTotals, IReadOnlyList<FrameReason>> reasons)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.BeginArray(ledger.Branches.Sum(branch => reasons(branch).Count));
        foreach (var branch in ledger.Branches)
        {
            foreach (var reason in reasons(branch))
            {
                writer.BeginMap(4);
                writer.Field("branch"u8, BranchName(branch.Branch));
                writer.Field("where"u8, reason.Where);
                writer.Field("why"u8, reason.Why);
                writer.Field("frames"u8, reason.Frames);
                writer.EndMap();
            }
        }

        writer.EndArray();
    }

    private static void Stages<TWriter>(ref TWriter writer, IReadOnlyList<StageStatus> stages)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key("stages"u8);
        writer.BeginArray(stages.Count);
        foreach (var stage in stages)
        {
            writer.BeginMap(10);
            writer.Field("name"u8, stage.Name);
            writer.Field("received"u8, stage.Received);
            writer.Field("processed"u8, stage.Processed);
            writer.Field("failed"u8, stage.Failed);
            writer.Field("dropped"u8, stage.Dropped);
            writer.Field("disordered"u8, stage.Disordered);
            writer.Field("queued"u8, stage.Queued);
            writer.Field("last_ms"u8, stage.LastMs);
            Latency(ref writer, "execution_ms"u8, stage.Execution);
            Latency(ref writer, "age_ms"u8, stage.Age);
            writer.EndMap();
        }

        writer.EndArray();
    }

    private static void Edges<TWriter>(ref TWriter writer, IReadOnlyList<EdgeStatus> edges)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key("edges"u8);
        writer.BeginArray(edges.Count);
        foreach (var edge in edges)
        {
            writer.BeginMap(9);
            writer.Field("name"u8, edge.Name);
            writer.Field("policy"u8, PolicyName(edge.Policy));
            writer.Field("capacity"u8, edge.Capacity);
            writer.Field("queued"u8, edge.Queued);
            writer.Field("peak_queued"u8, edge.PeakQueued);
            writer.Field("written"u8, edge.Written);
            writer.Field("dropped"u8, edge.Dropped);
            writer.Field("level"u8, LevelName(edge.Level));
            writer.Field("held_back_s"u8, edge.HeldBack.TotalSeconds);
            writer.EndMap();
        }

        writer.EndArray();
    }
}
