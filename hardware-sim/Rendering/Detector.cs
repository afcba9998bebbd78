using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.HardwareSim.Rendering;

/// <summary>How a camera answers to electrons.</summary>
public sealed record DetectorOptions
{
    /// <summary>Gaussian spread of one electron's signal, px.</summary>
    public double BlurPx { get; init; } = 0.6;

    /// <summary>Excess (Swank) noise e: the relative spread of one electron's signal.</summary>
    public double ExcessNoise { get; init; } = 0.3;

    /// <summary>Read noise, electrons.</summary>
    public double ReadNoiseE { get; init; } = 0.3;

    /// <summary>Counts for one electron.</summary>
    public double CountsPerElectron { get; init; } = 20;

    /// <summary>Counts where no electron arrives.</summary>
    public double DarkLevel { get; init; } = 100;

    /// <summary>Fraction of hot pixels.</summary>
    public double HotPixelFraction { get; init; } = 2e-5;

    /// <summary>Relative rms of the pixels' gain.</summary>
    public double GainSpread { get; init; } = 0.005;
}

/// <summary>Turns expected electrons into counts: Poisson, excess noise, spread over neighbours, gain, read noise, dark level, hot pixels.</summary>
/// <remarks>The spread comes after the counting, so noise is correlated between neighbours as in an indirect camera. Random numbers belong to
/// (seed, frame, row): a frame is the same whether drawn alone or in sequence. Not thread-safe.</remarks>
public sealed class Detector
{
    private readonly DetectorOptions _options;
    private readonly long _seed;
    private readonly int _height;
    private readonly int _width;
    private readonly GaussianBlur _blur;
    private readonly float[]? _gain;
    private readonly double _excess;
    private readonly (double Middle, double Spread)[] _excessTable;
    private readonly (int Index, float Counts)[] _hot;

    /// <summary>Creates the detector.</summary>
    /// <param name="options">Its figures.</param>
    /// <param name="seed">The scene's seed.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="electronsPerPixel">Typical electrons a pixel: hot pixels stand out against it.</param>
    public Detector(DetectorOptions options, long seed, int height, int width, double electronsPerPixel)
    {
        _options = options;
        _seed = seed;
        _height = height;
        _width = width;
        _blur = new GaussianBlur(options.BlurPx);
        _excess = options.ExcessNoise * options.ExcessNoise;
        _excessTable = [.. Enumerable.Range(0, 256).Select(n => ExcessTerms(Math.Max(1, n), _excess))];
        var random = new SimRandom(seed, Streams.Sensor);
        var hot = new SortedDictionary<int, float>();
        for (var i = (int)Math.Round(options.HotPixelFraction * height * width); i > 0; i--)
        {
            hot[random.NextInt(height * width)] = (float)(options.CountsPerElectron * electronsPerPixel * random.Uniform(1, 8));
        }

        _hot = [.. hot.Select(pair => (pair.Key, pair.Value))];
        if (options.GainSpread > 0)
        {
            _gain = new float[height * width];
            for (var i = 0; i < _gain.Length; i++)
            {
                _gain[i] = (float)Math.Max(0.2, 1 + (options.GainSpread * random.NextNormal()));
            }
        }
    }

    /// <summary>Pixels that read too high all the time, row-major indices in rising order.</summary>
    public IReadOnlyList<int> HotPixels => [.. _hot.Select(pixel => pixel.Index)];

    /// <summary>Exposes one frame.</summary>
    /// <param name="plane">In: expected electrons, row-major [height, width]. Out: counts, not yet rounded.</param>
    /// <param name="frame">The frame's number, which picks its random numbers.</param>
    public void Expose(Span<float> plane, long frame)
    {
        for (var y = 0; y < _height; y++)
        {
            var random = new SimRandom(_seed, Streams.Electrons, frame, y);
            var row = plane.Slice(y * _width, _width);
            if (_excess > 0)
            {
                CountWithExcess(row, ref random);
            }
            else
            {
                for (var x = 0; x < row.Length; x++)
                {
                    row[x] = PoissonSampler.Next(row[x], ref random);
                }
            }
        }

        _blur.Apply(plane, _height, _width);
        for (var y = 0; y < _height; y++)
        {
            Read(plane.Slice(y * _width, _width), y, frame);
        }

        foreach (var (index, counts) in _hot)
        {
            plane[index] += counts;
        }
    }

    /// <summary>The counts that the same electrons give without any noise: for tests and references.</summary>
    public void ExposeNoiseless(Span<float> plane)
    {
        _blur.Apply(plane, _height, _width);
        for (var i = 0; i < plane.Length; i++)
        {
            plane[i] = (float)((plane[i] * _options.CountsPerElectron) + _options.DarkLevel);
        }
    }

    // The signal of N electrons, each a gamma variate of mean 1 and variance e^2, is a gamma variate of shape N/e^2; drawn by the
    // transformation of Wilson and Hilferty (1931), whose mean and variance are right to 1e-3 down to a shape of 4.
    private void CountWithExcess(Span<float> row, ref SimRandom random)
    {
        for (var x = 0; x < row.Length; x++)
        {
            var electrons = PoissonSampler.Next(row[x], ref random);
            if (electrons == 0)
            {
                row[x] = 0;
                continue;
            }

            var (c, spread) = electrons < _excessTable.Length ? _excessTable[electrons] : ExcessTerms(electrons, _excess);
            var root = c + (spread * random.NextNormal());
            row[x] = (float)Math.Max(0, electrons * root * root * root);
        }
    }

    private static (double Middle, double Spread) ExcessTerms(int electrons, double excess)
    {
        var c = excess / (9.0 * electrons);
        return (1 - c, Math.Sqrt(c));
    }

    private void Read(Span<float> row, int y, long frame)
    {
        var random = new SimRandom(_seed, Streams.Readout, frame, y);
        var gain = (float)_options.CountsPerElectron;
        var dark = (float)_options.DarkLevel;
        var noise = (float)(_options.ReadNoiseE * _options.CountsPerElectron);
        for (var x = 0; x < row.Length; x++)
        {
            var signal = row[x] * gain;
            if (_gain is not null)
            {
                signal *= _gain[(y * _width) + x];
            }

            row[x] = signal + dark + (noise * (float)random.NextNormal());
        }
    }
}
