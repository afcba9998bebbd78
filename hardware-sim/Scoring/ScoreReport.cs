namespace LiveLtem.HardwareSim.Scoring;

/// <summary>How a table compares with the truth. What cannot be judged (a column is missing) is null.</summary>
public sealed record ScoreReport
{
    /// <summary>Rows of truth that count.</summary>
    public required long Truth { get; init; }

    /// <summary>Rows of truth that are hardly visible: neither missed nor false when matched.</summary>
    public required long Ignored { get; init; }

    /// <summary>Predicted rows that count: those not matched to an ignored one.</summary>
    public required long Predicted { get; init; }

    /// <summary>Found, false and missed, by frame-wise optimal assignment within the gate.</summary>
    public required DetectionScore Detection { get; init; }

    /// <summary>The same with the layer having to agree; null without layers.</summary>
    public DetectionScore? LayerAware { get; init; }

    /// <summary>How steady the layers are, over the pairs of <see cref="Mot"/>; null without layers or track ids.</summary>
    public LayerStability? LayerFlips { get; init; }

    /// <summary>Fraction of truth found, by shape; empty without that column.</summary>
    public IReadOnlyDictionary<string, double> RecallByShape { get; init; } = new Dictionary<string, double>();

    /// <summary>Errors over all matches.</summary>
    public required ErrorScore Errors { get; init; }

    /// <summary>Errors over matches with particles that truth gives no flag: whole, alone, nothing over them. The bound holds for these.</summary>
    public required ErrorScore ErrorsOfClear { get; init; }

    /// <summary>Fraction of matches where the symmetry agrees; null without that column.</summary>
    public double? SymmetryAccuracy { get; init; }

    /// <summary>Structural states; null where truth or prediction has none.</summary>
    public StateScore? States { get; init; }

    /// <summary>CLEAR MOT; null without track ids.</summary>
    public ClearMotScore? Mot { get; init; }

    /// <summary>IDF1; null without track ids.</summary>
    public IdentityScore? Identity { get; init; }

    /// <summary>HOTA; null without track ids.</summary>
    public HotaScore? Hota { get; init; }
}

/// <summary>Detections counted.</summary>
/// <param name="Found">Matched pairs.</param>
/// <param name="False">Predicted without a partner.</param>
/// <param name="Missed">True without a partner.</param>
public sealed record DetectionScore(long Found, long False, long Missed)
{
    /// <summary>Found of predicted; 1 where nothing was predicted and nothing was there.</summary>
    public double Precision => Ratio(Found, Found + False);

    /// <summary>Found of true.</summary>
    public double Recall => Ratio(Found, Found + Missed);

    /// <summary>Harmonic mean of precision and recall.</summary>
    public double F1 => Ratio(2 * Found, (2 * Found) + False + Missed);

    private static double Ratio(long part, long whole) => whole == 0 ? 1 : (double)part / whole;
}

/// <summary>How often the layer given to a true particle changes.</summary>
/// <param name="Flips">Times it differs from the layer given to the same particle in the frame before.</param>
/// <param name="Steps">Particle frames that have a match in the frame before.</param>
public sealed record LayerStability(long Flips, long Steps)
{
    /// <summary>Flips a thousand particle frames; 0 where no particle was seen twice.</summary>
    public double PerThousand => Steps == 0 ? 0 : 1000.0 * Flips / Steps;
}

/// <summary>Errors of the matched pairs. Positions are absolute: no common offset is taken off.</summary>
public sealed record ErrorScore
{
    /// <summary>Pairs.</summary>
    public required long Pairs { get; init; }

    /// <summary>Rms of the position error an axis, px.</summary>
    public double? PositionRmsPx { get; init; }

    /// <summary>Median distance, px.</summary>
    public double? PositionMedianPx { get; init; }

    /// <summary>Mean of x less true x, px.</summary>
    public double? BiasXPx { get; init; }

    /// <summary>Mean of y less true y, px.</summary>
    public double? BiasYPx { get; init; }

    /// <summary>Rms of the position error an axis over its bound.</summary>
    public double? PositionOverBound { get; init; }

    /// <summary>Pairs whose symmetry agrees and that have an angle.</summary>
    public long Angles { get; init; }

    /// <summary>Rms of the angle error modulo 360/n, degrees.</summary>
    public double? AngleRmsDeg { get; init; }

    /// <summary>Median absolute angle error, degrees.</summary>
    public double? AngleMedianDeg { get; init; }

    /// <summary>Rms of the angle error over its bound.</summary>
    public double? AngleOverBound { get; init; }

    /// <summary>Mean of (error / stated 1-sigma error)^2 over x and y: 1 where errors are stated right.</summary>
    public double? PositionNees { get; init; }

    /// <summary>The same of the angle.</summary>
    public double? AngleNees { get; init; }

    /// <summary>Mean of area over true area, less 1.</summary>
    public double? AreaBias { get; init; }

    /// <summary>Rms of area over true area, less 1.</summary>
    public double? AreaRms { get; init; }

    /// <summary>Mean of the major length less the true one, px.</summary>
    public double? MajorBiasPx { get; init; }

    /// <summary>Rms of that, px.</summary>
    public double? MajorRmsPx { get; init; }

    /// <summary>Mean of the minor length less the true one, px.</summary>
    public double? MinorBiasPx { get; init; }

    /// <summary>Rms of that, px.</summary>
    public double? MinorRmsPx { get; init; }
}

/// <summary>CLEAR MOT (Bernardin and Stiefelhagen 2008, doi:10.1155/2008/246309).</summary>
/// <param name="Mota">1 - (missed + false + switches) / truth.</param>
/// <param name="Motp">Mean similarity of the matches, 1 - d / minor length.</param>
/// <param name="IdSwitches">Times a particle is matched to another track than the one it had last.</param>
/// <param name="Fragmentations">Times a particle is found again after having been missed.</param>
/// <param name="False">Predicted without a partner.</param>
/// <param name="Missed">True without a partner.</param>
public sealed record ClearMotScore(double Mota, double? Motp, long IdSwitches, long Fragmentations, long False, long Missed);

/// <summary>Identity scores (Ristani et al. 2016, arXiv:1609.01775): one track for one particle, assigned over the whole movie.</summary>
/// <param name="Idf1">2 IDTP / (2 IDTP + IDFP + IDFN).</param>
/// <param name="Precision">IDTP of predicted.</param>
/// <param name="Recall">IDTP of true.</param>
public sealed record IdentityScore(double Idf1, double Precision, double Recall);

/// <summary>HOTA (Luiten et al. 2021, doi:10.1007/s11263-020-01375-2), means over the similarity thresholds 0.05 to 0.95.</summary>
/// <param name="Hota">Geometric mean of detection and association, averaged.</param>
/// <param name="DetA">Detection accuracy.</param>
/// <param name="AssA">Association accuracy.</param>
/// <param name="LocA">Mean similarity of the matches.</param>
public sealed record HotaScore(double Hota, double DetA, double AssA, double LocA);

/// <summary>Structural states compared over the matched points whose truth has one.</summary>
/// <param name="Accuracy">Fraction with the right state, under the one-to-one naming of states that makes it largest; a point without a state is wrong.</param>
/// <param name="Points">Matched points whose truth has a state.</param>
/// <param name="Unclassified">Those of them without a predicted state.</param>
/// <param name="True">Different states in truth.</param>
/// <param name="Predicted">Different states predicted.</param>
public sealed record StateScore(double Accuracy, long Points, long Unclassified, int True, int Predicted);
