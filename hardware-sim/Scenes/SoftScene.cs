using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Macromolecules in a thin liquid: chains of domains, of low contrast, that switch between compact, bent and extended states.</summary>
/// <remarks>States follow a Markov chain; <see cref="SceneSettings.Cnr"/> is that of the thickest domain.</remarks>
public sealed class SoftScene : Scene
{
    /// <summary>Chance to leave a state, a frame.</summary>
    public const double SwitchPerFrame = 0.02;

    // Bend from domain to domain, degrees, and the state's name, by the number of states; each set from compact to extended.
    private static readonly (string Name, double BendDeg)[][] Sets =
    [
        [("bent", 38)],
        [("compact", 84), ("extended", 6)],
        [("compact", 84), ("bent", 38), ("extended", 6)],
        [("compact", 84), ("curled", 58), ("bent", 32), ("extended", 6)],
    ];

    private readonly (string Name, double BendDeg)[] _states;
    private const double StepPx = 0.7;
    private const double TurnDeg = 1.5;
    private readonly List<Body> _bodies = [];
    private readonly List<BlobShape[]> _forms = [];
    private SimRandom _switching;

    /// <summary>Places the molecules apart.</summary>
    public SoftScene(SceneSettings settings)
        : base(settings)
    {
        var scale = settings.Options.MoleculeScale;
        DemandCoarseness(6 * scale / settings.PixelSizeNm);
        _states = Sets[(settings.Options.States ?? 3) - 1];
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        _switching = new SimRandom(settings.Options.Seed, Streams.Shape);
        var size = settings.SizePx;
        var pixel = settings.PixelSizeNm;
        var wanted = settings.Options.Particles ?? Math.Max(1, (int)(Math.Pow(size * pixel, 2) / (2700 * scale * scale)));
        var apart = 32 * scale / pixel;
        for (var i = 0; i < wanted; i++)
        {
            var body = new Body { Id = i, Shape = new RodShape(8, 8, pixel), State = random.NextInt(_states.Length), AngleDeg = random.Uniform(0, 360) };
            var placed = false;
            for (var attempt = 0; attempt < 500 && !placed; attempt++)
            {
                body.XPx = random.Uniform(0, size);
                body.YPx = random.Uniform(0, size);
                placed = _bodies.TrueForAll(b => Math.Pow(b.XPx - body.XPx, 2) + Math.Pow(b.YPx - body.YPx, 2) > apart * apart);
            }

            if (!placed)
            {
                break;
            }

            // With the usual size every draw is as it was before sizes could be chosen.
            var own = scale * (settings.Options.MoleculeSpread > 0 ? 1 + (settings.Options.MoleculeSpread * random.Uniform(-1, 1)) : 1);
            var forms = Forms(pixel / own, ref random);
            _forms.Add(forms);
            body.Shape = forms[body.State.Value];
            _bodies.Add(body);
        }
    }

    /// <summary>Defaults of this scene: thin windows (graphene), thin liquid, and particles hardly denser than water.</summary>
    public static SceneDefaults Defaults { get; } = new()
    {
        PixelSizeNm = 0.5,
        NominalThicknessNm = 9,
        Cnr = 0.5,
        ParticleMeanFreePathNm = 95,
        LiquidThicknessNm = 40,
        WindowThicknessNm = 0,
        LensBlurPx = 1.3,
        LiquidUnevenness = 0.03,
        DirtPer512 = 3,
        DriftPxPerFrame = 0.05,
    };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["molecules"] = _bodies.Count,
        ["states"] = _states.Select(state => state.Name).ToArray(),
        ["leave_state_per_frame"] = SwitchPerFrame,
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void BeginFrame(long number)
    {
        for (var i = 0; i < _bodies.Count && number > 0; i++)
        {
            if (_states.Length > 1 && _switching.NextDouble() < SwitchPerFrame)
            {
                _bodies[i].State = (_bodies[i].State + 1 + _switching.NextInt(_states.Length - 1)) % _states.Length;
                _bodies[i].Shape = _forms[i][_bodies[i].State!.Value];
            }
        }
    }

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        var scale = Math.Sqrt(frames);
        foreach (var body in _bodies)
        {
            body.XPx += StepPx * scale * random.NextNormal();
            body.YPx += StepPx * scale * random.NextNormal();
            body.AngleDeg += TurnDeg * scale * random.NextNormal();
        }
    }

    // The same five domains, their chain curled up, bent or straight.
    private BlobShape[] Forms(double pixel, ref SimRandom random)
    {
        var radii = new double[5];
        for (var i = 0; i < radii.Length; i++)
        {
            radii[i] = random.Uniform(2.6, 3.6) * (i == 0 ? 1.35 : 1) / pixel;
        }

        var wobble = random.Uniform(-12, 12);
        var forms = new BlobShape[_states.Length];
        for (var state = 0; state < forms.Length; state++)
        {
            var bend = _states[state].BendDeg + wobble;
            var discs = new List<(double, double, double)>();
            double u = 0, v = 0, direction = 0;
            for (var i = 0; i < radii.Length; i++)
            {
                discs.Add((u, v, radii[i]));
                var length = (radii[i] + radii[Math.Min(i + 1, radii.Length - 1)]) * 0.8;
                u += length * Math.Cos(direction * Math.PI / 180);
                v += length * Math.Sin(direction * Math.PI / 180);
                direction += bend;
            }

            forms[state] = new BlobShape(discs, 9, 2 / pixel);
        }

        return forms;
    }
}
