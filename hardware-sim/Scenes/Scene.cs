using LiveLtem.Core;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>A body that moves: one particle of a scene, in px of the cell (drift not in it).</summary>
public sealed class Body
{
    /// <summary>Its number, unique in the scene.</summary>
    public required int Id { get; init; }

    /// <summary>Its form now.</summary>
    public required ParticleShape Shape { get; set; }

    /// <summary>Centre, px.</summary>
    public double XPx { get; set; }

    /// <summary>Centre, px, y down.</summary>
    public double YPx { get; set; }

    /// <summary>Orientation, degrees, continuous.</summary>
    public double AngleDeg { get; set; }

    /// <summary>0 where there is one layer, else 1 or 2.</summary>
    public int Layer { get; init; }

    /// <summary>Height in the cell: bodies at one level do not pass through each other, at different levels they pass over.</summary>
    public int Level { get; init; }

    /// <summary>Structural state, or null.</summary>
    public int? State { get; set; }

    /// <summary>Cluster of bonded bodies it belongs to, named after the lowest body in it; null where nothing bonds.</summary>
    public int? Cluster { get; set; }
}

/// <summary>A scene that plays frame by frame: bodies that move, under a common drift.</summary>
/// <remarks>Motion is stepped in order from the first frame, so frame k is the same however the frames before it were used. Not thread-safe.</remarks>
public abstract class Scene
{
    private readonly double _driftX;
    private readonly double _driftY;
    private readonly double _wanderX;
    private readonly double _wanderY;
    private readonly double _wanderPhase;
    private SimRandom _motion;
    private long _next;

    /// <summary>Starts the scene.</summary>
    protected Scene(SceneSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        _motion = new SimRandom(settings.Options.Seed, Streams.Motion);
        var random = new SimRandom(settings.Options.Seed, Streams.Drift);
        var speed = settings.Options.DriftPxPerFrame ?? settings.Defaults.DriftPxPerFrame;
        var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        _driftX = speed * cos;
        _driftY = speed * sin;
        // A slow swing on top: 20 frames' worth of drift over some 150 frames.
        _wanderX = 20 * speed * random.NextNormal() * 0.5;
        _wanderY = 20 * speed * random.NextNormal() * 0.5;
        _wanderPhase = random.Uniform(0, 2 * Math.PI);
    }

    /// <summary>Every figure of the scene.</summary>
    public SceneSettings Settings { get; }

    /// <summary>Figures that only this kind of scene has, for <c>scene.json</c>: numbers, words, booleans, lists of numbers.</summary>
    public virtual IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>();

    /// <summary>The bodies, in the order they are drawn and listed.</summary>
    protected abstract IReadOnlyList<Body> Bodies { get; }

    /// <summary>What happens in the next frame.</summary>
    public virtual SceneFrame NextFrame()
    {
        var number = _next++;
        var parts = Settings.Defaults.SubExposures;
        var open = Settings.ExposureS / Settings.Options.FrameTimeS;
        BeginFrame(number);
        var bodies = Bodies;
        var paths = new Pose[bodies.Count][];
        for (var i = 0; i < paths.Length; i++)
        {
            paths[i] = new Pose[parts];
        }

        for (var part = 0; part < parts; part++)
        {
            // A pose is taken in the middle of its part of the exposure.
            if (number > 0 || part > 0)
            {
                Advance(open / parts * (part == 0 ? 0.5 : 1), ref _motion);
            }

            var (dx, dy) = Drift(number, open * (part + 0.5) / parts);
            for (var i = 0; i < paths.Length; i++)
            {
                paths[i][part] = new Pose(bodies[i].XPx + dx, bodies[i].YPx + dy, bodies[i].AngleDeg);
            }
        }

        var views = new List<ParticleView>(bodies.Count);
        for (var i = 0; i < paths.Length; i++)
        {
            views.Add(new ParticleView { Body = bodies[i].Id, Shape = bodies[i].Shape, Layer = bodies[i].Layer, State = bodies[i].State, Cluster = bodies[i].Cluster, Path = paths[i] });
        }

        Advance((open / parts * 0.5) + (1 - open), ref _motion);
        var (x, y) = MeanDrift(number, open);
        var (x0, y0) = MeanDrift(0, open);
        return new SceneFrame
        {
            Number = number,
            TimeS = number * Settings.Options.FrameTimeS,
            Particles = views,
            DriftXPx = x - x0,
            DriftYPx = y - y0,
        };
    }

    /// <summary>Number of the frame that comes next.</summary>
    protected long NextNumber => _next;

    /// <summary>Called before the first part of each frame: where a scene changes things once a frame.</summary>
    protected virtual void BeginFrame(long number)
    {
    }

    /// <summary>Moves every body.</summary>
    /// <param name="frames">Time that passes, in frame times.</param>
    /// <param name="random">The scene's stream for motion.</param>
    protected abstract void Advance(double frames, ref SimRandom random);

    /// <summary>Drift of the cell at a moment, px, from an origin that is the same for the whole scene.</summary>
    /// <param name="number">Frame.</param>
    /// <param name="part">Moment within it, 0 to 1.</param>
    protected (double X, double Y) Drift(long number, double part)
    {
        var t = number + part;
        var swing = Math.Sin((2 * Math.PI * t / 150) + _wanderPhase) - Math.Sin(_wanderPhase);
        var random = new SimRandom(Settings.Options.Seed, Streams.Drift, number, 1);
        var jitter = Settings.Defaults.JitterPx;
        return ((_driftX * t) + (_wanderX * swing) + (jitter * random.NextNormal()), (_driftY * t) + (_wanderY * swing) + (jitter * random.NextNormal()));
    }

    /// <summary>Refuses a pixel size that makes the particles too small to be seen.</summary>
    /// <exception cref="InputException">The particle is under 4 px.</exception>
    protected void DemandCoarseness(double particlePx)
    {
        if (particlePx < 4)
        {
            throw new InputException(FormattableString.Invariant(
                $"--pixel-size-nm {Settings.PixelSizeNm}: the particles of '{Settings.Scene}' would be {particlePx:G2} px wide; choose a smaller pixel (4 px at least)"));
        }
    }

    private (double X, double Y) MeanDrift(long number, double open)
    {
        var parts = Settings.Defaults.SubExposures;
        var sum = (X: 0.0, Y: 0.0);
        for (var part = 0; part < parts; part++)
        {
            var (x, y) = Drift(number, open * (part + 0.5) / parts);
            sum = (sum.X + x, sum.Y + y);
        }

        return (sum.X / parts, sum.Y / parts);
    }
}
