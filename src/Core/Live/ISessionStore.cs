namespace LiveLtem.Core.Live;

/// <summary>What a session is when it begins; the head of <c>session.json</c>.</summary>
public sealed record SessionDescription
{
    /// <summary>What is recorded, as typed or as the source names itself.</summary>
    public required string Source { get; init; }

    /// <summary>Facts that the source states, for people and files.</summary>
    public IReadOnlyDictionary<string, string> SourceMetadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it came from a camera, whose numbers start anywhere: times then count from the first frame.</summary>
    public bool IsLive { get; init; }

    /// <summary>Whether the operator typed the frame time, which then beats the source's own clock.</summary>
    public bool FrameTimeTyped { get; init; }

    /// <summary>Calibration at the beginning.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Name of the profile.</summary>
    public required string ProfileName { get; init; }

    /// <summary>The profile's own text, YAML: a re-analysis runs with it.</summary>
    public required string ProfileText { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>What segmented its frames: first what it began with, then each change with the frame from which it holds. Empty where that is not known.</summary>
    public IReadOnlyList<ModelInUse> Models { get; init; } = [];

    /// <summary>What took the noise off its frames: first what it began with, then each change with the frame from which it holds. Empty where nothing did.</summary>
    public IReadOnlyList<DenoiserInUse> Denoisers { get; init; } = [];
}

/// <summary>Keeps one session. Raw frames first; everything derived within a second.</summary>
/// <remarks><see cref="Append"/> is called from one thread, in the order of arrival, for every received frame, also while the recording is off (then it
/// keeps the frame's hash and times only). The results come from another thread at the same time. A full disk, or one that fails, never throws out of
/// <see cref="Append"/>: the recording turns to <see cref="RecordingState.Failed"/> and <see cref="Changed"/> tells.</remarks>
public interface ISessionStore : IResultSink
{
    /// <summary>Id: the name of the folder.</summary>
    string Id { get; }

    /// <summary>Where it is.</summary>
    string Folder { get; }

    /// <summary>The recording as it stands. Thread-safe.</summary>
    RecordingStatus Recording { get; }

    /// <summary>The recording changed by itself (the disk is full, or has room again). Called on the thread that found out.</summary>
    event Action<RecordingStatus>? Changed;

    /// <summary>Writes one received frame; when this returns, the frame survives the end of the process.</summary>
    /// <param name="frame">Stays the caller's.</param>
    /// <param name="gauge">What was measured on it; holds its hash.</param>
    void Append(Frame frame, GaugeReading gauge);

    /// <summary>Turns the writing of raw frames on or off.</summary>
    RecordingStatus SetRecording(bool on);

    /// <summary>Writes an event and gives it its number; when this returns, it survives the end of the process. Thread-safe.</summary>
    /// <returns>The event with its <see cref="SessionEvent.Id"/>.</returns>
    SessionEvent Add(SessionEvent happening);

    /// <summary>Writes events that came together at once, in their order, and gives them their numbers; as <see cref="Add(SessionEvent)"/> for each.</summary>
    /// <returns>The events with their numbers, in the same order.</returns>
    IReadOnlyList<SessionEvent> Add(IReadOnlyList<SessionEvent> happenings);

    /// <summary>Everything that happened after that number, oldest first. Thread-safe.</summary>
    IReadOnlyList<SessionEvent> EventsAfter(long afterId);
}
