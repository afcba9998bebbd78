namespace LiveLtem.Tracker.Analysis.States;

/// <summary>All measurements of all molecules, for weighted means and covariances.</summary>
internal sealed class WeightedFeatures
{
    private const double LeastOfWide = 0.004;
    private readonly StateObservation[] _observations;
    private readonly int[] _molecules;
    private readonly int _dimensions;

    public WeightedFeatures(IReadOnlyList<StateObservation[]> sequences)
    {
        _observations = [.. sequences.SelectMany(s => s)];
        _molecules = [.. sequences.SelectMany((s, i) => Enumerable.Repeat(i, s.Length))];
        _dimensions = _observations[0].Values.Length;
    }

    /// <summary>Mean and covariance; the part of the covariance that the measurements' errors explain is taken off.</summary>
    /// <param name="weight">Weight by measurement, or null for 1.</param>
    /// <param name="offset">What a molecule has of its own, by molecule, or null for nothing.</param>
    public (double[] Mean, double[] Covariance) Moments(Func<int, double>? weight, Func<int, double[]>? offset)
    {
        var d = _dimensions;
        var mean = new double[d];
        var covariance = new double[d * d];
        var rest = new double[d];
        var sum = 1e-12;
        for (var t = 0; t < _observations.Length; t++)
        {
            var w = weight?.Invoke(t) ?? 1;
            if (w < 1e-9)
            {
                continue;
            }

            sum += w;
            var own = offset?.Invoke(_molecules[t]);
            for (var i = 0; i < d; i++)
            {
                mean[i] += w * (_observations[t].Values[i] - (own?[i] ?? 0));
            }
        }

        for (var i = 0; i < d; i++)
        {
            mean[i] /= sum;
        }

        for (var t = 0; t < _observations.Length; t++)
        {
            var w = weight?.Invoke(t) ?? 1;
            if (w < 1e-9)
            {
                continue;
            }

            var own = offset?.Invoke(_molecules[t]);
            for (var i = 0; i < d; i++)
            {
                rest[i] = _observations[t].Values[i] - (own?[i] ?? 0) - mean[i];
                for (var j = 0; j <= i; j++)
                {
                    covariance[(i * d) + j] += w * ((rest[i] * rest[j]) - (i == j ? _observations[t].Variances[i] : 0));
                }
            }
        }

        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                covariance[(i * d) + j] = covariance[(j * d) + i] = covariance[(i * d) + j] / sum;
            }
        }

        return (mean, covariance);
    }

    /// <summary>Makes a covariance at least as wide as a small part of everything: a state of one point would be infinitely likely.</summary>
    public static void Regularise(double[] covariance, double[] wide)
    {
        var d = (int)Math.Round(Math.Sqrt(wide.Length));
        for (var i = 0; i < d; i++)
        {
            covariance[(i * d) + i] = Math.Max(covariance[(i * d) + i], Math.Max(LeastOfWide * Math.Abs(wide[(i * d) + i]), 1e-6));
        }

        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < i; j++)
            {
                // Below 1 / (d - 1) a matrix of unit diagonal is positive definite whatever the signs.
                var most = (d > 2 ? 0.9 / (d - 1) : 0.95) * Math.Sqrt(covariance[(i * d) + i] * covariance[(j * d) + j]);
                covariance[(i * d) + j] = covariance[(j * d) + i] = Math.Clamp(covariance[(i * d) + j], -most, most);
            }
        }
    }
}
