using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Two crystals of nanocubes one above the other; the second lies deeper, out of focus, and is turned against the first.</summary>
/// <remarks>Projected thicknesses add where they overlap; the second layer has the further blur <see cref="SceneDefaults.SecondLayerBlurPx"/>.</remarks>
public sealed class LayersScene : Scene
{
    private readonly VibratingCrystal _first;
    private readonly VibratingCrystal _second;
    private readonly CrystalPlan _firstPlan;
    private readonly CrystalPlan _secondPlan;
    private readonly List<Body> _bodies;

    /// <summary>Lays both crystals.</summary>
    public LayersScene(SceneSettings settings)
        : base(settings)
    {
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        _firstPlan = CrystalScene.DrawPlan(ref random, layer: 1, random.Uniform(0.15, 0.35));
        DemandCoarseness(_firstPlan.SideNm / settings.PixelSizeNm);
        _first = new VibratingCrystal(settings, _firstPlan, 0, ref random);
        // The same particles, turned by a few degrees up to half a right angle, on a cell of its own.
        _secondPlan = CrystalScene.DrawPlan(ref random, layer: 2, random.Uniform(0.1, 0.3)) with
        {
            SideNm = _firstPlan.SideNm,
            DirectionDeg = _firstPlan.DirectionDeg + random.Uniform(4, 45),
        };
        _second = new VibratingCrystal(settings, _secondPlan, _first.Bodies.Count, ref random);
        _bodies = [.. _first.Bodies, .. _second.Bodies];
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = CrystalScene.Defaults with { SecondLayerBlurPx = 2.2, LiquidThicknessNm = 200 };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["layer1"] = CrystalScene.FactsOf(_firstPlan, _first),
        ["layer2"] = CrystalScene.FactsOf(_secondPlan, _second),
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        _first.Advance(frames, ref random);
        _second.Advance(frames, ref random);
    }
}
