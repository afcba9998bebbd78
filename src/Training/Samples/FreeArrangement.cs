using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.Training.Samples;

/// <summary>How free particles lie.</summary>
internal sealed record FreePlan
{
    /// <summary>Share of the field that they cover if there is room.</summary>
    public required double Coverage { get; init; }

    /// <summary>Share of them that is put against another one.</summary>
    public double Touching { get; init; }

    /// <summary>Share of them that floats at another height and passes over the others.</summary>
    public double Passing { get; init; }

    /// <summary>Heights in all.</summary>
    public int Levels { get; init; } = 2;
}

/// <summary>Lays free particles: alone, against one another in chains and clumps, and over one another.</summary>
internal static class FreeArrangement
{
    private const int MaxParticles = 260;

    // Where two centres are nearer than this part of the smaller width, nobody could tell that there are two.
    private const double SameCentre = 0.3;

    /// <summary>Lays them.</summary>
    /// <param name="plan">How.</param>
    /// <param name="forms">Each as likely as the other.</param>
    /// <param name="size">Side of the field, px; they lie around it too, so that its border cuts some.</param>
    /// <param name="random">Advanced.</param>
    public static List<PlacedForm> Lay(FreePlan plan, IReadOnlyList<ParticleForm> forms, int size, ref SimRandom random)
    {
        var placed = new List<PlacedForm>();
        var margin = forms.Max(f => f.Shape.RadiusPx);
        var domain = size + (2 * margin);
        var wanted = plan.Coverage * domain * domain;
        var covered = 0.0;
        var failures = 0;
        while (covered < wanted && failures < 25 && placed.Count < MaxParticles)
        {
            var form = forms[random.NextInt(forms.Count)];
            if (TryPlace(plan, form, placed, margin, domain, ref random))
            {
                covered += form.AreaPx;
            }
            else
            {
                failures++;
            }
        }

        return placed;
    }

    private static bool TryPlace(FreePlan plan, ParticleForm form, List<PlacedForm> placed, double margin, double domain, ref SimRandom random)
    {
        var level = random.NextDouble() < plan.Passing ? 1 + random.NextInt(plan.Levels - 1) : 0;
        for (var attempt = 0; attempt < 12; attempt++)
        {
            PlacedForm candidate;
            if (placed.Count > 0 && level == 0 && random.NextDouble() < plan.Touching)
            {
                candidate = Beside(form, placed[random.NextInt(placed.Count)], ref random);
            }
            else if (placed.Count > 0 && level > 0 && random.NextDouble() < 0.7)
            {
                candidate = Over(form, placed[random.NextInt(placed.Count)], level, ref random);
            }
            else
            {
                candidate = new PlacedForm(
                    form, random.Uniform(-margin, domain - margin), random.Uniform(-margin, domain - margin), random.Uniform(0, 360), level);
            }

            if (candidate.XPx > -margin && candidate.YPx > -margin && candidate.XPx < domain - margin && candidate.YPx < domain - margin
                && Fits(candidate, placed))
            {
                placed.Add(candidate);
                return true;
            }
        }

        return false;
    }

    // Moved in along a ray until the gap is what was drawn: steps no longer than the gap cannot jump into the other.
    private static PlacedForm Beside(ParticleForm form, PlacedForm other, ref SimRandom random)
    {
        var way = random.NextDouble();
        var angle = random.Uniform(0, 360);
        var direction = random.Uniform(0, 360);
        var slide = 0.0;
        if (way < 0.6)
        {
            // Face to face: facets along the same direction, often shifted along the face.
            var fold = other.Form.Shape.Symmetry is var n && n >= 2 ? n : 1;
            direction = other.AngleDeg + (360.0 / (fold == 2 ? 4 : fold) * random.NextInt(fold == 2 ? 4 : fold));
            angle = form.Shape.Symmetry == 3 ? direction + 180 : direction + (form.Shape.Symmetry == 2 ? 90 * random.NextInt(2) : 0);
            angle += 3 * random.NextNormal();
            slide = random.NextDouble() < 0.5 ? random.Uniform(-0.45, 0.45) * form.Shape.MinorPx : 0;
        }
        else if (way < 0.8)
        {
            // A corner against a face.
            direction = other.AngleDeg + (90 * random.NextInt(4));
            angle = direction + 45;
        }

        var gap = random.NextDouble() < 0.5 ? random.Uniform(0, 0.6) : random.Uniform(0.6, 2.2);
        var (sin, cos) = Math.SinCos(direction * Math.PI / 180);
        var far = other.Form.Shape.RadiusPx + form.Shape.RadiusPx + 2;
        var distance = far + 2;
        var target = other.Placed;
        for (var step = 0; step < 24; step++)
        {
            var at = new PlacedShape(
                form.Shape, other.XPx + (distance * cos) - (slide * sin), other.YPx + (distance * sin) + (slide * cos), angle);
            var excess = Contacts.Gap(at, target, far) - gap;
            if (excess < 0.05)
            {
                break;
            }

            distance -= excess;
        }

        return new PlacedForm(form, other.XPx + (distance * cos) - (slide * sin), other.YPx + (distance * sin) + (slide * cos), angle);
    }

    private static PlacedForm Over(ParticleForm form, PlacedForm other, int level, ref SimRandom random)
    {
        var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var distance = random.Uniform(SameCentre, 1.1) * 0.5 * (form.Shape.MinorPx + other.Form.Shape.MinorPx);
        return new PlacedForm(form, other.XPx + (distance * cos), other.YPx + (distance * sin), random.Uniform(0, 360), level);
    }

    private static bool Fits(in PlacedForm candidate, List<PlacedForm> placed)
    {
        var shape = candidate.Placed;
        foreach (var other in placed)
        {
            var dx = other.XPx - candidate.XPx;
            var dy = other.YPx - candidate.YPx;
            var near = SameCentre * Math.Min(other.Form.Shape.MinorPx, candidate.Form.Shape.MinorPx);
            if ((dx * dx) + (dy * dy) < near * near || (other.Level == candidate.Level && Contacts.Gap(shape, other.Placed, 1) < -0.1))
            {
                return false;
            }
        }

        return true;
    }
}
