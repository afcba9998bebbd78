using System.Globalization;

namespace LiveLtem.Core;

/// <summary>Wall times as whole nanoseconds since 1970, as files and the wire have them.</summary>
public static class UnixTime
{
    /// <summary>Nanoseconds since 1970, in steps of 100.</summary>
    public static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The time of that many nanoseconds since 1970, UTC.</summary>
    public static DateTimeOffset FromNanoseconds(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>ISO 8601, UTC.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
}
