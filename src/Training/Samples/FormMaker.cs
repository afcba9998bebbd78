using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.Training.Samples;

/// <summary>Kinds of particle in training scenes.</summary>
internal enum FormKind
{
    /// <summary>A square prism, its corners a little round.</summary>
    Cube,

    /// <summary>A square with strongly rounded or cut corners.</summary>
    Truncated,

    /// <summary>A square with hollow sides.</summary>
    ConcaveCube,

    /// <summary>A triangular prism.</summary>
    Triangle,

    /// <summary>A hexagonal prism.</summary>
    Hexagon,

    /// <summary>A spherocylinder.</summary>
    Rod,

    /// <summary>A rectangular prism.</summary>
    Bar,

    /// <summary>A sphere.</summary>
    Sphere,

    /// <summary>A round plate.</summary>
    Disc,

    /// <summary>An oval plate.</summary>
    Ellipse,

    /// <summary>A plate with five to eight corners, even or not.</summary>
    Polygon,

    /// <summary>A random smooth outline.</summary>
    Irregular,
}

/// <summary>Draws populations of particles: one kind or several, of one size with a spread.</summary>
internal static class FormMaker
{
    private const int Variants = 8;

    private static readonly (FormKind Kind, double Weight)[] Weights =
    [
        (FormKind.Cube, 0.26), (FormKind.Truncated, 0.08), (FormKind.ConcaveCube, 0.07), (FormKind.Triangle, 0.11), (FormKind.Hexagon, 0.10),
        (FormKind.Rod, 0.22), (FormKind.Bar, 0.08), (FormKind.Sphere, 0.07), (FormKind.Disc, 0.04), (FormKind.Ellipse, 0.05),
        (FormKind.Polygon, 0.04), (FormKind.Irregular, 0.05),
    ];

    /// <summary>One kind of them.</summary>
    public static FormKind DrawKind(ref SimRandom random)
    {
        var at = random.NextDouble() * Weights.Sum(w => w.Weight);
        foreach (var (kind, weight) in Weights)
        {
            at -= weight;
            if (at < 0)
            {
                return kind;
            }
        }

        return FormKind.Cube;
    }

    /// <summary>Shapes of one kind and nearly one size.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="minorPx">Typical shorter full length, px.</param>
    /// <param name="spread">Relative rms of the size.</param>
    /// <param name="random">Advanced.</param>
    /// <param name="thickness">Typical greatest thickness in units of the scene.</param>
    /// <returns>Several variants.</returns>
    public static List<ParticleForm> Population(FormKind kind, double minorPx, double spread, ref SimRandom random, double thickness = 1)
    {
        // What the kind has in common: how round, how long.
        var style = random.NextDouble();
        var elongation = 1.3 * Math.Pow(5 / 1.3, random.NextDouble());
        var cut = random.NextDouble() < 0.5;
        var thicker = random.NextDouble() < 0.5 ? 0.0 : 1.0;
        var uneven = random.NextDouble() < 0.7 ? 0.03 : 0.12;
        var forms = new List<ParticleForm>();
        for (var i = 0; i < Variants; i++)
        {
            var factor = Math.Clamp(1 + (spread * random.NextNormal()), 0.7, 1.4);
            var minor = Math.Max(6, minorPx * factor);
            var own = thickness * Math.Clamp(1 + (thicker * (factor - 1)) + (uneven * random.NextNormal()), 0.6, 1.5);
            var shape = Shape(kind, minor, own, Math.Clamp(style + (0.1 * random.NextNormal()), 0, 1), elongation * (1 + (0.1 * random.NextDouble())), cut, ref random);
            forms.Add(new ParticleForm(shape));
        }

        return forms;
    }

    private static ParticleShape Shape(FormKind kind, double minor, double thickness, double style, double elongation, bool cut, ref SimRandom random)
    {
        var half = minor / 2;
        return kind switch
        {
            FormKind.Cube => new PrismShape(4, half, thickness, 0.35 * style * half),
            FormKind.Truncated => cut
                ? new BarShape(minor, minor, 0, (0.25 + (0.4 * style)) * half, thickness)
                : new PrismShape(4, half, thickness, (0.4 + (0.4 * style)) * half),
            FormKind.ConcaveCube => new PrismShape(4, half, thickness, 0, (0.06 + (0.18 * style)) * half),
            // Its shorter length is three times the distance from the centre to a side.
            FormKind.Triangle => new PrismShape(3, minor / 3, thickness, 0.45 * style * minor / 3),
            FormKind.Hexagon => new PrismShape(6, half, thickness, 0.4 * style * half),
            FormKind.Rod => new RodShape(minor * elongation, minor, 1, thickness),
            FormKind.Bar => new BarShape(minor * Math.Min(elongation, 4), minor, 0.6 * style * half, 0, thickness),
            FormKind.Sphere => new RodShape(minor, minor, 1, thickness),
            // A prism whose corners are as round as can be.
            FormKind.Disc => new PrismShape(6, half, thickness, half),
            FormKind.Ellipse => RadialShape.Ellipse(minor, thickness, Math.Min(elongation, 2.5)),
            // Pentagons are multiply twinned particles, octagons truncated cubes; the uneven ones are neither.
            FormKind.Polygon => RadialShape.Polygon(minor, thickness, 5 + (int)(style * 3.99), cut ? 0.02 : 0.25, ref random),
            _ => RadialShape.Irregular(minor, thickness, 0.05 + (0.12 * style), ref random),
        };
    }
}
