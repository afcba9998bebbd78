using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Log;

/// <summary>Frames taken under the same conditions.</summary>
/// <param name="Number">0 for those that the session began with.</param>
/// <param name="FirstFrame">Number of its first frame; null for segment 0.</param>
/// <param name="Calibration">The calibration in force.</param>
/// <param name="PriorDoseEPerA2">Dose that the area had before, e-/A^2, or null where nothing was said.</param>
/// <param name="Note">Why the conditions changed, or null.</param>
public sealed record SessionSegment(int Number, long? FirstFrame, Calibration Calibration, double? PriorDoseEPerA2 = null, string? Note = null);

/// <summary>What <c>session.json</c> says.</summary>
internal sealed record SessionManifest
{
    /// <summary>Version of the layout that is written. A later one is refused, an earlier one is read.</summary>
    public const int SchemaVersion = 1;

    public const string Recording = "recording";
    public const string Closed = "closed";
    public const string Interrupted = "interrupted";

    public required string Id { get; init; }

    /// <summary>recording, closed or interrupted. A session whose writer died still says recording.</summary>
    public required string State { get; init; }

    public required DateTimeOffset Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public required SessionDescription Description { get; init; }

    /// <summary>What every kept frame is; null before the first.</summary>
    public FrameShape? Shape { get; init; }

    public required IReadOnlyList<SessionSegment> Segments { get; init; }

    /// <summary>Frames received, kept; null until the session is closed.</summary>
    public (long Received, long Kept)? Counts { get; init; }

    /// <summary>How it was analysed, in words: the detector, what it learnt.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>Relative 1-sigma error of the dose, or null where nobody stated one.</summary>
    public double? DoseRelativeErr { get; init; }

    /// <summary>Rules for alerts that could not be evaluated, one line each; empty until the session is closed.</summary>
    public IReadOnlyList<string> AlertsMissing { get; init; } = [];

    /// <summary>What a person should know: what was repaired, what could not be written.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    private static JsonSerializerOptions Layout { get; } = new() { WriteIndented = true };

    public string Write() => new JsonObject
    {
        ["schema"] = SchemaVersion,
        ["id"] = Id,
        ["state"] = State,
        ["started"] = UnixTime.Text(Started),
        ["ended"] = Ended is { } ended ? UnixTime.Text(ended) : null,
        ["program"] = new JsonObject { ["name"] = "LiveLTEM", ["version"] = Description.Version },
        ["source"] = new JsonObject { ["name"] = Description.Source, ["live"] = Description.IsLive, ["metadata"] = Texts(Description.SourceMetadata) },
        ["profile"] = new JsonObject { ["name"] = Description.ProfileName, ["text"] = Description.ProfileText },
        ["models"] = ModelText.Write(Description.Models),
        ["denoisers"] = DenoiserText.Write(Description.Denoisers),
        ["frames"] = Shape is { } shape
            ? new JsonObject
            {
                ["file"] = StackLayout.For(shape).FileName,
                ["height"] = shape.Height,
                ["width"] = shape.Width,
                ["dtype"] = shape.Type.NumpyName(),
                ["received"] = Counts?.Received,
                ["kept"] = Counts?.Kept,
            }
            : null,
        ["frame_time_typed"] = Description.FrameTimeTyped,
        ["segments"] = Write(Segments),
        ["facts"] = Texts(Facts),
        ["dose_relative_err"] = DoseRelativeErr is { } err && double.IsFinite(err) ? err : null,
        ["alerts_missing"] = Lines(AlertsMissing),
        ["notes"] = Lines(Notes),
    }.ToJsonString(Layout) + "\n";

    /// <summary>The segments, each with its calibration.</summary>
    public static JsonArray Write(IReadOnlyList<SessionSegment> segments) => new([.. segments.Select(segment => new JsonObject
    {
        ["segment"] = segment.Number,
        ["first_frame"] = segment.FirstFrame,
        ["calibration"] = CalibrationText.Write(segment.Calibration),
        ["prior_dose_e_A2"] = segment.PriorDoseEPerA2 is { } dose && double.IsFinite(dose) ? dose : null,
        ["note"] = segment.Note,
    })]);

    /// <summary>Reads what <see cref="Write()"/> wrote.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="source">File for messages.</param>
    /// <exception cref="FrameFormatException">It is damaged, or of a later version.</exception>
    public static SessionManifest Parse(string text, string source)
    {
        try
        {
            var json = JsonNode.Parse(text) as JsonObject ?? throw new FormatException("not an object");
            Demand(json, source);
            return Read(json);
        }
        catch (JsonException error)
        {
            throw new FrameFormatException(source, $"damaged: is no JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}; 'liveltem sessions repair' mends what can be", inner: error);
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new FrameFormatException(source, $"damaged: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}; 'liveltem sessions repair' mends what can be", inner: error);
        }
    }

    private static void Demand(JsonObject json, string source)
    {
        var schema = (int?)json["schema"] ?? throw new FormatException("there is no schema");
        if (schema > SchemaVersion)
        {
            throw new LaterVersionException(source, $"schema {schema} is of a later version of LiveLTEM; this one reads up to {SchemaVersion}: update it");
        }

        if (schema < 1)
        {
            throw new FormatException($"there is no schema {schema}");
        }
    }

    private static SessionManifest Read(JsonObject json)
    {
        var source = json["source"]?.AsObject();
        var profile = json["profile"]?.AsObject();
        var segments = (json["segments"] as JsonArray ?? []).OfType<JsonObject>().Select(segment => new SessionSegment(
            (int?)segment["segment"] ?? 0,
            (long?)segment["first_frame"],
            CalibrationText.Read(segment["calibration"]),
            (double?)segment["prior_dose_e_A2"],
            (string?)segment["note"])).ToList();
        return new SessionManifest
        {
            Id = Text(json["id"]),
            State = Text(json["state"]),
            Started = Time(json["started"]) ?? throw new FormatException("there is no time 'started'"),
            Ended = Time(json["ended"]),
            Description = new SessionDescription
            {
                Source = Text(source?["name"]),
                IsLive = (bool?)source?["live"] ?? false,
                SourceMetadata = Texts(source?["metadata"]),
                Calibration = segments.Count > 0 ? segments[0].Calibration : Calibration.Unknown,
                FrameTimeTyped = (bool?)json["frame_time_typed"] ?? false,
                ProfileName = Text(profile?["name"]),
                ProfileText = Text(profile?["text"]),
                Version = Text(json["program"]?["version"]),
                Models = ModelText.ReadAll(json["models"]),
                Denoisers = DenoiserText.ReadAll(json["denoisers"]),
            },
            Shape = json["frames"] is JsonObject frames ? Shaped(frames) : null,
            Segments = segments.Count > 0 ? segments : [new SessionSegment(0, null, Calibration.Unknown)],
            Counts = (long?)json["frames"]?["received"] is { } received && (long?)json["frames"]?["kept"] is { } kept ? (received, kept) : null,
            Facts = Texts(json["facts"]),
            DoseRelativeErr = (double?)json["dose_relative_err"],
            AlertsMissing = Lines(json["alerts_missing"]),
            Notes = Lines(json["notes"]),
        };
    }

    private static FrameShape Shaped(JsonObject frames)
    {
        const int LongestSide = 1 << 20;
        var (height, width) = ((int?)frames["height"] ?? 0, (int?)frames["width"] ?? 0);
        var name = Text(frames["dtype"]);
        var type = Enum.GetValues<PixelType>().Where(type => type.NumpyName() == name).Cast<PixelType?>().FirstOrDefault();
        return type is { } known && height is > 0 and <= LongestSide && width is > 0 and <= LongestSide && new FrameShape(height, width, known).Bytes <= int.MaxValue
            ? new FrameShape(height, width, known)
            : throw new FormatException($"there are no frames of {height} x {width} '{name}'");
    }

    private static string Text(JsonNode? node) => (string?)node ?? "";

    private static DateTimeOffset? Time(JsonNode? node) => (string?)node is { } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
        : null;

    private static JsonArray Lines(IReadOnlyList<string> lines) => new([.. lines.Select(line => JsonValue.Create(line))]);

    private static List<string> Lines(JsonNode? json) => [.. (json as JsonArray ?? []).Select(line => Text(line))];

    private static JsonObject Texts(IReadOnlyDictionary<string, string> texts) =>
        new(texts.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));

    private static Dictionary<string, string> Texts(JsonNode? json) =>
        (json as JsonObject ?? []).ToDictionary(pair => pair.Key, pair => Text(pair.Value));
}
