using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>A crystal of nanocubes whose edge is a line of known stiffness and mobility: capillary waves, frame by frame.</summary>
/// <remarks>The columns of a square lattice run from the lower border up to the edge and move along themselves by h(x) = sum of h_q exp(iqx), each mode an Ornstein-Uhlenbeck process
/// stepped exactly: &lt;|h_q|^2&gt; = kT/(stiffness L Q^2), forgotten at the rate mobility stiffness Q^2, Q = (2/p) sin(qp/2); L the length of all columns, which end outside the
/// field. On top every cube vibrates by itself.</remarks>
public sealed class InterfaceScene : Scene
{
    private const double VibrationNm = 0.8;
    private readonly List<Body> _bodies = [];
    private readonly List<(int Column, double X, double Y)> _sites = [];
    private readonly double[] _heights;
    private readonly (double Q, double Sigma)[] _modes;
    private readonly (double C, double S)[] _state;
    private readonly (double X, double Y)[] _shaken;
    private readonly double _spacingNm;
    private readonly double _sideNm;
    private readonly double _stiffness;
    private readonly double _mobility;

    /// <summary>Lays the crystal.</summary>
    public InterfaceScene(SceneSettings settings)
        : base(settings)
    {
        var random = new SimRandom(settings.Options.Seed, Streams.Layout);
        _spacingNm = random.Uniform(72, 78);
        _sideNm = random.Uniform(50, 54);
        _stiffness = random.Uniform(2, 4);
        var spacing = _spacingNm / settings.PixelSizeNm;
        DemandCoarseness(_sideNm / settings.PixelSizeNm);
        // An odd number: no mode alternates from column to column.
        var columns = (2 * ((int)(settings.SizePx / spacing / 2) + 2)) + 1;
        var length = columns * _spacingNm;
        _modes = new (double, double)[(columns - 1) / 2];
        for (var k = 0; k < _modes.Length; k++)
        {
            var q = 2 / _spacingNm * Math.Sin(Math.PI * (k + 1) / columns);
            _modes[k] = (q, Math.Sqrt(1 / (2 * _stiffness * length * q * q)));
        }

        // The middle mode is forgotten in about two frames.
        _mobility = 0.5 / settings.Options.FrameTimeS / _stiffness / Math.Pow(_modes[_modes.Length / 2].Q, 2);
        _state = new (double, double)[_modes.Length];
        for (var k = 0; k < _state.Length; k++)
        {
            _state[k] = (_modes[k].Sigma * random.NextNormal(), _modes[k].Sigma * random.NextNormal());
        }

        _heights = new double[columns];
        var edge = settings.SizePx * random.Uniform(0.3, 0.4);
        var middle = (settings.SizePx - 1) / 2.0;
        for (var column = 0; column < columns; column++)
        {
            for (var row = 0; edge + (row * spacing) < settings.SizePx + spacing; row++)
            {
                var half = 0.5 * _sideNm / settings.PixelSizeNm;
                _sites.Add((column, middle + ((column - (columns / 2)) * spacing), edge + (row * spacing)));
                _bodies.Add(new Body { Id = _bodies.Count, Shape = new PrismShape(4, half, _sideNm, random.Uniform(0.10, 0.22) * half) });
            }
        }

        _shaken = new (double, double)[_bodies.Count];
        Shake(ref random);
        Place();
    }

    /// <summary>Defaults of this scene.</summary>
    public static SceneDefaults Defaults { get; } = new() { PixelSizeNm = 1.5, NominalThicknessNm = 54, Cnr = 2 };

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>
    {
        ["a1_nm"] = _spacingNm,
        ["side_nm"] = _sideNm,
        ["stiffness_kT_per_nm"] = _stiffness,
        ["mobility_nm3_kT_s"] = _mobility,
        ["columns"] = _heights.Length,
    };

    /// <inheritdoc/>
    protected override IReadOnlyList<Body> Bodies => _bodies;

    /// <inheritdoc/>
    protected override void Advance(double frames, ref SimRandom random)
    {
        for (var k = 0; k < _modes.Length; k++)
        {
            var keep = Math.Exp(-frames * Settings.Options.FrameTimeS * _mobility * _stiffness * _modes[k].Q * _modes[k].Q);
            var kick = _modes[k].Sigma * Math.Sqrt(1 - (keep * keep));
            _state[k] = ((keep * _state[k].C) + (kick * random.NextNormal()), (keep * _state[k].S) + (kick * random.NextNormal()));
        }

        Place();
    }

    /// <inheritdoc/>
    protected override void BeginFrame(long number)
    {
        var random = new SimRandom(Settings.Options.Seed + (number << 20), Streams.Motion);
        Shake(ref random);
        Place();
    }

    private void Shake(ref SimRandom random)
    {
        var axis = VibrationNm / Settings.PixelSizeNm;
        for (var i = 0; i < _shaken.Length; i++)
        {
            _shaken[i] = (axis * random.NextNormal(), axis * random.NextNormal());
        }
    }

    private void Place()
    {
        for (var column = 0; column < _heights.Length; column++)
        {
            var h = 0.0;
            for (var k = 0; k < _modes.Length; k++)
            {
                var (sin, cos) = Math.SinCos(2 * Math.PI * (k + 1) * column / _heights.Length);
                h += 2 * ((_state[k].C * cos) - (_state[k].S * sin));
            }

            _heights[column] = h / Settings.PixelSizeNm;
        }

        for (var i = 0; i < _bodies.Count; i++)
        {
            var (column, x, y) = _sites[i];
            (_bodies[i].XPx, _bodies[i].YPx) = (x + _shaken[i].X, y - _heights[column] + _shaken[i].Y);
        }
    }
}
