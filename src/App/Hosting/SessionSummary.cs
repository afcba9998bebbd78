using System.Globalization;
using System.Text;
using LiveLtem.Core;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose;

namespace LiveLtem.App.Hosting;

/// <summary>A session in one paragraph.</summary>
internal static class SessionSummary
{
    /// <summary>What was done, found, missing and lost.</summary>
    /// <param name="name">File, folder or scene.</param>
    /// <param name="report">The session.</param>
    /// <param name="live">Whether latency means anything: offline it is time in the queue.</param>
    public static string Text(string name, SessionReport report, bool live)
    {
        var text = new StringBuilder();
        var figures = report.Figures;
        var ledger = report.Pipeline.Ledger;
        var seconds = report.Elapsed.TotalSeconds;
        text.Append(Say($"{name}: {figures.Processed} of {ledger.Received} frames analysed in {seconds:F1} s"));
        text.Append(Say($" ({figures.Processed / Math.Max(seconds, 1e-3):F1} frames/s): {figures.Points} points of {figures.Tracks} tracks"));
        if (figures.Processed > 0)
        {
            text.Append(Say($", {figures.Points / (double)figures.Processed:F1} particles a frame"));
        }

        text.Append('.');
        if (report.Learnt is { } learnt)
        {
            text.Append(' ').Append(learnt.TrimEnd('.')).Append('.');
        }

        if (report.HotPixels is > 0)
        {
            text.Append(Say($" {report.HotPixels} hot pixels replaced."));
        }

        if (live && report.Latency is { } latency)
        {
            text.Append(Say($" From arrival to result {latency.P50Ms:F1} ms (p50), {latency.P99Ms:F1} ms (p99)."));
        }

        if (report.Doubt is { } doubt)
        {
            text.Append(Say($" Beware: {doubt}."));
        }

        AppendDose(text, report);
        AppendTrouble(text, report);
        return text.ToString();
    }

    private static void AppendDose(StringBuilder text, SessionReport report)
    {
        var dose = report.Dose;
        if (dose.Source == DoseSource.None)
        {
            text.Append(Say($" No dose: {string.Join(", ", dose.Missing)} missing."));
            return;
        }

        text.Append(dose.Kind == DoseKind.Specimen ? " Specimen dose" : " Camera dose");
        text.Append(dose.Source == DoseSource.Typed ? " (typed)" : " (from counts)");
        if (report.Figures.Last is { DoseEPerA2: { } total })
        {
            text.Append(Say($" {total:G4} e-/A^2"));
        }

        if (report.Figures.Last is { DoseRateEPerA2PerS: { } rate })
        {
            text.Append(Say($", at the end {rate:G4} e-/A^2/s"));
        }

        text.Append(DoseText.Reserve(dose));
        text.Append('.');
    }

    private static void AppendTrouble(StringBuilder text, SessionReport report)
    {
        var ledger = report.Pipeline.Ledger;
        var analysis = ledger.Of(FrameBranches.Analysis)!;
        var figures = report.Figures;
        foreach (var skipped in analysis.SkippedBy)
        {
            text.Append(Say($" Skipped: {skipped.Frames} frames before {skipped.Where} ({skipped.Why})."));
        }

        foreach (var failed in analysis.FailedBy)
        {
            text.Append(Say($" Failed: {failed.Frames} frames in {failed.Where} ({failed.Why})."));
        }

        Append(ledger.Lost, "lost by their numbers");
        Append(figures.Repeated, "sent twice by the camera");
        Append(figures.Flagged - figures.Repeated, "saturated or without a finite count");
        Append(figures.Unusable, $"not usable ({figures.WhyUnusable})");
        if (report.Pipeline.Outcome is PipelineOutcome.Stopped or PipelineOutcome.CutShort)
        {
            text.Append(report.Pipeline.Outcome == PipelineOutcome.Stopped ? " Stopped on request." : " Stopped on request and cut short.");
        }

        foreach (var warning in report.Warnings)
        {
            text.Append(Say($" Note: {warning.TrimEnd('.')}."));
        }

        void Append(long frames, string what)
        {
            if (frames > 0)
            {
                text.Append(Say($" {frames} frames {what}."));
            }
        }
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
