using System.Text.Json;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Tells how a live session ended: a paragraph, or one JSON object.</summary>
internal static class LiveEnd
{
    /// <summary>Writes it to stdout, then throws what broke the session.</summary>
    /// <param name="name">What was recorded.</param>
    /// <param name="report">How it ended.</param>
    /// <param name="json">Whether a script reads it.</param>
    public static void Tell(string name, SessionReport report, bool json)
    {
        Console.Out.WriteLine(json ? Json(report) : SessionSummary.Text(name, report, live: true));
        SessionEnd.Demand(report);
    }

    private static string Json(SessionReport report)
    {
        var ledger = report.Pipeline.Ledger;
        return JsonSerializer.Serialize(new
        {
            ended = true,
            elapsed_s = report.Elapsed.TotalSeconds,
            received = ledger.Received,
            lost = ledger.Lost,
            recorded = ledger.Of(FrameBranches.Recording)?.Delivered,
            processed = report.Figures.Processed,
            shown = ledger.Of(FrameBranches.Preview)?.Delivered,
            tracks = report.Figures.Tracks,
            points = report.Figures.Points,
            latency_ms = report.Latency is { } latency ? new { p50 = latency.P50Ms, p95 = latency.P95Ms, p99 = latency.P99Ms, max = latency.MaxMs } : null,
            skipped = report.Pipeline.Edges.Where(edge => edge.Dropped > 0).Select(edge => new { edge = edge.Name, frames = edge.Dropped }),
            source_held_back_s = report.Pipeline.Edges.Single(edge => edge.Name == "raw").HeldBack.TotalSeconds,
            fault = report.Pipeline.Fault?.Message,
        });
    }
}
