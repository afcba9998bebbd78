using System.Numerics.Tensors;

namespace LiveLtem.Inference.Soft;

/// <summary>How surely something is there, pixel by pixel: contrast averaged over frames and over neighbourhoods of several sizes, in units of its own noise.</summary>
/// <remarks>
/// <para>Averages over time forget exponentially, one quickly for what moves, one slowly for what is faint; neighbourhoods are Gaussian. Each
/// combination is linear in the raw frames, so its noise is known: the scale's noise in one frame, learnt from differences of frames, times
/// the root of the average's effective length. The largest of the ratios is the evidence.</para>
/// <para>The threshold follows from the false alarms that are allowed in a frame of noise: the expected number of maxima of a smooth Gaussian field
/// over z in an area A is A (2 pi)^-3/2 z exp(-z²/2) / (2 s²) for a field smoothed by s (Adler 1981), summed over the combinations.</para>
/// </remarks>
internal sealed class EvidenceMaps
{
    private static readonly double[] MemoryFrames = [4, 16];
    private readonly int _rows;
    private readonly int _columns;
    private readonly double[] _scales;
    private readonly PlaneBlur[] _blurs;
    private readonly (float[] Columns, float[] Rows)[] _acrossEdges;
    private readonly double[] _noise;
    private readonly Plane[][] _averages;
    private readonly double[] _variances;
    private readonly double[] _shares;
    private readonly Plane _smooth;

    /// <param name="rows">Rows of the planes.</param>
    /// <param name="columns">Columns of the planes.</param>
    /// <param name="scales">Sigmas of the neighbourhoods, px of the planes.</param>
    public EvidenceMaps(int rows, int columns, double[] scales)
    {
        (_rows, _columns, _scales) = (rows, columns, scales);
        _blurs = [.. scales.Select(s => new PlaneBlur(s, repeats: false))];
        _acrossEdges = [.. _blurs.Select(b => (b.NoiseAlong(columns).Select(v => 1 / v).ToArray(), b.NoiseAlong(rows)))];
        _noise = new double[scales.Length];
        _averages = [.. MemoryFrames.Select(_ => scales.Select(_ => new Plane(rows, columns)).ToArray())];
        _variances = new double[MemoryFrames.Length];
        _shares = new double[MemoryFrames.Length];
        _smooth = new Plane(rows, columns);
        Evidence = new Plane(rows, columns);
    }

    /// <summary>The evidence after the latest frame: contrast over noise, largest of all combinations.</summary>
    public Plane Evidence { get; }

    /// <summary>Noise of one frame's contrast at each scale.</summary>
    public IReadOnlyList<double> Noise => _noise;

    /// <summary>Evidence that noise reaches in no more than <paramref name="perFrame"/> places of a frame.</summary>
    public double Threshold(double perFrame)
    {
        var density = MemoryFrames.Length * _scales.Sum(s => _rows * (double)_columns / (2 * s * s)) * Math.Pow(2 * Math.PI, -1.5);
        var z = 3.0;
        for (var i = 0; i < 60; i++)
        {
            z = Math.Sqrt(2 * Math.Log(Math.Max(density * z / perFrame, 2)));
        }

        return z;
    }

    /// <summary>Learns the noise from differences of successive frames, which show nothing of what stays.</summary>
    public void LearnNoise(IReadOnlyList<Plane> contrasts)
    {
        var difference = new Plane(_rows, _columns);
        for (var s = 0; s < _scales.Length; s++)
        {
            var found = new List<double>();
            for (var i = 0; i + 1 < contrasts.Count; i += 2)
            {
                TensorPrimitives.Subtract(contrasts[i + 1].Values, contrasts[i].Values, difference.Values);
                _blurs[s].Apply(difference.Values, _rows, _columns, _smooth.Values);
                found.Add(RobustSpread(_smooth.Values) / Math.Sqrt(2));
            }

            if (found.Count == 0)
            {
                _blurs[s].Apply(contrasts[0].Values, _rows, _columns, _smooth.Values);
                found.Add(RobustSpread(_smooth.Values));
            }

            found.Sort();
            _noise[s] = Math.Max(found[found.Count / 2], 1e-9);
        }
    }

    /// <summary>Starts from the mean of frames that are not added again.</summary>
    public void Start(Plane mean, int frames)
    {
        _variances.AsSpan().Fill(1.0 / frames);
        _shares.AsSpan().Fill(1.0 / frames);
        for (var s = 0; s < _scales.Length; s++)
        {
            _blurs[s].Apply(mean.Values, _rows, _columns, _smooth.Values);
            foreach (var averages in _averages)
            {
                averages[s].CopyFrom(_smooth);
            }
        }

        Update();
    }

    /// <summary>Takes the contrast of the next frame in.</summary>
    public void Add(Plane contrast)
    {
        for (var m = 0; m < _averages.Length; m++)
        {
            // The share of the newest frame, as in a mean that grows until its memory is full.
            _shares[m] = Math.Max(1 / MemoryFrames[m], _shares[m] / (1 + _shares[m]));
            _variances[m] = ((1 - _shares[m]) * (1 - _shares[m]) * _variances[m]) + (_shares[m] * _shares[m]);
        }

        // The mean of blurred frames is the blurred mean: each frame is blurred once, however many means there are.
        for (var s = 0; s < _scales.Length; s++)
        {
            _blurs[s].Apply(contrast.Values, _rows, _columns, _smooth.Values);
            for (var m = 0; m < _averages.Length; m++)
            {
                var average = _averages[m][s].Values;
                TensorPrimitives.Lerp(average, _smooth.Values, (float)_shares[m], average);
            }
        }

        Update();
    }

    /// <summary>Evidence of one image of known variance against one frame's: for choosing the polarity.</summary>
    public double Excess(Plane image, double variance, double sign, double over)
    {
        var sum = 0.0;
        for (var s = 0; s < _scales.Length; s++)
        {
            _blurs[s].Apply(image.Values, _rows, _columns, _smooth.Values);
            var unit = (float)(sign / Math.Max(_noise[s] * Math.Sqrt(variance), RobustSpread(_smooth.Values)));
            foreach (var value in _smooth.Values)
            {
                sum += Math.Max(0, (value * unit) - over);
            }
        }

        return sum;
    }

    /// <summary>Standard deviation by the quartiles of every few pixels: what covers a small part of the frame does not count.</summary>
    public static double RobustSpread(ReadOnlySpan<float> values)
    {
        var step = Math.Max(1, values.Length / 1501);
        var some = new float[(values.Length + step - 1) / step];
        for (var i = 0; i < some.Length; i++)
        {
            some[i] = values[i * step];
        }

        Array.Sort(some);
        return (some[some.Length * 3 / 4] - some[some.Length / 4]) / 1.349;
    }

    private void Update()
    {
        var evidence = Evidence.Values.AsSpan();
        evidence.Fill(float.NegativeInfinity);
        var line = _smooth.Row(0);
        for (var m = 0; m < _averages.Length; m++)
        {
            for (var s = 0; s < _scales.Length; s++)
            {
                var average = _averages[m][s];

                // What does not change from frame to frame (an uneven window, a camera's pattern) is no molecule either: the image's own spread counts too.
                var noise = Math.Max(_noise[s] * Math.Sqrt(_variances[m]), RobustSpread(average.Values));

                // Towards the edges there are fewer pixels to sum, and less noise.
                for (var y = 0; y < _rows; y++)
                {
                    TensorPrimitives.Multiply(average.Row(y), _acrossEdges[s].Columns, line);
                    TensorPrimitives.Multiply(line, (float)(1 / noise) / _acrossEdges[s].Rows[y], line);
                    var into = Evidence.Row(y);
                    TensorPrimitives.Max(into, line, into);
                }
            }
        }
    }
}
