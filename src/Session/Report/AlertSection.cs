using System.Globalization;
using System.Net;
using System.Text;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Report;

/// <summary>The report's account of alerts: what was raised, worst first, and which rules could not be evaluated.</summary>
internal static class AlertSection
{
    private const int Most = 100;
    private static readonly string[] Severities = ["critical", "warning", "info"];
    private static readonly Dictionary<string, string> Signs = new() { ["critical"] = "▲", ["warning"] = "△", ["info"] = "ⓘ" };

    /// <summary>The section as XHTML.</summary>
    public static string Write(IReadOnlyList<SessionAlert> alerts, IReadOnlyList<string> missing)
    {
        var html = new StringBuilder("<h2>Alerts</h2>");
        if (alerts.Count == 0)
        {
            html.Append("<p>None was raised.</p>");
        }
        else
        {
            // Where nobody knows the frame time, no alert has a time.
            var timed = alerts.Any(alert => alert.TimeS is not null);
            html.Append("<table class=\"alerts\"><tr><th>severity</th><th>kind</th><th>frames</th>").Append(timed ? "<th>time (s)</th>" : "").Append("<th>state</th><th>what</th></tr>");
            foreach (var alert in alerts.OrderBy(alert => Array.IndexOf(Severities, alert.Severity)).ThenBy(alert => alert.Id).Take(Most))
            {
                var frames = alert.FrameLast is { } last && last != alert.Frame ? $"{alert.Frame}–{last}" : $"{alert.Frame}";
                html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Signs.GetValueOrDefault(alert.Severity)} {Escape(alert.Severity)}</td><td><code>{Escape(alert.Kind)}</code></td><td>{frames}</td>");
                html.Append(CultureInfo.InvariantCulture, $"{(timed ? string.Create(CultureInfo.InvariantCulture, $"<td>{alert.TimeS:0.###}</td>") : "")}<td>{Escape(alert.State)}</td><td>{Escape(alert.Message)}</td></tr>");
            }

            html.Append("</table>");
            if (alerts.Count > Most)
            {
                html.Append(CultureInfo.InvariantCulture, $"<p class=\"sub\">{alerts.Count - Most} more are in alerts.jsonl.</p>");
            }
        }

        if (missing.Count > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"<details class=\"sub\"><summary>Not looked for: {string.Join(", ", missing.Select(rule => Escape(rule.Split(':')[0])))}</summary><ul>");
            html.AppendJoin("", missing.Select(rule => $"<li>{Escape(rule)}</li>"));
            html.Append("</ul></details>");
        }

        return html.Append('\n').ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
