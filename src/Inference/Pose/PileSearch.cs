using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Looks for another answer where the particles found leave much of the pixels unexplained: one more particle, two in the place of one, fewer.</summary>
/// <remarks>Particles over one another may have a single peak for the network, and a single large shape fits them somehow. Each answer is fitted together with
/// the particles around and judged by chi-square with every parameter paid for (Schwarz 1978, doi:10.1214/aos/1176344136); the moves are those of a search over
/// the number of objects (Green 1995, doi:10.1093/biomet/82.4.711), taken greedily.</remarks>
/// <param name="fitter">Fits them.</param>
/// <param name="population">What the recording's particles are like.</param>
internal sealed class PileSearch(FrameFitter fitter, Population population)
{
    private const double LeastAdvantage = 12;
    private const double LeastSnr = 7;
    private const double LeftOver = 0.03;
    private const double LeastSigma = 5;
    private const double LeastStrange = 12;
    private const double Together = 3;
    private const double Twins = 0.2;
    private const int FirstFrames = 3;
    private const int MostAFrame = 2;
    private readonly PileStarts _starts = new(fitter, population);
    private readonly PilePursuit _pursuit = new(fitter, population);

    /// <summary>Replaces particles where another answer explains the pixels clearly better.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">Its segmentation.</param>
    /// <param name="hypotheses">Fitted hypotheses; changed in place.</param>
    /// <returns>Particles of earlier frames that are not there.</returns>
    public List<KnownParticle> Improve(Frame frame, Segmentation found, List<Hypothesis> hypotheses)
    {
        var gone = new List<KnownParticle>();
        if (population.TypicalArea <= 0)
        {
            return gone;
        }

        var doubtful = hypotheses.Where(h => IsDue(h.Known) && IsDoubtful(h)).OrderByDescending(Doubt).ThenBy(h => h.Pose.X).Take(MostAFrame).ToList();
        foreach (var one in doubtful)
        {
            if (hypotheses.Contains(one))
            {
                Improve(frame, found, hypotheses, one, gone);
            }
        }

        return gone;
    }

    // Newcomers at once, then ever more seldom: what could not be improved will hardly be later.
    private static bool IsDue(KnownParticle? known) =>
        known is null || known.Seen < FirstFrames || (known.Seen % FirstFrames == 0 && int.IsPow2(known.Seen / FirstFrames));

    // Badly explained, or explained by a shape such as this recording's particles do not have.
    private bool IsDoubtful(Hypothesis h) =>
        h.Fit.Converged && Regular(h) is { } fit
        && ((fit.ChiSquare - fit.Pixels > LeftOver * fit.Signal && fit.ChiSquare - fit.Pixels > LeastSigma * Math.Sqrt(2 * fit.Pixels * fitter.Pose.Noise.Excess))
            || fitter.Strangeness(fit.Pose) > LeastStrange);

    private double Doubt(Hypothesis h) => Regular(h) is { } fit ? ((fit.ChiSquare - fit.Pixels) / fitter.Pose.Noise.Excess) + fitter.Strangeness(fit.Pose) : 0;

    // Moments explain anything: it is the best shape that is asked how much it leaves.
    private static PoseFit? Regular(Hypothesis h)
    {
        foreach (var (kind, fit, _) in h.Fits)
        {
            if (kind != ShapeKind.Irregular)
            {
                return fit;
            }
        }

        return null;
    }

    private void Improve(Frame frame, Segmentation found, List<Hypothesis> hypotheses, Hypothesis one, List<KnownParticle> gone)
    {
        var pile = new List<Hypothesis> { one };
        var standing = new List<Hypothesis>();
        foreach (var other in hypotheses)
        {
            if (other == one || !other.Fit.Converged)
            {
                continue;
            }

            var reach = one.Pose.Reach + other.Pose.Reach;
            if (Math.Abs(other.Pose.X - one.Pose.X) < reach + Together && Math.Abs(other.Pose.Y - one.Pose.Y) < reach + Together && ShapeGuess.Gap(one.Pose, other.Pose) < Together)
            {
                pile.Add(other);
            }
            else if (Math.Abs(other.Pose.X - one.Pose.X) < (2 * reach) + 32 && Math.Abs(other.Pose.Y - one.Pose.Y) < (2 * reach) + 32)
            {
                standing.Add(other);
            }
        }

        var side = Math.Sqrt(population.TypicalArea);
        var box = Grouping.BoxOf(pile, (0.3 * side) + 4);
        Answer? best = null;
        foreach (var start in _starts.Of(frame, found, one, pile, standing, box).Concat(_pursuit.Of(frame, found, one, pile, standing, box)))
        {
            if (Try(frame, found, start, pile, standing, box) is { } answer && answer.Gain > (best?.Gain ?? LeastAdvantage))
            {
                best = answer;
            }
        }

        if (best is null)
        {
            return;
        }

        foreach (var (old, now) in best.Stayed)
        {
            hypotheses[hypotheses.IndexOf(old)] = now;
        }

        foreach (var old in best.Removed)
        {
            hypotheses.Remove(old);
            if (old.Known is { } known)
            {
                gone.Add(known);
            }
        }

        hypotheses.AddRange(best.Added);
    }

    private Answer? Try(Frame frame, Segmentation found, PileStart start, List<Hypothesis> pile, List<Hypothesis> standing, FitBox box)
    {
        var stayed = pile.Where(h => !start.Removed.Contains(h)).Select(h => (Old: h, Now: h.Copy())).ToList();
        var added = start.Added.Select(pose => Newcomer(pose, frame, pile[0].Blob)).ToList();
        if (added.Count > 0)
        {
            fitter.FitSome(frame, found.Background, added, [.. stayed.Select(s => s.Now), .. standing]);
        }

        List<Hypothesis> all = [.. added, .. stayed.Select(s => s.Now)];
        if (!Holds(added))
        {
            return null;
        }

        fitter.FitSome(frame, found.Background, all, standing);
        if (!Holds(added) || !all.TrueForAll(h => h.Fit.Converged) || AnyTwins(added, all))
        {
            return null;
        }

        var near = standing.Select(h => h.Drawn).ToArray();
        var gain = fitter.Preference(frame, found.Background, box, [.. all.Select(h => h.Drawn), .. near], [.. pile.Select(h => h.Drawn), .. near]);
        return new Answer(gain, stayed, start.Removed, added);
    }

    private bool Holds(List<Hypothesis> added) => added.TrueForAll(h => h.Fit.Converged && h.Snr > LeastSnr && h.Pose.Kind != ShapeKind.Irregular && population.Admits(h.Pose));

    private static bool AnyTwins(List<Hypothesis> added, List<Hypothesis> all)
    {
        foreach (var one in added)
        {
            foreach (var other in all)
            {
                var near = Twins * Math.Min(one.Pose.Minor, other.Pose.Minor);
                if (other != one && Math.Pow(one.Pose.X - other.Pose.X, 2) + Math.Pow(one.Pose.Y - other.Pose.Y, 2) < near * near)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static Hypothesis Newcomer(in ShapePose pose, Frame frame, in Blob of)
    {
        var reach = pose.Reach;
        var blob = of with
        {
            X = pose.X,
            Y = pose.Y,
            Area = pose.Area,
            HalfMajor = pose.S1,
            HalfMinor = pose.S2,
            Angle = pose.Angle,
            Contrast = Math.Abs(pose.Contrast),
            AtBorder = pose.X < reach || pose.Y < reach || pose.X > frame.Width - 1 - reach || pose.Y > frame.Height - 1 - reach,
        };
        return new Hypothesis { Blob = blob, Whole = false, IsProven = true, Pose = pose };
    }

    private sealed record Answer(double Gain, List<(Hypothesis Old, Hypothesis Now)> Stayed, IReadOnlyList<Hypothesis> Removed, List<Hypothesis> Added);
}
