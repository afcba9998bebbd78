namespace LiveLtem.Inference.Pose;

/// <summary>First guesses of a shape, and how far apart two shapes are.</summary>
internal static class ShapeGuess
{
    private const int MostSides = 6;

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
        Span<(double X, double Y)> room = stackalloc (double X, double Y)[4 * MostSides];
        var facetsA = Directions(a, 0, room);
        var facetsB = Directions(b, 0, room[MostSides..]);
        var cornersA = Corners(a, room[(2 * MostSides)..]);
        var cornersB = Corners(b, room[(3 * MostSides)..]);
        double ex = dx / distance, ey = dy / distance;
        var gap = (dx * ex) + (dy * ey) - Extent(a, cornersA, ex, ey) - Extent(b, cornersB, -ex, -ey);
        foreach (var (nx, ny) in facetsA)
        {
            var forward = (dx * nx) + (dy * ny);
            if (forward > 0)
            {
                gap = Math.Max(gap, forward - Extent(a, cornersA, nx, ny) - Extent(b, cornersB, -nx, -ny));
            }
        }

        foreach (var (nx, ny) in facetsB)
        {
            var forward = -((dx * nx) + (dy * ny));
            if (forward > 0)
            {
                gap = Math.Max(gap, forward - Extent(b, cornersB, nx, ny) - Extent(a, cornersA, -nx, -ny));
            }
        }

        return gap;
    }

    // Normals of the facets, or (half a turn of a side on) the directions of the corners; none of a round shape.
    private static ReadOnlySpan<(double X, double Y)> Directions(in ShapePose pose, int offset, Span<(double X, double Y)> room)
    {
        if (!pose.Kind.HasAngle())
        {
            return [];
        }

        var sides = pose.Kind.IsLong() ? 4 : pose.Sides;
        for (var k = 0; k < sides; k++)
        {
            var (sin, cos) = Math.SinCos(pose.Angle + ((2 * k) + offset) * Math.PI / sides);
            room[k] = (cos, sin);
        }

        return room[..sides];
    }

    private static ReadOnlySpan<(double X, double Y)> Corners(in ShapePose pose, Span<(double X, double Y)> room) =>
        Directions(pose, pose.Kind is ShapeKind.Rod or ShapeKind.Bar or ShapeKind.Irregular ? 0 : 1, room);

    // How far a shape reaches in a direction; 'corners' are the axes of a long one.
    private static double Extent(in ShapePose pose, ReadOnlySpan<(double X, double Y)> corners, double nx, double ny)
    {
        switch (pose.Kind)
        {
            case ShapeKind.Disc:
            case ShapeKind.Sphere:
                return pose.S1;
            case ShapeKind.Rod:
                return (Math.Abs((nx * corners[0].X) + (ny * corners[0].Y)) * Math.Max(0, pose.S1 - pose.S2)) + pose.S2;
            case ShapeKind.Bar:
            case ShapeKind.Irregular:
                return (Math.Abs((nx * corners[0].X) + (ny * corners[0].Y)) * pose.S1) + (Math.Abs((ny * corners[0].X) - (nx * corners[0].Y)) * pose.S2);
            default:
                var most = double.NegativeInfinity;
                foreach (var (x, y) in corners)
                {
                    most = Math.Max(most, (nx * x) + (ny * y));
                }

                return pose.Reach * most;
        }
    }
}
