namespace LiveLtem.Inference.Pose;

/// <summary>The particle shapes that are fitted; each has one rotational symmetry and one way to absorb.</summary>
internal enum ShapeKind
{
    /// <summary>Flat disc, n = 0.</summary>
    Disc,

    /// <summary>Sphere: absorbs by its chord length, n = 0.</summary>
    Sphere,

    /// <summary>Rod with round ends lying flat: absorbs by its chord length, n = 2.</summary>
    Rod,

    /// <summary>Flat rectangle, n = 2.</summary>
    Bar,

    /// <summary>Triangular prism standing on its face, n = 3.</summary>
    Triangle,

    /// <summary>Cube lying on a face, n = 4.</summary>
    Square,

    /// <summary>Hexagonal prism standing on its face, n = 6.</summary>
    Hexagon,

    /// <summary>Anything else, n = 1: measured by its moments instead of an edge model.</summary>
    Irregular,
}

/// <summary>Facts about a <see cref="ShapeKind"/>.</summary>
internal static class ShapeKinds
{
    /// <summary>Fold of the rotational symmetry.</summary>
    public static int Symmetry(this ShapeKind kind) => kind switch
    {
        ShapeKind.Disc or ShapeKind.Sphere => 0,
        ShapeKind.Rod or ShapeKind.Bar => 2,
        ShapeKind.Triangle => 3,
        ShapeKind.Square => 4,
        ShapeKind.Hexagon => 6,
        _ => 1,
    };

    /// <summary>Whether the shape has an orientation to fit.</summary>
    public static bool HasAngle(this ShapeKind kind) => kind is not (ShapeKind.Disc or ShapeKind.Sphere);

    /// <summary>Whether the shape has two lengths.</summary>
    public static bool IsLong(this ShapeKind kind) => kind is ShapeKind.Rod or ShapeKind.Bar;

    /// <summary>Whether it absorbs by chord length rather than evenly.</summary>
    public static bool IsRound(this ShapeKind kind) => kind is ShapeKind.Sphere or ShapeKind.Rod;
}

/// <summary>One particle as the fit sees it.</summary>
/// <param name="Kind">Its shape.</param>
/// <param name="X">Centre, px.</param>
/// <param name="Y">Centre, px.</param>
/// <param name="Angle">Radians from +x towards +y: normal of a facet, or the long axis.</param>
/// <param name="S1">Half-length of a long shape, apothem of a polygon, radius of a round one, px.</param>
/// <param name="S2">Half-width of a long shape, px; equals <paramref name="S1"/> for the others.</param>
/// <param name="Contrast">(background - particle) / background at its darkest; negative for bright particles.</param>
internal readonly record struct ShapePose(ShapeKind Kind, double X, double Y, double Angle, double S1, double S2, double Contrast)
{
    /// <summary>0 where layers are not told apart, else 1 or 2.</summary>
    public int Layer { get; init; }

    /// <summary>Area, px^2.</summary>
    public double Area => Kind switch
    {
        ShapeKind.Disc or ShapeKind.Sphere => Math.PI * S1 * S1,
        ShapeKind.Rod => (Math.PI * S2 * S2) + (4 * S2 * Math.Max(0, S1 - S2)),
        ShapeKind.Bar => 4 * S1 * S2,
        ShapeKind.Irregular => Math.PI * S1 * S2,
        _ => Sides * S1 * S1 * Math.Tan(Math.PI / Sides),
    };

    /// <summary>The longer full length, px: long axis, side of a square, diameter; of a triangle or hexagon its extent along a side.</summary>
    public double Major => Kind switch
    {
        ShapeKind.Triangle => 2 * Math.Sqrt(3) * S1,
        ShapeKind.Hexagon => 2 * Reach,
        _ => 2 * Math.Max(S1, S2),
    };

    /// <summary>The shorter full length, px: across the long axis; of a triangle or hexagon its extent along a facet's normal.</summary>
    public double Minor => Kind == ShapeKind.Triangle ? 3 * S1 : 2 * Math.Min(S1, S2);

    /// <summary>Largest distance of its outline from the centre, px.</summary>
    public double Reach => Kind switch
    {
        ShapeKind.Triangle or ShapeKind.Square or ShapeKind.Hexagon => S1 / Math.Cos(Math.PI / Sides),
        ShapeKind.Bar => Math.Sqrt((S1 * S1) + (S2 * S2)),
        _ => Math.Max(S1, S2),
    };

    /// <summary>Corners of a polygon.</summary>
    public int Sides => Kind switch { ShapeKind.Triangle => 3, ShapeKind.Hexagon => 6, _ => 4 };
}

/// <summary>A box of pixels of the frame.</summary>
/// <param name="X0">First column, may be negative.</param>
/// <param name="Y0">First row, may be negative.</param>
/// <param name="Width">Columns, a multiple of the vector length.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct FitBox(int X0, int Y0, int Width, int Height)
{
    /// <summary>Pixels.</summary>
    public int Count => Width * Height;

    /// <summary>Whether two boxes share pixels.</summary>
    public bool Meets(in FitBox other) =>
        X0 < other.X0 + other.Width && other.X0 < X0 + Width && Y0 < other.Y0 + other.Height && other.Y0 < Y0 + Height;

    /// <summary>The box around a shape with a margin of background.</summary>
    public static FitBox Around(in ShapePose pose, double margin)
    {
        double ex, ey;
        if (pose.Kind.IsLong())
        {
            var (sin, cos) = Math.SinCos(pose.Angle);
            if (pose.Kind == ShapeKind.Bar)
            {
                ex = Math.Abs(cos * pose.S1) + Math.Abs(sin * pose.S2);
                ey = Math.Abs(sin * pose.S1) + Math.Abs(cos * pose.S2);
            }
            else
            {
                ex = Math.Abs(cos * (pose.S1 - pose.S2)) + pose.S2;
                ey = Math.Abs(sin * (pose.S1 - pose.S2)) + pose.S2;
            }
        }
        else if (pose.Kind == ShapeKind.Square)
        {
            var (sin, cos) = Math.SinCos(pose.Angle);
            ex = ey = pose.S1 * (Math.Abs(cos) + Math.Abs(sin));
        }
        else
        {
            ex = ey = pose.Reach;
        }

        var x0 = (int)Math.Floor(pose.X - ex - margin);
        var y0 = (int)Math.Floor(pose.Y - ey - margin);
        var x1 = (int)Math.Ceiling(pose.X + ex + margin);
        var y1 = (int)Math.Ceiling(pose.Y + ey + margin);
        var width = (x1 - x0 + 1 + 7) / 8 * 8;
        return new FitBox(x0, y0, width, y1 - y0 + 1);
    }
}
