using LiveLtem.Inference.Pose;

namespace LiveLtem.Inference.Denoise;

/// <summary>How much each part of two filters' states counts for the picture shown, by ring, and how far off that is.</summary>
internal sealed class SmoothingWeights(int states)
{
    private readonly float[] _weights = new float[2 * states * FrequencyBins.Count];
    private readonly double[] _variance = new double[FrequencyBins.Count];

    /// <summary>Weights of a ring: those of the filter forwards, then those of the other.</summary>
    public ReadOnlySpan<float> Of(int bin) => _weights.AsSpan(2 * states * bin, 2 * states);

    /// <summary>Standard deviation of the estimate's error in one pixel, by the spectrum.</summary>
    public double Error(int firstBin, ReadOnlySpan<int> modes)
    {
        var (sum, all) = (0.0, 0);
        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            all += modes[bin];
            sum += bin >= firstBin ? modes[bin] * _variance[bin] : 0;
        }

        return Math.Sqrt(Math.Max(0, sum / all));
    }

    /// <summary>Works out a ring.</summary>
    /// <param name="bin">The ring.</param>
    /// <param name="before">Covariance of the filter forwards.</param>
    /// <param name="after">Covariance of the other, at the frame that it saw last.</param>
    /// <param name="prior">Covariance of a state of which nothing is known; diagonal.</param>
    /// <param name="kept">What each part keeps from there to here.</param>
    /// <param name="shown">The first so many parts are the picture.</param>
    public void Set(int bin, ReadOnlySpan<double> before, ReadOnlySpan<double> after, ReadOnlySpan<double> prior, ReadOnlySpan<double> kept, int shown)
    {
        // In units of what each part is expected to be, the prior is the unit matrix and a part that is nothing carries no information.
        var n = states;
        Span<double> unit = stackalloc double[n];
        Span<double> first = stackalloc double[n * n];
        Span<double> second = stackalloc double[n * n];
        for (var i = 0; i < n; i++)
        {
            unit[i] = Math.Sqrt(prior[(i * n) + i]);
        }

        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var scale = unit[i] * unit[j];
                var same = i == j ? 1.0 : 0;
                first[(i * n) + j] = scale > 0 ? before[(i * n) + j] / scale : same;
                second[(i * n) + j] = scale > 0 ? (kept[i] * kept[j] * after[(i * n) + j] / scale) + (same * (1 - (kept[i] * kept[i]))) : same;
            }
        }

        Invert(first, n);
        Invert(second, n);
        Span<double> joined = stackalloc double[n * n];
        for (var i = 0; i < n * n; i++)
        {
            joined[i] = first[i] + second[i] - (i % (n + 1) == 0 ? 1 : 0);
        }

        Invert(joined, n);
        var variance = 0.0;
        for (var k = 0; k < n; k++)
        {
            var (forwards, backwards) = (0.0, 0.0);
            for (var i = 0; i < shown; i++)
            {
                variance += k < shown ? unit[i] * unit[k] * joined[(i * n) + k] : 0;
                for (var j = 0; j < n; j++)
                {
                    forwards += unit[i] * joined[(i * n) + j] * first[(j * n) + k];
                    backwards += unit[i] * joined[(i * n) + j] * second[(j * n) + k];
                }
            }

            _weights[(2 * n * bin) + k] = unit[k] > 0 ? (float)(forwards / unit[k]) : 0;
            _weights[(2 * n * bin) + n + k] = unit[k] > 0 ? (float)(backwards * kept[k] / unit[k]) : 0;
        }

        _variance[bin] = variance;
    }

    private static void Invert(Span<double> matrix, int n)
    {
        Span<double> factor = stackalloc double[n * n];
        matrix.CopyTo(factor);
        for (var i = 0; i < n; i++)
        {
            // What rounding took away: covariances in these units are at most 1.
            factor[(i * n) + i] += 1e-12;
        }

        if (!SmallSolver.Factor(factor, n))
        {
            matrix.Clear();
            for (var i = 0; i < n; i++)
            {
                matrix[(i * n) + i] = 1;
            }

            return;
        }

        Span<double> column = stackalloc double[n];
        for (var k = 0; k < n; k++)
        {
            column.Clear();
            column[k] = 1;
            SmallSolver.Solve(factor, n, column);
            for (var i = 0; i < n; i++)
            {
                matrix[(i * n) + k] = column[i];
            }
        }
    }
}
