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
    private const double Left = 58;
    private const double Right = 14;
    private const double Top = 14;
    private const double Bottom = 42;

    private readonly List<(string Name, IReadOnlyList<SeriesBin> Bins)> _curves = [];
    private readonly List<(double From, double To, double Value)> _bars = [];

    /// <summary>Whether the y axis has to show 0.</summary>
    public bool FromZero { get; init; }

    /// <summary>Adds a curve; its name is shown where there are several.</summary>
    public SvgPlot Curve(string name, Series series)
    {
        if (!series.IsEmpty)
        {
            _curves.Add((name, series.Bins()));
        }

        return this;
    }

    /// <summary>Adds a bar from one x to another.</summary>
    public SvgPlot Bar(double from, double to, double value)
    {
        _bars.Add((from, to, value));
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
        Axes(svg, xLow, xHigh, yLow, yHigh);
        foreach (var (from, to, value) in _bars)
        {
            svg.Append($"<rect class=\"bar\" x=\"{N(X(from) + 0.5)}\" y=\"{N(Y(value))}\" width=\"{N(Math.Max(0.5, X(to) - X(from) - 1))}\" height=\"{N(Y(yLow) - Y(value))}\"/>");
        }

        for (var i = 0; i < _curves.Count; i++)
        {
            Curve(svg, _curves[i].Name, _curves[i].Bins, i);
        }

        return svg.Append("</svg></figure>").ToString();

        double X(double x) => Left + ((Width - Left - Right) * (x - xLow) / (xHigh - xLow));

        double Y(double y) => Height - Bottom - ((Height - Top - Bottom) * (y - yLow) / (yHigh - yLow));

        void Curve(StringBuilder target, string name, IReadOnlyList<SeriesBin> bins, int index)
        {
            var colour = Palette.Web(CurveColours[index % CurveColours.Length]);
            var band = bins.Select(bin => (bin.X, Y: bin.High)).Concat(bins.Reverse().Select(bin => (bin.X, Y: bin.Low)));
            target.Append($"<polygon fill=\"{colour}\" fill-opacity=\"0.22\" points=\"{Points(band)}\"/>");
            target.Append($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" stroke-linejoin=\"round\" points=\"{Points(bins.Select(bin => (bin.X, Y: bin.Mean)))}\"/>");
            if (_curves.Count > 1)
            {
                target.Append($"<text x=\"{N(Width - Right - 4)}\" y=\"{N(Top + 12 + (15 * index))}\" text-anchor=\"end\" style=\"fill:{colour}\">{Escape(name)}</text>");
            }
        }

        string Points(IEnumerable<(double X, double Y)> points) => string.Join(' ', points.Select(point => $"{N(X(point.X))},{N(Y(point.Y))}"));

        void Axes(StringBuilder target, double x0, double x1, double y0, double y1)
        {
            var xTicks = Ticks.Between(x0, x1, 6);
            var yTicks = Ticks.Between(y0, y1, 4);
            foreach (var tick in yTicks)
            {
                target.Append($"<line class=\"grid\" x1=\"{N(Left)}\" x2=\"{N(Width - Right)}\" y1=\"{N(Y(tick))}\" y2=\"{N(Y(tick))}\"/>");
                target.Append($"<text x=\"{N(Left - 6)}\" y=\"{N(Y(tick) + 4)}\" text-anchor=\"end\">{Ticks.Text(tick, StepOf(yTicks))}</text>");
            }

            foreach (var tick in xTicks)
            {
                target.Append($"<line class=\"axis\" x1=\"{N(X(tick))}\" x2=\"{N(X(tick))}\" y1=\"{N(Height - Bottom)}\" y2=\"{N(Height - Bottom + 4)}\"/>");
                target.Append($"<text x=\"{N(X(tick))}\" y=\"{N(Height - Bottom + 17)}\" text-anchor=\"middle\">{Ticks.Text(tick, StepOf(xTicks))}</text>");
            }

            target.Append($"<line class=\"axis\" x1=\"{N(Left)}\" x2=\"{N(Width - Right)}\" y1=\"{N(Height - Bottom)}\" y2=\"{N(Height - Bottom)}\"/>");
            target.Append($"<text x=\"{N((Left + Width - Right) / 2)}\" y=\"{N(Height - 6)}\" text-anchor=\"middle\">{Escape(xLabel)}</text>");
            target.Append($"<text transform=\"translate(13 {N((Top + Height - Bottom) / 2)}) rotate(-90)\" text-anchor=\"middle\">{Escape(yLabel)}</text>");
        }
    }

    // Blue, vermillion, green: the three that differ most on white and on dark paper.
    private static readonly int[] CurveColours = [1, 4, 2, 0];

    private static double StepOf(IReadOnlyList<double> ticks) => ticks.Count > 1 ? ticks[1] - ticks[0] : 1;

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private (double XLow, double XHigh, double YLow, double YHigh) Range()
    {
        var bins = _curves.SelectMany(curve => curve.Bins).ToList();
        var xs = bins.Select(bin => bin.X).Concat(_bars.SelectMany(bar => new[] { bar.From, bar.To })).ToList();
        var lows = bins.Select(bin => bin.Low).Concat(_bars.Select(_ => 0.0)).ToList();
        var highs = bins.Select(bin => bin.High).Concat(_bars.Select(bar => bar.Value)).ToList();
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
