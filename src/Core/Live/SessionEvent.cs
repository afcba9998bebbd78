using System.Collections.Immutable;

namespace LiveLtem.Core.Live;

/// <summary>Something that happened in a session besides its frames. It is written to the session before anyone is told.</summary>
public abstract record SessionEvent
{
    /// <summary>Number in the session, from 1, gap-free over all kinds; given by the session when it is written.</summary>
    public long Id { get; init; }

    /// <summary>Wall time, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Newest frame received when it happened, or null before the first.</summary>
    public long? Frame { get; init; }
}

/// <summary>A remark by the operator.</summary>
public sealed record Annotation : SessionEvent
{
    /// <summary>The remark, 1 to <see cref="LongestText"/> characters.</summary>
    public required string Text { get; init; }

    /// <summary>Place in the frame it speaks of, px, or null.</summary>
    public double? XPx { get; init; }

    /// <summary>Place in the frame it speaks of, px, or null.</summary>
    public double? YPx { get; init; }

    /// <summary>Particle it speaks of, or null.</summary>
    public int? Particle { get; init; }

    /// <summary>Who said it, or null.</summary>
    public string? Author { get; init; }

    /// <summary>Longest remark, characters.</summary>
    public const int LongestText = 4000;
}

/// <summary>The recording was started, stopped or gave up.</summary>
public sealed record RecordingChange : SessionEvent
{
    /// <summary>What it is from here on.</summary>
    public required RecordingState State { get; init; }

    /// <summary>Why, where it was not the operator's wish.</summary>
    public string? Reason { get; init; }
}

/// <summary>The operator changed magnification, exposure, dose or area: a new segment begins.</summary>
public sealed record ConditionsChange : SessionEvent
{
    /// <summary>Number of the segment that begins, from 1 (the session begins in segment 0).</summary>
    public required int Segment { get; init; }

    /// <summary>First frame of the new segment: the next one received.</summary>
    public required long FirstFrame { get; init; }

    /// <summary>Calibration from here on.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Dose that the area had before the recording saw it, e-/A^2, or null where nothing was said.</summary>
    public double? PriorDoseEPerA2 { get; init; }

    /// <summary>Why, in the operator's words, or null.</summary>
    public string? Note { get; init; }
}

/// <summary>Another network segments, or thresholds instead of one. Written before the first frame is segmented by it.</summary>
public sealed record ModelChange : SessionEvent
{
    /// <summary>What segments from here on, with its first frame.</summary>
    public required ModelInUse Model { get; init; }
}

/// <summary>The denoiser changed: it is adapted to the recording. Written before the first frame is denoised by it.</summary>
public sealed record DenoiserChange : SessionEvent
{
    /// <summary>What takes the noise off from here on, with its first frame.</summary>
    public required DenoiserInUse Denoiser { get; init; }
}

/// <summary>One transition of an alert.</summary>
public sealed record AlertChange : SessionEvent
{
    /// <summary>The alert as it stands.</summary>
    public required SessionAlert Alert { get; init; }
}

/// <summary>An alert as in <c>alerts.jsonl</c>.</summary>
public sealed record SessionAlert
{
    /// <summary>Number of the alert in its session, from 1.</summary>
    public required long Id { get; init; }

    /// <summary>Kind, as in the table of alerts: <c>disk_space</c>, <c>source_lost</c>, …</summary>
    public required string Kind { get; init; }

    /// <summary>info, warning or critical.</summary>
    public required string Severity { get; init; }

    /// <summary>Frame it was raised at, or null before the first.</summary>
    public long? Frame { get; init; }

    /// <summary>Last frame its condition held in.</summary>
    public long? FrameLast { get; init; }

    /// <summary>Seconds from the first frame, or null.</summary>
    public double? TimeS { get; init; }

    /// <summary>raised, acknowledged or cleared.</summary>
    public required string State { get; init; }

    /// <summary>Frames or occasions it held in.</summary>
    public long Count { get; init; } = 1;

    /// <summary>What was measured, or null.</summary>
    public double? Value { get; init; }

    /// <summary>What it was measured against, or null.</summary>
    public double? Threshold { get; init; }

    /// <summary>Unit of both, or null.</summary>
    public string? Unit { get; init; }

    /// <summary>One sentence for the operator.</summary>
    public required string Message { get; init; }
}

/// <summary>What the operator asks to change; null leaves as it is.</summary>
public sealed record ConditionsRequest
{
    /// <summary>Calibration values that change, with the operator as their origin.</summary>
    public required Calibration Changed { get; init; }

    /// <summary>Dose the area had before, e-/A^2, >= 0.</summary>
    public double? PriorDoseEPerA2 { get; init; }

    /// <summary>Why.</summary>
    public string? Note { get; init; }
}

/// <summary>A remark that somebody wants to make.</summary>
/// <param name="Text">The remark.</param>
/// <param name="Frame">Frame it speaks of, or null for the newest.</param>
/// <param name="XPx">Place, px, or null.</param>
/// <param name="YPx">Place, px, or null.</param>
/// <param name="Particle">Particle, or null.</param>
/// <param name="Author">Who, or null.</param>
public sealed record AnnotationRequest(string Text, long? Frame = null, double? XPx = null, double? YPx = null, int? Particle = null, string? Author = null);
