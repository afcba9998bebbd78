using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.Training.Samples;

/// <summary>A flat cuboid, longer than wide or square, with rounded or cut corners: a nanobar, or a truncated octahedron seen along an axis.</summary>
internal sealed class BarShape : ParticleShape
{
    private readonly double _halfLength;
    private readonly double _halfWidth;
    private readonly double _corner;
    private readonly double _cut;

    /// <summary>Creates the bar.</summary>
    /// <param name="lengthPx">Full length, px, at least the width.</param>
    /// <param name="widthPx">Full width, px.</param>
    /// <param name="cornerPx">Radius of the corners, px, at most half the width; 0 where they are cut.</param>
    /// <param name="cutPx">Length that a straight cut takes off both sides of a corner, px, at most half the width; 0 where they are round.</param>
    /// <param name="thicknessNm">Height along the beam.</param>
    public BarShape(double lengthPx, double widthPx, double cornerPx, double cutPx, double thicknessNm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(widthPx);
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthPx, widthPx);
        _halfLength = lengthPx / 2;
        _halfWidth = widthPx / 2;
        _cut = Math.Clamp(cutPx, 0, _halfWidth);
        _corner = _cut > 0 ? 0 : Math.Clamp(cornerPx, 0, _halfWidth);
        MaxThicknessNm = thicknessNm;
        RadiusPx = Math.Sqrt((_halfLength * _halfLength) + (_halfWidth * _halfWidth));
    }

    public override string Name => "bar";

    public override int Symmetry => _halfLength > _halfWidth ? 2 : 4;

    public override double AreaPx => (4 * _halfLength * _halfWidth) - ((4 - Math.PI) * _corner * _corner) - (2 * _cut * _cut);

    public override double MajorPx => 2 * _halfLength;

    public override double MinorPx => 2 * _halfWidth;

    public override double RadiusPx { get; }

    public override bool IsFlat => true;

    public override double MaxThicknessNm { get; }

    public override string CacheKey => $"bar/{Percent(_halfLength)}/{Percent(_halfWidth)}/{Percent(_corner)}/{Percent(_cut)}/{Percent(MaxThicknessNm)}";

    public override double Distance(double u, double v)
    {
        var x = Math.Abs(u) - _halfLength + _corner;
        var y = Math.Abs(v) - _halfWidth + _corner;
        var box = (x > 0 && y > 0 ? Math.Sqrt((x * x) + (y * y)) : Math.Max(x, y)) - _corner;
        return _cut > 0 ? Math.Max(box, (x + y + _cut) * Math.Sqrt(0.5)) : box;
    }

    public override double ThicknessNm(double distance) => distance <= 0 ? MaxThicknessNm : 0;

    public override ParticleShape Scaled(double factor) =>
        new BarShape(2 * _halfLength * factor, 2 * _halfWidth * factor, _corner * factor, _cut * factor, MaxThicknessNm);
}
