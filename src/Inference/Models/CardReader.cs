using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using LiveLtem.Core;

namespace LiveLtem.Inference.Models;

/// <summary>Reads the cards of models, and says in which line or key one is not what it should be.</summary>
internal static class CardReader
{
    private const int MostBytes = 1 << 20;
    private const int MostShown = 40;

    /// <summary>Reads one.</summary>
    /// <typeparam name="T">What the card describes itself as.</typeparam>
    /// <param name="path">The card.</param>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static T Read<T>(string path)
        where T : class
    {
        ModelCard.Json.MakeReadOnly(populateMissingResolver: true);
        var text = Bytes(path);
        if (text.AsSpan().IndexOfAnyExcept(" \n\r\t"u8) < 0)
        {
            throw new InputException($"model card {path}: it is empty; restore it together with its network");
        }

        if (!Utf8.IsValid(text))
        {
            throw new InputException($"model card {path}: is no UTF-8 text; restore the card that 'liveltem train' wrote");
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            Demand(path, document.RootElement, ModelCard.Json.GetTypeInfo(typeof(T)), "");
            return document.Deserialize<T>(ModelCard.Json)!;
        }
        catch (JsonException error)
        {
            throw new InputException(
                $"model card {path}: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: is no JSON there: a quote, comma or bracket is missing or too many; restore the card that 'liveltem train' wrote",
                error);
        }
        catch (InvalidOperationException error)
        {
            // Half of an escaped letter, which is JSON by its grammar but no text.
            throw new InputException($"model card {path}: holds an escape like \\ud800 that stands for no letter; restore the card that 'liveltem train' wrote", error);
        }
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return new FileInfo(path).Length > MostBytes
                ? throw new InputException($"model card {path}: too large for a card, which is a short JSON file")
                : File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"model card {path}: cannot be read: {IoReason.Of(error)}", error);
        }
    }

    // Every key by itself: the reader of whole objects stops at the first and names it in the words of the language.
    private static void Demand(string path, JsonElement found, JsonTypeInfo wanted, string key)
    {
        switch (wanted.Kind)
        {
            case JsonTypeInfoKind.Object:
                if (found.ValueKind != JsonValueKind.Object)
                {
                    throw Fault(path, key, found, "keys and values in {}");
                }

                foreach (var property in wanted.Properties)
                {
                    var name = key.Length == 0 ? property.Name : $"{key}.{property.Name}";
                    if (!found.TryGetProperty(property.Name, out var value))
                    {
                        if (property.IsRequired)
                        {
                            throw new InputException($"model card {path}: the key {name} is missing; restore the card that 'liveltem train' wrote");
                        }
                    }
                    else if (value.ValueKind != JsonValueKind.Null || !property.IsSetNullable)
                    {
                        Demand(path, value, wanted.Options.GetTypeInfo(property.PropertyType), name);
                    }
                }

                break;
            case JsonTypeInfoKind.Enumerable:
                if (found.ValueKind != JsonValueKind.Array)
                {
                    throw Fault(path, key, found, "a list in []");
                }

                var items = wanted.Options.GetTypeInfo(wanted.ElementType!);
                foreach (var (index, item) in found.EnumerateArray().Index())
                {
                    Demand(path, item, items, FormattableString.Invariant($"{key}[{index}]"));
                }

                break;
            default:
                if (!IsOne(found, wanted))
                {
                    throw Fault(path, key, found, Kind(wanted.Type));
                }

                break;
        }
    }

    private static bool IsOne(JsonElement found, JsonTypeInfo wanted)
    {
        try
        {
            return found.Deserialize(wanted) is not null;
        }
        catch (JsonException)
        {
            // What is no such value is told with its key by the caller.
            return false;
        }
    }

    private static string Kind(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.String => "a text in quotes",
        TypeCode.Boolean => "true or false",
        TypeCode.Double or TypeCode.Single => "a number",
        _ => "a whole number",
    };

    private static InputException Fault(string path, string key, JsonElement found, string allowed)
    {
        var text = string.Concat(found.GetRawText().Take(MostShown + 1).Select(c => char.IsControl(c) ? ' ' : c));
        return new InputException(
            $"model card {path}: {(key.Length == 0 ? "" : $"{key}: ")}found {(text.Length > MostShown ? text[..MostShown] + "…" : text)}; {allowed} {(allowed.StartsWith("keys", StringComparison.Ordinal) ? "are" : "is")} needed");
    }
}
