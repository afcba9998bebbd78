namespace LiveLtem.Tracker.Analysis;

/// <summary>The gap between the outlines of two particles: regular polygons, rectangles and discs.</summary>
/// <remarks>The widest separation along the normals of either outline and the line of centres (separating axis theorem): exact where facets
/// face each other, a little too small where corner meets corner, negative where they overlap.</remarks>
internal static class ContactGap
{
    private static readonly (double C, double S)[][] Normals = [.. Enumerable.Range(0, 7).Select(sides => Directions(sides, 0))];
    private static readonly (double C, double S)[][] Corners = [.. Enumerable.Range(0, 7).Select(sides => Directions(sides, 0.5))];

    /// <summary>Distance from the centre that no outline reaches beyond.</summary>
    public static double Radius(in PhysicsPoint point) => point.Symmetry switch
    {
        4 => (point.Major + point.Minor) / 4 * Math.Sqrt(2),
        2 => Math.Sqrt((point.Major * point.Major) + (point.Minor * point.Minor)) / 2,
        3 => point.Minor * 2 / 3,
        6 => point.Minor / 2 / Math.Cos(Math.PI / 6),
        _ => Math.Sqrt(point.Major * point.Minor) / 2,
    };

    /// <summary>The gap; NaN where a size is not known.</summary>
    public static double Between(in PhysicsPoint a, in PhysicsPoint b) => Between(new Outline(a), new Outline(b));

    /// <summary>The gap; NaN where a size is not known.</summary>
    public static double Between(in Outline a, in Outline b)
    {
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var distance = Math.Sqrt((dx * dx) + (dy * dy));
        var widest = distance > 0 ? Along(a, b, dx, dy, dx / distance, dy / distance) : double.NegativeInfinity;
        widest = Math.Max(widest, AlongNormals(a, a, b, dx, dy));
        return Math.Max(widest, AlongNormals(b, a, b, dx, dy));
    }

    private static double AlongNormals(in Outline of, in Outline a, in Outline b, double dx, double dy)
    {
        var widest = double.NegativeInfinity;
        foreach (var (c, s) in Normals[of.Sides])
        {
            widest = Math.Max(widest, Along(a, b, dx, dy, (of.Cos * c) - (of.Sin * s), (of.Sin * c) + (of.Cos * s)));
        }

        return widest;
    }

    private static double Along(in Outline a, in Outline b, double dx, double dy, double nx, double ny) =>
        (dx * nx) + (dy * ny) - Extent(a, nx, ny) - Extent(b, -nx, -ny);

    // How far an outline reaches in a direction.
    private static double Extent(in Outline of, double nx, double ny)
    {
        var (along, across) = ((nx * of.Cos) + (ny * of.Sin), (ny * of.Cos) - (nx * of.Sin));
        if (of.Sides is 0 or 4)
        {
            return of.Sides == 0 ? of.HalfLength : (Math.Abs(along) * of.HalfLength) + (Math.Abs(across) * of.HalfWidth);
        }

        var most = double.NegativeInfinity;
        foreach (var (c, s) in Corners[of.Sides])
        {
            most = Math.Max(most, of.Reach * ((along * c) + (across * s)));
        }

        return most;
    }

    // Unit vectors to the facets, or to the corners between them, of a regular polygon whose first facet looks along x.
    private static (double, double)[] Directions(int sides, double shift) =>
        [.. Enumerable.Range(0, sides).Select(side => Math.SinCos(2 * Math.PI / sides * (side + shift))).Select(direction => (direction.Cos, direction.Sin))];

    /// <summary>One particle's outline, its direction worked out once.</summary>
    internal readonly record struct Outline
    {
        public Outline(in PhysicsPoint point)
        {
            (X, Y) = (point.Position.X, point.Position.Y);
            Sides = point.IsOriented ? point.Symmetry switch { 2 or 4 => 4, 3 => 3, 6 => 6, _ => 0 } : 0;
            (HalfLength, HalfWidth) = (Sides, point.Symmetry) switch
            {
                (0, _) => (Math.Sqrt(point.Major * point.Minor) / 2, 0),
                (_, 2) => (point.Major / 2, point.Minor / 2),
                _ => ((point.Major + point.Minor) / 4, (point.Major + point.Minor) / 4),
            };
            Reach = Radius(point);
            (Sin, Cos) = Sides == 0 ? (0, 1) : Math.SinCos(point.AngleDeg * Math.PI / 180);
        }

        /// <summary>Centre.</summary>
        public double X { get; }

        /// <summary>Centre.</summary>
        public double Y { get; }

        /// <summary>Facets; 0 for a disc.</summary>
        public int Sides { get; }

        /// <summary>Half of the length along the direction; radius of a disc.</summary>
        public double HalfLength { get; }

        /// <summary>Half of the length across it.</summary>
        public double HalfWidth { get; }

        /// <summary>Distance of the corners from the centre.</summary>
        public double Reach { get; }

        /// <summary>Sine of the direction.</summary>
        public double Sin { get; }

        /// <summary>Cosine of the direction.</summary>
        public double Cos { get; }
    }
}
