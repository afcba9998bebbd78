namespace LiveLtem.HardwareSim.Shapes;

/// <summary>A regular prism lying flat: triangle, square (a cube) or hexagon, with rounded corners and, if wanted, hollow sides.</summary>
/// <remarks>Its angle is the outward normal of a facet, which is +u here. Full lengths: for the square its side both ways; for the others the
/// extent of the sharp-cornered polygon along a facet's normal and across it.</remarks>
public sealed class PrismShape : ParticleShape
{
    private readonly double[] _normals;
    private readonly double _innerHalfSide;

    /// <summary>Creates the prism.</summary>
    /// <param name="symmetry">3, 4 or 6.</param>
    /// <param name="inradiusPx">Centre to facet, px: half the side of a square.</param>
    /// <param name="thicknessNm">Height along the beam, nm.</param>
    /// <param name="cornerRadiusPx">Radius of the rounded corners, px, from 0 to the inradius.</param>
    /// <param name="hollowPx">How far the middle of a facet lies inside the straight side, px (concave cubes); 0 for flat sides.</param>
    public PrismShape(int symmetry, double inradiusPx, double thicknessNm, double cornerRadiusPx = 0, double hollowPx = 0)
    {
        if (symmetry is not (3 or 4 or 6))
        {
            throw new ArgumentOutOfRangeException(nameof(symmetry), symmetry, "a prism has 3, 4 or 6 sides");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inradiusPx);
        Symmetry = symmetry;
        InradiusPx = inradiusPx;
        MaxThicknessNm = thicknessNm;
        CornerRadiusPx = Math.Clamp(cornerRadiusPx, 0, inradiusPx);
        HollowPx = hollowPx;
        _normals = new double[2 * symmetry];
        for (var i = 0; i < symmetry; i++)
        {
            (_normals[(2 * i) + 1], _normals[2 * i]) = Math.SinCos(2 * Math.PI * i / symmetry);
        }

        var tan = Math.Tan(Math.PI / symmetry);
        _innerHalfSide = (inradiusPx - CornerRadiusPx) * tan;
        var sharp = symmetry * tan;
        // A parabola over each side takes two thirds of its depth times the side away; the rounding takes the corners.
        AreaPx = (sharp * inradiusPx * inradiusPx) - ((sharp - Math.PI) * CornerRadiusPx * CornerRadiusPx)
            - (symmetry * (2.0 / 3) * hollowPx * 2 * inradiusPx * tan);
        RadiusPx = ((inradiusPx - CornerRadiusPx) / Math.Cos(Math.PI / symmetry)) + CornerRadiusPx;
        var along = symmetry == 3 ? 3 * inradiusPx : 2 * inradiusPx;
        var across = symmetry switch { 3 => 2 * inradiusPx * tan, 6 => 2 * inradiusPx / Math.Cos(Math.PI / 6), _ => 2 * inradiusPx };
        MajorPx = Math.Max(along, across);
        MinorPx = Math.Min(along, across);
    }

    /// <inheritdoc/>
    public override string Name => Symmetry switch { 3 => "triangle", 4 => HollowPx > 0 ? "concave-cube" : "cube", _ => "hexagon" };

    /// <inheritdoc/>
    public override int Symmetry { get; }

    /// <summary>Centre to facet, px.</summary>
    public double InradiusPx { get; }

    /// <summary>Radius of the rounded corners, px.</summary>
    public double CornerRadiusPx { get; }

    /// <summary>Depth of the hollow sides, px.</summary>
    public double HollowPx { get; }

    /// <summary>Centre to the tip of a (rounded) corner, px.</summary>
    public double CornerDistancePx => RadiusPx;

    /// <inheritdoc/>
    public override double AreaPx { get; }

    /// <inheritdoc/>
    public override double MajorPx { get; }

    /// <inheritdoc/>
    public override double MinorPx { get; }

    /// <inheritdoc/>
    public override double RadiusPx { get; }

    /// <inheritdoc/>
    public override bool IsFlat => true;

    /// <inheritdoc/>
    public override double MaxThicknessNm { get; }

    /// <inheritdoc/>
    public override string CacheKey =>
        $"prism{Symmetry}/{Percent(InradiusPx)}/{Math.Round(20 * CornerRadiusPx / InradiusPx)}/{Math.Round(20 * HollowPx / InradiusPx)}/{Percent(MaxThicknessNm)}";

    /// <inheritdoc/>
    public override double Distance(double u, double v)
    {
        var (best, along) = Symmetry == 4 ? NearestOfSquare(u, v) : NearestFacet(u, v);

        if (HollowPx > 0)
        {
            // Half of the distance to the parabola is surely not too much: its slope stays below 1 for the hollows used.
            var t = along / (InradiusPx * Math.Tan(Math.PI / Symmetry));
            var hollow = best - InradiusPx + (HollowPx * Math.Max(0, 1 - (t * t)));
            return Math.Max(0.5 * hollow, best - InradiusPx);
        }

        var inner = best - (InradiusPx - CornerRadiusPx);
        var beyond = Math.Abs(along) - _innerHalfSide;
        return (inner > 0 && beyond > 0 ? Math.Sqrt((inner * inner) + (beyond * beyond)) : inner) - CornerRadiusPx;
    }

    /// <inheritdoc/>
    public override double ThicknessNm(double distance) => distance <= 0 ? MaxThicknessNm : 0;

    /// <inheritdoc/>
    public override ParticleShape Scaled(double factor) =>
        new PrismShape(Symmetry, InradiusPx * factor, MaxThicknessNm, CornerRadiusPx * factor, HollowPx * factor);

    // How far out along the normal of the nearest facet, and how far along that facet from its middle.
    private static (double Out, double Along) NearestOfSquare(double u, double v)
    {
        u = Math.Abs(u);
        v = Math.Abs(v);
        return u > v ? (u, v) : (v, u);
    }

    private (double Out, double Along) NearestFacet(double u, double v)
    {
        var best = double.NegativeInfinity;
        var along = 0.0;
        for (var i = 0; i < _normals.Length; i += 2)
        {
            var d = (u * _normals[i]) + (v * _normals[i + 1]);
            if (d > best)
            {
                best = d;
                along = (v * _normals[i]) - (u * _normals[i + 1]);
            }
        }

        return (best, along);
    }
}
