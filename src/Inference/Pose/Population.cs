namespace LiveLtem.Inference.Pose;

/// <summary>What the particles of a recording are like, from its first frames.</summary>
internal sealed class Population
{
    private const double DominantShare = 0.9;
    private const int LeastForLimits = 10;
    private readonly double[] _counts = new double[8];
    private readonly SizePrior?[] _priors = new SizePrior?[8];
    private double _total;

    /// <summary>Nothing is known: every shape is as likely, no size expected.</summary>
    public static Population Unknown { get; } = new();

    /// <summary>Median area of all particles, px^2; 0 while nothing is known.</summary>
    public double TypicalArea { get; private init; }

    /// <summary>Median contrast of all particles, positive for either polarity; 0 while nothing is known.</summary>
    public double TypicalContrast { get; private init; }

    private double AreaLow { get; init; }

    private double AreaHigh { get; init; }

    private double ContrastLow { get; init; }

    /// <summary>The shape of nearly all particles, or null where there is none.</summary>
    public ShapeKind? Dominant { get; private set; }

    /// <summary>Gathers the particles' shapes and sizes.</summary>
    /// <param name="poses">Clear, whole particles.</param>
    /// <param name="dominantShare">Share of one shape from which on it is taken for that of nearly all.</param>
    public static Population Of(IReadOnlyCollection<ShapePose> poses, double dominantShare = DominantShare)
    {
        var areas = poses.Select(p => p.Area).Order().ToArray();
        var contrasts = poses.Select(p => Math.Abs(p.Contrast)).Order().ToArray();
        var result = areas.Length == 0 ? new Population() : new Population
        {
            TypicalArea = areas[areas.Length / 2],
            AreaLow = areas[areas.Length / 20],
            AreaHigh = areas[areas.Length - 1 - (areas.Length / 20)],
            TypicalContrast = contrasts[contrasts.Length / 2],
            ContrastLow = contrasts[contrasts.Length / 20],
        };
        var most = poses.GroupBy(p => p.Kind).OrderByDescending(g => g.Count()).FirstOrDefault();
        if (most is not null && most.Key != ShapeKind.Irregular && most.Count() >= 12 && most.Count() >= dominantShare * poses.Count)
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
                var (s2, spread2) = Middle(group.Select(p => p.S2));
                var (contrast, contrastSpread) = Middle(group.Select(p => p.Contrast));
                result._priors[(int)group.Key] = new SizePrior(
                    s1, s2, Math.Max(0.03 * s1, spread), contrast, Math.Max(0.05 * Math.Abs(contrast), contrastSpread))
                {
                    Sigma2 = Math.Max(0.03 * s2, spread2),
                };
            }
        }

        return result;
    }

    /// <summary>Whether a newcomer's size and contrast are such as this recording's particles have; always true while too few were seen.</summary>
    /// <param name="pose">Its pose.</param>
    public bool Admits(in ShapePose pose) =>
        _total < LeastForLimits || (pose.Area > 0.35 * AreaLow && pose.Area < 2.8 * AreaHigh && Math.Abs(pose.Contrast) > 0.55 * ContrastLow);

    /// <summary>Whether two pieces together are small enough to be one particle; always true while too few were seen.</summary>
    public bool MayBeOne(double area) => _total < LeastForLimits || area < 1.3 * AreaHigh;

    /// <summary>Whether the shape was seen at all, or too few particles were seen to say.</summary>
    public bool Includes(ShapeKind kind) => _total < LeastForLimits || _counts[(int)kind] > 0.04 * _total;

    /// <summary>Log of the share of particles with that shape; never minus infinity.</summary>
    public double LogShare(ShapeKind kind) => Math.Log((_counts[(int)kind] + 0.1) / (_total + 1));

    /// <summary>Size expected of a particle of that shape, or null where too few were seen.</summary>
    /// <remarks>Lends the size of another shape of the same symmetry where the shape itself was rare.</remarks>
    public SizePrior? Prior(ShapeKind kind)
    {
        if (_priors[(int)kind] is { } own)
        {
            return own;
        }

        foreach (var other in Enum.GetValues<ShapeKind>())
        {
            if (other != kind && other.Symmetry() == kind.Symmetry() && _priors[(int)other] is { } lent)
            {
                return lent;
            }
        }

        return null;
    }

    // Median and robust spread.
    private static (double Middle, double Spread) Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted[sorted.Length / 2];
        var deviations = sorted.Select(v => Math.Abs(v - middle)).Order().ToArray();
        return (middle, 1.4826 * deviations[deviations.Length / 2]);
    }
}
