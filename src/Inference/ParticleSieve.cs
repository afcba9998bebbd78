using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>Decides which fitted hypotheses are particles.</summary>
/// <param name="options">What the operator prescribes.</param>
/// <param name="plan">What the segmenter learnt.</param>
/// <param name="populations">By layer, what the recording's particles are like.</param>
internal sealed class ParticleSieve(ParticleDetectorOptions options, SegmentationPlan plan, Population[] populations)
{
    // The fit finds the best place and shape among many: noise alone reaches six or seven somewhere in a frame.
    private const double LeastSnr = 7;
    private const double LeastSnrSeenOnce = 6.5;
    private const double LeastSigma = 5;
    private const double OutsideShare = 0.28;
    private const double LargestCut = 6;
    private const double LeastSeen = 0.25;
    private const double LeastSnrRemembered = 4.5;

    /// <summary>Those that are particles, each once.</summary>
    public List<Hypothesis> Keep(List<Hypothesis> hypotheses, Frame frame)
    {
        var kept = new List<Hypothesis>(hypotheses.Count);
        foreach (var h in hypotheses)
        {
            if (IsParticle(h, frame))
            {
                kept.Add(h);
            }
        }

        DropTwins(kept);
        return kept;
    }

    private bool IsParticle(Hypothesis h, Frame frame)
    {
        if (!h.Fit.Converged || h.Fits.Count == 0)
        {
            return false;
        }

        var pose = h.Pose;
        var population = populations[pose.Layer];
        var dark = plan.Dark;
        var contrast = dark ? pose.Contrast : -pose.Contrast;
        var expected = h.Known is { Seen: > 2 } known ? Math.Abs(known.Pose.Contrast) : plan.Contrast;
        if (h.Snr < (h.Known is null ? LeastSnr : h.Known.Seen < 3 ? LeastSnrSeenOnce : LeastSnrRemembered) || contrast < 0.35 * expected || contrast > 4 * expected)
        {
            return false;
        }

        // The fit knows the noise's correlation over a few pixels only; grain that reaches further is held against what the liquid itself shows.
        if (h.Known is null or { Seen: < 3 } && plan.Noise is { } noise && contrast < LeastSigma * noise.Over(pose.Area))
        {
            return false;
        }

        if (pose.Minor < Math.Max(2, options.MinSizePx ?? 0) || pose.Major > Math.Min(options.MaxSizePx ?? double.MaxValue, 0.8 * Math.Max(frame.Height, frame.Width)))
        {
            return false;
        }

        // Mostly outside: what is left tells too little.
        var beyond = OutsideShare * pose.Minor;
        if ((pose.X < -beyond || pose.Y < -beyond || pose.X > frame.Width - 1 + beyond || pose.Y > frame.Height - 1 + beyond)
            && !(pose.Kind.IsLong() && SeenShare(pose, frame) > LeastSeen))
        {
            return false;
        }

        // Of a thing that was only ever seen cut by the border, the fit says any size: unevenness of the liquid there passes for a huge disc.
        var cut = pose.X < pose.Reach || pose.Y < pose.Reach || pose.X > frame.Width - 1 - pose.Reach || pose.Y > frame.Height - 1 - pose.Reach;
        if (cut && h.Known is null or { Clear: 0 } && plan.TypicalArea > 0 && pose.Area > LargestCut * plan.TypicalArea)
        {
            return false;
        }

        if ((h.Known is null or { Seen: < 3 } || (h.Known.Clear == 0 && population.Dominant is not null)) && !population.Admits(pose))
        {
            return false;
        }

        if (h.Known is not null && h.Blob.Component == 0)
        {
            var moved = Math.Sqrt(Math.Pow(pose.X - h.Known.Pose.X - h.Known.VelocityX, 2) + Math.Pow(pose.Y - h.Known.Pose.Y - h.Known.VelocityY, 2));
            return moved < 0.7 * pose.Minor && contrast > 0.55 * expected;
        }

        return h.Known is not null || h.Fit.XErr < 0.35 * pose.Minor;
    }

    // Share of the box around a long particle that lies within the frame.
    private static double SeenShare(in ShapePose pose, Frame frame)
    {
        const int along = 20;
        const int across = 8;
        var (sin, cos) = Math.SinCos(pose.Angle);
        var seen = 0;
        for (var i = 0; i < along; i++)
        {
            for (var j = 0; j < across; j++)
            {
                var u = pose.S1 * ((((2.0 * i) + 1) / along) - 1);
                var v = pose.S2 * ((((2.0 * j) + 1) / across) - 1);
                double x = pose.X + (u * cos) - (v * sin), y = pose.Y + (u * sin) + (v * cos);
                seen += x >= 0 && y >= 0 && x <= frame.Width - 1 && y <= frame.Height - 1 ? 1 : 0;
            }
        }

        return seen / (double)(along * across);
    }

    private static bool IsProven(Hypothesis h) => h.IsProven || h.Known is { IsProven: true };

    /// <summary>Of two hypotheses of a layer that ended on the same particle the remembered one stays, else the one that explains more.</summary>
    public static void DropTwins(List<Hypothesis> kept)
    {
        for (var i = kept.Count - 1; i >= 0; i--)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (kept[j], kept[i]);
                double dx = a.Pose.X - b.Pose.X, dy = a.Pose.Y - b.Pose.Y;
                var near = 0.45 * Math.Min(a.Pose.Minor, b.Pose.Minor);
                if (a.Pose.Layer != b.Pose.Layer || (dx * dx) + (dy * dy) >= near * near || (a.Pose.Layer == 0 && a.Known is { Seen: > 2 } && b.Known is { Seen: > 2 }) || IsProven(a) || IsProven(b))
                {
                    continue;
                }

                var keepFirst = (a.Known?.Seen ?? 0) != (b.Known?.Seen ?? 0) ? (a.Known?.Seen ?? 0) > (b.Known?.Seen ?? 0) : a.Snr >= b.Snr;
                if (keepFirst)
                {
                    kept.RemoveAt(i);
                    break;
                }

                kept.RemoveAt(j);
                i--;
                j--;
            }
        }
    }
}
