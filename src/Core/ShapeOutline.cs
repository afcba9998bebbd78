namespace LiveLtem.Core;

/// <summary>A place in a frame, px, pixel centres at integers.</summary>
/// <param name="X">Right.</param>
/// <param name="Y">Down.</param>
public readonly record struct PixelPoint(double X, double Y);

/// <summary>The outline of a fitted shape as a closed polygon.</summary>
public static class ShapeOutline
{
    private const int CurvePoints = 48;

    /// <summary>Corners in px of the frame, in order round the shape.</summary>
    /// <remarks>Round shapes and irregular ones are ellipses, rods have half-round ends, cubes are rectangles with a facet facing the angle,
    /// and other polygons are regular ones of the fitted area.</remarks>
    public static PixelPoint[] Of(ShapeFit fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        var angle = (fit.AngleDeg ?? 0) * Math.PI / 180;
        return fit.Symmetry switch
        {
            0 or 1 => Place(fit, angle, Ellipse(fit.MajorPx / 2, fit.MinorPx / 2)),
            2 => Place(fit, angle, Rod(fit.MajorPx / 2, fit.MinorPx / 2)),
            4 => Place(fit, angle, Rectangle(fit.MajorPx / 2, fit.MinorPx / 2)),
            _ => Place(fit, angle, Regular(fit.Symmetry, fit.AreaPx)),
        };
    }

    private static PixelPoint[] Place(ShapeFit fit, double angle, IEnumerable<PixelPoint> shape)
    {
        var (sin, cos) = Math.SinCos(angle);
        return [.. shape.Select(p => new PixelPoint(fit.XPx + (p.X * cos) - (p.Y * sin), fit.YPx + (p.X * sin) + (p.Y * cos)))];
    }

    private static IEnumerable<PixelPoint> Ellipse(double a, double b) =>
        Enumerable.Range(0, CurvePoints).Select(i => 2 * Math.PI * i / CurvePoints).Select(t => new PixelPoint(a * Math.Cos(t), b * Math.Sin(t)));

    private static IEnumerable<PixelPoint> Rod(double halfLength, double halfWidth)
    {
        var straight = Math.Max(0, halfLength - halfWidth);
        return Enumerable.Range(0, CurvePoints).Select(i => 2 * Math.PI * (i + 0.5) / CurvePoints)
            .Select(t => new PixelPoint((Math.Sign(Math.Cos(t)) * straight) + (halfWidth * Math.Cos(t)), halfWidth * Math.Sin(t)));
    }

    private static PixelPoint[] Rectangle(double halfLength, double halfWidth) =>
        [new(halfLength, halfWidth), new(-halfLength, halfWidth), new(-halfLength, -halfWidth), new(halfLength, -halfWidth)];

    private static IEnumerable<PixelPoint> Regular(int corners, double area)
    {
        var radius = Math.Sqrt(2 * area / (corners * Math.Sin(2 * Math.PI / corners)));
        return Enumerable.Range(0, corners).Select(i => 2 * Math.PI * (i + 0.5) / corners)
            .Select(t => new PixelPoint(radius * Math.Cos(t), radius * Math.Sin(t)));
    }
}
