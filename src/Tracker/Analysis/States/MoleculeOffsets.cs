namespace LiveLtem.Tracker.Analysis.States;

/// <summary>What one molecule has of its own: how its features in each state differ from the state's, and how well that is known.</summary>
internal sealed class MoleculeOffsets
{
    // Measurements of successive frames share an outline: they count for less than as many independent ones.
    private const double Independence = 0.3;
    private readonly double[][] _weights;
    private readonly double[][] _sums;

    /// <summary>Nothing is known of it yet but that it is one of many.</summary>
    public MoleculeOffsets(StateModel model)
    {
        Means = [.. model.Means.Select(m => new double[m.Length])];
        Variances = [.. model.Scatters.Select(s => (double[])s.Clone())];
        _weights = [.. model.Means.Select(m => new double[m.Length])];
        _sums = [.. model.Means.Select(m => new double[m.Length])];
        Times = new double[model.Count];
    }

    /// <summary>Offsets by state and feature.</summary>
    public double[][] Means { get; }

    /// <summary>Their variances.</summary>
    public double[][] Variances { get; }

    /// <summary>Expected measurements in each state.</summary>
    public double[] Times { get; }

    /// <summary>Of a whole sequence whose states' chances are known.</summary>
    public static MoleculeOffsets Of(StateModel model, IReadOnlyList<StateObservation> sequence, double[][] chances)
    {
        var offsets = new MoleculeOffsets(model);
        for (var t = 0; t < sequence.Count; t++)
        {
            offsets.Take(model, sequence[t], chances[t]);
        }

        offsets.Update(model);
        return offsets;
    }

    /// <summary>Takes a further measurement in.</summary>
    public void Add(StateModel model, in StateObservation observation, double[] chances)
    {
        Take(model, observation, chances);
        Update(model);
    }

    /// <summary>Logarithm of what the offsets cost: how unlikely they are, and how much of their range was left out to choose them.</summary>
    public double LogPrior(StateModel model)
    {
        var sum = 0.0;
        for (var k = 0; k < Means.Length; k++)
        {
            for (var i = 0; i < Means[k].Length; i++)
            {
                var scatter = model.Scatters[k][i];
                sum -= 0.5 * ((Means[k][i] * Means[k][i] / scatter) + Math.Log(scatter / Variances[k][i]));
            }
        }

        return sum;
    }

    private void Take(StateModel model, in StateObservation observation, double[] chances)
    {
        for (var k = 0; k < chances.Length; k++)
        {
            Times[k] += chances[k];
            for (var i = 0; i < observation.Values.Length; i++)
            {
                var weight = Independence * chances[k] / (model.Covariances[k][(i * model.Dimensions) + i] + observation.Variances[i]);
                _weights[k][i] += weight;
                _sums[k][i] += weight * (observation.Values[i] - model.Means[k][i]);
            }
        }
    }

    private void Update(StateModel model)
    {
        for (var k = 0; k < Means.Length; k++)
        {
            for (var i = 0; i < Means[k].Length; i++)
            {
                Variances[k][i] = 1 / ((1 / model.Scatters[k][i]) + _weights[k][i]);
                Means[k][i] = Variances[k][i] * _sums[k][i];
            }
        }
    }
}
