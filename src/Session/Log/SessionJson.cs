using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Log;

/// <summary>Parts of a session as JSON text, by the names that its files use.</summary>
public static class SessionJson
{
    /// <summary>An event: id, kind, t_unix_ns, frame, and what is its own.</summary>
    public static string Event(SessionEvent happening)
    {
        ArgumentNullException.ThrowIfNull(happening);
        var json = new JsonObject
        {
            ["id"] = happening.Id,
            ["kind"] = EventText.Kind(happening),
            ["t_unix_ns"] = UnixTime.Nanoseconds(happening.Time),
            ["frame"] = happening.Frame,
        };
        var body = JsonNode.Parse(EventText.Body(happening))!.AsObject();
        if (happening is AlertChange)
        {
            // An alert has a number, a kind and a frame of its own.
            json["alert"] = body;
            return json.ToJsonString();
        }

        foreach (var (key, value) in body)
        {
            json[key] = value?.DeepClone();
        }

        return json.ToJsonString();
    }

    /// <summary>The segments as in <c>session.json</c>.</summary>
    public static string Segments(IReadOnlyList<SessionSegment> segments) => SessionManifest.Write(segments).ToJsonString();
}
