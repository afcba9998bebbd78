using System.Text.Json;

namespace LiveLtem.Broadcast.Wire;

/// <summary>Writes JSON.</summary>
internal readonly struct JsonWireWriter(Utf8JsonWriter writer) : IWireWriter
{
    public void BeginMap(int count) => writer.WriteStartObject();

    public void EndMap() => writer.WriteEndObject();

    public void BeginArray(int count) => writer.WriteStartArray();

    public void EndArray() => writer.WriteEndArray();

    public void Key(ReadOnlySpan<byte> utf8) => writer.WritePropertyName(utf8);

    public void Value(long value) => writer.WriteNumberValue(value);

    public void Value(double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    public void Value(float value)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    public void Value(bool value) => writer.WriteBooleanValue(value);

    public void Value(string value) => writer.WriteStringValue(value);

    public void Null() => writer.WriteNullValue();
}
