using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>What floats in a free scene.</summary>
public enum FreeMix
{
    /// <summary>Cubes, rods and spheres.</summary>
    CubesRodsSpheres,

    /// <summary>Triangular and hexagonal prisms, concave cubes and irregular particles.</summary>
    PrismsAndIrregular,
}

/// <summary>Free nanocubes, rods and spheres: Brownian, with contacts side by side, passings over one another, entries and exits.</summary>
/// <remarks>Moves by Metropolis steps: a step that would make bodies of one level overlap is refused, one that parts a pair in contact is
/// taken with probability exp(-<see cref="ContactKt"/>). A sixth of the bodies float at a second level and pass over the others.</remarks>
public sealed class FreeScene : Scene
{
    private const double ContactGapPx = 2.5;
    private readonly List<Body> _bodies = [];
    private readonly List<double> _mobility = [];
    private readonly double _margin;
    private readonly FreeMix _mix;

    /// <summary>Places the bodies.</summary>
    public FreeScene(SceneSettings settings, FreeMix mix)
        : base(settings)
    {
        _mix = mix;
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        _margin = 70 / settings.PixelSizeNm;
        DemandCoarseness(20 / settings.PixelSizeNm);
        var domain = settings.SizePx + (2 * _margin);
        // Wanted is the number seen in the field; more are waiting outside.
        var fieldNm2 = Math.Pow(settings.SizePx * settings.PixelSizeNm, 2);
        var wanted = settings.Options.Particles ?? Math.Clamp((int)Math.Round(fieldNm2 * 8.5e-5), 1, 3000);
        var total = (int)Math.Round(wanted * Math.Pow(domain / settings.SizePx, 2));
        for (var i = 0; i < total; i++)
        {
            Add(ref random);
        }
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = new()
    {
        PixelSizeNm = 1.2,
        NominalThicknessNm = 45,
        Cnr = 1.6,
        DirtPer512 = 12,
        DriftPxPerFrame = 0.08,
        SubExposures = 3,
        LiquidUnevenness = 0.09,
    };

    /// <summary>Energy that a contact is worth, kT.</summary>
    public static double ContactKt => 2;

    /// <summary>Rms step a frame and axis of a particle of 40 × 40 px, px.</summary>
    public static double StepPx => 1.1;

    /// <summary>Rms turn a frame of a particle of 40 × 40 px, degrees.</summary>
    public static double TurnDeg => 2.5;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["bodies"] = _bodies.Count,
        ["contact_kT"] = ContactKt,
        ["step_rms_px_of_40px_particle"] = StepPx,
        ["turn_rms_deg_of_40px_particle"] = TurnDeg,
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        // Steps of at most a third of a frame keep bodies from jumping through each other.
        var steps = Math.Max(1, (int)Math.Ceiling(frames * 3));
        var scale = Math.Sqrt(frames / steps);
        for (var step = 0; step < steps; step++)
        {
            var grid = new BodyGrid(_bodies, 2 * Reach());
            for (var i = 0; i < _bodies.Count; i++)
            {
                Move(i, scale, grid, ref random);
            }
        }
    }

    private double Reach() => _bodies.Count == 0 ? 1 : _bodies.Max(b => b.Shape.RadiusPx) + (ContactGapPx / 2);

    private void Move(int i, double scale, BodyGrid grid, ref SimRandom random)
    {
        var body = _bodies[i];
        var small = _mobility[i];
        var dx = StepPx * small * scale * random.NextNormal();
        var dy = StepPx * small * scale * random.NextNormal();
        var turn = TurnDeg * Math.Pow(small, 1.5) * scale * random.NextNormal();
        var luck = random.NextDouble();
        var before = Neighbours(i, body.XPx, body.YPx, body.AngleDeg, grid);
        var after = Neighbours(i, body.XPx + dx, body.YPx + dy, body.AngleDeg + turn, grid);
        if (after < 0 || (after < before && luck > Math.Exp(-ContactKt * (before - after))))
        {
            return;
        }

        body.XPx += dx;
        body.YPx += dy;
        body.AngleDeg += turn;
        Wrap(i, grid);
        grid.Moved(i);
    }

    // Number of contacts at a place, or -1 where it would overlap.
    private int Neighbours(int i, double x, double y, double angle, BodyGrid grid)
    {
        var placed = new PlacedShape(_bodies[i].Shape, x, y, angle);
        var contacts = 0;
        foreach (var j in grid.Near(x, y))
        {
            if (j == i || _bodies[j].Level != _bodies[i].Level)
            {
                continue;
            }

            var other = new PlacedShape(_bodies[j].Shape, _bodies[j].XPx, _bodies[j].YPx, _bodies[j].AngleDeg);
            var gap = Contacts.Gap(placed, other, ContactGapPx);
            if (gap < 0.3)
            {
                return -1;
            }

            contacts += gap < ContactGapPx ? 1 : 0;
        }

        return contacts;
    }

    // Who leaves the domain, unseen, comes back at the other side as somebody else.
    private void Wrap(int i, BodyGrid grid)
    {
        var body = _bodies[i];
        var (driftX, driftY) = Drift(NextNumber, 0);
        var domain = Settings.SizePx + (2 * _margin);
        var x = Fold(body.XPx + driftX + _margin, domain) - _margin - driftX;
        var y = Fold(body.YPx + driftY + _margin, domain) - _margin - driftY;
        if ((x != body.XPx || y != body.YPx) && Neighbours(i, x, y, body.AngleDeg, grid) >= 0)
        {
            body.XPx = x;
            body.YPx = y;
        }
    }

    private static double Fold(double value, double period)
    {
        if (value < 0)
        {
            return value + period;
        }

        return value > period ? value - period : value;
    }

    private void Add(ref SimRandom random)
    {
        var shape = _mix == FreeMix.CubesRodsSpheres ? CubeRodOrSphere(ref random) : PrismOrIrregular(ref random);
        _bodies.Add(new Body { Id = _bodies.Count, Shape = shape, Level = random.NextDouble() < 1.0 / 6 ? 1 : 0 });
        _mobility.Add(Math.Min(2, 40 / Math.Sqrt(shape.AreaPx)));
        Settle(_bodies.Count - 1, ref random);
    }

    private ParticleShape CubeRodOrSphere(ref SimRandom random)
    {
        var pixel = Settings.PixelSizeNm;
        var kind = random.NextDouble();
        var spread = Math.Clamp(1 + (0.06 * random.NextNormal()), 0.85, 1.15);
        if (kind < 0.4)
        {
            var side = 45 * spread;
            return new PrismShape(4, side / 2 / pixel, side, random.Uniform(0.1, 0.25) * side / 2 / pixel);
        }

        if (kind < 0.75)
        {
            var width = random.Uniform(24, 30) * spread;
            return new RodShape(width * random.Uniform(2.2, 3.4) / pixel, width / pixel, pixel);
        }

        var diameter = 42 * spread;
        return new RodShape(diameter / pixel, diameter / pixel, pixel);
    }

    private ParticleShape PrismOrIrregular(ref SimRandom random)
    {
        var pixel = Settings.PixelSizeNm;
        var kind = random.NextDouble();
        var half = 23 * Math.Clamp(1 + (0.06 * random.NextNormal()), 0.85, 1.15) / pixel;
        var corner = random.Uniform(0.1, 0.25);
        return kind switch
        {
            < 0.3 => new PrismShape(3, half * 0.8, 35, corner * half),
            < 0.6 => new PrismShape(6, half, 35, corner * half),
            < 0.75 => new PrismShape(4, half, 45, 0.1 * half, 0.15 * half),
            _ => new ContourShape(half, 35, 0.15, ref random),
        };
    }

    private void Settle(int i, ref SimRandom random)
    {
        var body = _bodies[i];
        var domain = Settings.SizePx + (2 * _margin);
        var grid = new BodyGrid(_bodies[..i], 2 * Reach());
        // A third of them start in contact with somebody, as dried-down or aggregated particles do.
        var beside = i > 0 && random.NextDouble() < 0.33;
        for (var attempt = 0; attempt < 400; attempt++)
        {
            double x;
            double y;
            var angle = random.Uniform(0, 360);
            if (beside && attempt < 100)
            {
                var other = random.NextInt(i);
                var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
                if (random.NextDouble() < 0.7)
                {
                    // Face to face.
                    angle = _bodies[other].AngleDeg;
                    (sin, cos) = Math.SinCos((angle + (90 * random.NextInt(4))) * Math.PI / 180);
                }

                var distance = _bodies[other].Shape.MinorPx / 2;
                do
                {
                    distance += 0.5;
                    x = _bodies[other].XPx + (distance * cos);
                    y = _bodies[other].YPx + (distance * sin);
                }
                while (distance < 400 && Overlaps(i, other, x, y, angle));
            }
            else
            {
                x = random.Uniform(-_margin, domain - _margin);
                y = random.Uniform(-_margin, domain - _margin);
            }

            if (Neighbours(i, x, y, angle, grid) >= 0)
            {
                body.XPx = x;
                body.YPx = y;
                body.AngleDeg = angle;
                return;
            }
        }

        // No room left: the field is as full as it gets.
        _bodies.RemoveAt(i);
        _mobility.RemoveAt(i);
    }

    private bool Overlaps(int i, int j, double x, double y, double angle)
    {
        var a = new PlacedShape(_bodies[i].Shape, x, y, angle);
        var b = new PlacedShape(_bodies[j].Shape, _bodies[j].XPx, _bodies[j].YPx, _bodies[j].AngleDeg);
        return Contacts.Gap(a, b, ContactGapPx) < 0.3;
    }
}
