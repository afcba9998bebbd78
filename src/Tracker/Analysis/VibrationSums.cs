namespace LiveLtem.Tracker.Analysis;

/// <summary>One vibrating coordinate about its mean: sums over pairs of moments at a few lags, from which variance and memory follow.</summary>
/// <remarks>Bounded memory: the last <see cref="LongestLag"/> values and four sums a lag. Values are given as deviations from any fixed origin.</remarks>
internal sealed class VibrationTrace
{
    /// <summary>The lags, frames.</summary>
    public static readonly int[] Lags = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48];

    /// <summary>The longest of them.</summary>
    public const int LongestLag = 48;

    private const int Ring = 64;
    private readonly double[] _values = new double[Ring];
    private readonly long[] _frames = new long[Ring];
    private readonly double[] _early = new double[Lags.Length];
    private readonly double[] _late = new double[Lags.Length];
    private readonly double[] _products = new double[Lags.Length];
    private readonly int[] _pairs = new int[Lags.Length];

    public VibrationTrace() => Array.Fill(_frames, long.MinValue);

    /// <summary>Values taken.</summary>
    public int Count => _pairs[0];

    /// <summary>Their mean; 0 without any.</summary>
    public double Mean => Count == 0 ? 0 : _early[0] / Count;

    /// <summary>Sum of the variances of the values' measurement errors.</summary>
    public double NoiseSum { get; private set; }

    /// <summary>Takes one value.</summary>
    /// <param name="frame">Number of the frame, above that of the value before.</param>
    /// <param name="value">The coordinate.</param>
    /// <param name="noise">Variance of its measurement error; NaN where not known.</param>
    public void Add(long frame, double value, double noise)
    {
        var slot = (int)(frame & (Ring - 1));
        _values[slot] = value;
        _frames[slot] = frame;
        NoiseSum += noise;
        for (var k = 0; k < Lags.Length; k++)
        {
            var before = (int)((frame - Lags[k]) & (Ring - 1));
            if (_frames[before] == frame - Lags[k])
            {
                _pairs[k]++;
                _early[k] += _values[before];
                _late[k] += value;
                _products[k] += _values[before] * value;
            }
        }
    }

    /// <summary>Number of pairs at a lag (by its place in <see cref="Lags"/>).</summary>
    public int Pairs(int lag) => _pairs[lag];

    /// <summary>Sum over those pairs of the products of their deviations from the mean.</summary>
    public double Products(int lag)
    {
        var mean = Mean;
        return _products[lag] - (mean * (_early[lag] + _late[lag])) + (_pairs[lag] * mean * mean);
    }

    /// <summary>Variance about the mean, not corrected for anything; NaN without values.</summary>
    public double Variance => Count == 0 ? double.NaN : Math.Max(0, Products(0) / Count);
}

/// <summary>Many traces together, in groups of particles: each group left out in turn tells the error of whatever is made of them.</summary>
internal sealed class VibrationSums
{
    /// <summary>Groups.</summary>
    public const int Groups = Jackknife.Groups;

    private const int LengthClasses = 48;
    private readonly double[,] _products = new double[Groups, VibrationTrace.Lags.Length];
    private readonly double[,] _pairs = new double[Groups, VibrationTrace.Lags.Length];
    private readonly double[] _noise = new double[Groups];
    private readonly double[] _lengths = new double[LengthClasses];
    private readonly double[] _traces = new double[LengthClasses];

    /// <summary>Traces added.</summary>
    public int Traces { get; private set; }

    /// <summary>Values in them.</summary>
    public double Values
    {
        get
        {
            var sum = 0.0;
            for (var g = 0; g < Groups; g++)
            {
                sum += _pairs[g, 0];
            }

            return sum;
        }
    }

    /// <summary>A copy that can be added to.</summary>
    public VibrationSums Copy() => Of([this]);

    /// <summary>Several together.</summary>
    public static VibrationSums Of(IReadOnlyList<VibrationSums> parts)
    {
        var whole = new VibrationSums();
        foreach (var part in parts)
        {
            whole.Traces += part.Traces;
            for (var g = 0; g < Groups; g++)
            {
                whole._noise[g] += part._noise[g];
                for (var k = 0; k < VibrationTrace.Lags.Length; k++)
                {
                    whole._products[g, k] += part._products[g, k];
                    whole._pairs[g, k] += part._pairs[g, k];
                }
            }

            for (var c = 0; c < LengthClasses; c++)
            {
                whole._lengths[c] += part._lengths[c];
                whole._traces[c] += part._traces[c];
            }
        }

        return whole;
    }

    /// <summary>Adds one trace; those too short to know their mean are passed over.</summary>
    public void Add(VibrationTrace trace, int group)
    {
        if (trace.Count < 4)
        {
            return;
        }

        for (var k = 0; k < VibrationTrace.Lags.Length; k++)
        {
            _products[group, k] += trace.Products(k);
            _pairs[group, k] += trace.Pairs(k);
        }

        _noise[group] += trace.NoiseSum;
        var length = Math.Min(LengthClasses - 1, (int)Math.Round(2 * Math.Log2(trace.Count)));
        _lengths[length] += (double)trace.Count * trace.Count;
        _traces[length] += trace.Count;
        Traces++;
    }

    /// <summary>Mean product of deviations at each lag, with one group left out; -1 for none.</summary>
    public (double[] Covariance, double[] Pairs, double Noise) Read(int without)
    {
        var covariance = new double[VibrationTrace.Lags.Length];
        var pairs = new double[VibrationTrace.Lags.Length];
        var noise = 0.0;
        for (var g = 0; g < Groups; g++)
        {
            if (g == without)
            {
                continue;
            }

            noise += _noise[g];
            for (var k = 0; k < covariance.Length; k++)
            {
                covariance[k] += _products[g, k];
                pairs[k] += _pairs[g, k];
            }
        }

        for (var k = 0; k < covariance.Length; k++)
        {
            covariance[k] = pairs[k] > 0 ? covariance[k] / pairs[k] : double.NaN;
        }

        return (covariance, pairs, pairs[0] > 0 ? noise / pairs[0] : double.NaN);
    }

    /// <summary>Lengths of the traces, frames, each with the values in traces of about that length.</summary>
    public IEnumerable<(double Length, double Values)> Lengths()
    {
        for (var i = 0; i < LengthClasses; i++)
        {
            if (_traces[i] > 0)
            {
                yield return (_lengths[i] / _traces[i], _traces[i]);
            }
        }
    }

    /// <summary>Groups that hold anything.</summary>
    public bool Has(int group) => _pairs[group, 0] > 0;
}
