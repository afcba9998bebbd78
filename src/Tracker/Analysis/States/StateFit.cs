namespace LiveLtem.Tracker.Analysis.States;

/// <summary>Fits state models to sequences and chooses how many states there are.</summary>
/// <remarks>
/// <para>Expectation-maximisation (Baum and Welch) from a start that splits the features in order; for each number of states from 1 to 6 the Bayesian
/// information criterion, -2 ln L + p ln N (Schwarz 1978, doi:10.1214/aos/1176344136), the offsets of the molecules integrated out. More states are
/// taken only where they are states: each is visited for a fair part of the time, and any two stand clear of each other.</para>
/// <para>Deterministic: the same sequences give the same model.</para>
/// </remarks>
internal static class StateFit
{
    /// <summary>Most states.</summary>
    public const int MostStates = 6;

    private const int Rounds = 80;
    private const double Settled = 3e-6;
    private const double StayPrior = 0.95;
    private const double LeastShare = 0.03;
    private const int FewestPerState = 25;
    private const double LeastApart = 2;
    private const double LeastApartMeasured = 0.8;
    private const int SmoothedOver = 4;
    private const double FarOff = 8;

    // The molecules' scatter cannot be told from a few of them: this many more of middling scatter are thought to be there.
    private const double ScatterPrior = 4;
    private const double MostScatter = 0.45;
    private const double FramesToKnow = 10;

    // A state that is left after a few frames is noise, or a difference between frames that have changed their outline.
    private const double MostLeaving = 0.12;
    private const int LookFurther = 2;

    /// <summary>The model that describes the sequences best.</summary>
    /// <param name="sequences">Measurements of one molecule each, in frame order; not all empty.</param>
    public static StateModel Choose(IReadOnlyList<StateObservation[]> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        var usable = WithoutFarOff(sequences);
        var total = usable.Sum(s => s.Length);
        var best = Fit(usable, 1);
        var bestCriterion = Criterion(best, total);
        for (var count = 2; count <= MostStates && count * FewestPerState <= total; count++)
        {
            var fit = Fit(usable, count);
            var criterion = Criterion(fit, total);
            if (criterion < bestCriterion && AreStates(fit.Model, fit.Times, usable))
            {
                (best, bestCriterion) = (fit, criterion);
            }
            else if (count >= best.Model.Count + LookFurther)
            {
                break;
            }
        }

        return best.Model;
    }

    /// <summary>Fits a model of so many states.</summary>
    /// <returns>The model, states in order of size; the logarithm of its likelihood; expected measurements in each state.</returns>
    public static (StateModel Model, double LogLikelihood, double[] Times) Fit(IReadOnlyList<StateObservation[]> sequences, int count)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        var used = sequences.Where(s => s.Length > 0).ToList();
        var all = new WeightedFeatures(used);
        var (wideMean, wideCovariance) = all.Moments(null, null);
        var wide = wideCovariance.Select(v => 4 * v).ToArray();
        var model = Begin(used, count, all, wideMean, wideCovariance, wide);
        var own = used.ConvertAll(_ => new MoleculeOffsets(model));
        var last = double.NegativeInfinity;
        for (var round = 0; ; round++)
        {
            var posteriors = used.Select((s, i) => StatePosterior.Of(model, s, own[i])).ToList();
            own = [.. used.Select((s, i) => MoleculeOffsets.Of(model, s, posteriors[i].Chances))];
            var logLikelihood = posteriors.Sum(p => p.LogLikelihood) + own.Sum(o => o.LogPrior(model));
            if (round >= Rounds || (round > 10 && Math.Abs(logLikelihood - last) < Settled * Math.Abs(logLikelihood)))
            {
                var times = Enumerable.Range(0, count).Select(k => own.Sum(o => o.Times[k])).ToArray();
                var order = Enumerable.Range(0, count).OrderBy(k => model.Means[k][0]).ToArray();
                return (Ordered(model, order, wideMean, wide), logLikelihood, [.. order.Select(k => times[k])]);
            }

            last = logLikelihood;
            model = Improve(model, all, posteriors, own, wideMean, wide, wideCovariance);
        }
    }

    private static double Criterion((StateModel Model, double LogLikelihood, double[] Times) fit, int total) =>
        (-2 * fit.LogLikelihood) + (fit.Model.Parameters * Math.Log(total));

    // A molecule whose outline went astray is not a state: measurements far from all others are left out of the learning.
    private static List<StateObservation[]> WithoutFarOff(IReadOnlyList<StateObservation[]> sequences)
    {
        var all = sequences.SelectMany(s => s).ToList();
        var d = all[0].Values.Length;
        var limits = new (double Middle, double Spread)[d];
        for (var i = 0; i < d; i++)
        {
            var sorted = all.Select(o => o.Values[i]).Order().ToArray();
            var spread = (sorted[sorted.Length * 9 / 10] - sorted[sorted.Length / 10]) / 2.56;
            limits[i] = (sorted[sorted.Length / 2], Math.Max(spread, 1e-9));
        }

        var kept = sequences.Select(s => s.Where(o => !Enumerable.Range(0, d).Any(i => Math.Abs(o.Values[i] - limits[i].Middle) > FarOff * limits[i].Spread)).ToArray()).ToList();
        return kept.Exists(s => s.Length > 0) ? kept : [.. sequences];
    }

    // Smoothed features of every molecule in order of size, cut where they cluster.
    private static StateModel Begin(List<StateObservation[]> sequences, int count, WeightedFeatures all, double[] wideMean, double[] wideCovariance, double[] wide)
    {
        var keys = new List<double>();
        foreach (var sequence in sequences)
        {
            for (var t = 0; t < sequence.Length; t++)
            {
                int from = Math.Max(0, t - SmoothedOver), to = Math.Min(sequence.Length - 1, t + SmoothedOver);
                var sum = 0.0;
                for (var u = from; u <= to; u++)
                {
                    // Size and elongation, each in units of its spread: both rise from compact to extended.
                    sum += sequence[u].Values.Select((v, i) => v / Math.Sqrt(wideCovariance[(i * wideMean.Length) + i])).Sum();
                }

                keys.Add(sum / (to - from + 1));
            }
        }

        var centres = Centres([.. keys.Order()], count);
        var means = new double[count][];
        var covariances = new double[count][];
        for (var k = 0; k < count; k++)
        {
            var state = k;
            (means[k], covariances[k]) = all.Moments(t => Nearest(centres, keys[t]) == state ? 1 : 0, null);
            WeightedFeatures.Regularise(covariances[k], wideCovariance);
        }

        var transitions = new double[count * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                transitions[(i * count) + j] = Prior(i, j, count);
            }
        }

        var scatters = Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, wideMean.Length).Select(i => 0.02 * Math.Max(wideCovariance[(i * wideMean.Length) + i], 1e-9)).ToArray()).ToArray();
        return new StateModel(means, covariances, scatters, [.. Enumerable.Repeat(1.0 / count, count)], transitions, wideMean, wide);
    }

    private static double Prior(int from, int to, int count) => count == 1 ? 1 : from == to ? StayPrior : (1 - StayPrior) / (count - 1);

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

    private static StateModel Improve(
        StateModel model, WeightedFeatures all, List<StatePosterior> posteriors, List<MoleculeOffsets> own, double[] wideMean, double[] wide, double[] wideCovariance)
    {
        var n = model.Count;
        var chances = posteriors.SelectMany(p => p.Chances).ToArray();
        var means = new double[n][];
        var covariances = new double[n][];
        var occupancy = new double[n];
        for (var k = 0; k < n; k++)
        {
            var state = k;
            (means[k], covariances[k]) = all.Moments(t => chances[t][state], i => own[i].Means[state]);
            WeightedFeatures.Regularise(covariances[k], wideCovariance);
            Centre(means[k], own, state);
            occupancy[k] = chances.Sum(c => c[state]) + 1e-6;
        }

        var transitions = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            // A weak prior keeps a move that was never seen from being forbidden.
            var row = Enumerable.Range(0, n).Select(j => posteriors.Sum(p => p.Moves[(i * n) + j]) + Prior(i, j, n)).ToArray();
            for (var j = 0; j < n; j++)
            {
                transitions[(i * n) + j] = row[j] / row.Sum();
            }
        }

        var total = occupancy.Sum();
        return new StateModel(means, covariances, Scatter(model, own, means), [.. occupancy.Select(o => o / total)], transitions, wideMean, wide);
    }

    // What all molecules have in common is the state's.
    private static void Centre(double[] mean, List<MoleculeOffsets> own, int state)
    {
        for (var i = 0; i < mean.Length; i++)
        {
            double sum = 0, weight = 1e-9;
            foreach (var molecule in own)
            {
                var share = Math.Min(1, molecule.Times[state] / FramesToKnow);
                sum += share * molecule.Means[state][i];
                weight += share;
            }

            mean[i] += sum / weight;
        }
    }

    // How far molecules' own features lie about the states' ones: of each state, drawn towards that of all, and never so far that states pass each other.
    private static double[][] Scatter(StateModel model, List<MoleculeOffsets> own, double[][] means)
    {
        int n = model.Count, d = model.Dimensions;
        var squares = new double[n][];
        var counts = new double[n];
        var pooled = new double[d];
        var pooledCount = 1e-9;
        for (var k = 0; k < n; k++)
        {
            squares[k] = new double[d];
            foreach (var molecule in own)
            {
                var weight = Math.Min(1, molecule.Times[k] / FramesToKnow);
                counts[k] += weight;
                pooledCount += weight;
                for (var i = 0; i < d; i++)
                {
                    var square = weight * ((molecule.Means[k][i] * molecule.Means[k][i]) + molecule.Variances[k][i]);
                    squares[k][i] += square;
                    pooled[i] += square;
                }
            }
        }

        return
        [
            .. Enumerable.Range(0, n).Select(k => Enumerable.Range(0, d).Select(i =>
            {
                var scatter = (squares[k][i] + (ScatterPrior * pooled[i] / pooledCount)) / (counts[k] + ScatterPrior);
                var nearest = Enumerable.Range(0, n).Where(j => j != k).Select(j => Math.Abs(means[j][i] - means[k][i])).DefaultIfEmpty(double.PositiveInfinity).Min();
                var own = model.Covariances[k][(i * d) + i];
                return Math.Clamp(scatter, 0.01 * own, Math.Max(0.01 * own, Math.Pow(MostScatter * nearest, 2)));
            }).ToArray()),
        ];
    }

    private static StateModel Ordered(StateModel model, int[] order, double[] wideMean, double[] wide)
    {
        var n = model.Count;
        var transitions = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                transitions[(i * n) + j] = model.Transitions[(order[i] * n) + order[j]];
            }
        }

        return new StateModel(
            [.. order.Select(k => model.Means[k])],
            [.. order.Select(k => model.Covariances[k])],
            [.. order.Select(k => model.Scatters[k])],
            [.. order.Select(k => model.Start[k])],
            transitions,
            wideMean,
            wide);
    }

    private static bool AreStates(StateModel model, double[] times, List<StateObservation[]> sequences)
    {
        var total = times.Sum();
        if (times.Any(t => t < LeastShare * total || t < FewestPerState))
        {
            return false;
        }

        var d = model.Dimensions;
        var errors = Enumerable.Range(0, d).Select(i => Median(sequences.SelectMany(s => s).Select(o => o.Variances[i]))).ToArray();
        for (var a = 0; a < model.Count; a++)
        {
            if (1 - model.Transitions[(a * model.Count) + a] > MostLeaving)
            {
                return false;
            }

            for (var b = 0; b < a; b++)
            {
                if (Apart(model, a, b, null) < LeastApart || Apart(model, a, b, errors) < LeastApartMeasured)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    // Distance of two states' means over the mean of their spreads (of frames and of molecules), in the feature where it is largest.
    private static double Apart(StateModel model, int a, int b, double[]? errors)
    {
        var d = model.Dimensions;
        return Enumerable.Range(0, d).Max(i => 2 * Math.Abs(model.Means[a][i] - model.Means[b][i]) / (Spread(a, i) + Spread(b, i)));

        double Spread(int state, int i) => Math.Sqrt(model.Covariances[state][(i * d) + i] + model.Scatters[state][i] + (errors?[i] ?? 0));
    }
}
