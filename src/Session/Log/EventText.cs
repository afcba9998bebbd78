using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Log;

/// <summary>What happened in a session as JSON, and back.</summary>
internal static class EventText
{
    private const string AnnotationKind = "annotation";
    private const string RecordingKind = "recording";
    private const string ConditionsKind = "conditions";
    private const string ModelKind = "model";
    private const string DenoiserKind = "denoiser";
    private const string AlertKind = "alert";

    public static string Kind(SessionEvent happening) => happening switch
    {
        Annotation => AnnotationKind,
        RecordingChange => RecordingKind,
        ConditionsChange => ConditionsKind,
        ModelChange => ModelKind,
        DenoiserChange => DenoiserKind,
        AlertChange => AlertKind,
        _ => throw new ArgumentException($"a session keeps no {happening.GetType().Name}", nameof(happening)),
    };

    /// <summary>Everything but number, time and frame.</summary>
    public static string Body(SessionEvent happening) => (happening switch
    {
        Annotation a => new JsonObject { ["text"] = a.Text, ["x"] = Finite(a.XPx), ["y"] = Finite(a.YPx), ["particle"] = a.Particle, ["author"] = a.Author },
        RecordingChange r => new JsonObject { ["state"] = r.State.ToString().ToLowerInvariant(), ["reason"] = r.Reason },
        ConditionsChange c => new JsonObject
        {
            ["segment"] = c.Segment,
            ["first_frame"] = c.FirstFrame,
            ["calibration"] = CalibrationText.Write(c.Calibration),
            ["prior_dose_e_A2"] = Finite(c.PriorDoseEPerA2),
            ["note"] = c.Note,
        },
        ModelChange m => ModelText.Write(m.Model),
        DenoiserChange d => DenoiserText.Write(d.Denoiser),
        AlertChange a => AlertLine.Write(a.Alert),
        _ => throw new ArgumentException($"a session keeps no {happening.GetType().Name}", nameof(happening)),
    }).ToJsonString();

    /// <summary>Reads an event; null where its kind is one of a later version or its text is damaged.</summary>
    public static SessionEvent? Read(long id, string kind, long timeUnixNs, long? frame, string body)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject json ? Read(kind, UnixTime.FromNanoseconds(timeUnixNs), json) is { } read ? read with { Id = id, Frame = frame } : null : null;
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static SessionEvent? Read(string kind, DateTimeOffset time, JsonObject json) => kind switch
    {
        AnnotationKind => new Annotation
        {
            Time = time,
            Text = Text(json, "text"),
            XPx = (double?)json["x"],
            YPx = (double?)json["y"],
            Particle = (int?)json["particle"],
            Author = (string?)json["author"],
        },
        RecordingKind => new RecordingChange
        {
            Time = time,
            State = Enum.Parse<RecordingState>(Text(json, "state"), ignoreCase: true),
            Reason = (string?)json["reason"],
        },
        ConditionsKind => new ConditionsChange
        {
            Time = time,
            Segment = (int?)json["segment"] ?? 0,
            FirstFrame = (long?)json["first_frame"] ?? 0,
            Calibration = CalibrationText.Read(json["calibration"]),
            PriorDoseEPerA2 = (double?)json["prior_dose_e_A2"],
            Note = (string?)json["note"],
        },
        ModelKind => new ModelChange { Time = time, Model = ModelText.Read(json) },
        DenoiserKind => new DenoiserChange { Time = time, Denoiser = DenoiserText.Read(json) },
        AlertKind => new AlertChange { Time = time, Alert = ReadAlert(json) },
        _ => null,
    };

    private static SessionAlert ReadAlert(JsonObject json) => new()
    {
        Id = (long?)json["id"] ?? 0,
        Kind = Text(json, "kind"),
        Severity = Text(json, "severity"),
        Frame = (long?)json["frame"],
        FrameLast = (long?)json["frame_last"],
        TimeS = (double?)json["time_s"],
        State = Text(json, "state"),
        Count = (long?)json["count"] ?? 1,
        Value = (double?)json["value"],
        Threshold = (double?)json["threshold"],
        Unit = (string?)json["unit"],
        Message = Text(json, "message"),
    };

    // JSON has no word for what is not a number.
    private static double? Finite(double? value) => value is { } known && double.IsFinite(known) ? known : null;

    private static string Text(JsonObject json, string key) => (string?)json[key] ?? "";
}
