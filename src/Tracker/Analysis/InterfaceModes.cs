namespace LiveLtem.Tracker.Analysis;

/// <summary>Fourier modes of a line of columns: sums over frames, and what they say of stiffness and mobility.</summary>
/// <remarks>
/// The straight line through the first and the last column is taken off, after which these two count as one: M = columns - 1 steps of spacing p,
/// L = M p. For a line whose steps are independent this is a bridge, and &lt;|h_q|^2&gt; = kT/(stiffness L Q^2), Q = (2/p) sin(qp/2),
/// q = 2 pi n/L, holds for every mode exactly, be the line periodic or part of a longer one. With a window that is not closed so, modes leak into each other
/// by a factor of 2. Columns measured with an error s add s^2 (M - 1 + 2/(pQ)^2)/M^2, the second term being the error of the ends.
/// |h_q|^2 of n independent frames is distributed as a gamma of shape n (n/2 for the mode at the zone's border, which is real); A and s^2 are the most
/// likely ones, n counted with the correlation of the frames by the fitted decay.
/// </remarks>
internal sealed class InterfaceModes(int columns, double spacing)
{
    private const int Lags = 7;
    private const int Ring = 1 << (Lags - 1);
    private readonly int _steps = columns - 1;
    private readonly double[] _squares = new double[(columns - 1) / 2];
    private readonly double[,] _products = new double[Lags, (columns - 1) / 2];
    private readonly long[] _pairs = new long[Lags];
    private readonly Queue<(long Number, (double C, double S)[] Modes)> _ring = new();

    /// <summary>Modes.</summary>
    public int Modes => _squares.Length;

    /// <summary>Frames.</summary>
    public long Frames { get; private set; }

    /// <summary>Length of the line.</summary>
    public double Length => _steps * spacing;

    /// <summary>Takes one frame.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="heights">Height of each column.</param>
    public void Add(long number, double[] heights)
    {
        var modes = new (double C, double S)[Modes];
        var slope = (heights[_steps] - heights[0]) / _steps;
        for (var n = 1; n <= modes.Length; n++)
        {
            double c = 0, s = 0;
            for (var k = 0; k < _steps; k++)
            {
                var (sin, cos) = Math.SinCos(2 * Math.PI * n * k / _steps);
                var h = heights[k] - heights[0] - (slope * k);
                (c, s) = (c + (h * cos), s - (h * sin));
            }

            modes[n - 1] = (c / _steps, s / _steps);
            _squares[n - 1] += ((c * c) + (s * s)) / _steps / _steps;
        }

        Frames++;
        foreach (var (earlier, then) in _ring)
        {
            var lag = number - earlier;
            if (lag > 0 && lag <= Ring && (lag & (lag - 1)) == 0)
            {
                var index = System.Numerics.BitOperations.Log2((ulong)lag);
                _pairs[index]++;
                for (var n = 0; n < modes.Length; n++)
                {
                    _products[index, n] += (modes[n].C * then[n].C) + (modes[n].S * then[n].S);
                }
            }
        }

        _ring.Enqueue((number, modes));
        if (_ring.Count > Ring)
        {
            _ring.Dequeue();
        }
    }

    /// <summary>The next frame does not follow upon the last one.</summary>
    public void Cut() => _ring.Clear();

    /// <summary>The wave number of a mode.</summary>
    /// <param name="mode">From 0.</param>
    public double Q(int mode) => 2 / spacing * Math.Sin(Math.PI * (mode + 1) / _steps);

    /// <summary>Mean |h_q|^2.</summary>
    /// <param name="mode">From 0.</param>
    public double Mean(int mode) => _squares[mode] / Frames;

    /// <summary>What an error of variance 1 of the columns adds to |h_q|^2.</summary>
    /// <param name="mode">From 0.</param>
    public double PerNoise(int mode) => (_steps - 1 + (2 / Math.Pow(spacing * Q(mode), 2))) / _steps / _steps;

    /// <summary>Fits the spectrum and its decay.</summary>
    public Fit Solve()
    {
        var fit = new Fit(double.NaN, double.NaN, 0, 0, double.NaN, double.NaN);
        var independent = Enumerable.Repeat((double)Frames, Modes).ToArray();
        for (var turn = 0; turn < 6; turn++)
        {
            fit = Spectrum(independent) with { Decay = fit.Decay, DecayErr = fit.DecayErr };
            fit = Relaxation(fit);
            independent = [.. Enumerable.Range(0, Modes).Select(mode => Independent(mode, fit))];
        }

        return fit;
    }

    /// <summary>Independent measurements of |h_q|^2, each of relative error 1.</summary>
    /// <param name="mode">From 0.</param>
    /// <param name="fit">The fit.</param>
    public double Independent(int mode, Fit fit)
    {
        var kept = double.IsFinite(fit.Decay) ? Math.Exp(-2 * Rate(mode, fit.Decay)) : 0;
        var signal = Signal(mode, fit);
        var frames = Frames / (1 + (2 * signal * signal * kept / Math.Max(1 - kept, 1e-9)));
        return Math.Max(Math.Min(1, Frames), frames) / (2 * (mode + 1) == _steps ? 2 : 1);
    }

    /// <summary>The most likely amplitude and noise, Fisher's scoring.</summary>
    private Fit Spectrum(double[] independent)
    {
        double amplitude = Enumerable.Range(0, Modes).Min(mode => Mean(mode) * Q(mode) * Q(mode)), noise = 0;
        double varianceA = 0, varianceB = 0;
        for (var turn = 0; turn < 100; turn++)
        {
            double aa = 0, ab = 0, bb = 0, ga = 0, gb = 0;
            for (var mode = 0; mode < Modes; mode++)
            {
                var (x, y) = (1 / Math.Pow(Q(mode), 2), PerNoise(mode));
                var model = (amplitude * x) + (noise * y);
                var weight = independent[mode] / model / model;
                var rest = Mean(mode) - model;
                (aa, ab, bb, ga, gb) = (aa + (weight * x * x), ab + (weight * x * y), bb + (weight * y * y), ga + (weight * x * rest), gb + (weight * y * rest));
            }

            var det = (aa * bb) - (ab * ab);
            (varianceA, varianceB) = (bb / det, aa / det);
            var (stepA, stepB) = (((bb * ga) - (ab * gb)) / det, ((aa * gb) - (ab * ga)) / det);
            // No mode may come out at nothing or less.
            var part = 1.0;
            while (part > 1e-6 && Enumerable.Range(0, Modes).Any(mode => Model(mode, amplitude + (part * stepA), noise + (part * stepB)) < 0.2 * Model(mode, amplitude, noise)))
            {
                part /= 2;
            }

            (amplitude, noise) = (amplitude + (part * stepA), noise + (part * stepB));
            if (Math.Abs(stepA) < 1e-9 * amplitude && part == 1)
            {
                break;
            }
        }

        return new Fit(amplitude, Math.Sqrt(varianceA), noise, Math.Sqrt(varianceB), double.NaN, double.NaN);
    }

    // The one number K of exp(-K Q^2 t) over all modes, each at the lag that tells most, errors of a correlation by Bartlett (1946).
    private Fit Relaxation(Fit fit)
    {
        var decay = double.IsFinite(fit.Decay) ? fit.Decay : Start(fit);
        var information = 0.0;
        for (var turn = 0; turn < 30 && decay > 0; turn++)
        {
            var gain = 0.0;
            information = 0;
            for (var mode = 0; mode < Modes; mode++)
            {
                var rate = Rate(mode, decay);
                var signal = Signal(mode, fit);
                // A mode that hardly ever forgets in the time seen says nothing, and its correlation is biased.
                if (signal < 0.1 || rate * Frames < 20)
                {
                    continue;
                }

                var index = (int)Math.Clamp(Math.Round(Math.Log2(0.7 / rate)), 0, Lags - 1);
                if (_pairs[index] < 8)
                {
                    continue;
                }

                var lag = 1 << index;
                var kept = Math.Exp(-rate * lag);
                var seen = _products[index, mode] / _pairs[index] / Mean(mode);
                var slope = -signal * lag * Q(mode) * Q(mode) * kept;
                var weight = 1 / Bartlett(signal, rate, lag, _pairs[index] * (2 * (mode + 1) == _steps ? 1 : 2));
                gain += weight * slope * (seen - (signal * kept));
                information += weight * slope * slope;
            }

            if (!(information > 0))
            {
                return fit with { Decay = decay, DecayErr = double.NaN };
            }

            var step = Math.Clamp(gain / information, -decay / 2, decay);
            decay += step;
            if (Math.Abs(step) < 1e-7 * decay)
            {
                break;
            }
        }

        return fit with { Decay = decay > 0 ? decay : double.NaN, DecayErr = information > 0 ? 1 / Math.Sqrt(information) : double.NaN };
    }

    // From the correlation of successive frames.
    private double Start(Fit fit)
    {
        var rates = new List<double>();
        for (var mode = 0; mode < Modes && _pairs[0] > 0; mode++)
        {
            var kept = _products[0, mode] / _pairs[0] / Mean(mode) / Math.Max(Signal(mode, fit), 0.1);
            if (kept is > 0.02 and < 0.98)
            {
                rates.Add(-Math.Log(kept) / Math.Pow(Q(mode), 2));
            }
        }

        rates.Sort();
        return rates.Count == 0 ? double.NaN : rates[rates.Count / 2];
    }

    // Variance of the correlation at a lag, of a process that forgets exponentially with white noise on it.
    private static double Bartlett(double signal, double rate, int lag, double values)
    {
        double At(int k) => k == 0 ? 1 : signal * Math.Exp(-rate * Math.Abs(k));
        var reach = lag + (int)Math.Min(1000, 6 / rate);
        var at = At(lag);
        var sum = 0.0;
        for (var k = -reach; k <= reach; k++)
        {
            var r = At(k);
            sum += (r * r) + (At(k + lag) * At(k - lag)) - (4 * at * r * At(k - lag)) + (2 * r * r * at * at);
        }

        return Math.Max(sum, 1e-6) / values;
    }

    private double Rate(int mode, double decay) => decay * Q(mode) * Q(mode);

    private double Model(int mode, double amplitude, double noise) => (amplitude / Math.Pow(Q(mode), 2)) + (noise * PerNoise(mode));

    private double Signal(int mode, Fit fit) => Math.Clamp(fit.Amplitude / Math.Pow(Q(mode), 2) / Model(mode, fit.Amplitude, fit.Noise), 0, 1);

    /// <summary>What the modes say.</summary>
    /// <param name="Amplitude">kT/(stiffness L).</param>
    /// <param name="AmplitudeErr">1-sigma error.</param>
    /// <param name="Noise">Variance of the error of a column; negative by chance where it is small.</param>
    /// <param name="NoiseErr">1-sigma error.</param>
    /// <param name="Decay">mobility x stiffness/kT, square lengths a frame; NaN where frames are too sparse or too few.</param>
    /// <param name="DecayErr">1-sigma error; NaN where it cannot be told.</param>
    public readonly record struct Fit(double Amplitude, double AmplitudeErr, double Noise, double NoiseErr, double Decay, double DecayErr);
}
