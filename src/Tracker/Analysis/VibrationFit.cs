namespace LiveLtem.Tracker.Analysis;

/// <summary>The amplitude of a vibration about a site that is known only as the mean of the same frames.</summary>
/// <param name="Variance">Variance about the true site, measurement noise taken off.</param>
/// <param name="RawVariance">Variance about the mean of the frames, nothing taken off.</param>
/// <param name="NoiseVariance">Variance of the measurement error; NaN where it is not known.</param>
/// <param name="MemoryFrames">Frames after which a displacement is forgotten to 1/e; 0 where none is seen.</param>
/// <param name="Shrink">Part of the variance that the mean of the frames takes up.</param>
/// <remarks>
/// Displacements that are remembered for tau frames (an overdamped oscillator, Ornstein-Uhlenbeck: covariance s^2 exp(-k/tau)) pull the mean of T
/// frames after them: about that mean they have the covariance s^2 (q^k - 2 A_k + V), with q = exp(-1/tau), V = (1/T^2) sum_st q^|s-t| the
/// variance of the mean and A_k its covariance with the frames of the pairs; white noise adds e^2 (1 - 1/T) at k = 0 and -e^2/T elsewhere.
/// s^2 and tau are those that fit the measured covariances best by least squares. Where nobody stated e, it is what the covariance at lag 0 has
/// over its continuation from the other lags (the covariance estimator of a bound particle), provided that there is a memory to go by.
/// Where the traces are shorter than <see cref="LeastMemories"/> memories, slow drift and vibration cannot be told apart and nothing is
/// extrapolated: the variance is then the one about the mean, with the stated noise taken off.
/// </remarks>
internal readonly record struct VibrationFit(double Variance, double RawVariance, double NoiseVariance, double MemoryFrames, double Shrink)
{
    /// <summary>Shortest trace, in memories, over which a site is taken to be known.</summary>
    public const double LeastMemories = 8;

    private const double LeastCorrelation = 0.3;

    /// <summary>Whether the mean of correlated frames was allowed for.</summary>
    public bool IsExtrapolated => MemoryFrames > 0;

    /// <summary>Fits the sums.</summary>
    /// <param name="sums">Of many traces.</param>
    /// <param name="without">A group to leave out, or -1.</param>
    public static VibrationFit Of(VibrationSums sums, int without = -1)
    {
        var (covariance, pairs, stated) = sums.Read(without);
        var lengths = sums.Lengths().ToArray();
        var raw = covariance[0];
        var total = lengths.Sum(l => l.Values);
        if (!(raw > 0) || total == 0)
        {
            return new VibrationFit(raw, raw, stated, 0, 0);
        }

        // Weighted by values: the mean of 1/T.
        var inverse = lengths.Sum(l => l.Values / l.Length) / total;
        var plain = new VibrationFit(Math.Max(0, (raw / (1 - inverse)) - (stated >= 0 ? stated : 0)), raw, stated, 0, inverse);
        var longest = LongestUsable(pairs, 1 / inverse);
        if (longest < 2)
        {
            return plain;
        }

        var guess = !(stated >= 0) && covariance[1] / raw > LeastCorrelation;
        var best = (Error: double.PositiveInfinity, Variance: 0.0, Noise: 0.0, Tau: 0.0, Shrink: 0.0);
        for (var logTau = Math.Log(0.2); logTau < Math.Log(2 / inverse); logTau += 0.05)
        {
            Try(Math.Exp(logTau));
        }

        var around = best.Tau;
        for (var factor = -0.05; factor <= 0.05; factor += 0.005)
        {
            Try(around * Math.Exp(factor));
        }

        if (best.Tau * LeastMemories * inverse > 1)
        {
            return plain with { Variance = Math.Max(0, raw - (stated >= 0 ? stated : 0)) };
        }

        return new VibrationFit(best.Variance, raw, guess ? best.Noise : stated, best.Tau, best.Shrink);

        void Try(double tau)
        {
            // covariance_k = s^2 f_k + e^2 g_k, linear in both.
            double ff = 0, fg = 0, gg = 0, fy = 0, gy = 0;
            var f = new double[longest + 1];
            var g = new double[longest + 1];
            for (var k = 0; k <= longest; k++)
            {
                foreach (var (length, values) in lengths)
                {
                    f[k] += values / total * Expected(Math.Exp(-1 / tau), VibrationTrace.Lags[k], length);
                }

                g[k] = (k == 0 ? 1 : 0) - inverse;
                var y = covariance[k] - (guess || !(stated >= 0) ? 0 : stated * g[k]);
                ff += f[k] * f[k];
                fg += f[k] * g[k];
                gg += g[k] * g[k];
                fy += f[k] * y;
                gy += g[k] * y;
            }

            var det = (ff * gg) - (fg * fg);
            var noise = guess && det > 1e-12 * ff * gg ? Math.Max(0, ((ff * gy) - (fg * fy)) / det) : 0;
            var variance = (fy - (noise * fg)) / ff;
            var error = 0.0;
            for (var k = 0; k <= longest; k++)
            {
                var y = covariance[k] - (guess || !(stated >= 0) ? 0 : stated * g[k]);
                var left = y - (variance * f[k]) - (noise * g[k]);
                error += left * left;
            }

            if (error < best.Error && variance > 0)
            {
                best = (error, variance, noise, tau, 1 - f[0]);
            }
        }
    }

    /// <summary>Expected covariance at a lag about the mean of a trace, per unit of variance.</summary>
    internal static double Expected(double q, int lag, double length)
    {
        // The frame t has the covariance (1 + q - q^t - q^(T-t+1)) / ((1-q) T) with the mean: summed over the first m frames.
        var frames = Math.Max(length, lag + 1);
        return Math.Pow(q, lag) + (Sum(frames) / frames) - (2 * Sum(frames - lag) / (frames - lag));

        double Sum(double m)
        {
            var left = 1 - Math.Pow(q, m);
            return ((m * (1 + q)) - ((q + Math.Pow(q, frames - m + 1)) * left / (1 - q))) / ((1 - q) * frames);
        }
    }

    // Lags that at least a third of the values have a partner at, and no longer than a third of the traces.
    private static int LongestUsable(double[] pairs, double length)
    {
        var longest = 0;
        while (longest + 1 < pairs.Length && pairs[longest + 1] > pairs[0] / 3 && VibrationTrace.Lags[longest + 1] <= length / 3)
        {
            longest++;
        }

        return longest;
    }
}
