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

    [LoggerMessage(2010, LogLevel.Warning, "{Source}: {Message} is passed over: {Field}: {Problem}; further ones like it are counted")]
    public static partial void CameraFramePassedOver(this ILogger logger, string source, string message, string field, string problem);

    [LoggerMessage(2011, LogLevel.Warning, "{Source}: {Count} messages were passed over ({Fields})")]
    public static partial void CameraFramesPassedOver(this ILogger logger, string source, long count, string fields);

    [LoggerMessage(2012, LogLevel.Warning, "{Source}: the sender counts anew: frame {Frame} came after frame {Before}; it is frame {Number} of the session")]
    public static partial void CameraRestarted(this ILogger logger, string source, long before, long frame, long number);

    [LoggerMessage(2013, LogLevel.Warning, "{Source}: frame {Frame}: {Field}: {Problem}; it counts as not known")]
    public static partial void CameraFactIgnored(this ILogger logger, string source, long frame, string field, string problem);

    [LoggerMessage(2014, LogLevel.Warning, "{Source}: frame {Frame} states another calibration than the first; it is not followed: set the conditions by hand")]
    public static partial void CameraFactsChanged(this ILogger logger, string source, long frame);

    [LoggerMessage(2015, LogLevel.Warning, "{Source}: the sender ended after {Sent} frames, {Came} came: {Lost}")]
    public static partial void CameraFramesLost(this ILogger logger, string source, long sent, long came, string lost);

    [LoggerMessage(2016, LogLevel.Warning, "{Source}: nothing has come for {Seconds} s; waiting")]
    public static partial void CameraSilent(this ILogger logger, string source, double seconds);
}
