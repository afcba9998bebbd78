using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>A single-layer crystal of nanocubes on a square or rhombic lattice, with vacancies and a free edge; each cube vibrates about its site.</summary>
/// <remarks>Spacing, side and vibration as in the published trajectories of gold nanocubes: a about 76 nm, angle 77 to 90 degrees, rms displacement
/// 3 to 5 % of a, remembered for about four frames (Ornstein-Uhlenbeck).</remarks>
public class CrystalScene : Scene
{
    private readonly VibratingCrystal _crystal;

    /// <summary>Lays the crystal.</summary>
    public CrystalScene(SceneSettings settings)
        : base(settings)
    {
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        Plan = DrawPlan(ref random, layer: 0, random.Uniform(0.25, 0.4));
        DemandCoarseness(Plan.SideNm / settings.PixelSizeNm);
        _crystal = new VibratingCrystal(settings, Plan, 0, ref random);
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = new() { PixelSizeNm = 1.5, NominalThicknessNm = 54, Cnr = 2 };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => FactsOf(Plan, _crystal);

    /// <summary>How the crystal lies and moves.</summary>
    internal CrystalPlan Plan { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _crystal.Bodies;

    /// <summary>Draws a crystal of nanocubes as they are seen.</summary>
    internal static CrystalPlan DrawPlan(ref SimRandom random, int layer, double edgeAt)
    {
        var spacing = random.Uniform(74, 78);
        return new CrystalPlan
        {
            SpacingNm = spacing,
            SecondSpacingNm = spacing * random.Uniform(1.0, 1.03),
            // Half of the crystals are square, the others rhombic.
            CellAngleDeg = random.NextDouble() < 0.5 ? random.Uniform(88, 92) : random.Uniform(77, 84),
            DisplacementRmsNm = spacing * random.Uniform(0.03, 0.05),
            RotationRmsDeg = random.Uniform(2, 4),
            DirectionDeg = random.Uniform(0, 90),
            SideNm = random.Uniform(50, 58),
            EdgeAt = edgeAt,
            Layer = layer,
        };
    }

    /// <summary>A crystal's figures for <c>scene.json</c>.</summary>
    internal static Dictionary<string, object> FactsOf(CrystalPlan plan, VibratingCrystal crystal) => new()
    {
        ["a1_nm"] = plan.SpacingNm,
        ["a2_nm"] = plan.SecondSpacingNm,
        ["cell_angle_deg"] = plan.CellAngleDeg,
        ["direction_deg"] = plan.DirectionDeg,
        ["side_nm"] = plan.SideNm,
        ["displacement_rms_nm"] = plan.DisplacementRmsNm,
        ["rotation_rms_deg"] = plan.RotationRmsDeg,
        ["memory_frames"] = plan.MemoryFrames,
        ["particles"] = crystal.Bodies.Count,
    };

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random) => _crystal.Advance(frames, ref random);
}
