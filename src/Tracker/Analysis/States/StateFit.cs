namespace LiveLtem.Tracker.Analysis.States;

/// <summary>Fits state models to sequences and chooses how many states there are.</summary>
/// <remarks>
/// <para>Expectation-maximisation (Baum and Welch) from a start that splits the features in order; for each number of states from 1 to 6 the Bayesian
/// information criterion, -2 ln L + p ln N (Schwarz 1978, doi:10.1214/aos/1176344136). More states are taken only where they are states: each is
/// visited for a fair part of the time, and neighbouring ones stand clear of each other by more than the scatter that molecules of one state have among
/// themselves: molecules differ in size, and a difference that a molecule keeps is no change of state.</para>
/// <para>Deterministic: the same sequences give the same model.</para>
/// </remarks>
internal static class StateFit
{
    /// <summary>Most states.</summary>
    public const int MostStates = 6;

    private const int Rounds = 60;
    private const double Settled = 1e-5;
    private const double StayPrior = 0.95;
    private const double LeastShare = 0.03;
    private const int FewestPerState = 25;
    private const double LeastApart = 2;

    /// <summary>The model that describes the sequences best.</summary>
    /// <param name="sequences">Measurements of one molecule each, in frame order.</param>
    public static StateModel Choose(IReadOnlyList<StateObservation[]> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        var total = sequences.Sum(s => s.Length);
        var best = Fit(sequences, 1).Model;
        var bestCriterion = Criterion(best, Fit(sequences, 1).LogLikelihood, total);
        for (var count = 2; count <= MostStates && count * FewestPerState <= total; count++)
        {
            var (model, logLikelihood) = Fit(sequences, count);
            var criterion = Criterion(model, logLikelihood, total);
            if (criterion < bestCriterion && AreStates(model, sequences))
            {
                (best, bestCriterion) = (model, criterion);
            }
        }

        return best;
    }

    /// <summary>Fits a model of so many states.</summary>
    public static (StateModel Model, double LogLikelihood) Fit(IReadOnlyList<StateObservation[]> sequences, int count)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        var all = sequences.SelectMany(s => s).ToList();
        var dimensions = all[0].Values.Length;
        var (wideMean, wideCovariance) = Moments(all, null, dimensions);
        var wide = wideCovariance.Select(v => 4 * v).ToArray();
        var model = Begin(sequences, count, dimensions, wideMean, wideCovariance, wide);
        var last = double.NegativeInfinity;
        for (var round = 0; round < Rounds; round++)
        {
            var (next, logLikelihood) = Improve(model, sequences, wideMean, wide, wideCovariance);
            if (logLikelihood - last < Settled * Math.Abs(logLikelihood) && round > 3)
            {
                return (Order(model, wideMean, wide), logLikelihood);
            }

            (model, last) = (next, logLikelihood);
        }

        return (Order(model, wideMean, wide), last);
    }

    private static double Criterion(StateModel model, double logLikelihood, int total) =>
        (-2 * logLikelihood) + (model.Parameters * Math.Log(total));

    // Smoothed features of every molecule in order of size, cut into equal parts.
    private static StateModel Begin(IReadOnlyList<StateObservation[]> sequences, int count, int dimensions, double[] wideMean, double[] wideCovariance, double[] wide)
    {
        var smooth = new List<(double Key, StateObservation Observation)>();
        foreach (var sequence in sequences)
        {
            for (var t = 0; t < sequence.Length; t++)
            {
                double sum = 0, weight = 0;
                for (var u = Math.Max(0, t - 4); u <= Math.Min(sequence.Length - 1, t + 4); u++)
                {
                    sum += sequence[u].Values[0];
                    weight++;
                }

                smooth.Add((sum / weight, sequence[t]));
            }
        }

        var keys = smooth.Select(s => s.Key).Order().ToArray();
        var centres = Centres(keys, count);
        var parts = Enumerable.Range(0, count).Select(_ => new List<StateObservation>()).ToArray();
        foreach (var (key, observation) in smooth)
        {
            parts[Nearest(centres, key)].Add(observation);
        }

        var means = new double[count][];
        var covariances = new double[count][];
        for (var k = 0; k < count; k++)
        {
            (means[k], covariances[k]) = parts[k].Count > 1 ? Moments(parts[k], null, dimensions) : (Shifted(wideMean, centres[k]), wideCovariance);
            Regularise(covariances[k], wideCovariance, dimensions);
        }

        var transitions = new double[count * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                transitions[(i * count) + j] = count == 1 ? 1 : i == j ? StayPrior : (1 - StayPrior) / (count - 1);
            }
        }

        return new StateModel(means, covariances, [.. Enumerable.Repeat(1.0 / count, count)], transitions, wideMean, wide);
    }

    private static double[] Shifted(double[] mean, double first) => [first, .. mean.Skip(1)];

    // One-dimensional k-means from the quantiles on.
    private static double[] Centres(double[] sorted, int count)
    {
        var centres = Enumerable.Range(0, count).Select(k => sorted[(int)((k + 0.5) / count * (sorted.Length - 1))]).ToArray();
        for (var round = 0; round < 30; round++)
        {
            var sums = new double[count];
            var counts = new int[count];
            foreach (var value in sorted)
            {
                var k = Nearest(centres, value);
                sums[k] += value;
                counts[k]++;
            }

            for (var k = 0; k < count; k++)
            {
                centres[k] = counts[k] > 0 ? sums[k] / counts[k] : centres[k];
            }
        }

        return centres;
    }

    private static int Nearest(double[] centres, double value)
    {
        var best = 0;
        for (var k = 1; k < centres.Length; k++)
        {
            best = Math.Abs(centres[k] - value) < Math.Abs(centres[best] - value) ? k : best;
        }

        return best;
    }

    private static (StateModel Model, double LogLikelihood) Improve(
        StateModel model, IReadOnlyList<StateObservation[]> sequences, double[] wideMean, double[] wide, double[] wideCovariance)
    {
        int n = model.Count, d = model.Dimensions;
        var starts = new double[n];
        var moves = new double[n * n];
        var observations = new List<StateObservation>();
        var weights = new List<double[]>();
        var logLikelihood = 0.0;
        foreach (var sequence in sequences.Where(s => s.Length > 0))
        {
            var posterior = StatePosterior.Of(model, sequence);
            logLikelihood += posterior.LogLikelihood;
            for (var t = 0; t < sequence.Length; t++)
            {
                observations.Add(sequence[t]);
                weights.Add(posterior.Chances[t]);
            }

            for (var k = 0; k < n; k++)
            {
                starts[k] += posterior.Chances[0][k];
            }

            for (var i = 0; i < n * n; i++)
            {
                moves[i] += posterior.Moves[i];
            }
        }

        var means = new double[n][];
        var covariances = new double[n][];
        var occupancy = new double[n];
        for (var k = 0; k < n; k++)
        {
            var state = k;
            (means[k], covariances[k]) = Moments(observations, t => weights[t][state], d);
            Regularise(covariances[k], wideCovariance, d);
            occupancy[k] = weights.Sum(w => w[state]);
        }

        var transitions = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            // A weak prior keeps a move that was never seen from being forbidden.
            var sum = 0.0;
            for (var j = 0; j < n; j++)
            {
                transitions[(i * n) + j] = moves[(i * n) + j] + (n == 1 ? 1 : i == j ? StayPrior : (1 - StayPrior) / (n - 1));
                sum += transitions[(i * n) + j];
            }

            for (var j = 0; j < n; j++)
            {
                transitions[(i * n) + j] /= sum;
            }
        }

        var total = occupancy.Sum();
        return (new StateModel(means, covariances, [.. occupancy.Select(o => Math.Max(o / total, 1e-6))], transitions, wideMean, wide), logLikelihood);
    }

    // Mean and covariance, the part that the measurements' errors explain taken off.
    private static (double[] Mean, double[] Covariance) Moments(List<StateObservation> observations, Func<int, double>? weight, int d)
    {
        var mean = new double[d];
        var sum = 1e-12;
        for (var t = 0; t < observations.Count; t++)
        {
            var w = weight?.Invoke(t) ?? 1;
            sum += w;
            for (var i = 0; i < d; i++)
            {
                mean[i] += w * observations[t].Values[i];
            }
        }

        for (var i = 0; i < d; i++)
        {
            mean[i] /= sum;
        }

        var covariance = new double[d * d];
        for (var t = 0; t < observations.Count; t++)
        {
            var w = weight?.Invoke(t) ?? 1;
            for (var i = 0; i < d; i++)
            {
                for (var j = 0; j < d; j++)
                {
                    var error = i == j ? observations[t].Variances[i] : 0;
                    covariance[(i * d) + j] += w * (((observations[t].Values[i] - mean[i]) * (observations[t].Values[j] - mean[j])) - error);
                }
            }
        }

        for (var i = 0; i < d * d; i++)
        {
            covariance[i] /= sum;
        }

        return (mean, covariance);
    }

    // Never narrower than a small part of everything: a state of one point would be infinitely likely.
    private static void Regularise(double[] covariance, double[] wide, int d)
    {
        for (var i = 0; i < d; i++)
        {
            var least = Math.Max(0.004 * Math.Abs(wide[(i * d) + i]), 1e-6);
            covariance[(i * d) + i] = Math.Max(covariance[(i * d) + i], least);
        }

        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var most = 0.95 * Math.Sqrt(covariance[(i * d) + i] * covariance[(j * d) + j]);
                var limited = Math.Clamp(covariance[(i * d) + j], -most, most);
                covariance[(i * d) + j] = covariance[(j * d) + i] = d > 2 ? 0.9 * limited : limited;
            }
        }
    }

    // From compact to extended: by the first feature.
    private static StateModel Order(StateModel model, double[] wideMean, double[] wide)
    {
        var n = model.Count;
        var order = Enumerable.Range(0, n).OrderBy(k => model.Means[k][0]).ToArray();
        var transitions = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                transitions[(i * n) + j] = model.Transitions[(order[i] * n) + order[j]];
            }
        }

        return new StateModel(
            [.. order.Select(k => model.Means[k])], [.. order.Select(k => model.Covariances[k])], [.. order.Select(k => model.Start[k])], transitions, wideMean, wide);
    }

    private static bool AreStates(StateModel model, IReadOnlyList<StateObservation[]> sequences)
    {
        var n = model.Count;
        var time = new double[n];
        foreach (var sequence in sequences.Where(s => s.Length > 0))
        {
            foreach (var chances in StatePosterior.Of(model, sequence).Chances)
            {
                for (var k = 0; k < n; k++)
                {
                    time[k] += chances[k];
                }
            }
        }

        var total = time.Sum();
        if (time.Any(t => t < LeastShare * total || t < FewestPerState))
        {
            return false;
        }

        for (var a = 0; a < n; a++)
        {
            for (var b = 0; b < a; b++)
            {
                if (Apart(model, a, b) < LeastApart)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Distance of two states' means along the line between them, over the mean of their own spreads along it.
    private static double Apart(StateModel model, int a, int b)
    {
        var d = model.Dimensions;
        var line = model.Means[a].Zip(model.Means[b], (x, y) => x - y).ToArray();

        // Features in units of their spread, so that one of large numbers does not decide the direction alone.
        double square = 0, spreadA = 0, spreadB = 0;
        var best = 0.0;
        for (var i = 0; i < d; i++)
        {
            square = line[i] * line[i];
            spreadA = Math.Sqrt(model.Covariances[a][(i * d) + i]);
            spreadB = Math.Sqrt(model.Covariances[b][(i * d) + i]);
            best = Math.Max(best, 2 * Math.Sqrt(square) / (spreadA + spreadB));
        }

        return best;
    }
}
