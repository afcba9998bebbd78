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

    public LinkCost(ParticleTrackerOptions options) => _options = options;

    /// <summary>Prepares for a frame.</summary>
    /// <param name="areaPx">Pixels of the frame.</param>
    /// <param name="model">Motion.</param>
    public void Begin(double areaPx, in MotionModel model)
    {
        _newCost = -2 * Math.Log(_options.NewPerFrame / Math.Max(areaPx, 1));
        _stepPx = Math.Sqrt(model.TotalVariance);
    }

    /// <summary>Cost of not linking a particle in this frame.</summary>
    public double Unlinked(TrackedParticle particle) => (-2 * Math.Log(1 - Detectable(particle))) + _newCost;

    /// <summary>Distance beyond which a link cannot pay, px.</summary>
    public double ReachPx(TrackedParticle particle, double measurementVariance)
    {
        var budget = Unlinked(particle) + (2 * Math.Log(Detectable(particle)));
        double sx = particle.VarianceX + measurementVariance, sy = particle.VarianceY + measurementVariance;
        var narrow = Reach(sx, sy, budget);
        var slip = SlipVariance(particle);
        var wide = Reach(sx + slip, sy + slip, budget + (2 * LogSlip));
        return Math.Max(narrow, wide);
    }

    /// <summary>Cost of a link.</summary>
    /// <param name="particle">The particle, predicted to this frame.</param>
    /// <param name="shape">A detection of this frame, by the particle's symmetry.</param>
    /// <param name="logDetectable">Logarithm of <see cref="Detectable"/> of the particle.</param>
    public double Linked(TrackedParticle particle, in MeasuredShape shape, double logDetectable)
    {
        double dx = shape.Position.X - particle.Position.X, dy = shape.Position.Y - particle.Position.Y;
        double sx = particle.VarianceX + shape.VarianceX, sy = particle.VarianceY + shape.VarianceY;
        var slip = SlipVariance(particle);
        var narrow = LogNormal(dx, dy, sx, sy) + LogNoSlip;
        var wide = LogNormal(dx, dy, sx + slip, sy + slip) + LogSlip;
        var apart = Math.Abs(narrow - wide);
        var likelihood = Math.Max(narrow, wide) + (apart < Negligible ? Math.Log(1 + Math.Exp(-apart)) : 0);
        return (-2 * likelihood) - (2 * logDetectable) + ForAngle(particle, shape) + ForSize(particle, shape)
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
    public double Detectable(TrackedParticle particle) =>
        Math.Clamp(particle.Existence * (particle.IsCovered ? 0.5 : _options.DetectionProbability), 0.01, 0.99);

    private double SlipVariance(TrackedParticle particle)
    {
        var width = Math.Max(SlipSizes * particle.SizePx, SlipSteps * _stepPx);
        return width * width;
    }

    private static double LogNormal(double dx, double dy, double sx, double sy) =>
        -LogTwoPi - (0.5 * (Math.Log(sx * sy) + (dx * dx / sx) + (dy * dy / sy)));

    private static double Reach(double sx, double sy, double budget)
    {
        var most = budget - Math.Log(sx * sy) - (2 * LogTwoPi);
        return most > 0 ? Math.Sqrt(most * Math.Max(sx, sy)) : 0;
    }

    private static double ForAngle(TrackedParticle particle, in MeasuredShape shape)
    {
        if (double.IsNaN(shape.AngleDeg) || shape.Symmetry != particle.Symmetry || particle.PredictedAngleDeg is not { } predicted)
        {
            return 0;
        }

        var branch = particle.BranchDeg;
        var off = shape.AngleDeg - predicted;
        off -= branch * Math.Round(off / branch);
        var err = Math.Min(double.IsNaN(shape.AngleErrDeg) ? branch / 8 : shape.AngleErrDeg, branch / 2);
        return Math.Min(off * off / ((particle.AngleStepVariance * (1 + particle.Missed)) + (err * err)), MostForAngle);
    }

    private static double ForSize(TrackedParticle particle, in MeasuredShape shape)
    {
        var off = shape.LogArea - particle.LogArea;

        // Grown at once: two that are found as one. Then the size says little against this particle being one of them.
        var most = shape.IsSpoilt || off > 0 ? MostForSpoiltSize : MostForSize;
        return Math.Min(off * off / ((SizeSpread * SizeSpread) + shape.LogAreaVariance), most);
    }
}
