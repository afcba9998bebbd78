using System.Numerics.Tensors;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.Training.Denoising;

/// <summary>A short noisy recording of soft matter in which everything is drawn at random: what the general denoiser learns from.</summary>
/// <remarks>Only the noisy frames leave this class: as with a real recording, nobody who learns from it ever sees a clean one. Size, number, shape, state changes, contrast
/// and motion of the molecules, background, dirt, beam and camera differ widely from movie to movie. The same seed gives the same movie.</remarks>
internal sealed class SoftMovie
{
    /// <summary>Side of a frame, px.</summary>
    public const int Side = 160;

    private const ulong Purpose = 0x50F7;
    private const ulong NoisePurpose = 0x50F8;
    private const double MostContrast = 0.8;
    private const int Outside = 24;
    private readonly long _seed;
    private readonly List<SoftMolecule> _molecules = [];
    private readonly (double X, double Y, double Sigma, double Depth)[] _dirt;
    private readonly float[] _background = new float[Side * Side];
    private readonly float[] _gain = new float[Side * Side];
    private readonly GaussianBlur _lens;
    private readonly GaussianBlur _detector;
    private readonly double _electrons;
    private readonly double _contrast;
    private readonly double _counts;
    private readonly double _dark;
    private readonly double _readNoise;
    private readonly double _flicker;
    private readonly double _driftX;
    private readonly double _driftY;
    private readonly double _jitter;
    private SimRandom _random;
    private double _shiftX;
    private double _shiftY;
    private int _number;

    /// <summary>Draws the movie's constants and its first moment.</summary>
    /// <param name="seed">Everything follows from it.</param>
    public SoftMovie(long seed)
    {
        _seed = seed;
        _random = new SimRandom(seed, Purpose);
        var blur = _random.Uniform(0, 1);
        (_lens, _detector) = (new GaussianBlur(_random.Uniform(0.6, 2.5)), new GaussianBlur(blur));
        var snr = LogUniform(0.08, 2.5);
        _electrons = LogUniform(3, 300);
        _readNoise = _random.Uniform(0, 0.5);
        // Spread over its neighbours, the noise of a pixel shrinks by the sum of the squares of the kernel.
        var half = GaussianBlur.Kernel(blur);
        var line = (2 * half.Sum(tap => tap * tap)) - (half[0] * half[0]);
        var noise = Math.Sqrt((_electrons * line * line) + (_readNoise * _readNoise));
        if (snr * noise / _electrons > MostContrast)
        {
            _electrons *= Math.Pow(snr * noise / _electrons / MostContrast, 2);
            noise = Math.Sqrt((_electrons * line * line) + (_readNoise * _readNoise));
        }

        _contrast = snr * noise / _electrons * (_random.NextDouble() < 0.7 ? 1 : -1);
        _counts = LogUniform(1, 50);
        _dark = _random.NextDouble() < 0.5 ? 0 : _random.Uniform(0, 200);
        _flicker = _random.NextDouble() < 0.5 ? 0 : _random.Uniform(0, 0.02);
        var direction = _random.Uniform(0, 2 * Math.PI);
        var speed = _random.NextDouble() < 0.3 ? 0 : _random.Uniform(0, 0.3);
        (_driftX, _driftY) = (speed * Math.Cos(direction), speed * Math.Sin(direction));
        _jitter = _random.NextDouble() < 0.5 ? 0 : _random.Uniform(0, 0.1);
        DrawBackground();
        var spread = _random.NextDouble() < 0.5 ? 0 : _random.Uniform(0, 0.01);
        for (var i = 0; i < _gain.Length; i++)
        {
            _gain[i] = (float)(1 + (spread * _random.NextNormal()));
        }

        _dirt = new (double, double, double, double)[_random.NextInt(4)];
        for (var i = 0; i < _dirt.Length; i++)
        {
            _dirt[i] = (_random.Uniform(0, Side), _random.Uniform(0, Side), _random.Uniform(2, 9), _random.Uniform(0.05, 0.6));
        }

        PlaceMolecules();
    }

    /// <summary>Takes the next frame.</summary>
    /// <param name="counts">Out: what the camera gives, row-major [Side, Side].</param>
    public void Next(float[] counts)
    {
        var thickness = new float[Side * Side];
        foreach (var molecule in _molecules)
        {
            molecule.Draw(thickness, Side, _shiftX, _shiftY);
            molecule.Move(ref _random);
        }

        foreach (var (x, y, sigma, depth) in _dirt)
        {
            SoftMolecule.Blob(thickness, Side, x + _shiftX, y + _shiftY, 2.2 * sigma, 2, depth);
        }

        _lens.Apply(thickness, Side, Side);
        var beam = _electrons * (1 + (_flicker * _random.NextNormal()));
        var noise = new SimRandom(_seed, NoisePurpose, _number);
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = PoissonSampler.Next((float)(beam * _background[i] * Math.Max(0.02, 1 - (_contrast * thickness[i]))), ref noise);
        }

        _detector.Apply(counts, Side, Side);
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = (float)((((counts[i] * _gain[i]) + (_readNoise * noise.NextNormal())) * _counts) + _dark);
        }

        _shiftX += _driftX + (_jitter * _random.NextNormal());
        _shiftY += _driftY + (_jitter * _random.NextNormal());
        _number++;
    }

    private double LogUniform(double low, double high) => low * Math.Pow(high / low, _random.NextDouble());

    private void DrawBackground()
    {
        var waves = new (double Kx, double Ky, double Phase, double Depth)[4];
        var depth = _random.Uniform(0, 0.08);
        for (var i = 0; i < waves.Length; i++)
        {
            waves[i] = (_random.Uniform(-0.05, 0.05), _random.Uniform(-0.05, 0.05), _random.Uniform(0, 2 * Math.PI), depth * _random.NextDouble());
        }

        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                var level = 1.0;
                foreach (var (kx, ky, phase, strength) in waves)
                {
                    level += strength * Math.Cos((kx * x) + (ky * y) + phase);
                }

                _background[(y * Side) + x] = (float)Math.Max(0.3, level);
            }
        }
    }

    private void PlaceMolecules()
    {
        var length = LogUniform(8, 45);
        var kind = new SoftKind(ref _random, length);
        var area = LogUniform(0.01, 0.35) * (Side + (2 * Outside)) * (Side + (2 * Outside));
        var count = Math.Clamp((int)(area / (0.3 * length * length)), 1, 150);
        for (var i = 0; i < count; i++)
        {
            _molecules.Add(new SoftMolecule(kind, _random.Uniform(-Outside, Side + Outside), _random.Uniform(-Outside, Side + Outside), ref _random));
        }
    }
}
