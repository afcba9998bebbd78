using Microsoft.Extensions.Logging;

namespace LiveLtem.App.Hosting;

/// <summary>The log of a live session: warnings and worse, one line each, on stderr; what the web server would add to an error is told by the error itself.</summary>
internal static class ConsoleLog
{
    /// <summary>A factory that the caller disposes.</summary>
    public static ILoggerFactory Create() => LoggerFactory.Create(builder => builder
        .AddSimpleConsole(console => console.SingleLine = true)
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
        .AddFilter("Microsoft", LogLevel.Critical)
        .SetMinimumLevel(LogLevel.Warning));
}
