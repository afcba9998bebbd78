using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.Training.Samples;

/// <summary>A flat particle whose outline is a radius by direction, from a table: irregular ones, ellipses, pentagons and other polygons.</summary>
/// <remarks>Quick to make and to draw, unlike <see cref="ContourShape"/>; its origin need not be its centre of area.</remarks>
internal sealed class RadialShape : ParticleShape
{
    private const int Directions = 256;
    private readonly double[] _radius = new double[Directions + 1];
    private readonly double[] _slope = new double[Directions + 1];

    private RadialShape(Func<double, double> outline, double minorPx, double thicknessNm)
    {
        MaxThicknessNm = thicknessNm;
        for (var i = 0; i <= Directions; i++)
        {
            _radius[i] = outline(2 * Math.PI * (i % Directions) / Directions);
        }

        // As large as it should be: its least width over all directions is the shorter length.
        var (least, most) = Widths();
        var scale = minorPx / least;
        for (var i = 0; i <= Directions; i++)
        {
            _radius[i] *= scale;
            RadiusPx = Math.Max(RadiusPx, _radius[i]);
        }

        for (var i = 0; i <= Directions; i++)
        {
            // A radial gap of d is about d / sqrt(1 + (r'/r)^2) away.
            var rise = (_radius[(i + 1) % Directions] - _radius[(i + Directions - 1) % Directions]) / (4 * Math.PI / Directions) / _radius[i];
            _slope[i] = 1 / Math.Sqrt(1 + (rise * rise));
            AreaPx += i < Directions ? 0.5 * _radius[i] * _radius[i] * 2 * Math.PI / Directions : 0;
        }

        MinorPx = minorPx;
        MajorPx = most * scale;
    }

    public override string Name => "irregular";

    public override int Symmetry => 1;

    public override double AreaPx { get; }

    public override double MajorPx { get; }

    public override double MinorPx { get; }

    public override double RadiusPx { get; }

    public override bool IsFlat => true;

    public override double MaxThicknessNm { get; }

    public override string CacheKey => $"radial/{Percent(MinorPx)}/{Percent(MajorPx)}/{Percent(AreaPx)}/{Percent(MaxThicknessNm)}";

    /// <summary>A smooth random outline.</summary>
    /// <param name="minorPx">Shorter full length.</param>
    /// <param name="thickness">Thickness.</param>
    /// <param name="roughness">Rms of r / r0 - 1.</param>
    /// <param name="random">Advanced.</param>
    public static RadialShape Irregular(double minorPx, double thickness, double roughness, ref SimRandom random)
    {
        // Waves 2 to 6, falling: the first only shifts the particle.
        var waves = new (double Amplitude, double Phase)[5];
        for (var k = 0; k < waves.Length; k++)
        {
            waves[k] = (roughness * Math.Sqrt(2) * (0.5 + random.NextDouble()) / (k + 1.5), random.Uniform(0, 2 * Math.PI));
        }

        return new RadialShape(
            phi =>
            {
                var radius = 1.0;
                for (var k = 0; k < waves.Length; k++)
                {
                    radius += waves[k].Amplitude * Math.Cos(((k + 2) * phi) + waves[k].Phase);
                }

                return Math.Max(0.3, radius);
            },
            minorPx,
            thickness);
    }

    /// <summary>An ellipse.</summary>
    public static RadialShape Ellipse(double minorPx, double thickness, double elongation) =>
        new(phi => 1 / Math.Sqrt(Square(Math.Cos(phi) / elongation) + Square(Math.Sin(phi))), minorPx, thickness);

    /// <summary>A regular polygon, or one whose corners lie at uneven angles, as a twinned crystal's do.</summary>
    /// <param name="minorPx">Shorter full length.</param>
    /// <param name="thickness">Thickness.</param>
    /// <param name="corners">From 4.</param>
    /// <param name="uneven">0 for a regular one, to 0.3.</param>
    /// <param name="random">Advanced.</param>
    public static RadialShape Polygon(double minorPx, double thickness, int corners, double uneven, ref SimRandom random)
    {
        var normals = new (double Angle, double Distance)[corners];
        for (var k = 0; k < corners; k++)
        {
            normals[k] = ((k + (uneven * random.Uniform(-1, 1))) * 2 * Math.PI / corners, 1 + (0.5 * uneven * random.Uniform(-1, 1)));
        }

        return new RadialShape(phi => normals.Min(n => Math.Cos(phi - n.Angle) is var c && c > 0.05 ? n.Distance / c : 20), minorPx, thickness);
    }

    public override double Distance(double u, double v)
    {
        var at = Math.Atan2(v, u) * (Directions / (2 * Math.PI));
        at = at < 0 ? at + Directions : at;
        var i = Math.Min((int)at, Directions - 1);
        var part = at - i;
        var radius = _radius[i] + (part * (_radius[i + 1] - _radius[i]));
        return (Math.Sqrt((u * u) + (v * v)) - radius) * (_slope[i] + (part * (_slope[i + 1] - _slope[i])));
    }

    public override double ThicknessNm(double distance) => distance <= 0 ? MaxThicknessNm : 0;

    public override ParticleShape Scaled(double factor)
    {
        var radius = _radius;
        return new RadialShape(phi => radius[(int)Math.Round(phi * Directions / (2 * Math.PI)) % Directions], MinorPx * factor, MaxThicknessNm);
    }

    private (double Least, double Most) Widths()
    {
        const int every = 4;
        double least = double.PositiveInfinity, most = 0;
        for (var k = 0; k < Directions / 2; k += every)
        {
            double front = 0, back = 0;
            for (var i = 0; i < Directions; i += 2)
            {
                var along = _radius[i] * Math.Cos(2 * Math.PI * (i - k) / Directions);
                front = Math.Max(front, along);
                back = Math.Min(back, along);
            }

            least = Math.Min(least, front - back);
            most = Math.Max(most, front - back);
        }

        return (least, most);
    }

    private static double Square(double value) => value * value;
}
