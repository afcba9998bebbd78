using LiveLtem.Core;
using LiveLtem.Tracker.Linking;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker;

/// <summary>What linking a particle with a detection costs: -2 ln of the likelihood, so that costs of position, angle and size add up.</summary>
/// <remarks>
/// <para>Position: -2 ln [(1 - e) N(d; 0, S) + e N(d; 0, S + w^2)] with S the predicted variance plus that of the measurement. The wide
/// part forgives a slip, and an error bar that is too small. The density's own normalisation makes a long unseen particle, whose S has
/// grown, yield to one that was seen just now.</para>
/// <para>Angle and size: squared deviations over their variances, each held to a limit, for either may be plainly wrong in a contact.
/// A change of layer costs a fixed price.</para>
/// <para>Unlinked: a miss costs -2 ln (1 - P), and leaves a detection to be explained as new: -2 ln of the density of new ones.</para>
/// </remarks>
internal sealed class LinkCost
{
    private const double SlipShare = 0.03;
    private const double SlipSizes = 0.25;
    private const double SlipSteps = 3;
    private const double MostForAngle = 5;
    private const double MostForSize = 9;
    private const double MostForSpoiltSize = 3;
    private const double LayerPrice = 4;
    private const double SizeSpread = 0.2;
    private const double LeastErrPx = 0.05;
    private const double UnknownErrPx = 0.5;
    private const double LargestErrSizes = 0.25;

    /// <summary>Difference of logarithms beyond which the smaller of two summands no longer counts.</summary>
    private const double Negligible = 12;

    private static readonly double LogTwoPi = Math.Log(2 * Math.PI);
    private static readonly double LogSlip = Math.Log(SlipShare);
    private static readonly double LogNoSlip = Math.Log(1 - SlipShare);

    private readonly ParticleTrackerOptions _options;
    private double _newCost;
    private double _stepPx;
    private double _detectable = double.NaN;
    private double _logDetectable;
    private double _logMissed;

    public LinkCost(ParticleTrackerOptions options) => _options = options;

    /// <summary>Prepares for a frame.</summary>
    /// <param name="areaPx">Pixels of the frame.</param>
    /// <param name="model">Motion.</param>
    public void Begin(double areaPx, in MotionModel model)
    {
        _newCost = -2 * Math.Log(_options.NewPerFrame / Math.Max(areaPx, 1));
        _stepPx = Math.Sqrt(model.TotalVariance);
    }

    /// <summary>Everything of a particle that its links' prices need, worked out once a frame.</summary>
    public PricedParticle Price(TrackedParticle particle, double measurementVariance)
    {
        var detectable = Detectable(particle);
        if (detectable != _detectable)
        {
            // Nearly all particles are as sure as can be.
            (_detectable, _logDetectable, _logMissed) = (detectable, Math.Log(detectable), Math.Log(1 - detectable));
        }

        var unlinked = (-2 * _logMissed) + _newCost;
        var width = Math.Max(SlipSizes * particle.SizePx, SlipSteps * _stepPx);
        var slip = width * width;
        var budget = unlinked + (2 * _logDetectable);
        double sx = particle.VarianceX + measurementVariance, sy = particle.VarianceY + measurementVariance;
        var narrow = Reach(sx, sy, budget);
        var wide = Reach(sx + slip, sy + slip, budget + (2 * LogSlip));
        return new PricedParticle
        {
            Position = particle.Position,
            VarianceX = particle.VarianceX,
            VarianceY = particle.VarianceY,
            SlipVariance = slip,
            Unlinked = unlinked,
            LogDetectable = _logDetectable,
            ReachPx = Math.Max(narrow, wide),
            Symmetry = particle.Symmetry,
            Layer = particle.Layer,
            LogArea = particle.LogArea,
            AngleDeg = particle.PredictedAngleDeg ?? double.NaN,
            BranchDeg = particle.BranchDeg,
            AngleVariance = particle.AngleStepVariance * (1 + particle.Missed),
        };
    }

    /// <summary>Cost of a link.</summary>
    /// <param name="particle">The particle, predicted to this frame.</param>
    /// <param name="shape">A detection of this frame, by the particle's symmetry.</param>
    public static double Linked(in PricedParticle particle, in MeasuredShape shape)
    {
        double dx = shape.Position.X - particle.Position.X, dy = shape.Position.Y - particle.Position.Y;
        double sx = particle.VarianceX + shape.VarianceX, sy = particle.VarianceY + shape.VarianceY;
        var slip = particle.SlipVariance;
        var narrow = LogNormal(dx, dy, sx, sy) + LogNoSlip;
        var wide = LogNormal(dx, dy, sx + slip, sy + slip) + LogSlip;
        var apart = Math.Abs(narrow - wide);
        var likelihood = Math.Max(narrow, wide) + (apart < Negligible ? Math.Log(1 + Math.Exp(-apart)) : 0);
        return (-2 * likelihood) - (2 * particle.LogDetectable) + ForAngle(particle, shape) + ForSize(particle, shape)
            + (particle.Layer != shape.Layer && particle.Layer != 0 && shape.Layer != 0 ? LayerPrice : 0);
    }

    /// <summary>Variances of a measured position, px^2, kept within reason.</summary>
    public static (double X, double Y) Variances(ShapeFit fit, DetectionFlags flags)
    {
        var most = Math.Max(LargestErrSizes * Math.Sqrt(Math.Max(fit.AreaPx, 1)), 2 * LeastErrPx);
        var spoilt = (flags & (DetectionFlags.Border | DetectionFlags.Contact | DetectionFlags.Covered)) != 0 ? 4 : 1;
        return (spoilt * Square(fit.XErrPx, most), spoilt * Square(fit.YErrPx, most));

        static double Square(double err, double most)
        {
            var sane = err > 0 && double.IsFinite(err) ? Math.Clamp(err, LeastErrPx, most) : Math.Min(UnknownErrPx, most);
            return sane * sane;
        }
    }

    /// <summary>Chance that a particle is there and found.</summary>
    private double Detectable(TrackedParticle particle) =>
        Math.Clamp(particle.Existence * (particle.IsCovered ? 0.5 : _options.DetectionProbability), 0.01, 0.99);

    private static double LogNormal(double dx, double dy, double sx, double sy) =>
        -LogTwoPi - (0.5 * (Math.Log(sx * sy) + (dx * dx / sx) + (dy * dy / sy)));

    private static double Reach(double sx, double sy, double budget)
    {
        var most = budget - Math.Log(sx * sy) - (2 * LogTwoPi);
        return most > 0 ? Math.Sqrt(most * Math.Max(sx, sy)) : 0;
    }

    private static double ForAngle(in PricedParticle particle, in MeasuredShape shape)
    {
        if (double.IsNaN(shape.AngleDeg) || shape.Symmetry != particle.Symmetry || double.IsNaN(particle.AngleDeg))
        {
            return 0;
        }

        var branch = particle.BranchDeg;
        var off = shape.AngleDeg - particle.AngleDeg;
        off -= branch * Math.Round(off / branch);
        var err = Math.Min(double.IsNaN(shape.AngleErrDeg) ? branch / 8 : shape.AngleErrDeg, branch / 2);
        return Math.Min(off * off / (particle.AngleVariance + (err * err)), MostForAngle);
    }

    private static double ForSize(in PricedParticle particle, in MeasuredShape shape)
    {
        var off = shape.LogArea - particle.LogArea;

        // Grown at once: two that are found as one. Then the size says little against this particle being one of them.
        var most = shape.IsSpoilt || off > 0 ? MostForSpoiltSize : MostForSize;
        return Math.Min(off * off / ((SizeSpread * SizeSpread) + shape.LogAreaVariance), most);
    }
}

/// <summary>What the prices of one particle's links have in common in a frame, side by side in memory.</summary>
internal readonly record struct PricedParticle
{
    /// <summary>Predicted centre, px.</summary>
    public required Point2 Position { get; init; }

    /// <summary>Variance of the predicted position, px^2.</summary>
    public required double VarianceX { get; init; }

    /// <summary>Variance of the predicted position, px^2.</summary>
    public required double VarianceY { get; init; }

    /// <summary>Variance that a slip adds, px^2.</summary>
    public required double SlipVariance { get; init; }

    /// <summary>Cost of not linking it in this frame.</summary>
    public required double Unlinked { get; init; }

    /// <summary>Logarithm of the chance that it is there and found.</summary>
    public required double LogDetectable { get; init; }

    /// <summary>Distance beyond which a link cannot pay, px.</summary>
    public required double ReachPx { get; init; }

    /// <summary>Its symmetry as known.</summary>
    public required int Symmetry { get; init; }

    /// <summary>0 where there is one layer, else 1 or 2.</summary>
    public required int Layer { get; init; }

    /// <summary>Logarithm of its area.</summary>
    public required double LogArea { get; init; }

    /// <summary>Predicted orientation, any branch; NaN where not known.</summary>
    public required double AngleDeg { get; init; }

    /// <summary>Degrees from branch to branch.</summary>
    public required double BranchDeg { get; init; }

    /// <summary>Variance of the predicted orientation, degrees^2.</summary>
    public required double AngleVariance { get; init; }
}
