using System.Text.Json.Nodes;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Tables;

/// <summary>An alert as a line of <c>alerts.jsonl</c>.</summary>
public static class AlertLine
{
    /// <summary>The alert by the names of the table, in its order; what is not a number is null.</summary>
    public static JsonObject Write(SessionAlert alert)
    {
        ArgumentNullException.ThrowIfNull(alert);
        return new JsonObject
        {
            ["id"] = alert.Id,
            ["kind"] = alert.Kind,
            ["severity"] = alert.Severity,
            ["frame"] = alert.Frame,
            ["frame_last"] = alert.FrameLast,
            ["time_s"] = Finite(alert.TimeS),
            ["state"] = alert.State,
            ["count"] = alert.Count,
            ["value"] = Finite(alert.Value),
            ["threshold"] = Finite(alert.Threshold),
            ["unit"] = alert.Unit,
            ["message"] = alert.Message,
        };
    }

    private static double? Finite(double? value) => value is { } known && double.IsFinite(known) ? known : null;
}
