using Microsoft.Extensions.Logging;

namespace LiveLtem.Core.Pipeline;

/// <summary>What the pipeline says; event ids 1000 to 1999 are Core's.</summary>
internal static partial class PipelineLog
{
    [LoggerMessage(1000, LogLevel.Warning, "Edge {Edge} is {Queued} of {Capacity} full: its reader falls behind.")]
    public static partial void EdgeFilling(ILogger logger, string edge, int queued, int capacity);

    [LoggerMessage(1001, LogLevel.Error, "Edge {Edge} is full ({Capacity}): its writer is held back.")]
    public static partial void EdgeFull(ILogger logger, string edge, int capacity);

    [LoggerMessage(1002, LogLevel.Warning, "Stage {Stage} failed on frame {Frame}: {Reason}")]
    public static partial void FrameFailed(ILogger logger, string stage, long frame, string reason);

    [LoggerMessage(1003, LogLevel.Error, "Stage {Stage} cannot go on; the session stops.")]
    public static partial void StageBroke(ILogger logger, Exception error, string stage);

    [LoggerMessage(1004, LogLevel.Error, "The session did not drain within {Seconds} s and was cut short.")]
    public static partial void CutShort(ILogger logger, double seconds);

    [LoggerMessage(1005, LogLevel.Error, "Source {Source} did not stop when asked to.")]
    public static partial void SourceDeaf(ILogger logger, string source);
}
