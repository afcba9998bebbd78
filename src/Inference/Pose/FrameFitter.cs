using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Fits all hypotheses of one frame, each with its neighbours' present shapes in the model.</summary>
/// <remarks>Block coordinate descent: every particle is fitted while the others stand; those that share pixels go round again. Not thread-safe.</remarks>
internal sealed partial class FrameFitter
{
    private const double IrregularShare = 0.06;
    private const double LeastMomentsSnr = 6;
    private const double FaintShare = 0.5;
    private const double FaintSignal = 200;
    private const double BarPenalty = 1;
    private const double StillOpen = 20;
    private const double TinyBlurs = 6;
    private const double StillEnough = 0.25;
    private const int MostSweeps = 3;
    private const double BorderShare = 0.12;
    private const double OpenShare = 0.35;
    private const double MostStrange = 20;
    private const double SpreadInLayers = 0.05;
    private const double BoundInLayers = 0.15;
    private readonly ShapeKind[] _kinds;
    private readonly List<ShapePose> _near = [];
    private readonly bool _irregular;
    private readonly Population[] _populations = [Population.Unknown, Population.Unknown, Population.Unknown];

    /// <summary>Creates the fitter.</summary>
    /// <param name="imaging">Noise, blur and zero of the recording.</param>
    /// <param name="symmetries">Symmetries that particles may have; empty for any.</param>
    /// <param name="regularOnly">True where a particle must have one of the drawn shapes, whatever it leaves unexplained.</param>
    public FrameFitter(ImagingModel imaging, IReadOnlyList<int> symmetries, bool regularOnly = false)
    {
        Pose = new PoseFitter(imaging);
        var any = symmetries.Count == 0;
        _kinds = [.. Enum.GetValues<ShapeKind>().Where(k => k != ShapeKind.Irregular && (any || symmetries.Contains(k.Symmetry())))];
        _irregular = !regularOnly && (any || symmetries.Contains(1));
        if (_kinds.Length == 0)
        {
            _kinds = [ShapeKind.Disc];
        }
    }

    /// <summary>The fitter of one particle.</summary>
    public PoseFitter Pose { get; }

    /// <summary>Tells what a layer's particles are like, so that a doubtful or cut one leans towards its fellows.</summary>
    public void Expect(int layer, Population population) => _populations[layer] = population;

    /// <summary>Log of how much better the particles of one set explain a box than those of another, parameters paid for.</summary>
    public double Advantage(Frame frame, BackgroundMap background, FitBox box, ReadOnlySpan<ShapePose> one, ReadOnlySpan<ShapePose> other)
    {
        var brightness = Math.Max(Brightest(one), Brightest(other));
        var first = Pose.Misfit(frame, background, box, one, brightness, out var pixels);
        var second = Pose.Misfit(frame, background, box, other, brightness, out _);
        var extra = Cost(one) - Cost(other);
        return ((second - first) / (2 * Pose.Noise.Excess)) - (0.5 * extra * Math.Log(Math.Max(2, pixels / Pose.Noise.Excess)));

        static double Brightest(ReadOnlySpan<ShapePose> poses)
        {
            var most = 1.0;
            foreach (var pose in poses)
            {
                most = Math.Max(most, 1 - pose.Contrast);
            }

            return most;
        }

        static int Cost(ReadOnlySpan<ShapePose> poses)
        {
            var sum = 0;
            foreach (var pose in poses)
            {
                sum += ShapeRenderer.Parameters(pose.Kind) + 1;
            }

            return sum;
        }
    }

    /// <summary>How far sizes and contrast are from what this recording's particles of that shape have, in squared deviations; bounded, since a few may be unlike the
    /// rest, and none where a second layer may hide any part.</summary>
    public double Strangeness(in ShapePose pose) => pose.Layer != 0
        ? 0
        : Math.Min(MostStrange, Loosened(_populations[pose.Layer].Prior(pose.Kind), BorderShare)?.Penalty(pose) ?? (MostStrange / 2));

    /// <summary><see cref="Advantage"/> with what the recording's particles are like counted in.</summary>
    public double Preference(Frame frame, BackgroundMap background, FitBox box, ReadOnlySpan<ShapePose> one, ReadOnlySpan<ShapePose> other)
    {
        var strange = 0.0;
        foreach (var pose in one)
        {
            strange += Strangeness(pose);
        }

        foreach (var pose in other)
        {
            strange -= Strangeness(pose);
        }

        return Advantage(frame, background, box, one, other) - (0.5 * strange);
    }

    // Sizes vary within a recording, and few of them were seen.
    private static SizePrior? Loosened(SizePrior? usual, double share) => usual is not { } prior ? null : prior with
    {
        Sigma = Math.Max(prior.Sigma, share * prior.S1),
        Sigma2 = Math.Max(prior.Sigma2, share * prior.S2),
        ContrastSigma = Math.Max(prior.ContrastSigma, share * Math.Abs(prior.Contrast)),
    };

    /// <summary>Fits them all.</summary>
    public void Fit(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> hypotheses) => Fit(frame, background, hypotheses, hypotheses.Count);

    /// <summary>Fits <paramref name="some"/> while <paramref name="standing"/> stay as they are.</summary>
    public void FitSome(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> some, IReadOnlyList<Hypothesis> standing) =>
        Fit(frame, background, [.. some, .. standing], some.Count);

    /// <summary>Fits newcomers anew together with those that they touch or cover; the others stand.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="newcomers">Fitted once.</param>
    /// <param name="standing">The others.</param>
    public void Settle(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> newcomers, IReadOnlyList<Hypothesis> standing)
    {
        var near = standing.Where(s => newcomers.Any(n => ShapeGuess.Gap(n.Pose, s.Pose) < Pose.MarginPx(s.Pose.Layer))).ToList();
        FitSome(frame, background, [.. newcomers, .. near], [.. standing.Except(near)]);
    }

    private void Fit(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> hypotheses, int count)
    {
        var neighbours = Neighbourhoods(hypotheses);
        var before = new ShapePose[count];
        for (var i = 0; i < count; i++)
        {
            SetGaps(hypotheses, i, neighbours[i]);
            before[i] = hypotheses[i].Drawn;
        }

        for (var i = 0; i < count; i++)
        {
            FitOne(frame, background, hypotheses, i, neighbours[i], sweep: 0);
        }

        var after = new ShapePose[count];
        for (var sweep = 1; sweep < MostSweeps; sweep++)
        {
            for (var i = 0; i < count; i++)
            {
                after[i] = hypotheses[i].Drawn;
            }

            for (var i = 0; i < count; i++)
            {
                if (neighbours[i].Count > 0 && NeedsAnotherRound(hypotheses, i, neighbours[i], before))
                {
                    FitOne(frame, background, hypotheses, i, neighbours[i], sweep);
                }
            }

            (before, after) = (after, before);
        }

        for (var i = 0; i < count; i++)
        {
            Finish(hypotheses, i, neighbours[i]);
        }
    }

    // Where the outlines keep clear of one another, or the neighbour stayed where it was thought to be, a second fit would change nothing.
    private bool NeedsAnotherRound(IReadOnlyList<Hypothesis> hypotheses, int index, List<int> neighbours, ShapePose[] before)
    {
        var one = hypotheses[index];
        foreach (var other in neighbours)
        {
            // Those before it in the round were fitted by then, and those that stand did not move.
            if (other < index || other >= before.Length || Moved(before[other], hypotheses[other].Drawn) < StillEnough * Pose.Blurs.Of(one.Pose.Layer))
            {
                continue;
            }

            // Who has not settled may have been guessed some pixels off.
            var reach = one.Known?.Shape is null || hypotheses[other].Known?.Shape is null ? 10 : 4;
            if (ShapeGuess.Gap(one.Pose, hypotheses[other].Pose) < reach * Pose.Blurs.Of(one.Pose.Layer))
            {
                return true;
            }
        }

        return false;
    }

    private static double Moved(in ShapePose from, in ShapePose to)
    {
        if (from.Kind != to.Kind)
        {
            return double.MaxValue;
        }

        var turned = to.Kind.HasAngle() ? Math.Abs(to.Angle - from.Angle) * 0.5 * to.Reach : 0;
        var grown = Math.Max(Math.Abs(to.S1 - from.S1), Math.Abs(to.S2 - from.S2));
        return Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)) + turned + grown;
    }

    // Whose pixels lie in whose box, which may be wider than that of a fit.
    private List<int>[] Neighbourhoods(IReadOnlyList<Hypothesis> hypotheses, double wider = 0)
    {
        var lists = new List<int>[hypotheses.Count];
        var order = Enumerable.Range(0, hypotheses.Count).ToArray();
        Array.Sort(order, (a, b) => hypotheses[a].Pose.X.CompareTo(hypotheses[b].Pose.X));
        var widest = 0.0;
        for (var i = 0; i < lists.Length; i++)
        {
            lists[i] = [];
            widest = Math.Max(widest, hypotheses[i].Pose.Reach);
        }

        var margin = Math.Max(Pose.MarginPx(1), Pose.MarginPx(2)) + wider;
        var boxes = new FitBox[lists.Length];
        var reaches = new FitBox[lists.Length];
        for (var i = 0; i < lists.Length; i++)
        {
            boxes[i] = FitBox.Around(hypotheses[i].Pose, Pose.MarginPx(hypotheses[i].Pose.Layer) + wider);
            reaches[i] = FitBox.Around(hypotheses[i].Pose, EdgeProfile.Limit * Pose.Blurs.Of(hypotheses[i].Pose.Layer));
        }

        for (var a = 0; a < order.Length; a++)
        {
            var one = hypotheses[order[a]].Pose;
            for (var b = a + 1; b < order.Length; b++)
            {
                var other = hypotheses[order[b]].Pose;
                var dx = other.X - one.X;
                if (dx > widest + one.Reach + (2 * margin))
                {
                    break;
                }

                if (Math.Abs(other.Y - one.Y) > one.Reach + other.Reach + (2 * margin))
                {
                    continue;
                }

                if (reaches[order[b]].Meets(boxes[order[a]]))
                {
                    lists[order[a]].Add(order[b]);
                }

                if (reaches[order[a]].Meets(boxes[order[b]]))
                {
                    lists[order[b]].Add(order[a]);
                }
            }
        }

        foreach (var list in lists)
        {
            list.Sort();
        }

        return lists;
    }

    private void FitOne(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> all, int index, List<int> neighbours, int sweep)
    {
        var hypothesis = all[index];
        hypothesis.IsCut = IsCutByBorder(frame, hypothesis);
        Collect(all, neighbours);
        if (!Pose.Load(frame, background, hypothesis.Pose, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_near)))
        {
            hypothesis.Fits.Clear();
            hypothesis.Fit = default;
            return;
        }

        var shape = hypothesis.Known?.Shape;
        var earlier = sweep == 0 ? null : hypothesis.Fits.ToArray();
        hypothesis.Fits.Clear();
        hypothesis.IsUsual = false;
        if (shape is ShapeKind.Irregular)
        {
            AddIrregular(hypothesis, hypothesis.Pose);
        }
        else if (shape is { } settled)
        {
            FitSettled(frame, hypothesis, settled, earlier);
            Align(hypothesis, settled);
        }
        else
        {
            foreach (var kind in Candidates(hypothesis, earlier))
            {
                Add(hypothesis, kind, Start(frame, hypothesis, kind, earlier));
                if (kind == PopulationOf(hypothesis).Dominant && hypothesis.Fits.Count == 1 && IsExplained(hypothesis.Fits[0].Fit))
                {
                    hypothesis.IsUsual = true;
                    break;
                }
            }

            // What others or the border cover cannot be told by its moments.
            if (_irregular && !(hypothesis.IsCut && IsMixed(hypothesis) && !PopulationOf(hypothesis).Includes(ShapeKind.Irregular)) && !(hypothesis.Pose.Layer > 0 && PopulationOf(hypothesis).Dominant is not null) && hypothesis.GapOfAny > -Pose.Blur && (hypothesis.Fits.Count > 1 || (earlier is not null && earlier.Any(e => e.Kind == ShapeKind.Irregular) && hypothesis.Fits.Count > 0)))
            {
                var best = hypothesis.Fits.MaxBy(f => f.LogEvidence);
                AddIrregular(hypothesis, best.Fit.Pose);
            }

            if (hypothesis.Fits.Count == 1 && hypothesis.Fits[0].Kind == PopulationOf(hypothesis).Dominant)
            {
                Align(hypothesis, hypothesis.Fits[0].Kind);
            }

            hypothesis.IsUsual |= hypothesis.Fits.Count == 1 && (hypothesis.Fits[0].Kind == PopulationOf(hypothesis).Dominant || !hypothesis.IsCut);
        }

        if (hypothesis.Fits.Count == 0)
        {
            hypothesis.Fit = default;
            return;
        }

        var known = shape is null && IsMixed(hypothesis) ? hypothesis.Known : null;
        hypothesis.Fits.Sort((a, b) => Weighed(a) is var first && Weighed(b) is var second && first != second ? second.CompareTo(first) : a.Kind.CompareTo(b.Kind));
        hypothesis.Fit = hypothesis.Fits[0].Fit;
        hypothesis.Pose = hypothesis.Fits[0].Fit.Pose;

        // A particle keeps its shape: what earlier frames said of an open one counts too.
        double Weighed((ShapeKind Kind, PoseFit Fit, double LogEvidence) fit) => fit.LogEvidence + (known?.Leaning(fit.Kind) ?? 0);
    }

    // The shapes worth a fit: the recording's dominant one first, which usually ends the search; on a second round only those still in question.
    private IEnumerable<ShapeKind> Candidates(Hypothesis hypothesis, (ShapeKind Kind, PoseFit Fit, double LogEvidence)[]? earlier)
    {
        if (earlier is { Length: > 0 })
        {
            // An irregular particle still needs the best regular shape: it marks the region that is measured.
            var regular = earlier.Where(e => e.Kind != ShapeKind.Irregular).ToArray();
            return regular.Where((e, i) => i == 0 || e.LogEvidence > earlier[0].LogEvidence - StillOpen).Select(e => e.Kind);
        }

        var blob = hypothesis.Blob;
        var population = PopulationOf(hypothesis);
        var aspect = blob.Component == 0 || blob.AtBorder || !hypothesis.Whole ? 0 : blob.HalfMajor / blob.HalfMinor;
        if (population.Dominant is { } usual && (hypothesis.Pose.Layer > 0 || (hypothesis.GapOfAny < -Pose.Blur && hypothesis.Blob.Score < 1)))
        {
            // Covered, it may look like anything; nearly all of them are of one shape.
            return [usual];
        }

        // A particle a few blurs across shows no corners: it is round or long, whatever it is.
        var tiny = Math.Sqrt(hypothesis.Pose.Area) < TinyBlurs * Math.Max(1, Pose.Blur);
        return _kinds
            .Where(k => !tiny || _kinds.Length < 3 || k is ShapeKind.Disc or ShapeKind.Rod)
            .Where(k => hypothesis.Whole || population.Includes(k))
            .Where(k => hypothesis.Whole || k == population.Dominant || hypothesis.Known is not { } known || known.IsOpen(k))
            .Where(k => aspect == 0 || _kinds.Length < 3 || (k.IsLong() ? aspect > 1.12 : aspect < 1.6))
            .OrderByDescending(k => k == population.Dominant);
    }

    private static bool IsExplained(in PoseFit fit) =>
        fit.Signal > 0 && (fit.ChiSquare - fit.Pixels) / fit.Signal < Math.Max(0.03, Math.Min(0.15, 3 * Math.Sqrt(2 * fit.Pixels) / fit.Signal));

    // Several shapes side by side in one layer: there it is the shape that tells particles apart, and what it was before says what it is.
    private bool IsMixed(Hypothesis hypothesis) => hypothesis.Pose.Layer == 0 && PopulationOf(hypothesis).Dominant is null;

    private Population PopulationOf(Hypothesis hypothesis) => _populations[hypothesis.Pose.Layer];

    private void Collect(IReadOnlyList<Hypothesis> all, List<int> neighbours)
    {
        _near.Clear();
        foreach (var other in neighbours)
        {
            _near.Add(all[other].Drawn);
        }
    }

    private void Add(Hypothesis hypothesis, ShapeKind kind, ShapePose start)
    {
        var known = hypothesis.Known;
        SizePrior? prior = null;
        var inLayers = hypothesis.Pose.Layer > 0 && PopulationOf(hypothesis).Dominant is not null;
        var bound = inLayers ? BoundInLayers : double.PositiveInfinity;
        var partly = hypothesis.IsCut || hypothesis.Blob.Component == 0 || hypothesis.GapOfAny < 0 || (!hypothesis.Whole && PopulationOf(hypothesis).Dominant is null);
        if (partly && known is { Clear: > 0, Seen: > 1 } && known.Pose.Kind == kind)
        {
            var spread = Math.Max(0.02 * known.Pose.S2, known.SizeSpread);
            prior = new SizePrior(known.Pose.S1, known.Pose.S2, spread, known.Pose.Contrast, Math.Max(0.01, 0.08 * Math.Abs(known.Pose.Contrast))) { Bound = bound };
        }

        else if (known is null or { Clear: 0 } && (hypothesis.IsCut || !hypothesis.Whole || (hypothesis.GapOfAny < 0 && PopulationOf(hypothesis).Dominant is not null)) && PopulationOf(hypothesis).Prior(kind) is { } usual)
        {
            // Sizes vary within a recording: the usual one only bounds what the frame leaves open, more so where the border hides the rest.
            prior = Loosened(usual, inLayers ? SpreadInLayers : hypothesis.IsCut || PopulationOf(hypothesis).Dominant is not null ? BorderShare : OpenShare)!.Value with { Bound = bound };
            if (hypothesis.IsCut && known is null)
            {
                start = start with { S1 = usual.S1, S2 = usual.S2 };
            }
        }

        var fit = Pose.Fit(start, prior, known is null ? 12 : 8, refine: known?.Shape is null);
        if (!fit.Converged)
        {
            return;
        }

        var excess = Pose.Noise.Excess;
        var parameters = ShapeRenderer.Parameters(kind) + 2;
        var evidence = (-fit.ChiSquare / (2 * excess)) - (0.5 * parameters * Math.Log(Math.Max(2, fit.Pixels / excess)))
            + PopulationOf(hypothesis).LogShare(kind) - (kind == ShapeKind.Bar ? BarPenalty : 0);

        // Of a cut one a shape that nobody here has explains as much as the right one.
        evidence -= hypothesis.IsCut && IsMixed(hypothesis) && prior is { } expected ? 0.5 * expected.Penalty(fit.Pose) : 0;
        hypothesis.Fits.Add((kind, fit, evidence));
    }

    // An irregular particle would be drawn by no model: it is credited with leaving over a set share of the signal (of a faint one half: there the
    // unevenness of the liquid alone leaves over much of it), or what noise alone may leave over, so that it wins only where every regular shape
    // leaves over clearly more.
    private void AddIrregular(Hypothesis hypothesis, ShapePose region)
    {
        var fit = Pose.Moments(region with { Kind = ShapeKind.Irregular });
        var excess = Pose.Noise.Excess;
        if (!fit.Converged || (hypothesis.Fits.Count > 0 && fit.Signal < LeastMomentsSnr * LeastMomentsSnr * excess))
        {
            // Moments of what the noise swamps are the noise's; a regular shape at least says where it is.
            return;
        }

        var margin = Math.Max(Math.Max(IrregularShare * fit.Signal, FaintShare * Math.Min(fit.Signal, FaintSignal)), 4 * Math.Sqrt(2 * fit.Pixels));
        var evidence = (-(fit.Pixels + margin) / (2 * excess)) - (4 * Math.Log(Math.Max(2, fit.Pixels / excess)))
            + PopulationOf(hypothesis).LogShare(ShapeKind.Irregular);
        hypothesis.Fits.Add((ShapeKind.Irregular, fit, evidence));
    }

    // A followed particle starts from where it was; only a poor fit makes it look for another angle.
    private void FitSettled(Frame frame, Hypothesis hypothesis, ShapeKind kind, (ShapeKind Kind, PoseFit Fit, double LogEvidence)[]? earlier)
    {
        var known = hypothesis.Known!.Pose;
        var start = earlier is { Length: > 0 } || known.Kind != kind
            ? Start(frame, hypothesis, kind, earlier)
            : hypothesis.Pose with { Kind = kind, S1 = known.S1, S2 = known.S2, Angle = known.Angle, Contrast = known.Contrast };
        Add(hypothesis, kind, start);
        if (hypothesis.Fits.Count == 1 && !IsExplained(hypothesis.Fits[0].Fit) && kind.HasAngle())
        {
            Add(hypothesis, kind, BestAngle(start, null));
            if (hypothesis.Fits.Count == 2)
            {
                hypothesis.Fits.RemoveAt(hypothesis.Fits[0].LogEvidence >= hypothesis.Fits[1].LogEvidence ? 1 : 0);
            }
        }
    }

    private ShapePose Start(Frame frame, Hypothesis hypothesis, ShapeKind kind, (ShapeKind Kind, PoseFit Fit, double LogEvidence)[]? earlier)
    {
        if (earlier is not null)
        {
            foreach (var (tried, fit, _) in earlier)
            {
                if (tried == kind)
                {
                    return fit.Pose;
                }
            }
        }

        var guess = hypothesis.Pose;
        var known = hypothesis.Known?.Pose;
        if (known is { } k && k.Kind == kind)
        {
            guess = guess with { Kind = kind, S1 = k.S1, S2 = k.S2, Angle = k.Angle, Contrast = k.Contrast };
            return BestAngle(guess, k.Angle);
        }

        guess = ShapeGuess.From(guess, kind);
        if (kind.IsLong() && hypothesis.IsCut && hypothesis.Known is null or { Clear: 0 } && IsMixed(hypothesis) && PopulationOf(hypothesis).Prior(kind) is { } usual)
        {
            return BestCut(frame, guess with { S1 = usual.S1, S2 = usual.S2 });
        }

        return kind.HasAngle() ? BestAngle(guess, kind.IsLong() ? guess.Angle : null) : guess;
    }

    // Steps small enough that one of them lies in the basin of the right angle.
    private ShapePose BestAngle(ShapePose guess, double? favoured)
    {
        if (!guess.Kind.HasAngle())
        {
            return guess;
        }

        var period = 2 * Math.PI / guess.Kind.Symmetry();
        var steps = guess.Kind.IsLong() ? 6 : 4;
        var centre = favoured ?? 0;
        var best = guess with { Angle = centre };
        var least = Pose.Misfit(best, first: true) - (favoured is null ? 0 : 2);
        for (var i = 1; i < steps; i++)
        {
            var turned = guess with { Angle = centre + (period * i / steps) };
            var misfit = Pose.Misfit(turned, first: false);
            if (misfit < least)
            {
                least = misfit;
                best = turned;
            }
        }

        return best;
    }

    // Where the particles of both layers lie aligned, one that does not was caught by the edges of another more often than not.
    private void Align(Hypothesis hypothesis, ShapeKind kind)
    {
        if (hypothesis.Pose.Layer == 0 || hypothesis.Fits.Count == 0 || _directions[1].Direction is not { } first || _directions[2].Direction is not { } second)
        {
            return;
        }

        var fit = hypothesis.Fits[0].Fit.Pose;
        var own = fit.Layer == 2 ? second : first;
        if (Off(fit, own) < Aside)
        {
            return;
        }

        foreach (var direction in (ReadOnlySpan<double>)[first.Angle, second.Angle])
        {
            Add(hypothesis, kind, fit with { Angle = direction });
        }

        double Worth((ShapeKind Kind, PoseFit Fit, double LogEvidence) one) =>
            one.LogEvidence - Math.Min(MostByAngle, Math.Min(Off(one.Fit.Pose, first), Off(one.Fit.Pose, second)));
        var best = hypothesis.Fits.MaxBy(Worth);
        hypothesis.Fits.Clear();
        hypothesis.Fits.Add(best);
    }

    private void Finish(IReadOnlyList<Hypothesis> all, int index, List<int> neighbours)
    {
        var hypothesis = all[index];
        if (hypothesis.Fits.Count == 0)
        {
            return;
        }

        var fit = hypothesis.Fit;
        hypothesis.Snr = Math.Sqrt(Math.Max(0, fit.Signal) / Pose.Noise.Excess);
        hypothesis.Unexplained = fit.Signal > 0 ? Math.Max(0, fit.ChiSquare - fit.Pixels) / fit.Signal : 1;
        SetGaps(all, index, neighbours);
    }

    private static void SetGaps(IReadOnlyList<Hypothesis> all, int index, List<int> neighbours)
    {
        var one = all[index];
        one.Gap = one.GapOfAny = double.MaxValue;
        foreach (var other in neighbours)
        {
            var gap = ShapeGuess.Gap(one.Pose, all[other].Pose);
            one.GapOfAny = Math.Min(one.GapOfAny, gap);
            if (all[other].Pose.Layer == one.Pose.Layer)
            {
                one.Gap = Math.Min(one.Gap, gap);
            }
        }
    }
}
