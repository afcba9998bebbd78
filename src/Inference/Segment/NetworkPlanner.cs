using LiveLtem.Core;
using LiveLtem.Inference.Models;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Plans segmentation by a network: the scale at which the recording's particles have the size it was trained on, polarity, contrast.</summary>
/// <remarks>The network itself is asked at every scale of a ladder. Of those at which it finds nearly as much as at the best and the particles come out
/// at a size that it knows well, the coarsest is taken: noise is less there, and a frame costs less.</remarks>
internal static class NetworkPlanner
{
    private const double Sure = 0.5;
    private const double EnoughOfBest = 0.6;
    private const double SmallestOfBest = 0.55;
    private const double LargestOfBest = 2;
    private const double LeastOfTypical = 0.3;
    private const int LeastSide = 32;

    // Where the network takes grain for particles, few of them stand out from what noise alone brings: of many specks the strongest, by four or five sigmas.
    private const double LeastSigma = 5.5;
    private const double LeastSignificant = 0.25;
    private static readonly int[] Bins = [1, 2, 3, 4, 6, 8, 12];

    /// <summary>Makes the plan.</summary>
    /// <param name="first">First frames, none of them blank.</param>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <param name="model">The network; stays the caller's.</param>
    /// <returns>The plan, or null where the network is sure of nothing.</returns>
    public static SegmentationPlan? Plan(IReadOnlyList<Frame> first, ParticleDetectorOptions options, double zero, NetworkModel model)
    {
        Frame[] picks = first.Count > 2 ? [first[0], first[first.Count / 2]] : [first[0]];
        var tries = new List<(NetworkSettings Settings, List<Blob> Found, double Worth, double Size)>();
        foreach (var bin in Bins)
        {
            if (bin > 1 && Math.Min(first[0].Height, first[0].Width) / bin < LeastSide)
            {
                break;
            }

            var settings = new NetworkSettings { Bin = bin, Scale = ScaleOf(first, bin, zero), ZeroCounts = zero, BackgroundPx = Math.Min(first[0].Height, first[0].Width) / 10.0 };
            var segmenter = new NetworkSegmenter(model, settings);
            var found = picks.SelectMany(f => segmenter.Segment(f).Blobs).Where(b => b.Score >= Sure && Fits(b, options)).ToList();
            if (found.Count == 0)
            {
                continue;
            }

            var minor = found.Select(b => 2 * b.HalfMinor / bin).Order().ElementAt(found.Count / 2);
            tries.Add((settings, found, found.Sum(b => b.Score), minor / model.Card.TrainedParticlePx.Best));
        }

        if (tries.Count == 0)
        {
            return null;
        }

        var most = tries.Max(t => t.Worth);
        var enough = tries.Where(t => t.Worth >= EnoughOfBest * most).ToList();
        var fit = enough.Where(t => t.Size is >= SmallestOfBest and <= LargestOfBest).ToList();
        // Particles over each other need every pixel: there the finest scale is taken at which the network knows their size.
        var best = fit.Count == 0 ? enough.MinBy(t => Math.Abs(Math.Log(t.Size)))
            : model.Card.Layers == 1 ? fit.MaxBy(t => t.Settings.Bin)
            : fit.MinBy(t => t.Settings.Bin);
        var noise = first.Count > 1 ? FreeNoise.Measure(first[0], first[1], Seen(first, new NetworkSegmenter(model, best.Settings)), zero) : null;
        if (noise is not null && best.Found.Count(b => Math.Abs(b.Contrast) >= LeastSigma * noise.Over(b.Area / 2)) < LeastSignificant * best.Found.Count)
        {
            return null;
        }

        var dark = options.DarkParticles ?? best.Found.Sum(b => b.Score * b.Contrast) >= 0;
        var contrasts = best.Found.Select(b => dark ? b.Contrast : -b.Contrast).Where(c => c > 0).Order().ToArray();
        if (contrasts.Length == 0)
        {
            return null;
        }

        var contrast = contrasts[contrasts.Length / 2];
        return new SegmentationPlan
        {
            Segmenter = new NetworkSegmenter(model, best.Settings with { Dark = dark, LeastContrast = LeastOfTypical * contrast }),
            Found = true,
            Dark = dark,
            Contrast = contrast,
            TypicalArea = best.Found.Select(b => b.Area).Order().ElementAt(best.Found.Count / 2),
            Noise = noise,
            Layers = model.Card.Layers,
            Model = model,
            Words = FormattableString.Invariant($"network {model.Card.Name} on {model.Provider}, binned {best.Settings.Bin}x"),
        };
    }

    private static IEnumerable<Blob> Seen(IReadOnlyList<Frame> first, NetworkSegmenter segmenter) =>
        first.Take(2).SelectMany(f => segmenter.Segment(f).Blobs).Where(b => b.Score >= Sure);

    private static bool Fits(Blob blob, ParticleDetectorOptions options) =>
        (options.MinSizePx is not { } min || 2 * blob.HalfMinor > 0.7 * min) && (options.MaxSizePx is not { } max || 2 * blob.HalfMajor < 1.4 * max);

    private static unsafe PixelScale ScaleOf(IReadOnlyList<Frame> first, int bin, double zero)
    {
        var low = 0.0;
        var high = 0.0;
        foreach (var frame in first)
        {
            using var work = WorkImage.Bin(frame, bin, zero);
            work.GetArray(out float[] values);
            var scale = PixelScale.Of(values);
            low += scale.Low;
            high += scale.High;
        }

        return new PixelScale(low / first.Count, high / first.Count);
    }
}
