using System.Globalization;
using System.Net;
using System.Text;
using LiveLtem.Session.Overlay;

namespace LiveLtem.Session.Report;

/// <summary>Draws small plots as inline SVG: a curve is its mean as a line in a band from its smallest to its largest value.</summary>
internal sealed class SvgPlot(string title, string xLabel, string yLabel)
{
    private const double Width = 460;
    private const double Height = 230;
    private const double Left = 68;
    private const double Right = 14;
    private const double Margin = 14;
    private const double LegendLine = 15;

    // About as many letters as a line of the legend holds.
    private const int LegendLetters = 62;
    private const double Bottom = 42;

    private readonly List<(string Name, IReadOnlyList<SeriesBin> Bins)> _curves = [];
    private readonly List<(string Name, IReadOnlyList<SeriesBin> Bins)> _floors = [];
    private readonly List<(double From, double To, double Value, double Err)> _bars = [];
    private bool _isNamed;

    // The names stand above the plot, where no curve runs.
    private double Top => Margin + (LegendLine * Legend().Count);

    /// <summary>Whether the y axis has to show 0.</summary>
    public bool FromZero { get; init; }

    /// <summary>Whether both axes are logarithmic; what is not positive is left out.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>What stands below the bars around 1, 2, 3, … instead of numbers; empty for numbers.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Adds a curve; its name is shown where there are several.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="series">The curve.</param>
    /// <param name="always">Whether the name is shown also where it is the only one.</param>
    public SvgPlot Curve(string name, Series series, bool always = false)
    {
        if (!series.IsEmpty)
        {
            _isNamed |= always;
            _curves.Add((name, series.Bins()));
        }

        return this;
    }

    /// <summary>Adds a curve with its own band.</summary>
    public SvgPlot Curve(string name, IReadOnlyList<SeriesBin> bins)
    {
        if (Shown(bins) is { Count: > 0 } shown)
        {
            _curves.Add((name, shown));
        }

        return this;
    }

    /// <summary>Adds a grey line to compare with: what noise or chance alone would give.</summary>
    public SvgPlot Floor(string name, IReadOnlyList<SeriesBin> bins)
    {
        if (Shown(bins) is { Count: > 0 } shown)
        {
            _floors.Add((name, shown));
        }

        return this;
    }

    /// <summary>Adds a bar from one x to another.</summary>
    /// <param name="from">Its left side.</param>
    /// <param name="to">Its right side.</param>
    /// <param name="value">Its height.</param>
    /// <param name="err">1-sigma error, drawn as a whisker where it is above 0.</param>
    public SvgPlot Bar(double from, double to, double value, double err = 0)
    {
        _bars.Add((from, to, value, err));
        return this;
    }

    /// <summary>The plot as a figure, or an empty text where there is nothing to show.</summary>
    public string Draw()
    {
        if (_curves.Count == 0 && _bars.Count == 0)
        {
            return "";
        }

        var (xLow, xHigh, yLow, yHigh) = Range();
        var svg = new StringBuilder();
        svg.Append("<figure><figcaption>").Append(Escape(title)).Append("</figcaption>");
        svg.Append($"<svg viewBox=\"0 0 {N(Width)} {N(Height)}\" role=\"img\" aria-label=\"{Escape(title)}\">");
        Names(svg);
        Axes(svg, xLow, xHigh, yLow, yHigh);
        foreach (var (from, to, value, err) in _bars)
        {
            var (top, bottom) = (Y(Math.Max(0, value)), Y(Math.Max(yLow, Math.Min(0, value))));
            svg.Append($"<rect class=\"bar\" x=\"{N(X(from) + 0.5)}\" y=\"{N(top)}\" width=\"{N(Math.Max(0.5, X(to) - X(from) - 1))}\" height=\"{N(Math.Max(0, bottom - top))}\"/>");
            if (err > 0)
            {
                var middle = N((X(from) + X(to)) / 2);
                svg.Append($"<line class=\"axis\" x1=\"{middle}\" x2=\"{middle}\" y1=\"{N(Y(value - err))}\" y2=\"{N(Y(value + err))}\"/>");
            }
        }

        for (var i = 0; i < _floors.Count; i++)
        {
            var bins = _floors[i].Bins;
            svg.Append($"<polyline class=\"axis\" fill=\"none\" stroke-dasharray=\"4 3\" points=\"{Points(bins.Select(bin => (bin.X, Y: bin.Mean)))}\"/>");
        }

        for (var i = 0; i < _curves.Count; i++)
        {
            Curve(svg, _curves[i].Bins, i);
        }

        return svg.Append("</svg></figure>").ToString();

        double X(double x) => Left + ((Width - Left - Right) * (x - xLow) / (xHigh - xLow));

        double Y(double y) => Height - Bottom - ((Height - Top - Bottom) * (y - yLow) / (yHigh - yLow));

        void Curve(StringBuilder target, IReadOnlyList<SeriesBin> bins, int index)
        {
            var colour = Palette.Web(CurveColours[index % CurveColours.Length]);
            var band = bins.Select(bin => (bin.X, Y: bin.High)).Concat(bins.Reverse().Select(bin => (bin.X, Y: bin.Low)));
            target.Append($"<polygon fill=\"{colour}\" fill-opacity=\"0.22\" points=\"{Points(band)}\"/>");
            target.Append($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" stroke-linejoin=\"round\" points=\"{Points(bins.Select(bin => (bin.X, Y: bin.Mean)))}\"/>");
        }

        string Points(IEnumerable<(double X, double Y)> points) => string.Join(' ', points.Select(point => $"{N(X(point.X))},{N(Y(point.Y))}"));

        void Axes(StringBuilder target, double x0, double x1, double y0, double y1)
        {
            var xTicks = Categories.Count > 0 ? [.. Enumerable.Range(1, Categories.Count).Select(i => (double)i)] : Ticks.Between(x0, x1, 6);
            var yTicks = Ticks.Between(y0, y1, 4);
            foreach (var tick in yTicks)
            {
                target.Append($"<line class=\"grid\" x1=\"{N(Left)}\" x2=\"{N(Width - Right)}\" y1=\"{N(Y(tick))}\" y2=\"{N(Y(tick))}\"/>");
                target.Append($"<text x=\"{N(Left - 6)}\" y=\"{N(Y(tick) + 4)}\" text-anchor=\"end\">{Text(tick, yTicks)}</text>");
            }

            foreach (var tick in xTicks)
            {
                target.Append($"<line class=\"axis\" x1=\"{N(X(tick))}\" x2=\"{N(X(tick))}\" y1=\"{N(Height - Bottom)}\" y2=\"{N(Height - Bottom + 4)}\"/>");
                target.Append($"<text x=\"{N(X(tick))}\" y=\"{N(Height - Bottom + 17)}\" text-anchor=\"middle\">{(Categories.Count > 0 ? Escape(Categories[(int)tick - 1]) : Text(tick, xTicks))}</text>");
            }

            target.Append($"<line class=\"axis\" x1=\"{N(Left)}\" x2=\"{N(Width - Right)}\" y1=\"{N(Height - Bottom)}\" y2=\"{N(Height - Bottom)}\"/>");
            target.Append($"<text x=\"{N((Left + Width - Right) / 2)}\" y=\"{N(Height - 6)}\" text-anchor=\"middle\">{Escape(xLabel)}</text>");
            target.Append($"<text transform=\"translate(13 {N((Top + Height - Bottom) / 2)}) rotate(-90)\" text-anchor=\"middle\">{Escape(yLabel)}</text>");
        }
    }

    private void Names(StringBuilder svg)
    {
        var lines = Legend();
        for (var i = 0; i < lines.Count; i++)
        {
            var names = lines[i].Select(entry => $"<tspan{(entry.Colour is { } colour ? $" style=\"fill:{colour}\"" : "")}>{Escape(entry.Text)}</tspan>");
            svg.Append($"<text x=\"{N(Left)}\" y=\"{N(12 + (LegendLine * i))}\" xml:space=\"preserve\">{string.Join("   ", names)}</text>");
        }
    }

    // Line by line.
    private List<List<(string Text, string? Colour)>> Legend()
    {
        var entries = new List<(string Text, string? Colour)>();
        if (_curves.Count > 1 || _isNamed)
        {
            entries.AddRange(_curves.Select((curve, i) => ($"■ {curve.Name}", (string?)Palette.Web(CurveColours[i % CurveColours.Length]))));
        }

        entries.AddRange(_floors.Select(floor => ($"- - {floor.Name}", (string?)null)));
        var lines = new List<List<(string Text, string? Colour)>>();
        var letters = LegendLetters;
        foreach (var entry in entries)
        {
            if (letters + entry.Text.Length > LegendLetters)
            {
                lines.Add([]);
                letters = 0;
            }

            lines[^1].Add(entry);
            letters += entry.Text.Length + 3;
        }

        return lines;
    }

    // Blue, vermillion, green: the three that differ most on white and on dark paper.
    private static readonly int[] CurveColours = [1, 4, 2, 0];

    // What the curve is on paper: logarithms, or as it is.
    private List<SeriesBin> Shown(IReadOnlyList<SeriesBin> bins) => !Logarithmic
        ? [.. bins]
        :
        [
            .. bins.Where(bin => bin.X > 0 && bin.Mean > 0).Select(bin => new SeriesBin(
                Math.Log10(bin.X), Math.Log10(bin.Mean), Math.Log10(Math.Max(bin.Low, bin.Mean / 10)), Math.Log10(Math.Max(bin.High, bin.Mean)))),
        ];

    private string Text(double tick, IReadOnlyList<double> ticks) => Logarithmic
        ? double.Parse(Math.Pow(10, tick).ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString(Math.Abs(tick) < 5 ? "0.#####" : "0.#E0", CultureInfo.InvariantCulture)
        : Ticks.Text(tick, StepOf(ticks));

    private static double StepOf(IReadOnlyList<double> ticks) => ticks.Count > 1 ? ticks[1] - ticks[0] : 1;

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private (double XLow, double XHigh, double YLow, double YHigh) Range()
    {
        var bins = _curves.SelectMany(curve => curve.Bins).Concat(_floors.SelectMany(floor => floor.Bins)).ToList();
        var xs = bins.Select(bin => bin.X).Concat(_bars.SelectMany(bar => new[] { bar.From, bar.To })).ToList();
        var lows = bins.Select(bin => bin.Low).Concat(_bars.Select(bar => Math.Min(0.0, bar.Value - bar.Err))).ToList();
        var highs = bins.Select(bin => bin.High).Concat(_bars.Select(bar => bar.Value + bar.Err)).ToList();
        var (xLow, xHigh) = Widened(xs.Min(), xs.Max(), 0);
        var (yLow, yHigh) = Widened(FromZero ? Math.Min(0, lows.Min()) : lows.Min(), highs.Max(), 0.06);
        return (xLow, xHigh, FromZero && lows.Min() >= 0 ? 0 : yLow, yHigh);
    }

    // A constant curve still needs an axis with two different ends.
    private static (double Low, double High) Widened(double low, double high, double margin)
    {
        var span = high - low;
        if (span <= 1e-12 * Math.Max(Math.Abs(low), Math.Abs(high)))
        {
            var half = low == 0 ? 1 : Math.Abs(low) * 0.1;
            return (low - half, high + half);
        }

        return (low - (margin * span), high + (margin * span));
    }
}
