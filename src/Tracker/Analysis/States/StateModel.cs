namespace LiveLtem.Tracker.Analysis.States;

/// <summary>One measurement of a molecule's shape: features and the variances of their errors.</summary>
/// <param name="Frame">Frame number.</param>
/// <param name="Values">Features.</param>
/// <param name="Variances">Variance of each one's measurement error.</param>
internal readonly record struct StateObservation(long Frame, double[] Values, double[] Variances);

/// <summary>A hidden Markov model whose states are Gaussian clouds of features, each seen through its measurement's own error.</summary>
/// <remarks>
/// <para>Emission: normal with the state's mean and covariance plus the measurement's variances, and a small share of anything (so that one bad outline
/// decides nothing). Molecules differ: each has an offset of its own in each state, normal with the state's scatter (a mixed-effects model, Altman 2007,
/// doi:10.1198/016214506000001086); what a molecule keeps is no state. Transitions: one matrix a frame; over a gap of g frames its g-th power.</para>
/// <para>Forward-backward and re-estimation after Rabiner 1989 (doi:10.1109/5.18626), scaled. Immutable once fitted.</para>
/// </remarks>
internal sealed class StateModel
{
    /// <summary>Share of measurements that belong to no state, spread as wide as all of them together.</summary>
    public const double OutlierShare = 0.01;

    /// <summary>Part of a measurement that is new: successive ones share the frames that drew their outline. Likelihoods are raised to it.</summary>
    public const double Independence = 0.4;

    /// <summary>Longest gap that the matrix is raised over; after that the state is as good as unknown.</summary>
    public const int LongestGap = 64;

    private readonly double[][] _means;
    private readonly double[][] _covariances;
    private readonly double[][] _scatters;
    private readonly double[] _start;
    private readonly double[][] _powers;
    private readonly double[] _wideMean;
    private readonly double[] _wideCovariance;

    public StateModel(double[][] means, double[][] covariances, double[][] scatters, double[] start, double[] transitions, double[] wideMean, double[] wideCovariance)
    {
        Count = means.Length;
        Dimensions = wideMean.Length;
        (_means, _covariances, _scatters, _start, _wideMean, _wideCovariance) = (means, covariances, scatters, start, wideMean, wideCovariance);
        _powers = new double[LongestGap][];
        _powers[0] = transitions;
    }

    /// <summary>States.</summary>
    public int Count { get; }

    /// <summary>Features.</summary>
    public int Dimensions { get; }

    /// <summary>Mean features of each state.</summary>
    public IReadOnlyList<double[]> Means => _means;

    /// <summary>Covariance of each state's features, measurement errors not in it, row-major.</summary>
    public IReadOnlyList<double[]> Covariances => _covariances;

    /// <summary>Variance, feature by feature, of what molecules have of their own in each state.</summary>
    public IReadOnlyList<double[]> Scatters => _scatters;

    /// <summary>Chance of each state where nothing is known.</summary>
    public IReadOnlyList<double> Start => _start;

    /// <summary>Chance to be in state j one frame after state i, at [i * Count + j].</summary>
    public IReadOnlyList<double> Transitions => _powers[0];

    /// <summary>Free parameters.</summary>
    public int Parameters => (Count * ((2 * Dimensions) + (Dimensions * (Dimensions + 1) / 2))) + (Count * (Count - 1)) + Count - 1;

    /// <summary>Transition matrix over a number of frames.</summary>
    public double[] Power(long frames)
    {
        var index = (int)Math.Clamp(frames, 1, LongestGap) - 1;
        for (var i = 1; i <= index; i++)
        {
            _powers[i] ??= Multiply(_powers[i - 1], _powers[0], Count);
        }

        return _powers[index];
    }

    /// <summary>Likelihood of a measurement in each state, relative to the best, and the logarithm of what was divided by.</summary>
    /// <param name="observation">The measurement.</param>
    /// <param name="own">What the molecule has of its own.</param>
    /// <param name="into">Takes the likelihoods.</param>
    public double Likelihoods(in StateObservation observation, MoleculeOffsets own, Span<double> into)
    {
        var top = double.NegativeInfinity;
        for (var k = 0; k < Count; k++)
        {
            into[k] = LogNormal(observation, _means[k], _covariances[k], own.Means[k], own.Variances[k]);
            top = Math.Max(top, into[k]);
        }

        var wide = Math.Log(OutlierShare) + LogNormal(observation, _wideMean, _wideCovariance, null, null);
        top = Math.Max(top, wide);
        var floor = Math.Exp(wide - top);
        for (var k = 0; k < Count; k++)
        {
            into[k] = Math.Pow(((1 - OutlierShare) * Math.Exp(into[k] - top)) + floor, Independence);
        }

        return Independence * top;
    }

    /// <summary>One step of the filter: the chances after a measurement.</summary>
    /// <param name="before">Chances after the one before; empty for a first measurement.</param>
    /// <param name="gap">Frames between the two.</param>
    /// <param name="likelihoods">From <see cref="Likelihoods"/>.</param>
    /// <param name="after">Takes the chances; their sum is 1.</param>
    /// <returns>What they were divided by.</returns>
    public double Step(ReadOnlySpan<double> before, long gap, ReadOnlySpan<double> likelihoods, Span<double> after)
    {
        if (before.Length == 0)
        {
            _start.CopyTo(after);
        }
        else
        {
            var matrix = Power(gap);
            after.Clear();
            for (var i = 0; i < Count; i++)
            {
                for (var j = 0; j < Count; j++)
                {
                    after[j] += before[i] * matrix[(i * Count) + j];
                }
            }
        }

        var sum = 0.0;
        for (var j = 0; j < Count; j++)
        {
            after[j] *= likelihoods[j];
            sum += after[j];
        }

        for (var j = 0; j < Count; j++)
        {
            after[j] = sum > 0 ? after[j] / sum : 1.0 / Count;
        }

        return sum;
    }

    private double LogNormal(in StateObservation observation, double[] mean, double[] covariance, double[]? shift, double[]? doubt)
    {
        // Two or three features: Cholesky written out.
        var d = Dimensions;
        Span<double> root = stackalloc double[d * d];
        Span<double> solved = stackalloc double[d];
        var log = -0.5 * d * Math.Log(2 * Math.PI);
        for (var i = 0; i < d; i++)
        {
            var rest = observation.Values[i] - mean[i] - (shift?[i] ?? 0);
            for (var j = 0; j <= i; j++)
            {
                var sum = covariance[(i * d) + j] + (i == j ? observation.Variances[i] + (doubt?[i] ?? 0) : 0);
                for (var k = 0; k < j; k++)
                {
                    sum -= root[(i * d) + k] * root[(j * d) + k];
                }

                root[(i * d) + j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / root[(j * d) + j];
                if (j < i)
                {
                    rest -= root[(i * d) + j] * solved[j];
                }
            }

            solved[i] = rest / root[(i * d) + i];
            log -= (0.5 * solved[i] * solved[i]) + Math.Log(root[(i * d) + i]);
        }

        return log;
    }

    private static double[] Multiply(double[] a, double[] b, int n)
    {
        var product = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                for (var k = 0; k < n; k++)
                {
                    product[(i * n) + j] += a[(i * n) + k] * b[(k * n) + j];
                }
            }
        }

        return product;
    }
}
