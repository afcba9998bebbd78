using LiveLtem.Core;

namespace LiveLtem.Broadcast.Wire;

/// <summary>Writes maps, arrays and values: MessagePack on the sockets, JSON over HTTP. Each message's layout is written down once, for both.</summary>
/// <remarks>Counts are those of the entries that follow. A number that is not finite is written as unknown.</remarks>
internal interface IWireWriter
{
    void BeginMap(int count);

    void EndMap();

    void BeginArray(int count);

    void EndArray();

    /// <summary>Name of the map entry whose value follows.</summary>
    void Key(ReadOnlySpan<byte> utf8);

    void Value(long value);

    void Value(double value);

    /// <summary>A number for which 24 bits are plenty: places of outlines.</summary>
    void Value(float value);

    void Value(bool value);

    void Value(string value);

    void Null();
}

/// <summary>Map entries and values that may be unknown.</summary>
internal static class WireWriterExtensions
{
    public static void Value<TWriter>(ref this TWriter writer, double? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        if (value is { } known)
        {
            writer.Value(known);
        }
        else
        {
            writer.Null();
        }
    }

    public static void Value<TWriter>(ref this TWriter writer, long? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        if (value is { } known)
        {
            writer.Value(known);
        }
        else
        {
            writer.Null();
        }
    }

    public static void Field<TWriter>(ref this TWriter writer, ReadOnlySpan<byte> name, double? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.Value(value);
    }

    public static void Field<TWriter>(ref this TWriter writer, ReadOnlySpan<byte> name, long? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.Value(value);
    }

    public static void Field<TWriter>(ref this TWriter writer, ReadOnlySpan<byte> name, bool value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.Value(value);
    }

    public static void Field<TWriter>(ref this TWriter writer, ReadOnlySpan<byte> name, string? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        if (value is null)
        {
            writer.Null();
        }
        else
        {
            writer.Value(value);
        }
    }

    /// <summary>A moment as nanoseconds since 1970.</summary>
    public static void Field<TWriter>(ref this TWriter writer, ReadOnlySpan<byte> name, DateTimeOffset value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.Value(UnixTime.Nanoseconds(value));
    }

    public static void Field<TWriter>(ref this TWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.BeginArray(values.Count);
        foreach (var value in values)
        {
            writer.Value(value);
        }

        writer.EndArray();
    }
}
