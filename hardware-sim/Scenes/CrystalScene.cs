using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>A single-layer crystal of nanocubes on a square or rhombic lattice, with vacancies and a free edge; each cube vibrates about its site.</summary>
/// <remarks>Spacing, side and vibration as in the published trajectories of gold nanocubes: a about 76 nm, angle 77 to 90 degrees, rms displacement
/// 3 to 5 % of a, remembered for about four frames (Ornstein-Uhlenbeck).</remarks>
public sealed class CrystalScene : Scene
{
    private readonly List<Body> _bodies = [];
    private readonly List<Site> _sites = [];
    private double _frames;

    /// <summary>Lays the crystal.</summary>
    public CrystalScene(SceneSettings settings)
        : base(settings)
    {
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        var pixel = settings.PixelSizeNm;
        SpacingNm = random.Uniform(74, 78);
        SecondSpacingNm = SpacingNm * random.Uniform(1.0, 1.03);
        // Half of the crystals are square, the others rhombic.
        CellAngleDeg = random.NextDouble() < 0.5 ? random.Uniform(88, 92) : random.Uniform(77, 84);
        DisplacementRmsNm = SpacingNm * random.Uniform(0.03, 0.05);
        RotationRmsDeg = random.Uniform(2, 4);
        var directionDeg = random.Uniform(0, 90);
        var sideNm = random.Uniform(50, 58);
        Lay(ref random, directionDeg, sideNm / pixel, sideNm);
        var axis = DisplacementRmsNm / pixel / Math.Sqrt(2);
        foreach (var site in _sites)
        {
            site.Dx = axis * random.NextNormal();
            site.Dy = axis * random.NextNormal();
            site.Turn = RotationRmsDeg * random.NextNormal();
        }

        Place();
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = new() { PixelSizeNm = 1.5, NominalThicknessNm = 54, Cnr = 2 };

    /// <summary>Length of the first cell vector, nm.</summary>
    public double SpacingNm { get; }

    /// <summary>Length of the second cell vector, nm.</summary>
    public double SecondSpacingNm { get; }

    /// <summary>Angle between them, degrees.</summary>
    public double CellAngleDeg { get; }

    /// <summary>Rms displacement about the site over both axes, nm.</summary>
    public double DisplacementRmsNm { get; }

    /// <summary>Rms rotation about the mean, degrees.</summary>
    public double RotationRmsDeg { get; }

    /// <summary>Frames over which a displacement is forgotten to 1/e.</summary>
    public static double MemoryFrames => 4;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["a1_nm"] = SpacingNm,
        ["a2_nm"] = SecondSpacingNm,
        ["cell_angle_deg"] = CellAngleDeg,
        ["displacement_rms_nm"] = DisplacementRmsNm,
        ["rotation_rms_deg"] = RotationRmsDeg,
        ["memory_frames"] = MemoryFrames,
        ["sites"] = _sites.Count,
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        _frames += frames;
        var keep = Math.Exp(-frames / MemoryFrames);
        var kick = Math.Sqrt(1 - (keep * keep));
        var axis = DisplacementRmsNm / Settings.PixelSizeNm / Math.Sqrt(2) * kick;
        var turn = RotationRmsDeg * kick;
        foreach (var site in _sites)
        {
            site.Dx = (site.Dx * keep) + (axis * random.NextNormal());
            site.Dy = (site.Dy * keep) + (axis * random.NextNormal());
            site.Turn = (site.Turn * keep) + (turn * random.NextNormal());
        }

        Place();
    }

    private void Lay(ref SimRandom random, double directionDeg, double sidePx, double sideNm)
    {
        var size = Settings.SizePx;
        var pixel = Settings.PixelSizeNm;
        var (s1, c1) = Math.SinCos(directionDeg * Math.PI / 180);
        var (s2, c2) = Math.SinCos((directionDeg + CellAngleDeg) * Math.PI / 180);
        var (ax, ay) = (SpacingNm / pixel * c1, SpacingNm / pixel * s1);
        var (bx, by) = (SecondSpacingNm / pixel * c2, SecondSpacingNm / pixel * s2);
        var (es, ec) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var edge = size * random.Uniform(0.25, 0.4);
        DemandCoarseness(sidePx);
        var middle = (size - 1) / 2.0;
        var originX = middle + random.Uniform(-0.5, 0.5) * ax;
        var originY = middle + random.Uniform(-0.5, 0.5) * by;
        var wave = random.Uniform(0, 2 * Math.PI);
        var reach = (int)(1.6 * size / (0.9 * SpacingNm / pixel)) + 2;
        for (var j = -reach; j <= reach; j++)
        {
            for (var i = -reach; i <= reach; i++)
            {
                var x = originX + (i * ax) + (j * bx);
                var y = originY + (i * ay) + (j * by);
                if (x < -sidePx || y < -sidePx || x > size + sidePx || y > size + sidePx)
                {
                    continue;
                }

                var out_ = ((x - middle) * ec) + ((y - middle) * es);
                var along = ((y - middle) * ec) - ((x - middle) * es);
                var rough = 0.35 * SpacingNm / pixel * Math.Sin((along * 5 / size) + wave);
                // Drawn for every lattice point, kept or not, so that one point's fate does not shift its neighbours'.
                var vacancy = random.NextDouble() < 0.03;
                var ragged = 0.4 * SpacingNm / pixel * random.NextNormal();
                var dispersion = 1 + (0.025 * random.NextNormal());
                var corner = random.Uniform(0.10, 0.22);
                if (vacancy || out_ > edge + rough + ragged)
                {
                    continue;
                }

                var half = 0.5 * sidePx * Math.Clamp(dispersion, 0.92, 1.08);
                _bodies.Add(new Body
                {
                    Id = _bodies.Count,
                    Shape = new PrismShape(4, half, sideNm * Math.Clamp(dispersion, 0.92, 1.08), corner * half),
                });
                _sites.Add(new Site { X = x, Y = y, AngleDeg = directionDeg });
            }
        }

        KeepAsMany(middle);
    }

    private void KeepAsMany(double middle)
    {
        if (Settings.Options.Particles is not { } wanted || wanted >= _sites.Count)
        {
            return;
        }

        var nearest = Enumerable.Range(0, _sites.Count)
            .OrderBy(i => Math.Pow(_sites[i].X - middle, 2) + Math.Pow(_sites[i].Y - middle, 2)).Take(wanted).Order().ToArray();
        var sites = nearest.Select(i => _sites[i]).ToArray();
        var shapes = nearest.Select(i => _bodies[i].Shape).ToArray();
        _sites.Clear();
        _bodies.Clear();
        for (var i = 0; i < sites.Length; i++)
        {
            _sites.Add(sites[i]);
            _bodies.Add(new Body { Id = i, Shape = shapes[i] });
        }
    }

    private void Place()
    {
        var middle = (Settings.SizePx - 1) / 2.0;
        var turnDeg = Settings.Options.RotationDegPerFrame * _frames;
        var (sin, cos) = Math.SinCos(turnDeg * Math.PI / 180);
        for (var i = 0; i < _sites.Count; i++)
        {
            var site = _sites[i];
            var x = site.X + site.Dx - middle;
            var y = site.Y + site.Dy - middle;
            _bodies[i].XPx = middle + (x * cos) - (y * sin);
            _bodies[i].YPx = middle + (x * sin) + (y * cos);
            _bodies[i].AngleDeg = site.AngleDeg + site.Turn + turnDeg;
        }
    }

    private sealed class Site
    {
        public double X { get; init; }

        public double Y { get; init; }

        public double AngleDeg { get; init; }

        public double Dx { get; set; }

        public double Dy { get; set; }

        public double Turn { get; set; }
    }
}
