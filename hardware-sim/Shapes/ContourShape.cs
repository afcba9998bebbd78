using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.HardwareSim.Shapes;

/// <summary>A flat particle with a smooth random outline; n = 1.</summary>
/// <remarks>The outline is r(phi) = r0 (1 + sum a_k cos(k phi + p_k)), seen from a point within; its frame is put where the convention for
/// n = 1 wants it: origin at the centre of area, u along the major axis of inertia in the direction of the third moment.</remarks>
public sealed class ContourShape : ParticleShape
{
    private readonly double _radius;
    private readonly (double Amplitude, double Phase)[] _waves;
    private readonly Canonical _frame;
    private readonly double _sin;
    private readonly double _cos;
    private readonly double _slope;

    /// <summary>Draws a particle.</summary>
    /// <param name="radiusPx">Mean radius, px.</param>
    /// <param name="thicknessNm">Thickness, nm.</param>
    /// <param name="roughness">Rms of r / r0 - 1: 0.1 to 0.2 looks like a nanoparticle that grew too fast.</param>
    /// <param name="random">Advanced.</param>
    public ContourShape(double radiusPx, double thicknessNm, double roughness, ref SimRandom random)
        : this(radiusPx, thicknessNm, Draw(roughness, ref random))
    {
    }

    private ContourShape(double radiusPx, double thicknessNm, (double Amplitude, double Phase)[] waves)
    {
        _radius = radiusPx;
        _waves = waves;
        MaxThicknessNm = thicknessNm;
        var steepest = _waves.Select((w, k) => w.Amplitude * (k + 2)).Sum();
        // A radial gap of d is at least d / sqrt(1 + (r'/r)^2) away.
        _slope = 1 / Math.Sqrt(1 + (steepest * steepest));
        var reach = radiusPx * (1 + _waves.Sum(w => w.Amplitude));
        _frame = Canonical.Of(Raw, reach);
        (_sin, _cos) = Math.SinCos(_frame.Angle);
    }

    /// <inheritdoc/>
    public override string Name => "irregular";

    /// <inheritdoc/>
    public override int Symmetry => 1;

    /// <inheritdoc/>
    public override double AreaPx => _frame.AreaPx;

    /// <inheritdoc/>
    public override double MajorPx => Math.Max(_frame.AlongPx, _frame.AcrossPx);

    /// <inheritdoc/>
    public override double MinorPx => Math.Min(_frame.AlongPx, _frame.AcrossPx);

    /// <inheritdoc/>
    public override double RadiusPx => _frame.ReachPx;

    /// <inheritdoc/>
    public override bool IsFlat => true;

    /// <inheritdoc/>
    public override double MaxThicknessNm { get; }

    /// <inheritdoc/>
    public override string CacheKey =>
        $"contour/{Percent(_radius)}/{Percent(MaxThicknessNm)}/{string.Join('/', _waves.Select(w => $"{Math.Round(w.Amplitude * 50)},{Math.Round(w.Phase * 8)}"))}";

    /// <inheritdoc/>
    public override double Distance(double u, double v) =>
        Raw(_frame.CentreU + (u * _cos) - (v * _sin), _frame.CentreV + (u * _sin) + (v * _cos));

    /// <inheritdoc/>
    public override double ThicknessNm(double distance) => distance <= 0 ? MaxThicknessNm : 0;

    /// <inheritdoc/>
    public override ParticleShape Scaled(double factor) => new ContourShape(_radius * factor, MaxThicknessNm, _waves);

    private static (double, double)[] Draw(double roughness, ref SimRandom random)
    {
        // Waves 2 to 5, falling: the first only shifts the particle, higher ones are not seen.
        var waves = new (double, double)[4];
        for (var k = 0; k < waves.Length; k++)
        {
            waves[k] = (roughness * Math.Sqrt(2) * (0.5 + random.NextDouble()) / (k + 1.5), random.Uniform(0, 2 * Math.PI));
        }

        return waves;
    }

    private double Raw(double u, double v)
    {
        var phi = Math.Atan2(v, u);
        var radius = 1.0;
        for (var k = 0; k < _waves.Length; k++)
        {
            radius += _waves[k].Amplitude * Math.Cos(((k + 2) * phi) + _waves[k].Phase);
        }

        return (Math.Sqrt((u * u) + (v * v)) - (_radius * radius)) * _slope;
    }
}
