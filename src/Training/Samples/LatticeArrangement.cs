using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.Training.Samples;

/// <summary>How a crystal lies.</summary>
internal sealed record LatticePlan
{
    /// <summary>Direction of the first cell vector, degrees.</summary>
    public required double DirectionDeg { get; init; }

    /// <summary>Angle between the cell vectors, degrees.</summary>
    public required double CellAngleDeg { get; init; }

    /// <summary>Free space between neighbours as a part of a particle's extent.</summary>
    public required double Gap { get; init; }

    /// <summary>Share of empty sites.</summary>
    public required double Vacancies { get; init; }

    /// <summary>Rms rotation about the lattice's direction, degrees.</summary>
    public required double TurnRmsDeg { get; init; }

    /// <summary>Distance of the free edge from the middle in sides of the field; beyond 1 there is none.</summary>
    public required double EdgeAt { get; init; }

    /// <summary>Draws a crystal that suits the particles.</summary>
    public static LatticePlan Draw(ParticleForm form, ref SimRandom random)
    {
        var hexagonal = form.Shape.Symmetry is 3 or 6 || (form.Shape.Symmetry == 0 && random.NextDouble() < 0.6);
        var angle = random.NextDouble() < 0.5 ? random.Uniform(88, 92) : random.Uniform(70, 90);
        return new LatticePlan
        {
            DirectionDeg = random.Uniform(0, 180),
            CellAngleDeg = hexagonal ? random.Uniform(59, 61) : angle,
            Gap = random.NextDouble() < 0.35 ? random.Uniform(0.001, 0.05) : 0.03 * Math.Pow(0.5 / 0.03, random.NextDouble()),
            Vacancies = random.NextDouble() < 0.2 ? random.Uniform(0.1, 0.3) : random.Uniform(0, 0.08),
            TurnRmsDeg = random.Uniform(0, 4),
            EdgeAt = random.NextDouble() < 0.45 ? 2 : random.Uniform(-0.25, 0.5),
        };
    }
}

/// <summary>Lays crystals: a lattice with vacancies, vibration and a free edge.</summary>
internal static class LatticeArrangement
{
    /// <summary>Lays one.</summary>
    /// <param name="plan">How.</param>
    /// <param name="forms">Of one kind; each site gets one of them.</param>
    /// <param name="size">Side of the field, px.</param>
    /// <param name="random">Advanced.</param>
    public static List<PlacedForm> Lay(LatticePlan plan, IReadOnlyList<ParticleForm> forms, int size, ref SimRandom random)
    {
        var sinCell = Math.Sin(plan.CellAngleDeg * Math.PI / 180);
        // Triangles leave corners free in any case: they are laid as if they were round.
        var triangle = forms[0].Shape.Symmetry == 3;
        var hexagonal = plan.CellAngleDeg < 65;
        var alongPx = triangle ? 1.8 * forms.Average(f => f.Shape.RadiusPx) : 2 * forms.Average(f => f.HalfU);
        var acrossPx = triangle || hexagonal ? alongPx : 2 * forms.Average(f => f.HalfV) / sinCell;
        var first = alongPx * (1 + plan.Gap);
        var second = acrossPx + (alongPx * Math.Min(plan.Gap, acrossPx / alongPx));
        if (hexagonal)
        {
            second = first;
        }

        var (s1, c1) = Math.SinCos(plan.DirectionDeg * Math.PI / 180);
        var (s2, c2) = Math.SinCos((plan.DirectionDeg + plan.CellAngleDeg) * Math.PI / 180);
        var (edgeSin, edgeCos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var middle = (size - 1) / 2.0;
        var originX = middle + (random.Uniform(-0.5, 0.5) * first);
        var originY = middle + (random.Uniform(-0.5, 0.5) * first);
        var wave = random.Uniform(0, 2 * Math.PI);
        // Neighbours vibrate within the room they have, and a little beyond.
        var shake = Math.Min(0.04 * Math.Min(first, second), (0.35 * plan.Gap * alongPx) + (0.01 * alongPx));
        var margin = forms.Max(f => f.Shape.RadiusPx);
        var reachFirst = (int)(1.6 * (size + (2 * margin)) / first) + 2;
        var reachSecond = (int)(1.6 * (size + (2 * margin)) / (second * sinCell)) + 2;
        var placed = new List<PlacedForm>();
        for (var j = -reachSecond; j <= reachSecond; j++)
        {
            for (var i = -reachFirst; i <= reachFirst; i++)
            {
                var x = originX + (i * first * c1) + (j * second * c2);
                var y = originY + (i * first * s1) + (j * second * s2);
                if (x < -margin || y < -margin || x > size + margin || y > size + margin || random.NextDouble() < plan.Vacancies)
                {
                    continue;
                }

                var outwards = ((x - middle) * edgeCos) + ((y - middle) * edgeSin);
                var along = ((y - middle) * edgeCos) - ((x - middle) * edgeSin);
                if (outwards > (size * plan.EdgeAt) + (0.3 * first * (random.NextNormal() + Math.Sin((along * 5 / size) + wave))))
                {
                    continue;
                }

                placed.Add(new PlacedForm(
                    forms[random.NextInt(forms.Count)],
                    x + (shake * random.NextNormal()),
                    y + (shake * random.NextNormal()),
                    plan.DirectionDeg + (plan.TurnRmsDeg * random.NextNormal())));
            }
        }

        return placed;
    }
}
