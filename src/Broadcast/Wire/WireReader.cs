using System.Buffers;
using LiveLtem.Core;
using MessagePack;

namespace LiveLtem.Broadcast.Wire;

/// <summary>What a message says of itself, as read from the wire.</summary>
public sealed record WireHeader
{
    /// <summary>Version of the schema.</summary>
    public required long Version { get; init; }

    /// <summary>Id of the session.</summary>
    public required string Session { get; init; }

    /// <summary>Number within the topic, or null in what is sent again on connecting.</summary>
    public long? Seq { get; init; }

    /// <summary>The frame it belongs to, or null.</summary>
    public long? Frame { get; init; }

    /// <summary>When it was published, ns since 1970.</summary>
    public required long TimeUnixNs { get; init; }

    /// <summary>Pixels: numpy name of their type; null in other messages.</summary>
    public string? Dtype { get; init; }

    /// <summary>Pixels: rows sent.</summary>
    public int Height { get; init; }

    /// <summary>Pixels: columns sent.</summary>
    public int Width { get; init; }
}

/// <summary>Takes messages apart: for clients in C# and for tests.</summary>
/// <remarks>Payloads come as plain values: null, bool, long, double, string, byte[], lists and maps by name. Whatever the bytes are, the only
/// exception is <see cref="FrameFormatException"/>, and no more memory is asked for than a small multiple of their length.</remarks>
public static class WireReader
{
    private const int Deepest = 16;
    private const int Parts = 3;
    private const string Source = "message";

    /// <summary>Reads a header.</summary>
    /// <exception cref="FrameFormatException">It is not one, or of a later version.</exception>
    public static WireHeader ReadHeader(ReadOnlyMemory<byte> bytes)
    {
        var map = ReadMap(bytes);
        var version = Whole(map, "v") ?? throw Missing("v");
        if (version != Envelope.SchemaVersion)
        {
            throw new FrameFormatException(Source, $"found version {version}; this program reads {Envelope.SchemaVersion}", field: "v");
        }

        var shape = map.GetValueOrDefault("shape") as IReadOnlyList<object?>;
        var dtype = map.GetValueOrDefault("dtype") as string;
        if (dtype is not null && shape is not [long and > 0 and <= int.MaxValue, long and > 0 and <= int.MaxValue])
        {
            throw new FrameFormatException(Source, "pixels need two sides above 0", field: "shape");
        }

        return new WireHeader
        {
            Version = version,
            Session = map.GetValueOrDefault("session") as string ?? throw Missing("session"),
            Seq = Whole(map, "seq"),
            Frame = Whole(map, "frame"),
            TimeUnixNs = Whole(map, "t_unix_ns") ?? throw Missing("t_unix_ns"),
            Dtype = dtype,
            Height = dtype is null ? 0 : (int)(long)shape![0]!,
            Width = dtype is null ? 0 : (int)(long)shape![1]!,
        };
    }

    /// <summary>Reads the payload of any topic but <c>frame</c>.</summary>
    /// <exception cref="FrameFormatException">It is not a map.</exception>
    public static IReadOnlyDictionary<string, object?> ReadMap(ReadOnlyMemory<byte> bytes) =>
        Read(bytes) as IReadOnlyDictionary<string, object?> ?? throw new FrameFormatException(Source, "found something else than a map");

    /// <summary>Takes a WebSocket message apart: <c>[topic, header, payload]</c>.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="payload">A map, or the pixels as byte[].</param>
    /// <returns>Topic and header.</returns>
    /// <exception cref="FrameFormatException">It is not one.</exception>
    public static (string Topic, WireHeader Header) ReadWhole(ReadOnlyMemory<byte> bytes, out object? payload)
    {
        var (topic, header, content) = Guarded(bytes, static (ref MessagePackReader reader, ReadOnlyMemory<byte> all) =>
        {
            if (reader.ReadArrayHeader() != Parts)
            {
                throw new FrameFormatException(Source, "a message has three parts");
            }

            var topic = reader.ReadString() ?? throw Missing("topic");
            var from = (int)reader.Consumed;
            reader.Skip();
            return (topic, ReadHeader(all[from..(int)reader.Consumed]), Value(ref reader, 0));
        });
        payload = content;
        return (topic, header);
    }

    private delegate T Reading<out T>(ref MessagePackReader reader, ReadOnlyMemory<byte> all);

    private static object? Read(ReadOnlyMemory<byte> bytes) =>
        Guarded(bytes, static (ref MessagePackReader reader, ReadOnlyMemory<byte> _) => Value(ref reader, 0));

    private static T Guarded<T>(ReadOnlyMemory<byte> bytes, Reading<T> read)
    {
        var reader = new MessagePackReader(bytes);
        try
        {
            var value = read(ref reader, bytes);
            return reader.End ? value : throw new FrameFormatException(Source, "more bytes follow", reader.Consumed);
        }
        catch (Exception error) when (error is MessagePackSerializationException or EndOfStreamException or OverflowException or ArgumentException)
        {
            throw new FrameFormatException(Source, "not MessagePack, or cut short", reader.Consumed, inner: error);
        }
    }

    private static object? Value(ref MessagePackReader reader, int depth)
    {
        if (depth > Deepest)
        {
            throw new FrameFormatException(Source, $"nested deeper than {Deepest}", reader.Consumed);
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Integer:
                return reader.ReadInt64();
            case MessagePackType.Float:
                return reader.ReadDouble();
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Binary:
                return reader.ReadBytes() is { } bytes ? bytes.ToArray() : null;
            case MessagePackType.Array:
                // The header was checked against the bytes that are there: each item has at least one.
                var items = new object?[reader.ReadArrayHeader()];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = Value(ref reader, depth + 1);
                }

                return items;
            case MessagePackType.Map:
                var count = reader.ReadMapHeader();
                var map = new Dictionary<string, object?>(count, StringComparer.Ordinal);
                for (var i = 0; i < count; i++)
                {
                    var name = reader.ReadString() ?? throw new FrameFormatException(Source, "a map entry has no name", reader.Consumed);
                    map[name] = Value(ref reader, depth + 1);
                }

                return map;
            default:
                throw new FrameFormatException(Source, "holds a type that this wire does not use", reader.Consumed);
        }
    }

    private static long? Whole(IReadOnlyDictionary<string, object?> map, string name) => map.GetValueOrDefault(name) switch
    {
        null => null,
        long value => value,
        _ => throw new FrameFormatException(Source, "must be a whole number", field: name),
    };

    private static FrameFormatException Missing(string name) => new(Source, "is missing", field: name);
}
