using System.Text.Json;
using LiveLtem.Core;

namespace LiveLtem.Broadcast.Web;

/// <summary>The fields of a JSON object from outside, each read with a clear complaint where it is not what it should be.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);

    /// <param name="element">Should be an object.</param>
    /// <param name="what">What it is, for complaints: <c>the body</c>.</param>
    /// <exception cref="InputException">It is no object, or names a field twice.</exception>
    public JsonFields(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new InputException($"{what} must be a JSON object, not {element.ValueKind}");
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!_fields.TryAdd(property.Name, property.Value))
            {
                throw new InputException($"{what} names {property.Name} twice");
            }
        }
    }

    /// <summary>Refuses fields that nobody would look at: most likely a name is misspelt.</summary>
    public void AllowOnly(params ReadOnlySpan<string> known)
    {
        foreach (var name in _fields.Keys)
        {
            if (!known.Contains(name))
            {
                throw new InputException($"unknown field {Short(name)}; known: {string.Join(", ", known.ToArray())}");
            }
        }
    }

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => throw Wrong(name, "text", other),
    };

    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(name, "true or false", other),
    };

    public double? Number(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out var value) && double.IsFinite(value) => value,
        { } other => throw Wrong(name, "a number", other),
    };

    public long? Whole(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) => value,
        { } other => throw Wrong(name, "a whole number", other),
    };

    private JsonElement? Find(string name) =>
        _fields.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static InputException Wrong(string name, string wanted, JsonElement found) =>
        new($"{name}: found {Short(found.GetRawText())}; it must be {wanted}");

    private static string Short(string text)
    {
        const int Longest = 40;
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }
}
