namespace LiveLtem.Tracker.Analysis.States;

/// <summary>What a model makes of one molecule's whole sequence: forward and backward.</summary>
internal sealed record StatePosterior
{
    /// <summary>Chance of each state at each measurement.</summary>
    public required double[][] Chances { get; init; }

    /// <summary>Expected number of moves from state i to j between successive frames, at [i * n + j]; stays included, gaps left out.</summary>
    public required double[] Moves { get; init; }

    /// <summary>Logarithm of the sequence's likelihood.</summary>
    public required double LogLikelihood { get; init; }

    /// <summary>Computes it.</summary>
    public static StatePosterior Of(StateModel model, IReadOnlyList<StateObservation> sequence, MoleculeOffsets own)
    {
        int n = model.Count, length = sequence.Count;
        var forward = new double[length][];
        var likelihoods = new double[length][];
        var logLikelihood = 0.0;
        for (var t = 0; t < length; t++)
        {
            likelihoods[t] = new double[n];
            forward[t] = new double[n];
            logLikelihood += model.Likelihoods(sequence[t], own, likelihoods[t]);
            var scale = model.Step(t == 0 ? [] : forward[t - 1], t == 0 ? 1 : sequence[t].Frame - sequence[t - 1].Frame, likelihoods[t], forward[t]);
            logLikelihood += Math.Log(Math.Max(scale, 1e-300));
        }

        var chances = new double[length][];
        var moves = new double[n * n];
        var backward = Enumerable.Repeat(1.0, n).ToArray();
        for (var t = length - 1; t >= 0; t--)
        {
            chances[t] = Product(forward[t], backward);
            if (t == 0)
            {
                break;
            }

            var gap = sequence[t].Frame - sequence[t - 1].Frame;
            backward = Back(model.Power(gap), likelihoods[t], backward, n, forward[t - 1], gap == 1 ? moves : null);
        }

        return new StatePosterior { Chances = chances, Moves = moves, LogLikelihood = logLikelihood };
    }

    /// <summary>Carries the backward chances one measurement back.</summary>
    /// <param name="matrix">Transitions over the gap.</param>
    /// <param name="likelihoods">Of the later measurement.</param>
    /// <param name="backward">Of the later measurement.</param>
    /// <param name="n">States.</param>
    /// <param name="forward">Of the earlier measurement.</param>
    /// <param name="moves">Takes the expected moves, or null.</param>
    public static double[] Back(double[] matrix, double[] likelihoods, double[] backward, int n, double[] forward, double[]? moves)
    {
        var earlier = new double[n];
        double sum = 0, joint = 0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                earlier[i] += matrix[(i * n) + j] * likelihoods[j] * backward[j];
            }

            sum += earlier[i];
            joint += forward[i] * earlier[i];
        }

        for (var i = 0; i < n && moves is not null && joint > 0; i++)
        {
            for (var j = 0; j < n; j++)
            {
                moves[(i * n) + j] += forward[i] * matrix[(i * n) + j] * likelihoods[j] * backward[j] / joint;
            }
        }

        for (var i = 0; i < n; i++)
        {
            earlier[i] = sum > 0 ? earlier[i] / sum : 1.0 / n;
        }

        return earlier;
    }

    /// <summary>Product of two sets of chances, with sum 1.</summary>
    public static double[] Product(double[] a, double[] b)
    {
        var product = a.Zip(b, (x, y) => x * y).ToArray();
        var sum = product.Sum();
        return [.. product.Select(p => sum > 0 ? p / sum : 1.0 / product.Length)];
    }
}
