using System.Text.Json.Nodes;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Log;

/// <summary>What segmented a session's frames, as JSON, and back.</summary>
internal static class ModelText
{
    public static JsonObject Write(ModelInUse model) => new()
    {
        ["name"] = model.Name,
        ["sha256"] = model.Sha256,
        ["provider"] = model.Provider,
        ["first_frame"] = model.FirstFrame,
    };

    public static JsonArray Write(IReadOnlyList<ModelInUse> models) => new([.. models.Select(Write)]);

    public static ModelInUse Read(JsonObject json) => new()
    {
        Name = (string?)json["name"] ?? throw new FormatException("a model has no name"),
        Sha256 = (string?)json["sha256"],
        Provider = (string?)json["provider"],
        FirstFrame = (long?)json["first_frame"],
    };

    /// <summary>All of them; sessions of before networks were there name none.</summary>
    public static IReadOnlyList<ModelInUse> ReadAll(JsonNode? json) => [.. (json as JsonArray ?? []).OfType<JsonObject>().Select(Read)];
}
