using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core.Live;

/// <summary>What the recording is doing.</summary>
public enum RecordingState
{
    /// <summary>Frames are not kept.</summary>
    Off,

    /// <summary>Every received frame is written.</summary>
    On,

    /// <summary>It stopped by itself: see the reason. What was written stays.</summary>
    Failed,
}

/// <summary>The recording as it stands.</summary>
public sealed record RecordingStatus
{
    /// <summary>On, off, or failed.</summary>
    public required RecordingState State { get; init; }

    /// <summary>Folder of the session, or null where nothing is kept.</summary>
    public string? Folder { get; init; }

    /// <summary>Frames whose write returned.</summary>
    public long Frames { get; init; }

    /// <summary>Bytes of raw frames written.</summary>
    public long Bytes { get; init; }

    /// <summary>Received frames that were not written: before it was started, after it was stopped, or because the disk is full.</summary>
    public long NotRecorded { get; init; }

    /// <summary>Free bytes on its disk, or null where nothing is kept.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Why it failed, for people; null unless it did.</summary>
    public string? Problem { get; init; }
}

/// <summary>One reader of the live stream.</summary>
/// <param name="Kind">zmq, grpc or web.</param>
/// <param name="Name">Who it is, as far as it is known.</param>
/// <param name="Sent">Messages handed to it.</param>
/// <param name="Dropped">Messages that it was too slow for.</param>
public sealed record SubscriberStatus(string Kind, string Name, long Sent, long Dropped);

/// <summary>The live session in figures; made about twice a second.</summary>
public sealed record SessionStatus
{
    /// <summary>Id of the session.</summary>
    public required string Session { get; init; }

    /// <summary>Name of the source, for people.</summary>
    public required string Source { get; init; }

    /// <summary>learning, live, ended or failed.</summary>
    public required string State { get; init; }

    /// <summary>Seconds since the session began, by the wall clock.</summary>
    public required double ElapsedS { get; init; }

    /// <summary>Rows of a frame; 0 until one came.</summary>
    public int Height { get; init; }

    /// <summary>Columns of a frame.</summary>
    public int Width { get; init; }

    /// <summary>numpy name of the pixel type, or null until a frame came.</summary>
    public string? Dtype { get; init; }

    /// <summary>Frames received a second, over the last seconds; null until it can be told.</summary>
    public double? ReceivedFps { get; init; }

    /// <summary>Frames analysed a second, over the last seconds; null until it can be told.</summary>
    public double? AnalysedFps { get; init; }

    /// <summary>Arrival to result in the last interval; null where no frame was analysed.</summary>
    public LatencySummary? Latency { get; init; }

    /// <summary>Arrival to publication of results since the session was ready.</summary>
    public LatencySummary? LatencyTotal { get; init; }

    /// <summary>Stages, edges and the account of every frame.</summary>
    public required PipelineReport Pipeline { get; init; }

    /// <summary>Particles in the newest analysed frame, or null.</summary>
    public int? Particles { get; init; }

    /// <summary>Tracks begun.</summary>
    public int Tracks { get; init; }

    /// <summary>What the detector learnt, one line; null before.</summary>
    public string? Learnt { get; init; }

    /// <summary>The detector in use: <c>classical</c> or a model's name.</summary>
    public required string Detector { get; init; }

    /// <summary>What takes the noise off the frames, one line with the model's version; null where nothing does, or nothing is learnt yet.</summary>
    public string? Denoiser { get; init; }

    /// <summary>Its version, how it adapts and how far it can be trusted; null where nothing takes the noise off, or nothing is learnt yet.</summary>
    public DenoiserStatus? Denoising { get; init; }

    /// <summary>The network in use, or thresholds; null until that is known.</summary>
    public ModelInUse? Model { get; init; }

    /// <summary>Names that <see cref="IOperator.ChooseModelAsync"/> takes; empty where it cannot be chosen.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Name of the model that is being made ready, or null.</summary>
    public string? ModelPending { get; init; }

    /// <summary>Calibration in force.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Where the dose comes from, one line, or what is missing for it.</summary>
    public required string Dose { get; init; }

    /// <summary>specimen or camera; null where there is no dose.</summary>
    public string? DoseKind { get; init; }

    /// <summary>Segment of unchanged conditions, from 0.</summary>
    public int Segment { get; init; }

    /// <summary>The recording.</summary>
    public required RecordingStatus Recording { get; init; }

    /// <summary>Readers of the stream.</summary>
    public IReadOnlyList<SubscriberStatus> Subscribers { get; init; } = [];

    /// <summary>What a person should know of the source, and of what the session could not do, one line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Rules for alerts that cannot be evaluated, one line each: the kind and why.</summary>
    public IReadOnlyList<string> AlertsMissing { get; init; } = [];
}
