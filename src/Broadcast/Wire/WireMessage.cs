using LiveLtem.Core;

namespace LiveLtem.Broadcast.Wire;

/// <summary>What every message says of itself.</summary>
/// <param name="Session">Id of the session.</param>
/// <param name="Seq">Number within the topic, from 1, gap-free as published; null in what is sent again to somebody who just came.</param>
/// <param name="Frame">The frame it belongs to, or null.</param>
/// <param name="TimeUnixNs">When it was published, ns since 1970.</param>
/// <param name="DenoiserVersion">Version of the denoiser in whose picture it was found; null where the noise was not taken off.</param>
internal readonly record struct MessageStamp(string Session, long? Seq, long? Frame, long TimeUnixNs, int? DenoiserVersion = null);

/// <summary>One published message: encoded at most once, by whoever sends it first, and shared by all who send it. Given back by the last lease.</summary>
/// <remarks>Each holder has a lease: <see cref="Share"/> once for each further one, <see cref="Dispose"/> once a lease. A message that everybody
/// drops is never encoded. The pipeline's threads make messages but never encode them.</remarks>
internal abstract class WireMessage(Topic topic, MessageStamp stamp) : IDisposable
{
    private readonly Lock _gate = new();
    private int _leases = 1;
    private WireBytes? _bytes;

    public Topic Topic { get; } = topic;

    public MessageStamp Stamp { get; } = stamp;

    /// <summary>The message as the WebSocket sends it, with header and payload as slices for the others. Valid while the lease is held.</summary>
    public WireBytes Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes ??= Encode();
            }
        }
    }

    public WireMessage Share()
    {
        Interlocked.Increment(ref _leases);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            _bytes?.Dispose();
            Release();
        }
    }

    protected abstract WireBytes Encode();

    /// <summary>The last lease went.</summary>
    protected virtual void Release()
    {
    }
}

/// <summary>An encoded message: <c>[topic, header, payload]</c> in one block, in which header and payload can be told apart.</summary>
internal sealed class WireBytes(PooledBuffer buffer, int headerAt, int payloadAt) : IDisposable
{
    /// <summary>The whole as a MessagePack array of three.</summary>
    public ReadOnlyMemory<byte> Whole => buffer.Memory;

    /// <summary>The header, a MessagePack map.</summary>
    public ReadOnlySpan<byte> Header => buffer.Span[headerAt..payloadAt];

    /// <summary>The payload, a MessagePack map (or byte string for pixels).</summary>
    public ReadOnlySpan<byte> Payload => buffer.Span[payloadAt..];

    public void Dispose() => buffer.Dispose();
}

/// <summary>Writes a payload.</summary>
internal delegate void PayloadWriter<in T>(ref MessagePackWireWriter writer, T content);

/// <summary>A message whose payload is a map.</summary>
/// <typeparam name="T">What it tells; must not change once it is published.</typeparam>
internal sealed class MapMessage<T>(Topic topic, MessageStamp stamp, T content, PayloadWriter<T> write) : WireMessage(topic, stamp)
{
    public T Content => content;

    protected override WireBytes Encode() => Envelope.Encode(Topic.Utf8(), Stamp, content, write);
}

/// <summary>Puts topic, header and payload together.</summary>
internal static class Envelope
{
    /// <summary>Version of the wire's schema: the <c>v</c> of every header.</summary>
    public const int SchemaVersion = 1;

    private const int Parts = 3;

    public static WireBytes Encode<T>(ReadOnlySpan<byte> topic, MessageStamp stamp, T content, PayloadWriter<T> write)
    {
        var buffer = new PooledBuffer();
        var writer = new MessagePackWireWriter(buffer);
        var headerAt = Begin(ref writer, buffer, topic);
        WriteHeader(ref writer, stamp, extra: 0);
        writer.Flush();
        var payloadAt = buffer.Length;
        write(ref writer, content);
        writer.Flush();
        return new WireBytes(buffer, headerAt, payloadAt);
    }

    /// <summary>Begins the array of three with the topic in it; returns where the header begins.</summary>
    public static int Begin(ref MessagePackWireWriter writer, PooledBuffer buffer, ReadOnlySpan<byte> topic)
    {
        writer.BeginArray(Parts);
        writer.Key(topic);
        writer.Flush();
        return buffer.Length;
    }

    /// <summary>Writes the header's own fields; <paramref name="extra"/> more follow by the caller.</summary>
    public static void WriteHeader(ref MessagePackWireWriter writer, MessageStamp stamp, int extra)
    {
        writer.BeginMap(5 + (stamp.DenoiserVersion is null ? 0 : 1) + extra);
        writer.Field("v"u8, SchemaVersion);
        writer.Field("session"u8, stamp.Session);
        writer.Field("seq"u8, stamp.Seq);
        writer.Field("frame"u8, stamp.Frame);
        writer.Field("t_unix_ns"u8, stamp.TimeUnixNs);
        if (stamp.DenoiserVersion is { } version)
        {
            writer.Field("denoiser_version"u8, version);
        }
    }
}
