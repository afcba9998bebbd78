namespace LiveLtem.HardwareSim.Shapes;

/// <summary>A spherocylinder lying in the plane, or a sphere where length and width are equal; its thickness is the chord along the beam.</summary>
public sealed class RodShape : ParticleShape
{
    private readonly double _halfCore;
    private readonly double _radius;
    private readonly double _heightNm;

    /// <summary>Creates the rod.</summary>
    /// <param name="lengthPx">Full length with both caps, px, at least the width.</param>
    /// <param name="widthPx">Diameter, px.</param>
    /// <param name="pixelSizeNm">Makes the chord a thickness: the widest chord is the diameter.</param>
    /// <param name="heightNm">Thickness on the axis, nm, where it is not the diameter.</param>
    public RodShape(double lengthPx, double widthPx, double pixelSizeNm, double? heightNm = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(widthPx);
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthPx, widthPx);
        MajorPx = lengthPx;
        MinorPx = widthPx;
        _radius = widthPx / 2;
        _halfCore = (lengthPx - widthPx) / 2;
        _heightNm = heightNm ?? widthPx * pixelSizeNm;
    }

    /// <inheritdoc/>
    public override string Name => _halfCore > 0 ? "rod" : "sphere";

    /// <inheritdoc/>
    public override int Symmetry => _halfCore > 0 ? 2 : 0;

    /// <inheritdoc/>
    public override double AreaPx => (Math.PI * _radius * _radius) + (4 * _halfCore * _radius);

    /// <inheritdoc/>
    public override double MajorPx { get; }

    /// <inheritdoc/>
    public override double MinorPx { get; }

    /// <inheritdoc/>
    public override double RadiusPx => _halfCore + _radius;

    /// <inheritdoc/>
    public override bool IsFlat => false;

    /// <inheritdoc/>
    public override double MaxThicknessNm => _heightNm;

    /// <inheritdoc/>
    public override string CacheKey => $"rod/{Percent(MajorPx)}/{Percent(MinorPx)}/{Percent(_heightNm)}";

    /// <inheritdoc/>
    public override double Distance(double u, double v)
    {
        var beyond = Math.Max(0, Math.Abs(u) - _halfCore);
        return Math.Sqrt((beyond * beyond) + (v * v)) - _radius;
    }

    /// <inheritdoc/>
    public override double ThicknessNm(double distance)
    {
        // The chord at r from the axis: 2 sqrt(R^2 - r^2), with r = R + distance.
        var inside = -distance * (distance + (2 * _radius));
        return inside > 0 ? _heightNm * Math.Sqrt(inside) / _radius : 0;
    }

    /// <inheritdoc/>
    public override ParticleShape Scaled(double factor) => new RodShape(MajorPx * factor, MinorPx * factor, 1, _heightNm);
}
