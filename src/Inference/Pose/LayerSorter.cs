namespace LiveLtem.Inference.Pose;

/// <summary>Puts every particle into one of two layers, from what speaks for either and from who overlaps whom: particles of one layer are solid and cannot.</summary>
/// <remarks>The energy sum(-e s) + sum(w s s') over signs s is brought down by mean-field annealing (Peterson and Anderson 1987, Complex Systems 1, 995):
/// in a pile of two crystals one particle whose layer is plain tells those of all that hang together with it.</remarks>
internal static class LayerSorter
{
    private const double Hottest = 40;
    private const double Coldest = 1;
    private const int Steps = 40;

    /// <summary>Sorts them.</summary>
    /// <param name="evidence">Log of how much more likely each is in the first layer.</param>
    /// <param name="overlaps">Pairs that overlap, with what speaks against both being in one layer.</param>
    /// <returns>True for the first layer.</returns>
    public static bool[] Sort(double[] evidence, List<(int One, int Other, double Weight)> overlaps)
    {
        var mean = new double[evidence.Length];
        var field = new double[evidence.Length];
        var pairs = new List<(int Other, double Weight)>[evidence.Length];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = [];
            mean[i] = Math.Tanh(evidence[i] / Hottest);
        }

        foreach (var (one, other, weight) in overlaps)
        {
            pairs[one].Add((other, weight));
            pairs[other].Add((one, weight));
        }

        for (var step = 0; step < Steps; step++)
        {
            var heat = Hottest * Math.Pow(Coldest / Hottest, (double)step / (Steps - 1));
            for (var i = 0; i < mean.Length; i++)
            {
                field[i] = evidence[i];
                foreach (var (other, weight) in pairs[i])
                {
                    field[i] -= weight * mean[other];
                }

                mean[i] = Math.Tanh(field[i] / heat);
            }
        }

        return Array.ConvertAll(field, f => f >= 0);
    }
}
