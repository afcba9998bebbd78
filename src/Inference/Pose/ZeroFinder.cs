using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Finds the counts that a camera gives without beam, where nobody told, from particles that cover each other.</summary>
/// <remarks>What two particles let through multiplies, but only counted from zero: of the levels tried the one is taken at which piles of particles
/// are explained best. Single particles say nothing about it.</remarks>
internal static class ZeroFinder
{
    private const int FewestCovered = 6;
    private const int MostCovered = 40;
    private const int MostFrames = 2;
    private const double CoveredShare = 0.3;
    private const double LeastGain = 20;
    private static readonly double[] Shares = [0, 0.2, 0.4, 0.6, 0.8];

    /// <summary>Looks for it.</summary>
    /// <param name="frames">First frames.</param>
    /// <param name="segmentations">Their pieces, made with a zero of 0 counts.</param>
    /// <param name="symmetries">Symmetries that particles may have; empty for any.</param>
    /// <param name="imaging">What was learnt with a zero of 0 counts.</param>
    /// <param name="populations">By layer, what the particles are like.</param>
    /// <returns>Counts, 0 where nothing speaks for another level.</returns>
    public static double Find(
        IReadOnlyList<Frame> frames, IReadOnlyList<Segmentation> segmentations, IReadOnlyList<int> symmetries, ImagingModel imaging, Population[] populations)
    {
        var step = Math.Max(1, (frames.Count + MostFrames - 1) / MostFrames);
        var piles = new List<Pile>();
        for (var f = 0; f < frames.Count; f += step)
        {
            if (PileOf(frames[f], segmentations[f], symmetries, imaging, populations) is { } pile)
            {
                piles.Add(pile);
            }
        }

        if (piles.Sum(p => p.IsCovered.Count) < FewestCovered)
        {
            return 0;
        }

        var level = piles.Average(p => p.Found.Background.Values.Average(v => (double)v));
        var costs = Shares.Select(share => piles.Sum(p => Cost(p, symmetries, imaging, populations, share * level))).ToArray();
        var best = Array.IndexOf(costs, costs.Min());
        if ((costs[0] - costs[best]) / (2 * imaging.Noise.Excess) < LeastGain)
        {
            return 0;
        }

        return Vertex(costs, best) * level;
    }

    // The parabola through the best share and its two neighbours.
    private static double Vertex(double[] costs, int best)
    {
        if (best == 0 || best == costs.Length - 1)
        {
            return Shares[best];
        }

        double before = costs[best - 1], at = costs[best], after = costs[best + 1];
        var bend = before + after - (2 * at);
        var spacing = Shares[1] - Shares[0];
        return bend > 0 ? Shares[best] + (0.5 * spacing * (before - after) / bend) : Shares[best];
    }

    // Particles that cover each other, and all that stands near them.
    private static Pile? PileOf(Frame frame, Segmentation found, IReadOnlyList<int> symmetries, ImagingModel imaging, Population[] populations)
    {
        var all = found.Blobs.Select(b => RecordingCalibrator.GuessPose(b, found.Dark)).ToList();
        var covered = new HashSet<int>();
        var wanted = new HashSet<int>();
        for (var i = 0; i < all.Count && covered.Count < MostCovered; i++)
        {
            for (var j = 0; j < all.Count; j++)
            {
                if (i != j && !found.Blobs[i].AtBorder && ShapeGuess.Gap(all[i], all[j]) < -CoveredShare * Math.Min(all[i].Minor, all[j].Minor))
                {
                    covered.Add(i);
                }
            }
        }

        foreach (var i in covered)
        {
            for (var j = 0; j < all.Count; j++)
            {
                var reach = all[i].Reach + all[j].Reach + 12;
                if (Math.Abs(all[i].X - all[j].X) < reach && Math.Abs(all[i].Y - all[j].Y) < reach)
                {
                    wanted.Add(j);
                }
            }
        }

        if (covered.Count == 0)
        {
            return null;
        }

        var pile = new Pile(frame, found, [.. wanted.Order()], covered);
        pile.Start = Fit(pile, symmetries, imaging, populations, 0, null);
        return pile;
    }

    private static double Cost(Pile pile, IReadOnlyList<int> symmetries, ImagingModel imaging, Population[] populations, double zero)
    {
        var fitted = Fit(pile, symmetries, imaging, populations, zero, pile.Start);
        var sum = 0.0;
        for (var k = 0; k < fitted.Count; k++)
        {
            // A fit that failed, or explains nothing, must not pass for a good one.
            var fit = fitted[k].Fit;
            sum += !pile.IsCovered.Contains(pile.Members[k]) ? 0 : fit.Converged ? Math.Min(fit.ChiSquare, 4.0 * fit.Pixels) : 4.0 * Math.Max(1, fit.Pixels);
        }

        return sum;
    }

    private static List<Hypothesis> Fit(
        Pile pile, IReadOnlyList<int> symmetries, ImagingModel imaging, Population[] populations, double zero, List<Hypothesis>? start)
    {
        var noise = imaging.Noise;

        // The same variance at the same counts, told from another zero.
        var shifted = new NoiseModel(noise.ReadVariance + (noise.VariancePerCount * zero), noise.VariancePerCount, noise.CorrelationX, noise.CorrelationY, noise.LeastVariance);
        var fitter = new FrameFitter(new ImagingModel(shifted, imaging.Blurs, zero), symmetries);
        for (var layer = 0; layer < populations.Length; layer++)
        {
            // Their contrasts are told from zero counts of 0, so only their shapes hold.
            fitter.Expect(layer, zero > 0 ? Population.Unknown : populations[layer]);
        }

        var map = pile.Found.Background;
        var background = new BackgroundMap([.. map.Values.Select(v => (float)Math.Max(1e-3, v - zero))], map.Rows, map.Columns, map.Step);
        var hypotheses = new List<Hypothesis>(pile.Members.Count);
        for (var k = 0; k < pile.Members.Count; k++)
        {
            var blob = pile.Found.Blobs[pile.Members[k]];
            var pose = start is null ? RecordingCalibrator.GuessPose(blob, pile.Found.Dark) : start[k].Pose;
            var level = map.At(Math.Max(0, pose.X), Math.Max(0, pose.Y));
            pose = pose with { Contrast = Math.Clamp(pose.Contrast * level / Math.Max(0.05 * level, level - zero), -5, 0.97) };
            hypotheses.Add(new Hypothesis { Blob = blob, Whole = true, Pose = pose });
        }

        for (var sweep = 0; sweep < 2; sweep++)
        {
            fitter.Fit(pile.Frame, background, hypotheses);
        }

        return hypotheses;
    }

    private sealed class Pile(Frame frame, Segmentation found, IReadOnlyList<int> members, HashSet<int> isCovered)
    {
        public Frame Frame { get; } = frame;

        public Segmentation Found { get; } = found;

        public IReadOnlyList<int> Members { get; } = members;

        public HashSet<int> IsCovered { get; } = isCovered;

        public List<Hypothesis> Start { get; set; } = [];
    }
}
