using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Sessions;

/// <summary>Kept sessions in words and as JSON.</summary>
internal static class SessionText
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>One line a session.</summary>
    /// <param name="entries">The sessions.</param>
    /// <param name="root">Folder that they are in.</param>
    public static string Table(IReadOnlyList<SessionEntry> entries, string root)
    {
        if (entries.Count == 0)
        {
            return $"no sessions in {root}{(Directory.Exists(root) ? "" : ", which is not there")}\n";
        }

        var text = new StringBuilder();
        string[][] rows =
        [
            ["SESSION", "STARTED (UTC)", "STATE", "FRAMES", "SIZE", "TRACKS", "DISK", "SOURCE"],
            .. entries.Select(entry => (string[])
            [
                entry.Id, Time(entry.Started), entry.State, Say($"{entry.Frames}"), Size(entry), Say($"{entry.Tracks}"), Bytes(entry.Bytes), entry.Source,
            ]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            text.Append(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    public static string Json(IReadOnlyList<SessionEntry> entries) => JsonSerializer.Serialize(entries, Layout) + "\n";

    /// <summary>A session on a page.</summary>
    public static string Page(SessionOverview session)
    {
        var text = new StringBuilder();
        var entry = session.Entry;
        Line("session", entry.Id);
        Line("folder", entry.Folder);
        Line("state", entry.State);
        Line("started", $"{Time(entry.Started)} UTC");
        Line("ended", entry.Ended is { } ended ? $"{Time(ended)} UTC" : "");
        Line("source", session.Description.Source);
        Line("frames", Say($"{entry.Frames} kept of {session.Received ?? entry.Frames} received, {Size(entry)} {entry.Dtype}, {Bytes(entry.Bytes)}"));
        Line("results", Say($"{session.Rows} frames, {session.Points} points of {entry.Tracks} tracks"));
        Line("profile", session.Description.ProfileName);
        Line("version", session.Description.Version);
        foreach (var model in session.Description.Models)
        {
            Line("model", Model(model));
        }

        foreach (var segment in session.Segments)
        {
            Line(Say($"segment {segment.Number}"), Conditions(segment));
        }

        foreach (var happening in session.Events)
        {
            Line(Say($"event {happening.Id}"), $"{Time(happening.Time)}{(happening.Frame is { } frame ? Say($" frame {frame}") : "")}: {What(happening)}");
        }

        foreach (var note in session.Notes)
        {
            Line("note", note);
        }

        return text.ToString();

        void Line(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name,-12} {value.ReplaceLineEndings(" ")}\n");
            }
        }
    }

    public static string Json(SessionOverview session)
    {
        var json = JsonSerializer.SerializeToNode(session.Entry, Layout)!.AsObject();
        json["received"] = session.Received;
        json["rows"] = session.Rows;
        json["points"] = session.Points;
        json["profile"] = session.Description.ProfileName;
        json["version"] = session.Description.Version;
        json["models"] = JsonSerializer.SerializeToNode(session.Description.Models, Layout);
        json["segments"] = JsonNode.Parse(SessionJson.Segments(session.Segments));
        json["events"] = new JsonArray([.. session.Events.Select(happening => JsonNode.Parse(SessionJson.Event(happening)))]);
        json["notes"] = JsonSerializer.SerializeToNode(session.Notes);
        return json.ToJsonString(Layout) + "\n";
    }

    /// <summary>What a verification found.</summary>
    public static string Lines(VerifyReport report)
    {
        var text = new StringBuilder(Say($"{Path.GetFileName(report.Folder)}: {report.Received} frames received, {report.Kept} kept, {report.Verified} verified"));
        text.Append(report.IsRecording ? ", still being recorded" : "").Append(report.IsWhole ? ": whole\n" : "\n");
        foreach (var problem in report.Problems)
        {
            text.Append(problem.ReplaceLineEndings(" ")).Append('\n');
        }

        return text.ToString();
    }

    public static string Json(VerifyReport report) => JsonSerializer.Serialize(report, Layout) + "\n";

    private static string Conditions(SessionSegment segment)
    {
        var calibration = segment.Calibration;
        var known = new List<string>();
        Add("pixel", calibration.PixelSizeNm, "nm");
        Add("frame time", calibration.FrameTimeS, "s");
        Add("exposure", calibration.ExposureS, "s");
        Add("counts per electron", calibration.CountsPerElectron, "");
        Add("dark level", calibration.DarkLevel, "counts");
        Add("transmission", calibration.Transmission, "");
        Add("dose per frame", calibration.DosePerFrameEPerA2, "e-/A^2");
        Add("beam", calibration.Kv, "kV");
        var from = segment.FirstFrame is { } first ? Say($"from frame {first}: ") : "";
        var prior = segment.PriorDoseEPerA2 is { } dose ? Say($"; {dose} e-/A^2 before") : "";
        return $"{from}{(known.Count > 0 ? string.Join(", ", known) : "no calibration")}{prior}{(segment.Note is { } note ? $"; {note}" : "")}";

        void Add(string name, Calibrated? value, string unit)
        {
            if (value is not null)
            {
                known.Add(Say($"{name} {value.Value:0.######} {unit}").TrimEnd() + $" ({value.Origin})");
            }
        }
    }

    private static string What(SessionEvent happening) => happening switch
    {
        Annotation annotation => $"{annotation.Author ?? "remark"}: {annotation.Text}",
        RecordingChange change => $"recording {change.State.ToString().ToLowerInvariant()}{(change.Reason is { } reason ? $": {reason}" : "")}",
        ConditionsChange change => Say($"segment {change.Segment} from frame {change.FirstFrame}"),
        ModelChange change => $"model {Model(change.Model)}",
        DenoiserChange change => $"denoiser version {change.Denoiser.Version}, {change.Denoiser.Name}{(change.Denoiser.FirstFrame is { } first ? Say($" from frame {first}") : "")}{(change.Denoiser.Sha256 is { } hash ? $", SHA-256 {hash}" : "")}",
        AlertChange change => $"{change.Alert.Severity} {change.Alert.Kind} {change.Alert.State}: {change.Alert.Message}",
        _ => happening.GetType().Name,
    };

    private static string Model(ModelInUse model) =>
        $"{model.Name}{(model.Provider is { } provider ? $" on {provider}" : "")}{(model.FirstFrame is { } first ? Say($" from frame {first}") : "")}{(model.Sha256 is { } hash ? $", SHA-256 {hash}" : "")}";

    private static string Size(SessionEntry entry) => entry.Height > 0 ? Say($"{entry.Width} x {entry.Height}") : "";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => Say($"{bytes / (double)(1L << 30):0.0} GiB"),
        >= 1L << 20 => Say($"{bytes / (double)(1L << 20):0.0} MiB"),
        _ => Say($"{bytes / 1024.0:0.0} KiB"),
    };

    private static string Say(FormattableString text) => FormattableString.Invariant(text);
}
