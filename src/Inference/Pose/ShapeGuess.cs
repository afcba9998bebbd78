namespace LiveLtem.Inference.Pose;

/// <summary>First guesses of a shape, and how far apart two shapes are.</summary>
internal static class ShapeGuess
{
    /// <summary>Turns a pose of any kind into one of <paramref name="kind"/> with the same area and centre.</summary>
    public static ShapePose From(in ShapePose pose, ShapeKind kind)
    {
        var area = Math.Max(2, pose.Area);
        var s1 = kind switch
        {
            ShapeKind.Disc => Math.Sqrt(area / Math.PI),
            ShapeKind.Sphere => Math.Sqrt(area / Math.PI) * 1.08,
            ShapeKind.Triangle => Math.Sqrt(area / (3 * Math.Tan(Math.PI / 3))),
            ShapeKind.Hexagon => Math.Sqrt(area / (6 * Math.Tan(Math.PI / 6))),
            ShapeKind.Square => Math.Sqrt(area) / 2,
            _ => pose.S1,
        };
        if (!kind.IsLong())
        {
            return pose with { Kind = kind, S1 = s1, S2 = s1 };
        }

        var (half, width) = pose.Kind.IsLong() || pose.Kind == ShapeKind.Irregular ? (pose.S1, pose.S2) : (Math.Sqrt(area) / 2 * 1.1, Math.Sqrt(area) / 2 / 1.1);
        return kind == ShapeKind.Rod
            ? pose with { Kind = kind, S1 = half * 1.04, S2 = width * 1.1, Contrast = pose.Contrast * 1.15 }
            : pose with { Kind = kind, S1 = half, S2 = width };
    }

    /// <summary>Distance between the outlines along the line of centres, px; negative where they overlap.</summary>
    public static double Gap(in ShapePose a, in ShapePose b)
    {
        double dx = b.X - a.X, dy = b.Y - a.Y;
        var distance = Math.Sqrt((dx * dx) + (dy * dy));
        if (distance < 1e-9)
        {
            return -Math.Min(a.Minor, b.Minor);
        }

        // Separating axes: the line of centres and the facets of both.
        var gap = Separation(a, b, dx / distance, dy / distance);
        foreach (var (pose, other) in new[] { (a, b), (b, a) })
        {
            if (!pose.Kind.HasAngle())
            {
                continue;
            }

            var sides = pose.Kind.IsLong() ? 4 : pose.Sides;
            for (var k = 0; k < sides; k++)
            {
                var (sin, cos) = Math.SinCos(pose.Angle + (2 * Math.PI * k / sides));
                var forward = ((other.X - pose.X) * cos) + ((other.Y - pose.Y) * sin);
                if (forward > 0)
                {
                    gap = Math.Max(gap, Separation(pose, other, cos, sin));
                }
            }
        }

        return gap;
    }

    private static double Separation(in ShapePose a, in ShapePose b, double nx, double ny) =>
        ((b.X - a.X) * nx) + ((b.Y - a.Y) * ny) - Extent(a, nx, ny) - Extent(b, -nx, -ny);

    private static double Extent(in ShapePose pose, double nx, double ny)
    {
        switch (pose.Kind)
        {
            case ShapeKind.Disc:
            case ShapeKind.Sphere:
                return pose.S1;
            case ShapeKind.Rod:
                return (Math.Abs((nx * Math.Cos(pose.Angle)) + (ny * Math.Sin(pose.Angle))) * Math.Max(0, pose.S1 - pose.S2)) + pose.S2;
            case ShapeKind.Bar:
            case ShapeKind.Irregular:
                var (s, c) = Math.SinCos(pose.Angle);
                return (Math.Abs((nx * c) + (ny * s)) * pose.S1) + (Math.Abs((ny * c) - (nx * s)) * pose.S2);
            default:
                var reach = pose.Reach;
                var most = double.NegativeInfinity;
                for (var k = 0; k < pose.Sides; k++)
                {
                    var (sin, cos) = Math.SinCos(pose.Angle + ((2 * k) + 1) * Math.PI / pose.Sides);
                    most = Math.Max(most, reach * ((nx * cos) + (ny * sin)));
                }

                return most;
        }
    }
}
