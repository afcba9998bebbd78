using Microsoft.Extensions.Logging;

namespace LiveLtem.Broadcast;

/// <summary>Log messages of this area: ids from 7000.</summary>
internal static partial class BroadcastLog
{
    [LoggerMessage(7000, LogLevel.Information, "listening: web {Web}, gRPC {Grpc}, ZeroMQ {Zmq}")]
    public static partial void Listening(this ILogger logger, string web, string grpc, string zmq);

    [LoggerMessage(7001, LogLevel.Error, "a message of topic {Topic} could not be sent")]
    public static partial void MessageNotSent(this ILogger logger, string topic, Exception error);

    [LoggerMessage(7002, LogLevel.Information, "{Kind} reader {Name} came")]
    public static partial void ReaderCame(this ILogger logger, string kind, string name);

    [LoggerMessage(7003, LogLevel.Information, "{Kind} reader {Name} left: {Sent} messages sent, {Dropped} dropped")]
    public static partial void ReaderLeft(this ILogger logger, string kind, string name, long sent, long dropped);

    [LoggerMessage(7004, LogLevel.Warning, "{Kind} reader {Name} was sent away: {Reason}")]
    public static partial void ReaderRefused(this ILogger logger, string kind, string name, string reason);

    [LoggerMessage(7005, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception error);

    [LoggerMessage(7006, LogLevel.Warning, "readers did not end in time; their connections are cut")]
    public static partial void StopCut(this ILogger logger);

    [LoggerMessage(7007, LogLevel.Warning, "the ZeroMQ socket refused a connection")]
    public static partial void SocketCommandFailed(this ILogger logger, Exception error);

    [LoggerMessage(7008, LogLevel.Error, "the ZeroMQ connection of {Name} failed")]
    public static partial void ConnectionFailed(this ILogger logger, string name, Exception error);
}
