namespace LiveLtem.Tracker.Analysis;

/// <summary>The error of a figure from leaving out one group of particles (or of stretches of time) after the other.</summary>
/// <remarks>Delete-one-group jackknife (Miller 1974, doi:10.1093/biomet/61.1.1): err^2 = (g-1)/g sum (f_i - mean f)^2. Groups are independent
/// of one another, values within a group need not be; sixteen groups tell the error to about 18 %, for which it is widened
/// as Student's distribution is (by 3 %), so that one sigma holds 68 % of the cases.</remarks>
internal static class Jackknife
{
    /// <summary>Groups that everything is sorted into.</summary>
    public const int Groups = 16;

    /// <summary>The group of a particle.</summary>
    public static int GroupOf(int particle) => (int)((uint)particle % Groups);

    /// <summary>The 1-sigma error, or null where fewer than three groups hold anything.</summary>
    /// <param name="has">Whether a group holds anything.</param>
    /// <param name="without">The figure without one group; NaN where it cannot be had.</param>
    public static double? Error(Func<int, bool> has, Func<int, double> without)
    {
        var values = new List<double>();
        for (var g = 0; g < Groups; g++)
        {
            if (has(g) && without(g) is var value && double.IsFinite(value))
            {
                values.Add(value);
            }
        }

        return Error(values);
    }

    /// <summary>The 1-sigma error of a figure by its values without one group each; null with fewer than three.</summary>
    public static double? Error(IReadOnlyList<double> values)
    {
        if (values.Count < 3)
        {
            return null;
        }

        var mean = values.Average();
        var student = 1 + (0.5 / (values.Count - 1));
        return student * Math.Sqrt((values.Count - 1.0) / values.Count * values.Sum(value => (value - mean) * (value - mean)));
    }
}
