namespace LiveLtem.HardwareSim.Shapes;

/// <summary>How near two placed shapes come, by the outline points of each against the distance field of the other.</summary>
public static class Contacts
{
    /// <summary>Spacing of the outline points, px: a corner pokes in by far less than this unseen.</summary>
    public const double OutlineSpacingPx = 2;

    /// <summary>Smallest gap between two shapes, px: negative where they overlap; <paramref name="far"/> where it is surely larger than that.</summary>
    public static double Gap(in PlacedShape a, in PlacedShape b, double far)
    {
        var dx = b.XPx - a.XPx;
        var dy = b.YPx - a.YPx;
        var reach = a.Shape.RadiusPx + b.Shape.RadiusPx + far;
        if ((dx * dx) + (dy * dy) > reach * reach)
        {
            return far;
        }

        return Math.Min(far, Math.Min(Nearest(a, b), Nearest(b, a)));
    }

    private static double Nearest(in PlacedShape points, in PlacedShape field)
    {
        var best = double.PositiveInfinity;
        var outline = points.Shape.Outline;
        for (var i = 0; i < outline.Length; i += 2)
        {
            var x = points.XPx + (outline[i] * points.Cos) - (outline[i + 1] * points.Sin) - field.XPx;
            var y = points.YPx + (outline[i] * points.Sin) + (outline[i + 1] * points.Cos) - field.YPx;
            best = Math.Min(best, field.Shape.Distance((x * field.Cos) + (y * field.Sin), (y * field.Cos) - (x * field.Sin)));
        }

        return best;
    }
}

/// <summary>A shape at a place, with its sine, cosine and outline at hand.</summary>
public readonly struct PlacedShape
{
    /// <summary>Places a shape.</summary>
    public PlacedShape(ParticleShape shape, double xPx, double yPx, double angleDeg)
    {
        Shape = shape;
        XPx = xPx;
        YPx = yPx;
        (Sin, Cos) = Math.SinCos(angleDeg * Math.PI / 180);
    }

    /// <summary>The form.</summary>
    public ParticleShape Shape { get; }

    /// <summary>Centre, px.</summary>
    public double XPx { get; }

    /// <summary>Centre, px.</summary>
    public double YPx { get; }

    /// <summary>Sine of the angle.</summary>
    public double Sin { get; }

    /// <summary>Cosine of the angle.</summary>
    public double Cos { get; }

    /// <summary>True where a point of the frame lies inside.</summary>
    public bool Contains(double x, double y)
    {
        var dx = x - XPx;
        var dy = y - YPx;
        return Shape.Distance((dx * Cos) + (dy * Sin), (dy * Cos) - (dx * Sin)) <= 0;
    }
}
