using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Cubes and rods that dissolve: facets and corners, sides and ends each recede at a rate of their own.</summary>
/// <remarks>Facet and corner: distance from the centre. Side and end: half-width and half-length. Rates are nm/s, positive when shrinking, the
/// same through the movie. A cube of half side h and corner radius r has its corner at sqrt(2) h - (sqrt(2) - 1) r.</remarks>
public sealed class EtchingScene : Scene
{
    private const double StepPx = 0.5;
    private const double TurnDeg = 0.8;
    private const double SmallestPx = 3;
    private readonly List<Crystallite> _all = [];
    private readonly List<Body> _bodies = [];
    private double _frames;

    /// <summary>Places the particles on a loose grid, so that none meets another.</summary>
    public EtchingScene(SceneSettings settings)
        : base(settings)
    {
        DemandCoarseness(24 / settings.PixelSizeNm);
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        var pixel = settings.PixelSizeNm;
        var field = settings.SizePx * pixel;
        var perSide = settings.Options.Particles is { } wanted ? (int)Math.Ceiling(Math.Sqrt(wanted)) : Math.Max(1, (int)(field / 118));
        var places = Enumerable.Range(0, perSide * perSide).Take(settings.Options.Particles ?? int.MaxValue);
        FacetRateNmPerS = random.Uniform(0.5, 0.9);
        CornerRateNmPerS = FacetRateNmPerS * random.Uniform(1.3, 1.8);
        SideRateNmPerS = random.Uniform(0.25, 0.45);
        EndRateNmPerS = SideRateNmPerS * random.Uniform(1.5, 2.5);
        foreach (var place in places)
        {
            var spread = Math.Clamp(1 + (0.06 * random.NextNormal()), 0.85, 1.15);
            var rate = Math.Clamp(1 + (0.08 * random.NextNormal()), 0.75, 1.25);
            var cube = random.NextDouble() < 0.5;
            var size = (cube ? 60 : random.Uniform(30, 36)) * spread;
            var crystallite = new Crystallite
            {
                Cube = cube,
                HalfWidthNm = size / 2,
                HalfLengthNm = cube ? size / 2 : size * random.Uniform(1.1, 1.5),
                CornerRadiusNm = random.Uniform(0.12, 0.2) * size / 2,
                Rate = rate,
                Body = new Body { Id = place, Shape = new RodShape(8, 8, pixel) },
            };
            var cell = (double)settings.SizePx / perSide;
            crystallite.Body.XPx = (((place % perSide) + 0.5) * cell) + (random.Uniform(-0.06, 0.06) * cell);
            crystallite.Body.YPx = (((place / perSide) + 0.5) * cell) + (random.Uniform(-0.06, 0.06) * cell);
            crystallite.Body.AngleDeg = random.Uniform(0, 360);
            _all.Add(crystallite);
        }

        Etch();
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = new() { PixelSizeNm = 0.9, NominalThicknessNm = 60, Cnr = 2, LensBlurPx = 1.1, DriftPxPerFrame = 0.03 };

    /// <summary>Mean rate at which a cube's facets recede from its centre, nm/s.</summary>
    public double FacetRateNmPerS { get; }

    /// <summary>Mean rate at which a cube's corners recede from its centre, nm/s.</summary>
    public double CornerRateNmPerS { get; }

    /// <summary>Mean rate of a rod's half-width, nm/s.</summary>
    public double SideRateNmPerS { get; }

    /// <summary>Mean rate of a rod's half-length, nm/s.</summary>
    public double EndRateNmPerS { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["facet_rate_nm_s"] = FacetRateNmPerS * Median(cube: true),
        ["corner_rate_nm_s"] = CornerRateNmPerS * Median(cube: true),
        ["side_rate_nm_s"] = SideRateNmPerS * Median(cube: false),
        ["end_rate_nm_s"] = EndRateNmPerS * Median(cube: false),
        ["rate_factor_by_body"] = _all.ConvertAll(c => c.Rate),
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        _frames += frames;
        var scale = Math.Sqrt(frames);
        foreach (var crystallite in _all)
        {
            crystallite.Body.XPx += StepPx * scale * random.NextNormal();
            crystallite.Body.YPx += StepPx * scale * random.NextNormal();
            crystallite.Body.AngleDeg += TurnDeg * scale * random.NextNormal();
        }

        Etch();
    }

    private double Median(bool cube)
    {
        var rates = _all.Where(c => c.Cube == cube).Select(c => c.Rate).Order().ToArray();
        return rates.Length == 0 ? 1 : 0.5 * (rates[(rates.Length - 1) / 2] + rates[rates.Length / 2]);
    }

    private void Etch()
    {
        var time = _frames * Settings.Options.FrameTimeS;
        _bodies.Clear();
        foreach (var crystallite in _all)
        {
            if (Shape(crystallite, time * crystallite.Rate) is { } shape)
            {
                crystallite.Body.Shape = shape;
                _bodies.Add(crystallite.Body);
            }
        }
    }

    // Null once it is gone.
    private ParticleShape? Shape(Crystallite c, double time)
    {
        var pixel = Settings.PixelSizeNm;
        if (c.Cube)
        {
            var half = c.HalfWidthNm - (FacetRateNmPerS * time);
            var corner = (Math.Sqrt(2) * c.HalfWidthNm) - ((Math.Sqrt(2) - 1) * c.CornerRadiusNm) - (CornerRateNmPerS * time);
            var radius = Math.Clamp(((Math.Sqrt(2) * half) - corner) / (Math.Sqrt(2) - 1), 0, half);
            return half / pixel < SmallestPx ? null : new PrismShape(4, half / pixel, 2 * half, radius / pixel);
        }

        var width = 2 * (c.HalfWidthNm - (SideRateNmPerS * time));
        var length = Math.Max(2 * (c.HalfLengthNm - (EndRateNmPerS * time)), width);
        return width / 2 / pixel < SmallestPx ? null : new RodShape(length / pixel, width / pixel, pixel);
    }

    private sealed class Crystallite
    {
        public required Body Body { get; init; }

        public required bool Cube { get; init; }

        public required double HalfWidthNm { get; init; }

        public required double HalfLengthNm { get; init; }

        public required double CornerRadiusNm { get; init; }

        public required double Rate { get; init; }
    }
}
