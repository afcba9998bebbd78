using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Takes what is too dark for one particle of a layer for two, one above the other.</summary>
/// <remarks>Where all particles are alike, thicknesses add (contrasts c and c' show as 1 - (1 - c)(1 - c')): two whose centres lie within a third of their width
/// have one outline, but not one depth. Both answers are fitted and compared by their likelihoods.</remarks>
internal sealed class StackSplitter(FrameFitter fitter, Population[] populations)
{
    private const double LeastAdvantage = 12;
    private const double Offset = 0.12;
    private const int Turns = 4;
    private const int PruneRounds = 4;
    private const int SeenOften = 10;
    private const double LeastBorneOut = 0.5;
    private const double MostOverlap = 3;
    private const int MostAsked = 24;
    private const double LeastForOverlap = 30;

    /// <summary>Replaces each by two, where the frame agrees.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="hypotheses">Fitted; changed in place.</param>
    public void Split(Frame frame, BackgroundMap background, List<Hypothesis> hypotheses)
    {
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var one = hypotheses[i];
            var population = populations[one.Pose.Layer];
            if (!one.Fit.Converged || population.Dominant is not { } kind || population.Prior(kind) is not { } usual || !IsTooDark(one.Pose.Contrast, usual.Contrast))
            {
                continue;
            }

            var near = hypotheses.Where(h => h != one && h.Fit.Converged && Math.Abs(h.Pose.X - one.Pose.X) < h.Pose.Reach + (2 * one.Pose.Reach) + 16
                && Math.Abs(h.Pose.Y - one.Pose.Y) < h.Pose.Reach + (2 * one.Pose.Reach) + 16).ToList();
            var standing = near.ConvertAll(h => h.Drawn);
            var box = FitBox.Around(one.Pose with { Kind = kind, S1 = Math.Max(usual.S1, one.Pose.S1), S2 = Math.Max(usual.S2, one.Pose.S2) }, 4);
            var (a, b) = Start(frame, background, box, one, kind, usual, standing);
            var upper = Pair(frame, background, one, near, a, b);
            var lower = Pair(frame, background, one, near, b with { Layer = 1 }, a with { Layer = 2 });
            var pair = Gain(frame, background, box, lower, upper, standing) > 0 ? lower : upper;
            if (Gain(frame, background, box, pair, [one], standing) > LeastAdvantage)
            {
                hypotheses[i] = pair[0];
                hypotheses.Insert(++i, pair[1]);
            }
        }
    }

    private List<Hypothesis> Pair(Frame frame, BackgroundMap background, Hypothesis one, List<Hypothesis> near, in ShapePose first, in ShapePose second)
    {
        var pair = new List<Hypothesis>
        {
            new() { Blob = one.Blob, Known = one.Known?.Pose.Layer == 1 ? one.Known : null, Pose = first, GapOfAny = -first.Minor },
            new() { Blob = one.Blob, Known = one.Known?.Pose.Layer == 2 ? one.Known : null, Pose = second, GapOfAny = -second.Minor },
        };
        fitter.FitSome(frame, background, pair, near);
        fitter.FitSome(frame, background, pair, near);
        return pair;
    }

    private double Gain(Frame frame, BackgroundMap background, FitBox box, List<Hypothesis> of, List<Hypothesis> over, List<ShapePose> standing) =>
        !of.TrueForAll(h => h.Fit.Converged) ? double.NegativeInfinity
        : !over.TrueForAll(h => h.Fit.Converged) ? double.PositiveInfinity
        : fitter.Advantage(frame, background, box, [.. of.Select(h => h.Drawn), .. standing], [.. over.Select(h => h.Drawn), .. standing]);

    /// <summary>Takes out those that the frame does not bear out: two where there is one, and what the search put into an edge that was drawn wrongly.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="hypotheses">Fitted; changed in place.</param>
    /// <param name="onlyOverlapping">True to leave those alone that reach into no other of their layer.</param>
    public void Prune(Frame frame, BackgroundMap background, List<Hypothesis> hypotheses, bool onlyOverlapping = false)
    {
        for (var round = 0; round < PruneRounds; round++)
        {
            // Of two that stand for one particle each says that the other suffices: the less known one goes, and who is left is asked again.
            var doubtful = hypotheses.Where(h => IsDoubtful(h) && (!onlyOverlapping || h.Gap < -MostOverlap)).OrderBy(h => Math.Min(h.Known?.Seen ?? 0, SeenOften)).ThenBy(Borne).ToList();
            var gone = new List<Hypothesis>();
            foreach (var one in doubtful)
            {
                if (!gone.Exists(g => ShapeGuess.Gap(g.Pose, one.Pose) < 0))
                {
                    gone.Add(one);
                }
            }

            if (gone.Count == 0)
            {
                break;
            }

            hypotheses.RemoveAll(gone.Contains);
            var touched = hypotheses.Where(h => gone.Exists(g => ShapeGuess.Gap(g.Pose, h.Pose) < fitter.Pose.MarginPx(h.Pose.Layer))).ToList();
            fitter.FitSome(frame, background, touched, [.. hypotheses.Except(touched)]);
        }

        // Three over each other cannot lie in two layers, nor two in one: each is asked whether the others do as well without it.
        foreach (var one in hypotheses.Where(h => h.Gap < -MostOverlap).OrderBy(h => Math.Min(h.Known?.Seen ?? 0, SeenOften)).ThenBy(h => h.Gap).Take(MostAsked).ToList())
        {
            if (hypotheses.Exists(h => h != one && h.Pose.Layer == one.Pose.Layer && h.Fit.Converged && ShapeGuess.Gap(h.Pose, one.Pose) < -MostOverlap))
            {
                DoWithout(frame, background, hypotheses, one);
            }
        }
    }

    private void DoWithout(Frame frame, BackgroundMap background, List<Hypothesis> hypotheses, Hypothesis one)
    {
        var near = hypotheses.Where(h => h != one && h.Fit.Converged && ShapeGuess.Gap(h.Pose, one.Pose) < fitter.Pose.MarginPx(h.Pose.Layer)).ToList();
        var box = Grouping.BoxOf([one, .. near], 4);
        var around = hypotheses.Where(h => h != one && !near.Contains(h) && h.Fit.Converged && FitBox.Around(h.Pose, fitter.Pose.MarginPx(h.Pose.Layer)).Meets(box)).ToList();
        var without = near.ConvertAll(h => new Hypothesis { Blob = h.Blob, Known = h.Known, Whole = h.Whole, Pose = h.Pose, Focus = h.Focus });
        fitter.FitSome(frame, background, without, around);
        fitter.FitSome(frame, background, without, around);
        var standing = around.ConvertAll(h => h.Drawn);
        if (without.TrueForAll(h => h.Fit.Converged)
            && fitter.Advantage(frame, background, box, [one.Drawn, .. near.Select(h => h.Drawn), .. standing], [.. without.Select(h => h.Drawn), .. standing]) < LeastForOverlap)
        {
            hypotheses.Remove(one);
            for (var i = 0; i < near.Count; i++)
            {
                hypotheses[hypotheses.IndexOf(near[i])] = without[i];
            }
        }
    }

    private bool IsDoubtful(Hypothesis one) => one.Fit.Converged && Borne(one) < LeastBorneOut;

    // What the frame alone would give it, as a part of what such particles have.
    private double Borne(Hypothesis one) =>
        populations[one.Pose.Layer].Dominant is { } kind && populations[one.Pose.Layer].Prior(kind) is { } usual ? one.Fit.FreeContrast / usual.Contrast : 1;

    /// <summary>Whether something is darker than midway between the contrast of one particle and that of two over each other.</summary>
    /// <param name="contrast">Its contrast.</param>
    /// <param name="usual">Contrast of one particle.</param>
    public static bool IsTooDark(double contrast, double usual) => Math.Sign(contrast) == Math.Sign(usual) && Math.Abs(contrast) > Math.Abs(usual) * (1 + (0.5 * (1 - usual)));

    private (ShapePose First, ShapePose Second) Start(
        Frame frame, BackgroundMap background, FitBox box, Hypothesis one, ShapeKind kind, SizePrior usual, List<ShapePose> standing)
    {
        var whole = one.Pose with { Kind = kind, S1 = usual.S1, S2 = usual.S2, Contrast = usual.Contrast };
        var best = (First: whole with { Layer = 1 }, Second: whole with { Layer = 2 });
        var least = double.PositiveInfinity;
        var shift = Offset * whole.Minor;
        foreach (var first in Angles(1, kind))
        {
            foreach (var second in Angles(2, kind))
            {
                for (var at = 0; at < 9; at++)
                {
                    double dx = shift * ((at % 3) - 1), dy = shift * ((at / 3) - 1);
                    var a = whole with { Layer = 1, Angle = first, X = whole.X + dx, Y = whole.Y + dy };
                    var b = whole with { Layer = 2, Angle = second, X = whole.X - dx, Y = whole.Y - dy };
                    var misfit = fitter.Pose.Misfit(frame, background, box, [a, b, .. standing], 1, out _);
                    if (misfit < least)
                    {
                        (least, best) = (misfit, (a, b));
                    }
                }
            }
        }

        return best;
    }

    private double[] Angles(int layer, ShapeKind kind)
    {
        if (!kind.HasAngle())
        {
            return [0];
        }

        var period = 2 * Math.PI / kind.Symmetry();
        return fitter.DirectionOf(layer) is { } known ? [known] : [.. Enumerable.Range(0, Turns).Select(i => period * i / Turns)];
    }
}
