using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.Training.Samples;

/// <summary>How the lens sees one layer.</summary>
/// <param name="BlurPx">Gaussian blur in focus, px.</param>
/// <param name="ExtraBlurPx">Further blur by its depth, px, in quadrature.</param>
/// <param name="Fringe">Height of the first Fresnel fringe as a part of the step; below 0 with the other sign of defocus.</param>
/// <param name="FringePx">Its width, px.</param>
internal readonly record struct LayerOptics(double BlurPx, double ExtraBlurPx, double Fringe, double FringePx)
{
    /// <summary>Blur in all, px.</summary>
    public double TotalBlurPx => Math.Sqrt((BlurPx * BlurPx) + (ExtraBlurPx * ExtraBlurPx));
}

/// <summary>One layer of a scene before it is drawn as a picture.</summary>
internal sealed class LayerDraw
{
    /// <summary>With less further blur than this nothing tells which of two layers is which, px.</summary>
    public const double OrderedBlurPx = 0.35;

    // A particle with less than this in all, contrast-to-noise times the root of its area, is not seen by anyone.
    private const double VisibleSnr = 7.5;

    // The same for the line between two neighbours of a crystal.
    private const double VisibleLineSnr = 3.5;

    /// <summary>Mean poses.</summary>
    public required List<PlacedForm> Particles { get; init; }

    /// <summary>Contrast of a typical particle, averaged over its area.</summary>
    public required double Contrast { get; init; }

    /// <summary>Typical shorter length, px.</summary>
    public required double MinorPx { get; init; }

    /// <summary>With less contrast-to-noise than this nobody sees its particles one by one.</summary>
    public required double VisibleCnr { get; init; }

    /// <summary>Attenuation for a thickness of 1.</summary>
    public required double AttenuationPerNm { get; init; }

    /// <summary>Positions that a moving particle is drawn at.</summary>
    public required int SubExposures { get; init; }

    /// <summary>The lens.</summary>
    public required LayerOptics Optics { get; init; }

    /// <summary>A scene with a single layer.</summary>
    public static LayerDraw One(int size, ref SimRandom random)
    {
        var minor = random.NextDouble() < 0.75 ? LogUniform(12, 40, ref random) : LogUniform(8, 64, ref random);
        var particles = random.NextDouble() switch
        {
            < 0.05 => Few(size, minor, ref random),
            < 0.33 => Crystal(size, minor, FormMaker.DrawKind(ref random), null, ref random),
            _ => Free(size, minor, ref random),
        };
        var contrast = random.NextDouble() < 0.7 ? random.Uniform(0.15, 0.75) : LogUniform(0.05, 0.9, ref random);
        return Finish(particles, minor, contrast, DrawOptics(minor, 0, ref random), ref random);
    }

    /// <summary>A scene with two layers, the sharper first.</summary>
    public static LayerDraw[] Two(int size, ref SimRandom random)
    {
        var minor = random.NextDouble() < 0.8 ? LogUniform(18, 38, ref random) : LogUniform(12, 48, ref random);
        var second = random.NextDouble() < 0.7 ? minor : Math.Clamp(minor * LogUniform(0.6, 1.6, ref random), 11, 50);
        var way = random.NextDouble();
        var kind = random.NextDouble() < 0.5 ? FormKind.Cube : FormMaker.DrawKind(ref random);
        var direction = random.Uniform(0, 180);
        var other = direction + random.Uniform(4, 45);
        var otherKind = random.NextDouble() < 0.7 ? kind : FormMaker.DrawKind(ref random);
        var first = way < 0.7 ? Crystal(size, minor, kind, direction, ref random) : Free(size, minor, ref random, thin: true);
        var below = way is < 0.6 or (> 0.7 and < 0.8)
            ? Crystal(size, second, otherKind, other, ref random)
            : Free(size, second, ref random, thin: true);
        var only = random.NextDouble();
        if (only < 0.08)
        {
            (only < 0.04 ? first : below).Particles.Clear();
        }

        // One layer of still higher contrast would hide the other.
        var contrast = random.NextDouble() < 0.8 ? random.Uniform(0.15, 0.7) : LogUniform(0.06, 0.75, ref random);
        var extra = random.NextDouble() switch
        {
            < 0.1 => random.Uniform(0, 0.3),
            < 0.8 => random.Uniform(0.8, 2.5),
            _ => LogUniform(0.4, 4, ref random),
        };
        extra = Math.Min(extra, 0.16 * second);
        var optics = DrawOptics(Math.Min(minor, second), 0, ref random);
        var differs = Math.Clamp(contrast * random.Uniform(0.75, 1.3), 0.05, 0.8);
        return
        [
            Finish(first, minor, contrast, optics, ref random),
            Finish(below, second, random.NextDouble() < 0.5 ? contrast : differs, optics with { ExtraBlurPx = extra }, ref random),
        ];
    }

    private static Laid Crystal(
        int size, double minor, FormKind kind, double? directionDeg, ref SimRandom random)
    {
        var forms = FormMaker.Population(kind, minor, random.Uniform(0.01, 0.06), ref random);
        var plan = LatticePlan.Draw(forms[0], ref random);
        if (directionDeg is { } direction)
        {
            plan = plan with
            {
                DirectionDeg = direction,
                EdgeAt = random.NextDouble() < 0.4 ? 2 : random.Uniform(-0.1, 0.5),
                // Two dense crystals one above the other leave no background to see either against.
                Gap = random.NextDouble() < 0.8 ? random.Uniform(0.18, 0.6) : plan.Gap,
            };
        }

        var placed = LatticeArrangement.Lay(plan, forms, size, ref random);
        // The lines between them, a gap wide and a side long, must come out of the noise, if only by their regularity.
        var line = Math.Max(0.4, 2 * plan.Gap * forms[0].HalfU) * minor;
        return new Laid(placed, forms, Math.Max(VisibleAt(forms), VisibleLineSnr / Math.Sqrt(line)));
    }

    private static Laid Free(int size, double minor, ref SimRandom random, bool thin = false)
    {
        var forms = FormMaker.Population(FormMaker.DrawKind(ref random), minor, random.Uniform(0.02, 0.15), ref random);
        if (random.NextDouble() < 0.45)
        {
            for (var more = 1 + random.NextInt(2); more > 0; more--)
            {
                var size2 = Math.Clamp(minor * LogUniform(0.65, 1.5, ref random), 8, 64);
                var thickness = random.NextDouble() < 0.5 ? size2 / minor : random.Uniform(0.45, 1.4);
                forms.AddRange(FormMaker.Population(FormMaker.DrawKind(ref random), size2, random.Uniform(0.02, 0.12), ref random, thickness));
            }
        }

        var plan = new FreePlan
        {
            Coverage = random.Uniform(0.04, 0.6),
            Touching = random.NextDouble() < 0.7 ? random.Uniform(0.3, 0.95) : 0,
            Passing = random.NextDouble() < (thin ? 0.1 : 0.35) ? random.Uniform(0.05, 0.4) : 0,
            Levels = random.NextDouble() < 0.25 ? 4 : 2,
        };
        return new Laid(FreeArrangement.Lay(plan, forms, size, ref random), forms, VisibleAt(forms));
    }

    private static Laid Few(int size, double minor, ref SimRandom random)
    {
        var forms = FormMaker.Population(FormMaker.DrawKind(ref random), minor, 0.1, ref random);
        var placed = FreeArrangement.Lay(new FreePlan { Coverage = 0.02 }, forms, size, ref random);
        if (random.NextDouble() < 0.6)
        {
            placed.Clear();
        }

        return new Laid(placed, forms, VisibleAt(forms));
    }

    private static LayerDraw Finish(Laid laid, double minor, double contrast, LayerOptics optics, ref SimRandom random)
    {
        var (particles, forms, visible) = laid;
        var moving = random.NextDouble() < 0.35;
        var way = random.Uniform(0.02, 0.15) * minor;
        var together = random.Uniform(0, 2 * Math.PI);
        // Particles of one picture go each its own way, or with the stage.
        var drift = random.NextDouble() < 0.3;
        for (var i = 0; i < particles.Count && moving; i++)
        {
            var (sin, cos) = Math.SinCos(drift ? together : random.Uniform(0, 2 * Math.PI));
            var length = way * (drift ? 1 : random.NextDouble());
            particles[i] = particles[i] with { MoveXPx = length * cos, MoveYPx = length * sin };
        }

        var thickness = forms.Average(f => f.MeanThicknessNm);
        return new LayerDraw
        {
            Particles = particles,
            Contrast = contrast,
            MinorPx = minor,
            VisibleCnr = visible,
            AttenuationPerNm = -Math.Log(1 - contrast) / thickness,
            SubExposures = !moving ? 1 : way < 2 ? 2 : 3,
            Optics = optics,
        };
    }

    private static LayerOptics DrawOptics(double minor, double extra, ref SimRandom random)
    {
        var blur = Math.Min(LogUniform(0.25, 2.5, ref random), 0.1 * minor);
        var fringed = random.NextDouble() < 0.2;
        var fringe = random.Uniform(0.15, 0.8) * (random.NextDouble() < 0.75 ? 1 : -0.5);
        var width = random.Uniform(0.8, 2.5) + blur;
        return new LayerOptics(blur, extra, fringed ? fringe : 0, width);
    }

    // By the faintest form: contrast goes by thickness.
    private static double VisibleAt(List<ParticleForm> forms)
    {
        var typical = forms.Average(f => f.MeanThicknessNm);
        return VisibleSnr / forms.Min(f => Math.Sqrt(f.AreaPx) * Math.Min(1, f.MeanThicknessNm / typical));
    }

    private sealed record Laid(List<PlacedForm> Particles, List<ParticleForm> Forms, double VisibleCnr);

    private static double LogUniform(double low, double high, ref SimRandom random) => low * Math.Pow(high / low, random.NextDouble());
}
