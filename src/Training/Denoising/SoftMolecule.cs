using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.Training.Denoising;

/// <summary>What the molecules of one movie have in common: a chain of domains, how stiff it is, how it moves.</summary>
internal sealed record SoftKind
{
    /// <summary>Draws a kind.</summary>
    /// <param name="random">Moves on.</param>
    /// <param name="lengthPx">About its greatest extent, px.</param>
    public SoftKind(ref SimRandom random, double lengthPx)
    {
        Domains = 1 + random.NextInt(7);
        LengthPx = lengthPx;
        var packing = random.Uniform(0.9, 1.7);
        RadiusPx = lengthPx / (2 + ((Domains - 1) * packing));
        SpacingPx = packing * RadiusPx;
        Edge = random.NextInt(3) switch { 0 => 0.5, 1 => 1, _ => 2 };
        Adds = random.NextDouble() < 0.4;
        Bends = [random.Uniform(-90, 90), random.Uniform(-90, 90), random.Uniform(-30, 30)];
        Softness = random.Uniform(2, 40);
        Memory = Math.Exp(-1 / (3 * Math.Pow(20, random.NextDouble())));
        SwitchChance = random.NextDouble() < 0.4 ? 0 : random.Uniform(0, 0.05);
        StepPx = 0.05 * Math.Pow(30, random.NextDouble());
        TurnDeg = 0.3 * Math.Pow(20, random.NextDouble());
        Spread = random.Uniform(0, 0.3);
        Breathing = random.Uniform(0, 0.2);
    }

    public int Domains { get; }

    public double LengthPx { get; }

    public double RadiusPx { get; }

    public double SpacingPx { get; }

    /// <summary>Power of (1 - r²/R²) in a domain's thickness: 0.5 is a ball, more is softer.</summary>
    public double Edge { get; }

    /// <summary>Whether overlapping domains add up, or the thicker one counts.</summary>
    public bool Adds { get; }

    /// <summary>Angle at each joint in each state, degrees.</summary>
    public IReadOnlyList<double> Bends { get; }

    /// <summary>Fluctuation of the angles about their state's, degrees.</summary>
    public double Softness { get; }

    /// <summary>What a fluctuation keeps from frame to frame.</summary>
    public double Memory { get; }

    public double SwitchChance { get; }

    public double StepPx { get; }

    public double TurnDeg { get; }

    /// <summary>Relative spread of sizes.</summary>
    public double Spread { get; }

    /// <summary>Relative fluctuation of a molecule's size in time.</summary>
    public double Breathing { get; }
}

/// <summary>A molecule that diffuses, turns, bends and switches between states.</summary>
internal sealed class SoftMolecule
{
    private readonly SoftKind _kind;
    private readonly double[] _deviations;
    private readonly double[] _radii;
    private readonly double _strength;
    private double _x;
    private double _y;
    private double _angleDeg;
    private double _size;
    private double _breath;
    private int _state;

    public SoftMolecule(SoftKind kind, double x, double y, ref SimRandom random)
    {
        _kind = kind;
        (_x, _y, _angleDeg) = (x, y, random.Uniform(0, 360));
        _state = random.NextInt(kind.Bends.Count);
        _size = Math.Max(0.4, 1 + (kind.Spread * random.NextNormal()));
        _strength = random.Uniform(0.6, 1);
        _deviations = new double[kind.Domains];
        _radii = new double[kind.Domains];
        for (var i = 0; i < kind.Domains; i++)
        {
            _deviations[i] = kind.Softness * random.NextNormal();
            _radii[i] = kind.RadiusPx * random.Uniform(0.8, 1.2);
        }
    }

    /// <summary>Moves on by a frame.</summary>
    public void Move(ref SimRandom random)
    {
        _x += _kind.StepPx * random.NextNormal();
        _y += _kind.StepPx * random.NextNormal();
        _angleDeg += _kind.TurnDeg * random.NextNormal();
        var fresh = Math.Sqrt(1 - (_kind.Memory * _kind.Memory));
        for (var i = 0; i < _deviations.Length; i++)
        {
            _deviations[i] = (_kind.Memory * _deviations[i]) + (fresh * _kind.Softness * random.NextNormal());
        }

        _breath = (_kind.Memory * _breath) + (fresh * _kind.Breathing * random.NextNormal());
        if (random.NextDouble() < _kind.SwitchChance)
        {
            _state = random.NextInt(_kind.Bends.Count);
        }
    }

    /// <summary>Adds its thickness, 1 where it is thickest, to a picture.</summary>
    public void Draw(float[] thickness, int side, double shiftX, double shiftY)
    {
        var size = _size * Math.Exp(_breath);
        var direction = _angleDeg;
        double u = 0, v = 0;
        Span<(double X, double Y)> places = stackalloc (double, double)[_radii.Length];
        var (meanX, meanY) = (0.0, 0.0);
        for (var i = 0; i < _radii.Length; i++)
        {
            places[i] = (u, v);
            meanX += u / _radii.Length;
            meanY += v / _radii.Length;
            u += _kind.SpacingPx * size * Math.Cos(direction * Math.PI / 180);
            v += _kind.SpacingPx * size * Math.Sin(direction * Math.PI / 180);
            direction += _kind.Bends[_state] + _deviations[i];
        }

        for (var i = 0; i < _radii.Length; i++)
        {
            Blob(
                thickness,
                side,
                _x + shiftX + places[i].X - meanX,
                _y + shiftY + places[i].Y - meanY,
                _radii[i] * size,
                _kind.Edge,
                _strength * (_kind.Adds ? 0.7 : 1),
                _kind.Adds);
        }
    }

    /// <summary>Adds a round domain to a picture.</summary>
    public static void Blob(float[] thickness, int side, double x, double y, double radius, double edge, double depth, bool adds = true)
    {
        var r2 = radius * radius;
        for (var j = Math.Max(0, (int)Math.Ceiling(y - radius)); j <= Math.Min(side - 1, (int)(y + radius)); j++)
        {
            for (var i = Math.Max(0, (int)Math.Ceiling(x - radius)); i <= Math.Min(side - 1, (int)(x + radius)); i++)
            {
                var inside = 1 - ((((i - x) * (i - x)) + ((j - y) * (j - y))) / r2);
                if (inside > 0)
                {
                    var value = (float)(depth * (edge == 0.5 ? Math.Sqrt(inside) : edge == 1 ? inside : inside * inside));
                    ref var pixel = ref thickness[(j * side) + i];
                    pixel = adds ? Math.Min(1, pixel + value) : Math.Max(pixel, value);
                }
            }
        }
    }
}
