using Microsoft.Extensions.Logging;

namespace LiveLtem.Session;

/// <summary>Log messages of this area: ids from 5000.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(5000, LogLevel.Warning, "{Session}: {Warning}")]
    public static partial void SessionWarning(this ILogger logger, string session, string warning);

    [LoggerMessage(5001, LogLevel.Warning, "{Session}: passed over frame {Frame}: its pixels are not those that were received")]
    public static partial void DamagedFrame(this ILogger logger, string session, long frame);
}
