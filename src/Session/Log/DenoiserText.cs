using System.Text.Json.Nodes;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Log;

/// <summary>What took the noise off a session's frames, as JSON, and back.</summary>
internal static class DenoiserText
{
    public static JsonObject Write(DenoiserInUse denoiser) => new()
    {
        ["version"] = denoiser.Version,
        ["name"] = denoiser.Name,
        ["sha256"] = denoiser.Sha256,
        ["first_frame"] = denoiser.FirstFrame,
        ["held_out_gain"] = denoiser.HeldOutGain,
        ["held_out_gain_before"] = denoiser.HeldOutGainBefore,
    };

    public static JsonArray Write(IReadOnlyList<DenoiserInUse> denoisers) => new([.. denoisers.Select(Write)]);

    public static DenoiserInUse Read(JsonObject json) => new()
    {
        Version = (int?)json["version"] ?? throw new FormatException("a denoiser has no version"),
        Name = (string?)json["name"] ?? throw new FormatException("a denoiser has no name"),
        Sha256 = (string?)json["sha256"],
        FirstFrame = (long?)json["first_frame"],
        HeldOutGain = (double?)json["held_out_gain"],
        HeldOutGainBefore = (double?)json["held_out_gain_before"],
    };

    /// <summary>All of them; empty where nothing took the noise off.</summary>
    public static IReadOnlyList<DenoiserInUse> ReadAll(JsonNode? json) => [.. (json as JsonArray ?? []).OfType<JsonObject>().Select(Read)];
}
