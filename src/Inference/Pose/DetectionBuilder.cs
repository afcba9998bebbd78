using System.Collections.Immutable;
using LiveLtem.Core;

namespace LiveLtem.Inference.Pose;

/// <summary>Turns a fitted hypothesis into the detection that the rest of the program knows.</summary>
internal static class DetectionBuilder
{
    // No fit is better than this: pixel response, distortion and rounding of the model's edge polynomial are not in the noise.
    private const double FloorPx = 0.005;
    private const double FloorRad = 2e-4;

    // The model's corners are sharp, a real cube's are rounded and tell less of its angle than they seem to: measured on simulated cubes whose
    // corners are rounded by 10 to 22 % of the half side.
    private const double RoundedCorners = 1.1;

    /// <summary>Builds the detection.</summary>
    /// <param name="hypothesis">A fitted hypothesis.</param>
    /// <param name="frame">The frame it was fitted in.</param>
    /// <param name="blur">Blur of edges, sigma in px.</param>
    /// <param name="outline">Its measured outline, or null.</param>
    public static Detection From(Hypothesis hypothesis, Frame frame, double blur, MeasuredOutline? outline = null)
    {
        var fits = ImmutableArray.CreateBuilder<ShapeFit>(hypothesis.Fits.Count);
        var symmetries = 0;
        foreach (var (kind, fit, evidence) in hypothesis.Fits)
        {
            var symmetry = 1 << kind.Symmetry();
            if ((symmetries & symmetry) == 0)
            {
                symmetries |= symmetry;
                fits.Add(ToShapeFit(fit, evidence));
            }
        }

        var pose = hypothesis.Pose;
        return new Detection
        {
            Fits = fits.DrainToImmutable(),
            Score = Math.Clamp(1 - Math.Exp(-(hypothesis.Snr - 4) / 6), 0.01, 1),
            Flags = Flags(hypothesis, frame, blur),
            Layer = pose.Layer,
            Contrast = pose.Contrast,
            Outline = outline,
        };
    }

    /// <summary>Whether the border cuts it, another touches it or covers it.</summary>
    /// <param name="hypothesis">A fitted hypothesis.</param>
    /// <param name="frame">The frame it was fitted in.</param>
    /// <param name="blur">Blur of edges, sigma in px.</param>
    public static DetectionFlags Flags(Hypothesis hypothesis, Frame frame, double blur)
    {
        var pose = hypothesis.Pose;
        var box = FitBox.Around(pose, 0);
        var flags = DetectionFlags.None;
        if (box.X0 < 0 || box.Y0 < 0 || pose.X + (pose.X - box.X0) > frame.Width || pose.Y + (pose.Y - box.Y0) > frame.Height)
        {
            flags |= DetectionFlags.Border;
        }

        if (hypothesis.Gap < 1 + blur)
        {
            flags |= DetectionFlags.Contact;
        }

        if (hypothesis.GapOfAny < -0.12 * pose.Minor)
        {
            flags |= DetectionFlags.Covered;
        }

        return flags;
    }

    private static ShapeFit ToShapeFit(in PoseFit fit, double evidence)
    {
        var pose = fit.Pose;
        var symmetry = pose.Kind.Symmetry();
        double? angle = null;
        double? angleErr = null;
        if (symmetry > 0)
        {
            var period = 360.0 / symmetry;
            var turn = pose.Kind.IsLong() && pose.S2 > pose.S1 ? 90 : 0;
            var degrees = ((pose.Angle * 180 / Math.PI) + turn) % period;
            degrees = degrees < 0 ? degrees + period : degrees;
            angle = degrees >= period ? 0 : degrees;
            var fitted = symmetry >= 3 ? RoundedCorners * fit.AngleErr : fit.AngleErr;
            angleErr = Math.Min(180, Math.Sqrt((fitted * fitted) + (FloorRad * FloorRad)) * 180 / Math.PI);
        }

        return new ShapeFit
        {
            Symmetry = symmetry,
            XPx = pose.X,
            YPx = pose.Y,
            XErrPx = Math.Sqrt((fit.XErr * fit.XErr) + (FloorPx * FloorPx)),
            YErrPx = Math.Sqrt((fit.YErr * fit.YErr) + (FloorPx * FloorPx)),
            AngleDeg = angle,
            AngleErrDeg = angleErr,
            AreaPx = pose.Area,
            MajorPx = pose.Major,
            MinorPx = pose.Minor,
            SizeErrPx = 2 * (pose.Kind.IsLong() ? fit.S2Err : fit.S1Err),
            LogEvidence = evidence,
        };
    }
}
