using System.Buffers;
using MessagePack;

namespace LiveLtem.Broadcast.Wire;

/// <summary>Writes MessagePack. Call <see cref="Flush"/> at the end.</summary>
internal ref struct MessagePackWireWriter(IBufferWriter<byte> output) : IWireWriter
{
    private MessagePackWriter _writer = new(output);

    public void BeginMap(int count) => _writer.WriteMapHeader(count);

    public readonly void EndMap()
    {
    }

    public void BeginArray(int count) => _writer.WriteArrayHeader(count);

    public readonly void EndArray()
    {
    }

    public void Key(ReadOnlySpan<byte> utf8) => _writer.WriteString(utf8);

    public void Value(long value) => _writer.Write(value);

    public void Value(double value)
    {
        if (double.IsFinite(value))
        {
            _writer.Write(value);
        }
        else
        {
            _writer.WriteNil();
        }
    }

    public void Value(float value)
    {
        if (float.IsFinite(value))
        {
            _writer.Write(value);
        }
        else
        {
            _writer.WriteNil();
        }
    }

    public void Value(bool value) => _writer.Write(value);

    public void Value(string value) => _writer.Write(value);

    public void Null() => _writer.WriteNil();

    /// <summary>The head of a byte string whose bytes the caller writes behind it, after <see cref="Flush"/>.</summary>
    public void BinaryHeader(int length) => _writer.WriteBinHeader(length);

    public void Flush() => _writer.Flush();
}
