using System.Globalization;
using System.Net;
using System.Text;
using LiveLtem.Core;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Report;

/// <summary>One picture of a report.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Jpeg">The picture.</param>
internal sealed record ReportPicture(string Caption, byte[] Jpeg);

/// <summary>Lays out <c>report.html</c>: one page that needs nothing else, neither files nor a network.</summary>
/// <remarks>Well-formed XML as well as HTML, so that it can be checked by a machine. It names no wall time and no machine: the same results
/// give the same page, but for the latencies.</remarks>
internal sealed class ReportPage(ResultFolderOptions options, ReportData data, ReportNotes notes, IReadOnlyList<ReportPicture> pictures, AnalysisBook book, string alerts)
{
    private const string Style =
        """
        :root { color-scheme: light dark; --ink: #1d2126; --soft: #5b6570; --paper: #ffffff; --card: #f4f6f8; --line: #d9dee3; --warn: #a04000; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #9aa4ae; --paper: #15181b; --card: #1e2226; --line: #343b42; --warn: #f0a060; } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto; padding: 28px 24px 60px; max-width: 1040px; }
        h1 { font-size: 25px; margin: 0; } h2 { font-size: 18px; margin: 34px 0 10px; } .sub { color: var(--soft); margin: 2px 0 18px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; }
        .tile { background: var(--card); border-radius: 8px; padding: 10px 14px; } .tile b { display: block; font-size: 20px; white-space: nowrap; } .tile span { color: var(--soft); font-size: 13px; }
        .warnings { border-left: 4px solid var(--warn); background: var(--card); border-radius: 0 8px 8px 0; padding: 8px 16px; margin: 16px 0; } .warnings p { margin: 4px 0; }
        .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 14px; }
        figure { margin: 0; background: var(--card); border-radius: 8px; padding: 10px 12px; } figcaption { font-weight: 600; font-size: 14px; margin-bottom: 4px; }
        figure img { width: 100%; border-radius: 4px; display: block; } svg { width: 100%; height: auto; display: block; }
        svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); } svg .bar { fill: #0072B2; }
        table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        .alerts td:not(:last-child) { white-space: nowrap; } details { margin: 8px 0; } summary { cursor: pointer; } .trust { border-left: 4px solid var(--soft); background: var(--card); border-radius: 0 8px 8px 0; padding: 8px 16px; margin: 12px 0; } .trust p { margin: 4px 0; }
        th { color: var(--soft); font-weight: 600; } .num { text-align: right; } .missing { color: var(--warn); }
        """;

    private readonly StringBuilder _html = new();

    /// <summary>The page.</summary>
    public string Write()
    {
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        _html.Append($"<title>{Escape(options.Source.Name)}: LiveLTEM report</title><style>{Style}</style></head><body>\n");
        var facts = notes.Facts();
        Heading();
        Tiles();
        Warnings();
        _html.Append(alerts);
        Pictures(facts);
        Plots();
        _html.Append(PhysicsSection.Write(book));
        States();
        Calibrations();
        Facts(facts);
        Files();
        _html.Append("</body></html>\n");
        return _html.ToString();
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string N(double value, string format = "0.###") => value.ToString(format, CultureInfo.InvariantCulture);

    private static double Median(List<double> sorted) =>
        sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;

    // A build from sources names its whole commit, of which the first letters say as much to people.
    private static string Short(string version)
    {
        const int Letters = 8;
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 || version.Length <= plus + 1 + Letters ? version : version[..(plus + 1 + Letters)];
    }

    private static string Frames(long count) => count == 1 ? "1 frame was" : $"{count} frames were";

    private static string Shape(int symmetry) => symmetry switch
    {
        0 => "round",
        1 => "irregular",
        2 => "rods (two-fold)",
        4 => "cubes (four-fold)",
        _ => $"{symmetry}-fold",
    };

    private void Heading()
    {
        var source = options.Source;
        var frames = source.Frames is { } count ? $"{count} frames of " : "";
        _html.Append($"<h1>{Escape(source.Name)}</h1><p class=\"sub\">{Escape(source.Format)}, {frames}{source.Width} x {source.Height} px, {source.StoredDtype ?? source.Type.NumpyName()}");
        if (source.Date is { } date)
        {
            _html.Append($", recorded {date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}");
        }

        _html.Append($". Analysed by LiveLTEM{(options.Version is { } version ? $" {Escape(Short(version))}" : "")}{(options.Profile is { } profile ? $", profile {Escape(profile)}" : "")}.</p>\n");
    }

    private void Tiles()
    {
        var lengths = data.Tracks.Select(track => (double)track.Points).Order().ToList();
        _html.Append("<div class=\"tiles\">");
        Tile(data.Processed == data.Received ? $"{data.Received}" : $"{data.Processed} of {data.Received}", "frames analysed");
        Tile(data.Processed == 0 ? "" : N((double)data.Points / data.Processed, "0.#"), "particles a frame, on average");
        Tile($"{data.Tracks.Count}", "tracks");
        Tile(lengths.Count == 0 ? "" : $"{N(Median(lengths), "0")}", "frames in the median track");
        var snr = data.Snr.Bins();
        Tile(snr.Count == 0 ? "" : N(snr.Average(bin => bin.Mean), "0.00"), "contrast to noise per pixel");
        Tile(data.Last?.DoseEPerA2 is { } dose ? $"{dose.ToString("G4", CultureInfo.InvariantCulture)} e⁻/Å²" : "", $"dose on the {DoseKind.Of(options.Calibration)}");
        _html.Append("</div>\n");
    }

    private void Tile(string value, string label)
    {
        if (value.Length > 0)
        {
            _html.Append($"<div class=\"tile\"><b>{Escape(value)}</b><span>{Escape(label)}</span></div>");
        }
    }

    private void Warnings()
    {
        var warnings = options.Source.Warnings.Concat(notes.Warnings()).ToList();
        if (data.Received == 0)
        {
            warnings.Add("No frame arrived.");
        }
        else if (data.Processed > 0 && data.Points == 0)
        {
            warnings.Add("No particle was found in any frame.");
        }

        if (data.Lost > 0)
        {
            warnings.Add($"{Frames(data.Lost)} lost before they reached the program, by their numbers.");
        }

        if (data.Received > data.Processed)
        {
            warnings.Add($"{Frames(data.Received - data.Processed)} received but not analysed: see the column processed in frames.csv.");
        }

        if (data.Saturated > 1e-3)
        {
            warnings.Add($"Up to {N(100 * data.Saturated, "0.##")} % of a frame's pixels are saturated.");
        }

        if (data.Ambiguous > 0)
        {
            warnings.Add($"{data.Ambiguous} of {data.Points} rotations may be off by one symmetry step (flag rotation_ambiguous).");
        }

        if (warnings.Count > 0)
        {
            _html.Append("<div class=\"warnings\" role=\"note\">");
            foreach (var warning in warnings)
            {
                _html.Append($"<p>⚠ {Escape(warning)}</p>");
            }

            _html.Append("</div>\n");
        }
    }

    private void Pictures(IReadOnlyList<(string Name, string Text)> facts)
    {
        if (pictures.Count > 0)
        {
            Stills();
        }

        // Beside the pictures that it is about, and above every figure that was read off them.
        foreach (var (name, text) in facts.Where(fact => fact.Name == ReportNotes.Trust))
        {
            _html.Append($"<div class=\"trust\" role=\"note\"><p><b>{Escape(name)}</b></p>");
            foreach (var part in text.Split("; "))
            {
                _html.Append($"<p>{Escape(part)}</p>");
            }

            _html.Append("<p class=\"sub\">uMSE and uPSNR judge the denoised frames without any clean one. A residual correlation of 0 means that noise alone was taken off; above, structure was taken off too, below, some was put in.</p></div>\n");
        }
    }

    private void Stills()
    {
        _html.Append("<h2>What was found</h2><div class=\"grid\">");
        foreach (var picture in pictures)
        {
            _html.Append($"<figure><figcaption>{Escape(picture.Caption)}</figcaption><img alt=\"{Escape(picture.Caption)}\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(picture.Jpeg)}\"/></figure>");
        }

        _html.Append("</div>\n<p class=\"sub\">Outlines are the fitted shapes, the tick is the orientation, the trail the last 30 frames, the number the particle in tracks.csv.</p>\n");
    }

    private void Plots()
    {
        var x = data.TimeIsKnown ? "time (s)" : "frame";
        var plots = new[]
        {
            new SvgPlot("Particles in each frame", x, "particles") { FromZero = true }.Curve("particles", data.Particles),
            new SvgPlot("Contrast to noise per pixel", x, "SNR") { FromZero = true }.Curve("SNR", data.Snr),
            new SvgPlot("Common drift since the first frame", x, "drift (px)").Curve("x", data.DriftX).Curve("y", data.DriftY),
            TrackLengths(),
            new SvgPlot("Mean of the counts as received", x, "counts").Curve("counts", data.Counts),
            new SvgPlot($"Dose on the {DoseKind.Of(options.Calibration)}", x, "e⁻/Å²") { FromZero = true }.Curve("dose", data.Dose),
        };
        var drawn = string.Concat(plots.Select(plot => plot.Draw()));
        if (drawn.Length > 0)
        {
            _html.Append($"<h2>Over time</h2><div class=\"grid\">{drawn}</div>\n");
        }
    }

    private void States()
    {
        if (data.States.Count == 0)
        {
            return;
        }

        var share = new SvgPlot("Molecules in each state", data.TimeIsKnown ? "time (s)" : "frame", "share of the molecules") { FromZero = true };
        var shapes = new SvgPlot("Radius of gyration in each state", "radius of gyration (px)", "measurements") { FromZero = true };
        foreach (var (state, shares, gyration, radius) in data.States.Curves())
        {
            var kind = data.States.Count == 1 ? "" : state == 0 ? ", compact" : state == data.States.Count - 1 ? ", extended" : "";
            var name = FormattableString.Invariant($"state {state}{kind}{(radius is { } px ? FormattableString.Invariant($", {px:F1} px") : "")}");
            share.Curve(name, shares, always: true);
            shapes.Curve(name, gyration, always: true);
        }

        _html.Append($"<h2>Structural states</h2><div class=\"grid\">{share.Draw()}{shapes.Draw()}</div>\n");
        _html.Append("<p class=\"sub\">States are numbered from compact to extended, with their mean radius of gyration. Left: the part of the molecules seen in a frame. Right: single measurements on raw frames, noise included. Occupancies, rates and dwell times with their errors are in states.csv.</p>\n");
    }

    private SvgPlot TrackLengths()
    {
        const int Bars = 24;
        var plot = new SvgPlot("Lengths of the tracks", "frames in the track", "tracks") { FromZero = true }.Bar(0, 0, 0);
        if (data.Tracks.Count > 0)
        {
            var longest = data.Tracks.Max(track => track.Points);
            var width = Math.Max(1, (int)Math.Ceiling((double)longest / Bars));
            foreach (var bar in data.Tracks.GroupBy(track => (track.Points - 1) / width).OrderBy(group => group.Key))
            {
                plot.Bar((bar.Key * width) + 0.5, ((bar.Key + 1) * width) + 0.5, bar.Count());
            }
        }

        return plot;
    }

    private void Calibrations()
    {
        var known = options.Calibration;
        _html.Append("<h2>Calibration</h2><table><tr><th>quantity</th><th>value</th><th>where it comes from</th></tr>");
        Calibration("Pixel size", known.PixelSizeNm, "nm", "lengths are in px, no dose from counts: --pixel-size-nm");
        Calibration("Frame time", known.FrameTimeS, "s", data.TimeIsKnown ? "times are the source's own" : "no times and no rates: --frame-time-s");
        Calibration("Exposure", known.ExposureS, "s", "taken as the frame time where that is known: --exposure-s");
        Calibration("Counts per electron", known.CountsPerElectron, "", "no dose from counts: --counts-per-electron");
        Calibration("Dark level", known.DarkLevel, "counts", "no dose from counts: --dark-level");
        Calibration("Transmission of liquid and windows", known.Transmission, "", "dose from counts is the camera's, not the specimen's: --transmission");
        Calibration("Dose of a normal frame, as typed", known.DosePerFrameEPerA2, "e⁻/Å²", "dose comes from counts, if at all: --dose-per-frame-e-A2");
        Calibration("Acceleration voltage", known.Kv, "kV", "--kv");
        _html.Append("</table>\n");
    }

    private void Calibration(string name, Calibrated? value, string unit, string without)
    {
        _html.Append($"<tr><td>{Escape(name)}</td>");
        _html.Append(value is null
            ? $"<td class=\"missing\">not known</td><td>{Escape(without)}</td></tr>"
            : $"<td>{N(value.Value, "0.######")}{(value.Err is { } err ? $" ± {N(err, "0.######")}" : "")} {Escape(unit)}</td><td>{Escape(value.Origin)}</td></tr>");
    }

    private void Facts(IReadOnlyList<(string Name, string Text)> told)
    {
        var facts = told.Where(fact => fact.Name != ReportNotes.Trust).ToList();
        foreach (var shape in data.Tracks.GroupBy(track => track.Symmetry).OrderBy(group => group.Key))
        {
            facts.Add(($"Tracks: {Shape(shape.Key)}", $"{shape.Count()}"));
        }

        if (data.Latency.Summarise() is { } latency)
        {
            facts.Add((
                "Latency of a frame, arrival to result",
                $"median {N(latency.P50Ms, "0.#")} ms, 95 % {N(latency.P95Ms, "0.#")} ms, 99 % {N(latency.P99Ms, "0.#")} ms, longest {N(latency.MaxMs, "0.#")} ms"));
        }

        if (facts.Count == 0)
        {
            return;
        }

        _html.Append("<h2>How it was analysed</h2><table>");
        foreach (var (name, text) in facts)
        {
            _html.Append($"<tr><td>{Escape(name)}</td><td>{Escape(text)}</td></tr>");
        }

        _html.Append("</table>\n");
    }

    private void Files()
    {
        _html.Append("<h2>Files beside this page</h2><table>");
        File("tracks.csv, tracks.parquet", "every particle in every frame: trackpy and pandas read it as it is");
        File("frames.csv, frames.parquet", "every received frame: time, dose, counts, drift");
        File("analysis.json", "figures with their errors; null where one does not apply, with a note");
        foreach (var table in book.Results().Values.SelectMany(result => result.Tables))
        {
            File($"{table.Name}.csv, {table.Name}.parquet", "what the plots above are drawn from");
        }

        File("alerts.jsonl", "one line an alert");
        if (options.WriteMasks)
        {
            File("masks.tif", "label images, 16 bit, one page a frame; labels are numbered within the frame");
        }

        if (options.WriteOverlay)
        {
            File("overlay.mp4", "the movie with what was found drawn on it");
        }

        _html.Append("</table>\n<p class=\"sub\">Pixel centres are at integers, the origin is top left, x right, y down; angles turn from x towards y. Errors are 1 sigma. An empty cell is something that cannot be known.</p>\n");

        void File(string name, string text) => _html.Append($"<tr><td><code>{name}</code></td><td>{text}</td></tr>");
    }
}
