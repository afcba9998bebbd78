using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveLtem.Acquisition;

/// <summary>How a source is opened: what belongs to this run and not to the recording.</summary>
public sealed record SourceOptions
{
    /// <summary>Everything at its default.</summary>
    public static SourceOptions Default { get; } = new();

    /// <summary>True to go on with a file that is still being written, until it has been quiet for <see cref="FollowIdle"/>.</summary>
    public bool Follow { get; init; }

    /// <summary>How long a followed file may stand still before it counts as finished.</summary>
    public TimeSpan FollowIdle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a followed file or a watched folder is looked at.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a file in a watched folder may stand still without being whole before it is passed over; later files wait for it meanwhile.</summary>
    public TimeSpan WatchPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Most bytes that a gz or bz2 file may unpack to; they go to a temporary file.</summary>
    public long MaxUnpackedBytes { get; init; } = 64L << 30;

    /// <summary>Folder for temporary files.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>The clock of receive times and waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where warnings go; nothing is written for each frame.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
