namespace LiveLtem.Tracker.Analysis;

/// <summary>The gap between the outlines of two particles: regular polygons, rectangles and discs.</summary>
/// <remarks>The widest separation along the normals of either outline and the line of centres (separating axis theorem): exact where facets
/// face each other, a little too small where corner meets corner, negative where they overlap.</remarks>
internal static class ContactGap
{
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
    public static double Between(in PhysicsPoint a, in PhysicsPoint b)
    {
        var (dx, dy) = (b.Position.X - a.Position.X, b.Position.Y - a.Position.Y);
        var distance = Math.Sqrt((dx * dx) + (dy * dy));
        var widest = distance > 0 ? Along(a, b, dx, dy, dx / distance, dy / distance) : double.NegativeInfinity;
        widest = Math.Max(widest, AlongNormals(a, a, b, dx, dy));
        return Math.Max(widest, AlongNormals(b, a, b, dx, dy));
    }

    private static double AlongNormals(in PhysicsPoint of, in PhysicsPoint a, in PhysicsPoint b, double dx, double dy)
    {
        var sides = Sides(of);
        var widest = double.NegativeInfinity;
        for (var side = 0; side < sides; side++)
        {
            var (sin, cos) = Math.SinCos((of.AngleDeg + (360.0 / sides * side)) * Math.PI / 180);
            widest = Math.Max(widest, Along(a, b, dx, dy, cos, sin));
        }

        return widest;
    }

    private static double Along(in PhysicsPoint a, in PhysicsPoint b, double dx, double dy, double nx, double ny) =>
        (dx * nx) + (dy * ny) - Extent(a, nx, ny) - Extent(b, -nx, -ny);

    private static int Sides(in PhysicsPoint point) => point.IsOriented ? point.Symmetry switch { 2 or 4 => 4, 3 => 3, 6 => 6, _ => 0 } : 0;

    // How far an outline reaches in a direction.
    private static double Extent(in PhysicsPoint point, double nx, double ny)
    {
        var sides = Sides(point);
        if (sides == 0)
        {
            return Math.Sqrt(point.Major * point.Minor) / 2;
        }

        var (sin, cos) = Math.SinCos(point.AngleDeg * Math.PI / 180);
        var (u, v) = (Math.Abs((nx * cos) + (ny * sin)), Math.Abs((ny * cos) - (nx * sin)));
        if (sides == 4)
        {
            var (length, width) = point.Symmetry == 2 ? (point.Major / 2, point.Minor / 2) : ((point.Major + point.Minor) / 4, (point.Major + point.Minor) / 4);
            return (u * length) + (v * width);
        }

        var reach = Radius(point);
        var most = double.NegativeInfinity;
        for (var corner = 0; corner < sides; corner++)
        {
            var (s, c) = Math.SinCos((point.AngleDeg + (360.0 / sides * (corner + 0.5))) * Math.PI / 180);
            most = Math.Max(most, reach * ((nx * c) + (ny * s)));
        }

        return most;
    }
}
