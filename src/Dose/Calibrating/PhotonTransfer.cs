namespace LiveLtem.Dose.Calibrating;

/// <summary>A measured number and its 1-sigma error.</summary>
/// <param name="Value">The value.</param>
/// <param name="Err">1-sigma error in the same unit.</param>
public readonly record struct Measured(double Value, double Err);

/// <summary>Counts per electron from frames of an even area, by how much they scatter: electrons arrive by chance, so variance over mean is the counts of one.</summary>
/// <remarks>The method of Janesick, Photon Transfer (2007), at zero spatial frequency: a detector that spreads an electron over neighbours lowers the variance of a pixel,
/// not that of the sum over many. Two successive frames are subtracted, so that what stays (uneven liquid, gain, hot pixels) and flicker of the whole beam drop out;
/// the variance of block means of 8 and 16 px, extrapolated to large blocks, takes out what a block loses over its border: (1 - c/side)^2 for a separable spread. Electrons whose signals differ by a relative spread e
/// give 1 + e^2 times the counts; so does nothing else. Not thread-safe.</remarks>
public sealed class PhotonTransfer
{
    /// <summary>Pairs of frames that the error needs.</summary>
    public const int FewestPairs = 4;

    /// <summary>Smallest side of the area, px.</summary>
    public const int SmallestSide = 64;

    private const int SmallBlock = 8;
    private const int LargeBlock = 16;
    private readonly int _height;
    private readonly int _width;
    private readonly List<(double Mean, double Small, double Large)> _pairs = [];
    private readonly double[] _sum;
    private float[]? _first;
    private int _frames;

    /// <summary>Starts a measurement.</summary>
    /// <param name="height">Rows of the area, at least <see cref="SmallestSide"/>.</param>
    /// <param name="width">Columns of the area, at least <see cref="SmallestSide"/>.</param>
    public PhotonTransfer(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, SmallestSide);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, SmallestSide);
        (_height, _width) = (height, width);
        _sum = new double[height * width];
    }

    /// <summary>Pairs so far.</summary>
    public int Pairs => _pairs.Count;

    /// <summary>Mean counts of each pixel, [height, width].</summary>
    public float[] MeanImage => [.. _sum.Select(sum => (float)(sum / Math.Max(1, _frames)))];

    /// <summary>Mean counts of all pixels, and the error of that from how pairs of frames differ.</summary>
    public Measured Mean => Of(_pairs.ConvertAll(pair => pair.Mean));

    /// <summary>Variance of a pixel's counts at zero spatial frequency, counts^2: of a dark recording that of the readout.</summary>
    public Measured Power
    {
        get
        {
            if (_pairs.Count == 0)
            {
                return Of([]);
            }

            var (small, large) = (Math.Sqrt(_pairs.Average(pair => pair.Small)), Math.Sqrt(_pairs.Average(pair => pair.Large)));
            var root = (2 * large) - small;

            // Each pair's share in the result, to first order: its scatter is the error.
            var scatter = Of(_pairs.ConvertAll(pair => large > 0 && small > 0 ? 2 * root * ((pair.Large / large) - (pair.Small / (2 * small))) : 0));
            return new Measured(root * root, scatter.Err);
        }
    }

    /// <summary>Takes one frame.</summary>
    /// <param name="counts">Row-major [height, width]; copied.</param>
    /// <param name="dark">Counts without beam to subtract for the scaling of the two frames to one another.</param>
    public void Add(ReadOnlySpan<float> counts, double dark)
    {
        for (var i = 0; i < _sum.Length; i++)
        {
            _sum[i] += counts[i];
        }

        _frames++;
        if (_first is not { } first)
        {
            _first = counts.ToArray();
            return;
        }

        _first = null;
        var (a, b) = (Average(first), Average(counts));
        var mean = (a + b) / 2;

        // A dark recording, or one hardly brighter, has no beam whose flicker could be taken off.
        var flicker = mean - dark > 1e-3 * Math.Abs(dark) ? ((a - dark) / (mean - dark), (b - dark) / (mean - dark)) : (1.0, 1.0);
        _pairs.Add((mean, BlockPower(first, counts, dark, flicker, SmallBlock), BlockPower(first, counts, dark, flicker, LargeBlock)));
    }

    /// <summary>Counts per electron.</summary>
    /// <param name="dark">Counts without beam.</param>
    /// <param name="darkPower">Variance of the readout at zero frequency, counts^2; zero where it was not measured.</param>
    /// <param name="excessNoise">Relative spread e of one electron's signal, >= 0.</param>
    /// <returns>The value, and its error from the scatter of the pairs and that of the dark level and power; null with fewer than <see cref="FewestPairs"/> or no beam.</returns>
    public Measured? CountsPerElectron(Measured dark, Measured darkPower, double excessNoise)
    {
        var signal = Mean.Value - dark.Value;
        if (_pairs.Count < FewestPairs || !(signal > 0) || !(Power.Value > darkPower.Value))
        {
            return null;
        }

        var value = (Power.Value - darkPower.Value) / signal;
        var relative = Math.Sqrt(
            (((Power.Err * Power.Err) + (darkPower.Err * darkPower.Err)) / Math.Pow(Power.Value - darkPower.Value, 2))
            + (((Mean.Err * Mean.Err) + (dark.Err * dark.Err)) / (signal * signal)));
        var spread = 1 + (excessNoise * excessNoise);
        return new Measured(value / spread, value * relative / spread);
    }

    private static double Average(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static Measured Of(List<double> values)
    {
        if (values.Count == 0)
        {
            return new Measured(double.NaN, double.NaN);
        }

        var mean = values.Average();
        var variance = values.Count > 1 ? values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1) : double.NaN;
        return new Measured(mean, Math.Sqrt(variance / values.Count));
    }

    private double BlockPower(ReadOnlySpan<float> first, ReadOnlySpan<float> second, double dark, (double First, double Second) flicker, int side)
    {
        var (sum, blocks) = (0.0, 0);
        for (var top = 0; top + side <= _height; top += side)
        {
            for (var left = 0; left + side <= _width; left += side)
            {
                var difference = 0.0;
                for (var y = top; y < top + side; y++)
                {
                    for (var x = left; x < left + side; x++)
                    {
                        var at = (y * _width) + x;
                        difference += ((first[at] - dark) / flicker.First) - ((second[at] - dark) / flicker.Second);
                    }
                }

                sum += difference * difference;
                blocks++;
            }
        }

        // Two frames scatter, and a block has side^2 pixels.
        return sum / blocks / (2.0 * side * side);
    }
}
