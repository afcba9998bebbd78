using System.Globalization;
using System.Net;
using System.Text;
using LiveLtem.Core.Analysis;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Report;

/// <summary>The part of a report that shows what was worked out of the tracks: every figure with its error, and a plot for each analysis that has data.</summary>
/// <remarks>Bands are 1 sigma. A grey line is what noise alone, or chance alone, would give.</remarks>
internal static class PhysicsSection
{
    private const int HistogramBars = 20;

    /// <summary>The section, or an empty text where nothing was asked for.</summary>
    public static string Write(AnalysisBook book)
    {
        var results = book.Results();
        if (results.Count == 0)
        {
            return "";
        }

        var html = new StringBuilder("<h2>Physics</h2>");
        var plots = string.Concat(Plots(results).Select(plot => plot.Draw()));
        html.Append("<table><tr><th>quantity</th><th class=\"num\">value</th><th class=\"num\">error (1 sigma)</th><th class=\"num\">noise floor</th><th class=\"num\">n</th><th>unit</th><th class=\"num\">relative error</th><th>enough yet?</th></tr>");
        foreach (var (name, result) in results.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            foreach (var figure in result.Figures.Where(figure => figure.Missing is null))
            {
                html.Append(Row(name, figure, book.EnoughYet(name, figure)));
            }
        }

        html.Append("</table>").Append(FormattableString.Invariant($"<p class=\"sub\">Enough yet: for a relative error of {100 * book.AskedRelativeErr:G3} %, at the dose of a frame as it was.</p>"));
        var missing = results.OrderBy(entry => entry.Key, StringComparer.Ordinal).Where(entry => entry.Value.Figures.All(figure => figure.Missing is not null)).ToList();
        if (missing.Count > 0)
        {
            html.Append("<p class=\"sub\">").Append(string.Join("; ", missing.Select(entry => Escape($"{entry.Key}: {entry.Value.Figures[0].Missing}")))).Append(".</p>");
        }

        foreach (var note in results.Values.Select(result => result.Note).OfType<string>().Distinct())
        {
            html.Append("<p class=\"sub\">").Append(Escape(note)).Append(".</p>");
        }

        if (plots.Length > 0)
        {
            html.Append("<div class=\"grid\">").Append(plots).Append("</div><p class=\"sub\">Bands are 1 sigma; a grey line is what noise or chance alone would give.</p>");
        }

        return html.Append('\n').ToString();
    }

    private static string Row(string name, AnalysisFigure figure, Enough? enough)
    {
        var values = figure.Text is not null ? figure.Text
            : figure.Values is { } several ? string.Join(", ", several.Select(value => Digits(value.Value)))
            : Digits(figure.Value);
        var err = figure.Values is { } many ? string.Join(", ", many.Select(value => Digits(value.Err))) : Digits(figure.Err);
        return $"<tr><td>{Escape(name)}: {Escape(figure.Name)}</td><td class=\"num\">{Escape(values)}</td><td class=\"num\">{Escape(err)}</td>"
            + $"<td class=\"num\">{Digits(figure.NoiseFloor)}</td><td class=\"num\">{(figure.Text is null ? figure.N.ToString(CultureInfo.InvariantCulture) : "")}</td><td>{Escape(figure.Unit.Replace("^2", "²", StringComparison.Ordinal).Replace("^3", "³", StringComparison.Ordinal))}</td>"
            + $"<td class=\"num\">{(enough is null ? "" : Percent(100 * enough.RelativeErr))}</td><td>{Escape(Say(enough))}</td></tr>";
    }

    private static string Say(Enough? enough) => enough switch
    {
        null => "",
        { FramesMore: > 0 and var more } => FormattableString.Invariant($"{more} more frames")
            + (enough.DoseMoreEPerA2 is { } dose ? FormattableString.Invariant($", {dose:G3} e\u207b/\u00c5\u00b2 more") : ""),
        _ => enough.Advice,
    };

    private static IEnumerable<SvgPlot> Plots(IReadOnlyDictionary<string, AnalysisResult> results)
    {
        if (Find(results, "msd") is { Rows.Count: > 2 } msd)
        {
            var unit = UnitOf(msd, "msd_");
            var timed = msd.Rows.All(row => double.IsFinite(row[1]));
            var x = timed ? 1 : 0;
            yield return new SvgPlot($"Mean square displacement, n = {N(msd.Rows[0][6])} steps", timed ? "lag (s)" : "lag (frames)", $"MSD ({unit}²)") { Logarithmic = true }
                .Curve("displacement", Band(msd, x, 2, 3))
                .Floor("noise floor", Band(msd, x, 4, -1));
            if (msd.Rows.Any(row => row[10] > 0))
            {
                yield return new SvgPlot($"Mean square rotation, n = {N(msd.Rows[0][10])} steps", timed ? "lag (s)" : "lag (frames)", "rotation (deg²)") { Logarithmic = true }
                    .Curve("rotation", Band(msd, x, 7, 8))
                    .Floor("noise floor", Band(msd, x, 9, -1));
            }
        }

        if (Find(results, "lattice") is { Rows.Count: > 0 } lattice)
        {
            yield return Histogram(lattice, UnitOf(lattice, "x_"));
        }

        if (Find(results, "pairs") is { Rows.Count: > 2 } pairs)
        {
            var ideal = pairs.Rows.Select(row => new SeriesBin(row[0], 1, 1, 1)).ToList();
            yield return new SvgPlot($"Pair correlation, n = {N(pairs.Rows.Sum(row => row[4]))} pairs", $"distance of centres ({UnitOf(pairs, "r_")})", "g(r)") { FromZero = true }
                .Curve("g", Band(pairs, 0, 1, 2))
                .Floor("ideal gas", ideal);
        }

        if (Find(results, "etch") is { Rows.Count: > 0 } etch && results["etch"].Figures.Any(figure => figure.Value is not null && figure.Unit == "nm/s"))
        {
            var rates = results["etch"].Figures.Where(figure => figure.Unit == "nm/s" && figure.Value is not null).ToList();
            var plot = new SvgPlot(
                $"Recession of {string.Join(", ", rates.Select(rate => rate.Name.Split('_')[0]))}, n = {string.Join(", ", rates.Select(rate => N(rate.N)))} particles",
                "part of the contour",
                "rate (nm/s)")
            { FromZero = true, Categories = [.. rates.Select(rate => rate.Name.Split('_')[0])] };
            for (var i = 0; i < rates.Count; i++)
            {
                plot.Bar(i + 0.7, i + 1.3, rates[i].Value!.Value, rates[i].Err ?? 0);
            }

            yield return plot.Floor("noise of one particle", [.. rates.Select((rate, i) => new SeriesBin(i + 1, rate.NoiseFloor ?? 0, 0, 0))]);
        }

        if (Find(results, "growth") is { Rows.Count: > 2 } growth)
        {
            var timed = growth.Rows.All(row => double.IsFinite(row[0]));
            yield return new SvgPlot($"Cluster size, n = {N(growth.Rows[^1][3])} clusters at the end", timed ? "time (s)" : "frame", "particles in a cluster") { FromZero = true }
                .Curve("number average", Band(growth, timed ? 0 : 1, 4, 5))
                .Curve("weight average", Band(growth, timed ? 0 : 1, 6, -1));
        }

        if (Find(results, "nucleation") is { Rows.Count: > 2 } nuclei && nuclei.Rows.All(row => double.IsFinite(row[4])))
        {
            yield return new SvgPlot($"Particles that join and leave a nucleus, n = {N(nuclei.Rows.Sum(row => row[2] + row[3]))} events", "particles in the nucleus", "events (1/s)") { FromZero = true }
                .Curve("join", Band(nuclei, 0, 4, 5))
                .Curve("leave", Band(nuclei, 0, 6, 7));
        }

        if (Find(results, "interface") is { Rows.Count: > 2 } modes)
        {
            var unit = UnitOf(modes, "q_per_");
            yield return new SvgPlot($"Waves of the crystal's edge, n = {N(modes.Rows.Sum(row => row[4]))} measurements of modes", $"wave number (1/{unit})", $"|h_q|² ({unit}²)") { Logarithmic = true }
                .Curve("as measured", Band(modes, 0, 1, 2))
                .Curve("kT/(stiffness L q²)", Band(modes, 0, 5, -1))
                .Floor("noise floor", Band(modes, 0, 3, -1));
        }
    }

    private static SvgPlot Histogram(AnalysisTable lattice, string unit)
    {
        var values = lattice.Rows.Select(row => row[7]).Where(double.IsFinite).Order().ToList();
        var noise = lattice.Rows.Select(row => row[8]).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        var floor = double.IsFinite(noise) ? $", noise floor {noise.ToString("0.##", CultureInfo.InvariantCulture)} {unit}" : "";
        var plot = new SvgPlot($"Vibration of each site, n = {values.Count} sites{floor}", $"rms displacement about the site, as measured ({unit})", "sites") { FromZero = true };
        var most = values.Count == 0 ? 0 : 1.02 * values[^1];
        for (var bar = 0; bar < HistogramBars && most > 0; bar++)
        {
            var (from, to) = (most * bar / HistogramBars, most * (bar + 1) / HistogramBars);
            plot.Bar(from, to, values.Count(value => value >= from && value < to));
        }

        return plot;
    }

    private static AnalysisTable? Find(IReadOnlyDictionary<string, AnalysisResult> results, string name) =>
        results.GetValueOrDefault(name)?.Tables.FirstOrDefault(table => table.Name == name);

    private static string UnitOf(AnalysisTable table, string prefix) =>
        table.Columns.Any(column => column.StartsWith(prefix + "nm", StringComparison.Ordinal)) ? "nm" : "px";

    private static List<SeriesBin> Band(AnalysisTable table, int x, int y, int err) =>
    [
        .. table.Rows.Where(row => double.IsFinite(row[x]) && double.IsFinite(row[y])).Select(row =>
        {
            var half = err >= 0 && double.IsFinite(row[err]) ? row[err] : 0;
            return new SeriesBin(row[x], row[y], row[y] - half, row[y] + half);
        }),
    ];

    private static string Percent(double value) => value.ToString(value >= 10 ? "0" : "G2", CultureInfo.InvariantCulture) + " %";

    private static string Digits(double? value) => value is { } number ? number.ToString("G4", CultureInfo.InvariantCulture) : "";

    private static string N(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
