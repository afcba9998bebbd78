using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Motion;

/// <summary>A shift and a small turn that many particles make together.</summary>
/// <param name="Centre">The point the turn is about (it moves by the shift alone), px.</param>
/// <param name="ShiftX">Shift of the centre, px.</param>
/// <param name="ShiftY">Shift of the centre, px, y down.</param>
/// <param name="AngleRad">Turn, radians, from +x towards +y.</param>
public readonly record struct RigidMotion(Point2 Centre, double ShiftX, double ShiftY, double AngleRad)
{
    /// <summary>Nothing moves.</summary>
    public static RigidMotion None { get; }

    /// <summary>Length of the shift, px.</summary>
    public double ShiftPx => Math.Sqrt((ShiftX * ShiftX) + (ShiftY * ShiftY));

    /// <summary>Turn in degrees.</summary>
    public double AngleDeg => AngleRad * 180 / Math.PI;

    /// <summary>Where a point goes.</summary>
    public Point2 Apply(Point2 p)
    {
        double c = Math.Cos(AngleRad), s = Math.Sin(AngleRad);
        double x = p.X - Centre.X, y = p.Y - Centre.Y;
        return new Point2(Centre.X + ShiftX + (c * x) - (s * y), Centre.Y + ShiftY + (s * x) + (c * y));
    }

    /// <summary>Where many points go.</summary>
    /// <param name="from">Positions, px.</param>
    /// <param name="to">As many, receives where they go; may be <paramref name="from"/>.</param>
    public void Apply(ReadOnlySpan<Point2> from, Span<Point2> to)
    {
        double c = Math.Cos(AngleRad), s = Math.Sin(AngleRad);
        for (var i = 0; i < from.Length; i++)
        {
            double x = from[i].X - Centre.X, y = from[i].Y - Centre.Y;
            to[i] = new Point2(Centre.X + ShiftX + (c * x) - (s * y), Centre.Y + ShiftY + (s * x) + (c * y));
        }
    }

    /// <summary>The motion that carries paired points onto one another with the least sum of squares.</summary>
    /// <remarks>Closed form in the plane (Kabsch 1976, doi:10.1107/S0567739476001873): the turn is the argument of
    /// sum conj(a) b over the centred pairs. Fewer than three pairs, or all on one spot, give a shift alone.</remarks>
    /// <param name="from">Positions before, px; at least one.</param>
    /// <param name="to">Positions after, as many.</param>
    public static RigidMotion Fit(ReadOnlySpan<Point2> from, ReadOnlySpan<Point2> to)
    {
        double ax = 0, ay = 0, bx = 0, by = 0;
        for (var i = 0; i < from.Length; i++)
        {
            ax += from[i].X;
            ay += from[i].Y;
            bx += to[i].X;
            by += to[i].Y;
        }

        var n = from.Length;
        (ax, ay, bx, by) = (ax / n, ay / n, bx / n, by / n);
        double dot = 0, cross = 0;
        for (var i = 0; i < n; i++)
        {
            double px = from[i].X - ax, py = from[i].Y - ay, qx = to[i].X - bx, qy = to[i].Y - by;
            dot += (px * qx) + (py * qy);
            cross += (px * qy) - (py * qx);
        }

        return new RigidMotion(new Point2(ax, ay), bx - ax, by - ay, n < 3 || dot <= 0 ? 0 : Math.Atan2(cross, dot));
    }
}
