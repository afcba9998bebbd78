using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>How a crystal of cubes lies and moves.</summary>
internal sealed record CrystalPlan
{
    /// <summary>Length of the first cell vector, nm.</summary>
    public required double SpacingNm { get; init; }

    /// <summary>Length of the second cell vector, nm.</summary>
    public required double SecondSpacingNm { get; init; }

    /// <summary>Angle between them, degrees.</summary>
    public required double CellAngleDeg { get; init; }

    /// <summary>Direction of the first cell vector and of the cubes' facets, degrees.</summary>
    public required double DirectionDeg { get; init; }

    /// <summary>Side of a cube, nm.</summary>
    public required double SideNm { get; init; }

    /// <summary>Rms displacement about the site over both axes, nm.</summary>
    public required double DisplacementRmsNm { get; init; }

    /// <summary>Rms rotation about the mean, degrees.</summary>
    public required double RotationRmsDeg { get; init; }

    /// <summary>Frames over which a displacement is forgotten to 1/e.</summary>
    public double MemoryFrames { get; init; } = 4;

    /// <summary>Fraction of empty sites.</summary>
    public double Vacancies { get; init; } = 0.03;

    /// <summary>Distance of the free edge from the middle of the field, in sides of the field.</summary>
    public required double EdgeAt { get; init; }

    /// <summary>0 for a single layer, else 1 or 2.</summary>
    public int Layer { get; init; }
}

/// <summary>Cubes on a lattice, each an Ornstein-Uhlenbeck oscillator about its site.</summary>
internal sealed class VibratingCrystal
{
    private readonly SceneSettings _settings;
    private readonly CrystalPlan _plan;
    private readonly List<Site> _sites = [];
    private readonly List<Body> _bodies = [];
    private double _frames;

    public VibratingCrystal(SceneSettings settings, CrystalPlan plan, int firstId, ref SimRandom random)
    {
        _settings = settings;
        _plan = plan;
        Lay(firstId, ref random);
        var axis = AxisRmsPx;
        foreach (var site in _sites)
        {
            site.Dx = axis * random.NextNormal();
            site.Dy = axis * random.NextNormal();
            site.Turn = plan.RotationRmsDeg * random.NextNormal();
        }

        Place();
    }

    public IReadOnlyList<Body> Bodies => _bodies;

    private double AxisRmsPx => _plan.DisplacementRmsNm / _settings.PixelSizeNm / Math.Sqrt(2);

    /// <summary>Lets time pass: the exact step of an Ornstein-Uhlenbeck process, whatever its length.</summary>
    public void Advance(double frames, ref SimRandom random)
    {
        _frames += frames;
        var keep = Math.Exp(-frames / _plan.MemoryFrames);
        var kick = Math.Sqrt(1 - (keep * keep));
        var axis = AxisRmsPx * kick;
        var turn = _plan.RotationRmsDeg * kick;
        foreach (var site in _sites)
        {
            site.Dx = (site.Dx * keep) + (axis * random.NextNormal());
            site.Dy = (site.Dy * keep) + (axis * random.NextNormal());
            site.Turn = (site.Turn * keep) + (turn * random.NextNormal());
        }

        Place();
    }

    private void Lay(int firstId, ref SimRandom random)
    {
        var size = _settings.SizePx;
        var pixel = _settings.PixelSizeNm;
        var sidePx = _plan.SideNm / pixel;
        var spacing = _plan.SpacingNm / pixel;
        var (s1, c1) = Math.SinCos(_plan.DirectionDeg * Math.PI / 180);
        var (s2, c2) = Math.SinCos((_plan.DirectionDeg + _plan.CellAngleDeg) * Math.PI / 180);
        var (ax, ay) = (spacing * c1, spacing * s1);
        var (bx, by) = (_plan.SecondSpacingNm / pixel * c2, _plan.SecondSpacingNm / pixel * s2);
        var (edgeSin, edgeCos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var edge = size * _plan.EdgeAt;
        var middle = (size - 1) / 2.0;
        var originX = middle + (random.Uniform(-0.5, 0.5) * spacing);
        var originY = middle + (random.Uniform(-0.5, 0.5) * spacing);
        var wave = random.Uniform(0, 2 * Math.PI);
        var reach = (int)(1.6 * size / (0.9 * spacing)) + 2;
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

                var outwards = ((x - middle) * edgeCos) + ((y - middle) * edgeSin);
                var along = ((y - middle) * edgeCos) - ((x - middle) * edgeSin);
                // Drawn for every lattice point, kept or not, so that one point's fate does not shift its neighbours'.
                var vacancy = random.NextDouble() < _plan.Vacancies;
                var ragged = 0.4 * spacing * random.NextNormal();
                var spread = Math.Clamp(1 + (0.025 * random.NextNormal()), 0.92, 1.08);
                var corner = random.Uniform(0.10, 0.22);
                if (vacancy || outwards > edge + ragged + (0.35 * spacing * Math.Sin((along * 5 / size) + wave)))
                {
                    continue;
                }

                var half = 0.5 * sidePx * spread;
                _sites.Add(new Site { X = x, Y = y, Shape = new PrismShape(4, half, _plan.SideNm * spread, corner * half) });
            }
        }

        KeepNearest(middle);
        foreach (var site in _sites)
        {
            _bodies.Add(new Body { Id = firstId + _bodies.Count, Shape = site.Shape, Layer = _plan.Layer });
        }
    }

    private void KeepNearest(double middle)
    {
        if (_settings.Options.Particles is not { } wanted || wanted >= _sites.Count)
        {
            return;
        }

        var kept = _sites.Select((site, i) => (site, i))
            .OrderBy(s => Math.Pow(s.site.X - middle, 2) + Math.Pow(s.site.Y - middle, 2)).Take(wanted).OrderBy(s => s.i).Select(s => s.site).ToList();
        _sites.Clear();
        _sites.AddRange(kept);
    }

    private void Place()
    {
        var middle = (_settings.SizePx - 1) / 2.0;
        var turnDeg = _settings.Options.RotationDegPerFrame * _frames;
        var (sin, cos) = Math.SinCos(turnDeg * Math.PI / 180);
        for (var i = 0; i < _sites.Count; i++)
        {
            var site = _sites[i];
            var x = site.X + site.Dx - middle;
            var y = site.Y + site.Dy - middle;
            _bodies[i].XPx = middle + (x * cos) - (y * sin);
            _bodies[i].YPx = middle + (x * sin) + (y * cos);
            _bodies[i].AngleDeg = _plan.DirectionDeg + site.Turn + turnDeg;
        }
    }

    private sealed class Site
    {
        public required ParticleShape Shape { get; init; }

        public double X { get; init; }

        public double Y { get; init; }

        public double Dx { get; set; }

        public double Dy { get; set; }

        public double Turn { get; set; }
    }
}
