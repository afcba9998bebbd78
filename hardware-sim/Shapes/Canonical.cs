namespace LiveLtem.HardwareSim.Shapes;

/// <summary>Where the frame of a shape without symmetry lies: centre of area, major axis of inertia in the direction of the third moment.</summary>
/// <param name="CentreU">Centre of area in the raw frame, px.</param>
/// <param name="CentreV">Centre of area in the raw frame, px.</param>
/// <param name="Angle">Direction of the axis in the raw frame, radians.</param>
/// <param name="AreaPx">Area, px^2.</param>
/// <param name="AlongPx">Full length along the axis, px.</param>
/// <param name="AcrossPx">Full length across it, px.</param>
/// <param name="ReachPx">Distance of the farthest point from the centre, px.</param>
internal sealed record Canonical(double CentreU, double CentreV, double Angle, double AreaPx, double AlongPx, double AcrossPx, double ReachPx)
{
    private const double StepPx = 0.2;

    /// <summary>Measures a raw shape.</summary>
    /// <param name="distance">Negative inside.</param>
    /// <param name="radius">Nothing lies farther from the raw origin, px.</param>
    public static Canonical Of(Func<double, double, double> distance, double radius)
    {
        var step = Math.Max(StepPx, radius / 150);
        var points = new List<(double U, double V)>();
        for (var v = -radius; v <= radius; v += step)
        {
            for (var u = -radius; u <= radius; u += step)
            {
                if (distance(u, v) <= 0)
                {
                    points.Add((u, v));
                }
            }
        }

        var cu = points.Average(p => p.U);
        var cv = points.Average(p => p.V);
        var uu = points.Average(p => (p.U - cu) * (p.U - cu));
        var vv = points.Average(p => (p.V - cv) * (p.V - cv));
        var uv = points.Average(p => (p.U - cu) * (p.V - cv));
        var angle = 0.5 * Math.Atan2(2 * uv, uu - vv);
        var (sin, cos) = Math.SinCos(angle);
        var third = points.Average(p => Math.Pow(((p.U - cu) * cos) + ((p.V - cv) * sin), 3));
        if (third < 0)
        {
            angle += Math.PI;
        }

        double Along((double U, double V) p) => ((p.U - cu) * cos) + ((p.V - cv) * sin);
        double Across((double U, double V) p) => ((p.V - cv) * cos) - ((p.U - cu) * sin);
        return new Canonical(
            cu,
            cv,
            angle,
            points.Count * step * step,
            points.Max(Along) - points.Min(Along) + step,
            points.Max(Across) - points.Min(Across) + step,
            points.Max(p => Math.Sqrt(Math.Pow(p.U - cu, 2) + Math.Pow(p.V - cv, 2))) + step);
    }
}
