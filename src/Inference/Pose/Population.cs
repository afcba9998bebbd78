namespace LiveLtem.Inference.Pose;

/// <summary>What the particles of a recording are like, from its first frames.</summary>
internal sealed class Population
{
    private const double DominantShare = 0.9;
    private readonly double[] _counts = new double[8];
    private readonly SizePrior?[] _priors = new SizePrior?[8];
    private double _total;

    /// <summary>Nothing is known: every shape is as likely, no size expected.</summary>
    public static Population Unknown { get; } = new();

    /// <summary>Median area of all particles, px^2; 0 while nothing is known.</summary>
    public double TypicalArea { get; private init; }

    /// <summary>The shape of nearly all particles, or null where there is none.</summary>
    public ShapeKind? Dominant { get; private set; }

    /// <summary>Gathers the particles' shapes and sizes.</summary>
    /// <param name="poses">Clear, whole particles.</param>
    public static Population Of(IReadOnlyCollection<ShapePose> poses)
    {
        var areas = poses.Select(p => p.Area).Order().ToArray();
        var result = new Population { TypicalArea = areas.Length > 0 ? areas[areas.Length / 2] : 0 };
        var most = poses.GroupBy(p => p.Kind).OrderByDescending(g => g.Count()).FirstOrDefault();
        if (most is not null && most.Count() >= 12 && most.Count() >= DominantShare * poses.Count)
        {
            result.Dominant = most.Key;
        }

        foreach (var group in poses.GroupBy(p => p.Kind))
        {
            result._counts[(int)group.Key] = group.Count();
            result._total += group.Count();
            if (group.Count() >= 4)
            {
                var (s1, spread) = Middle(group.Select(p => p.S1));
                var (s2, _) = Middle(group.Select(p => p.S2));
                var (contrast, contrastSpread) = Middle(group.Select(p => p.Contrast));
                result._priors[(int)group.Key] = new SizePrior(
                    s1, s2, Math.Max(0.03 * s1, spread), contrast, Math.Max(0.05 * Math.Abs(contrast), contrastSpread));
            }
        }

        return result;
    }

    /// <summary>Log of the share of particles with that shape; never minus infinity.</summary>
    public double LogShare(ShapeKind kind) => Math.Log((_counts[(int)kind] + 0.1) / (_total + 1));

    /// <summary>Size expected of a particle of that shape, or null where too few were seen.</summary>
    public SizePrior? Prior(ShapeKind kind) => _priors[(int)kind];

    // Median and robust spread.
    private static (double Middle, double Spread) Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted[sorted.Length / 2];
        var deviations = sorted.Select(v => Math.Abs(v - middle)).Order().ToArray();
        return (middle, 1.4826 * deviations[deviations.Length / 2]);
    }
}
