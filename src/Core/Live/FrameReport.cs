namespace LiveLtem.Core.Live;

/// <summary>One analysed frame, as it is shown live: everything about it that is known at once.</summary>
public sealed record FrameReport
{
    /// <summary>Number and times.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>Rows of the frame.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the frame.</summary>
    public required int Width { get; init; }

    /// <summary>The points with their identities; a symmetry may still change until the track has settled.</summary>
    public required FrameTracks Tracks { get; init; }

    /// <summary>The frame's row of <c>frames.csv</c>.</summary>
    public required FrameRow Row { get; init; }

    /// <summary>Why nothing could be measured in this frame, or null.</summary>
    public string? Failure { get; init; }
}
