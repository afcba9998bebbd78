namespace LiveLtem.Core.Live;

/// <summary>One kept session, in a line.</summary>
public sealed record SessionEntry
{
    /// <summary>Id: the name of its folder.</summary>
    public required string Id { get; init; }

    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it runs, or where it was cut off and not repaired yet.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>recording, closed, interrupted or damaged.</summary>
    public required string State { get; init; }

    /// <summary>What it recorded.</summary>
    public required string Source { get; init; }

    /// <summary>Frames kept.</summary>
    public required long Frames { get; init; }

    /// <summary>Rows of a frame, 0 where there is none.</summary>
    public int Height { get; init; }

    /// <summary>Columns of a frame.</summary>
    public int Width { get; init; }

    /// <summary>numpy name of the pixel type, or null.</summary>
    public string? Dtype { get; init; }

    /// <summary>Tracks begun.</summary>
    public long Tracks { get; init; }

    /// <summary>Size of the folder, bytes.</summary>
    public long Bytes { get; init; }
}

/// <summary>The kept sessions of one place, for reading. Thread-safe; a session that is being recorded can be read.</summary>
public interface ISessionCatalog
{
    /// <summary>All of them, newest first.</summary>
    IReadOnlyList<SessionEntry> List();

    /// <summary>One of them.</summary>
    /// <exception cref="InputException">There is no such session.</exception>
    SessionEntry Find(string id);

    /// <summary>Rows of <c>frames.csv</c> from a frame number on.</summary>
    /// <param name="id">The session.</param>
    /// <param name="fromFrame">First frame number.</param>
    /// <param name="most">Most rows, >= 1.</param>
    IReadOnlyList<FrameRow> Frames(string id, long fromFrame, int most);

    /// <summary>Points of the analysed frames from a frame number on, ordered by frame and particle.</summary>
    /// <param name="id">The session.</param>
    /// <param name="fromFrame">First frame number.</param>
    /// <param name="most">Most points, >= 1; the last frame is never cut in two unless it alone has more.</param>
    IReadOnlyList<TrackPoint> Tracks(string id, long fromFrame, int most);

    /// <summary>What happened, after the event of that number.</summary>
    IReadOnlyList<SessionEvent> Events(string id, long afterId);
}
