using LiveLtem.Core;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker;

/// <summary>What linking needs of one fit of a detection, side by side in memory: a value, so that pricing many pairs follows no pointers.</summary>
internal readonly struct MeasuredShape
{
    /// <summary>Takes what is needed of a fit.</summary>
    public MeasuredShape(Detection detection, ShapeFit fit)
    {
        (VarianceX, VarianceY) = LinkCost.Variances(fit, detection.Flags);
        Position = new Point2(fit.XPx, fit.YPx);
        Symmetry = fit.Symmetry;
        AngleDeg = fit.AngleDeg ?? double.NaN;
        AngleErrDeg = fit.AngleErrDeg ?? double.NaN;
        LogArea = Math.Log(Math.Max(fit.AreaPx, 1));
        var relative = fit.SizeErrPx is { } err && fit.MinorPx > 0 ? Math.Min(2 * err / fit.MinorPx, 1) : 0;
        LogAreaVariance = relative * relative;
        Layer = detection.Layer;
        IsSpoilt = (detection.Flags & (DetectionFlags.Border | DetectionFlags.Contact | DetectionFlags.Covered)) != 0;
        HasOtherFits = detection.Fits.Length > 1;
    }

    public Point2 Position { get; }

    public double VarianceX { get; }

    public double VarianceY { get; }

    public int Symmetry { get; }

    /// <summary>Orientation; NaN without one.</summary>
    public double AngleDeg { get; }

    /// <summary>Its error; NaN where not known.</summary>
    public double AngleErrDeg { get; }

    public double LogArea { get; }

    public double LogAreaVariance { get; }

    public int Layer { get; }

    /// <summary>Whether the outline is cut by the border or shared with a neighbour.</summary>
    public bool IsSpoilt { get; }

    /// <summary>Whether the detection has fits by other symmetries too.</summary>
    public bool HasOtherFits { get; }
}
