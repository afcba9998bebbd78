using Microsoft.Extensions.Logging;

namespace LiveLtem.Acquisition;

/// <summary>Log messages of this area: ids from 2000.</summary>
internal static partial class AcquisitionLog
{
    [LoggerMessage(2000, LogLevel.Warning, "{Source}: {Warning}")]
    public static partial void SourceWarning(this ILogger logger, string source, string warning);

    [LoggerMessage(2001, LogLevel.Warning, "passed over {File}: {Reason}")]
    public static partial void FilePassedOver(this ILogger logger, string file, string reason);

    [LoggerMessage(2002, LogLevel.Information, "{Source}: followed to its end after {Frames} frames")]
    public static partial void FollowEnded(this ILogger logger, string source, long frames);

    [LoggerMessage(2004, LogLevel.Warning, "{Source}: ended after {Frames} of {Promised} frames")]
    public static partial void EndedEarly(this ILogger logger, string source, long frames, long promised);

    [LoggerMessage(2003, LogLevel.Information, "{Folder}: watching, {Count} files are there already")]
    public static partial void WatchStarted(this ILogger logger, string folder, int count);
}
