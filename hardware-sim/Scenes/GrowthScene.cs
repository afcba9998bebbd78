using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Step growth: cubes diffuse, bond when they touch, and clusters go on as rigid bodies that bond again.</summary>
/// <remarks>A cluster of N moves as 1/sqrt(N) of a cube's step (free draining). Nobody enters or leaves: the field has walls.</remarks>
public sealed class GrowthScene : Scene
{
    private const double BondGapPx = 1.5;
    private const double BondChance = 0.6;
    private const double StepPx = 2.2;
    private const double TurnDeg = 5;
    private readonly List<Body> _bodies = [];
    private readonly List<List<int>> _clusters = [];

    /// <summary>Places the cubes apart.</summary>
    public GrowthScene(SceneSettings settings)
        : base(settings)
    {
        DemandCoarseness(30 / settings.PixelSizeNm);
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        var pixel = settings.PixelSizeNm;
        var wanted = settings.Options.Particles ?? Math.Clamp((int)(Math.Pow(settings.SizePx * pixel, 2) * 1.9e-4), 2, 3000);
        for (var i = 0; i < wanted; i++)
        {
            var side = 32 * Math.Clamp(1 + (0.04 * random.NextNormal()), 0.9, 1.1);
            var shape = new PrismShape(4, side / 2 / pixel, side, 0.2 * side / 2 / pixel, 0.06 * side / 2 / pixel);
            _bodies.Add(new Body { Id = i, Shape = shape });
            if (!Settle(i, ref random))
            {
                _bodies.RemoveAt(i);
                break;
            }

            _clusters.Add([i]);
        }

        SetClusters();
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = new() { PixelSizeNm = 1.2, NominalThicknessNm = 32, Cnr = 2, DriftPxPerFrame = 0, JitterPx = 0.1, SubExposures = 3 };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["particles"] = _bodies.Count,
        ["bond_gap_px"] = BondGapPx,
        ["bond_chance_per_step"] = BondChance,
        ["step_rms_px"] = StepPx,
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        var steps = Math.Max(1, (int)Math.Ceiling(frames * 3));
        var scale = Math.Sqrt(frames / steps);
        var reach = 2 * (_bodies.Count == 0 ? 1 : _bodies.Max(b => b.Shape.RadiusPx) + BondGapPx);
        for (var step = 0; step < steps; step++)
        {
            var grid = new BodyGrid(_bodies, reach);
            for (var c = 0; c < _clusters.Count; c++)
            {
                Move(_clusters[c], scale, grid, ref random);
            }

            Bond(grid, ref random);
        }

        SetClusters();
    }

    private void Move(List<int> cluster, double scale, BodyGrid grid, ref SimRandom random)
    {
        var slow = scale / Math.Sqrt(cluster.Count);
        var dx = StepPx * slow * random.NextNormal();
        var dy = StepPx * slow * random.NextNormal();
        var turn = TurnDeg * slow / cluster.Count * random.NextNormal();
        var cx = cluster.Average(i => _bodies[i].XPx);
        var cy = cluster.Average(i => _bodies[i].YPx);
        var (sin, cos) = Math.SinCos(turn * Math.PI / 180);
        var moved = cluster.ConvertAll(i =>
        {
            var (x, y) = (_bodies[i].XPx - cx, _bodies[i].YPx - cy);
            return new Pose(cx + dx + (x * cos) - (y * sin), cy + dy + (x * sin) + (y * cos), _bodies[i].AngleDeg + turn);
        });
        for (var k = 0; k < cluster.Count; k++)
        {
            if (!Fits(cluster[k], moved[k], grid, cluster))
            {
                return;
            }
        }

        for (var k = 0; k < cluster.Count; k++)
        {
            var body = _bodies[cluster[k]];
            (body.XPx, body.YPx, body.AngleDeg) = (moved[k].XPx, moved[k].YPx, moved[k].AngleDeg);
            grid.Moved(cluster[k]);
        }
    }

    private bool Fits(int i, Pose pose, BodyGrid grid, List<int> cluster)
    {
        var wall = _bodies[i].Shape.RadiusPx + 1;
        if (pose.XPx < wall || pose.YPx < wall || pose.XPx > Settings.SizePx - 1 - wall || pose.YPx > Settings.SizePx - 1 - wall)
        {
            return false;
        }

        var placed = new PlacedShape(_bodies[i].Shape, pose.XPx, pose.YPx, pose.AngleDeg);
        foreach (var j in grid.Near(pose.XPx, pose.YPx))
        {
            if (j != i && !cluster.Contains(j) && Contacts.Gap(placed, Placed(j), BondGapPx) < 0.3)
            {
                return false;
            }
        }

        return true;
    }

    private void Bond(BodyGrid grid, ref SimRandom random)
    {
        var clusterOf = new int[_bodies.Count];
        for (var c = 0; c < _clusters.Count; c++)
        {
            _clusters[c].ForEach(i => clusterOf[i] = c);
        }

        for (var i = 0; i < _bodies.Count; i++)
        {
            foreach (var j in grid.Near(_bodies[i].XPx, _bodies[i].YPx).ToArray())
            {
                var (a, b) = (clusterOf[i], clusterOf[j]);
                if (j <= i || a == b || Contacts.Gap(Placed(i), Placed(j), BondGapPx) >= BondGapPx || random.NextDouble() >= BondChance)
                {
                    continue;
                }

                _clusters[a].AddRange(_clusters[b]);
                _clusters[b].ForEach(k => clusterOf[k] = a);
                _clusters[b].Clear();
            }
        }

        _clusters.RemoveAll(c => c.Count == 0);
    }

    private void SetClusters()
    {
        foreach (var cluster in _clusters)
        {
            var name = cluster.Min();
            cluster.ForEach(i => _bodies[i].Cluster = name);
        }
    }

    private PlacedShape Placed(int i) => new(_bodies[i].Shape, _bodies[i].XPx, _bodies[i].YPx, _bodies[i].AngleDeg);

    private bool Settle(int i, ref SimRandom random)
    {
        var size = Settings.SizePx;
        for (var attempt = 0; attempt < 2000; attempt++)
        {
            var pose = new Pose(random.Uniform(0, size), random.Uniform(0, size), random.Uniform(0, 360));
            var wall = _bodies[i].Shape.RadiusPx + 1;
            var apart = pose.XPx > wall && pose.YPx > wall && pose.XPx < size - 1 - wall && pose.YPx < size - 1 - wall;
            for (var j = 0; apart && j < i; j++)
            {
                // Apart by more than touching, so that the first frame holds single cubes.
                var reach = wall + _bodies[j].Shape.RadiusPx + 2;
                apart = Math.Pow(pose.XPx - _bodies[j].XPx, 2) + Math.Pow(pose.YPx - _bodies[j].YPx, 2) > reach * reach;
            }

            if (apart)
            {
                (_bodies[i].XPx, _bodies[i].YPx, _bodies[i].AngleDeg) = (pose.XPx, pose.YPx, pose.AngleDeg);
                return true;
            }
        }

        return false;
    }
}
