namespace LiveLtem.Tracker.Analysis;

/// <summary>The lags of a multiple-tau scheme: 1 to 15 frames, then eight for each doubling.</summary>
/// <remarks>Lags of level l are multiples 8 to 15 of 2^l, taken between frames whose number is a multiple of 2^l (Magatti and Ferri 2001,
/// doi:10.1364/AO.40.004011, with every sample kept as it is instead of averaged, so that each mean square is exact).</remarks>
internal static class Lags
{
    public const int PerLevel = 16;
    public const int MostLevels = 24;
    public const int Count = 15 + (8 * (MostLevels - 1));

    /// <summary>Place of a lag in the tables.</summary>
    public static int IndexOf(int level, int steps) => level == 0 ? steps - 1 : 15 + (8 * (level - 1)) + (steps - 8);

    /// <summary>The lag at a place, frames.</summary>
    public static long Frames(int index) => index < 15 ? index + 1 : (long)(8 + ((index - 15) % 8)) << (1 + ((index - 15) / 8));
}

/// <summary>Where one particle was, as far back as a multiple-tau scheme needs: memory grows with the logarithm of the track's length.</summary>
internal sealed class LagBuffer
{
    private readonly List<Sample[]> _levels = [];

    /// <summary>Frame of the newest sample.</summary>
    public long LastFrame { get; private set; }

    /// <summary>One moment.</summary>
    public readonly record struct Sample(long Frame, double X, double Y, double Turn);

    /// <summary>Adds a moment and meets it with those before it.</summary>
    /// <param name="now">The moment, later than those before.</param>
    /// <param name="meet">Called with the place of the lag and the earlier moment.</param>
    public void Add(in Sample now, Action<int, Sample> meet)
    {
        LastFrame = now.Frame;
        for (var level = 0; level < Lags.MostLevels && (now.Frame & ((1L << level) - 1)) == 0; level++)
        {
            if (level == _levels.Count)
            {
                // A further level is begun once the one below has gone round: short tracks stay small.
                if (level > 0 && !IsRound(_levels[level - 1]))
                {
                    break;
                }

                _levels.Add(Empty());
            }

            var samples = _levels[level];
            var step = now.Frame >> level;
            for (var steps = level == 0 ? 1 : 8; steps < Lags.PerLevel; steps++)
            {
                var earlier = samples[(step - steps) & (Lags.PerLevel - 1)];
                if (earlier.Frame == (step - steps) << level)
                {
                    meet(Lags.IndexOf(level, steps), earlier);
                }
            }

            samples[step & (Lags.PerLevel - 1)] = now;
        }
    }

    private static bool IsRound(Sample[] samples) => Array.TrueForAll(samples, sample => sample.Frame != long.MinValue);

    private static Sample[] Empty()
    {
        var samples = new Sample[Lags.PerLevel];
        Array.Fill(samples, new Sample(long.MinValue, 0, 0, 0));
        return samples;
    }
}

/// <summary>Mean squares by lag, in groups: by particle and by time, since which of the two tells the error depends on how many there are.</summary>
internal sealed class LagSums
{
    private readonly double[,] _counts = new double[Jackknife.Groups, Lags.Count];
    private readonly double[,] _squares = new double[Jackknife.Groups, Lags.Count];
    private readonly double[,] _fourths = new double[Jackknife.Groups, Lags.Count];
    private readonly double[,] _turnCounts = new double[Jackknife.Groups, Lags.Count];
    private readonly double[,] _turns = new double[Jackknife.Groups, Lags.Count];

    /// <summary>Adds one displacement.</summary>
    public void Add(int group, int lag, double square, double turnSquare)
    {
        _counts[group, lag]++;
        _squares[group, lag] += square;
        _fourths[group, lag] += square * square;
        if (!double.IsNaN(turnSquare))
        {
            _turnCounts[group, lag]++;
            _turns[group, lag] += turnSquare;
        }
    }

    public bool Has(int group) => _counts[group, 0] > 0;

    public double Count(int lag) => Sum(_counts, lag, -1);

    public double TurnCount(int lag) => Sum(_turnCounts, lag, -1);

    /// <summary>Mean square displacement; NaN without any.</summary>
    public double Msd(int lag, int without = -1) => Sum(_squares, lag, without) / Sum(_counts, lag, without);

    /// <summary>Mean square rotation; NaN without any.</summary>
    public double TurnMsd(int lag, int without = -1) => Sum(_turns, lag, without) / Sum(_turnCounts, lag, without);

    /// <summary>Non-Gaussian parameter in two dimensions, &lt;r^4&gt;/(2 &lt;r^2&gt;^2) - 1.</summary>
    public double NonGaussian(int lag) => (Sum(_fourths, lag, -1) / Count(lag) / (2 * Msd(lag) * Msd(lag))) - 1;

    private static double Sum(double[,] table, int lag, int without)
    {
        var sum = 0.0;
        for (var g = 0; g < Jackknife.Groups; g++)
        {
            sum += g == without ? 0 : table[g, lag];
        }

        return sum;
    }
}
