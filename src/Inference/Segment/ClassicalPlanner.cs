using LiveLtem.Core;

namespace LiveLtem.Inference.Segment;

/// <summary>Plans segmentation without a network: polarity, smoothing and threshold from the first frames.</summary>
internal static class ClassicalPlanner
{
    private const double StandardSmoothingPx = 2.1;
    private const double LeastContrast = 0.3;
    private const double LeastNoise = 0.04;
    private const double NoiseToContrast = 12;

    /// <summary>Makes the plan.</summary>
    /// <param name="first">First frames, none of them blank.</param>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="zero">Counts without beam.</param>
    public static SegmentationPlan Plan(IReadOnlyList<Frame> first, ParticleDetectorOptions options, double zero)
    {
        var settings = ScaleSearch.Find(first, options.DarkParticles, zero);
        var found = settings is not null;
        settings ??= Fallback(first, options.DarkParticles ?? true, zero);
        var segmenter = new ClassicalSegmenter(settings);
        return new SegmentationPlan
        {
            Segmenter = segmenter,
            Noise = NoiseOf(first, found ? segmenter : null, zero),
            Found = found,
            Dark = settings.Dark,
            Contrast = settings.Contrast,
            TypicalArea = settings.TypicalArea * settings.Bin * settings.Bin,
            Words = found
                ? FormattableString.Invariant($"binned {settings.Bin}x")
                : $"no particles stood out in the first frames; looking for {(settings.Dark ? "dark" : "bright")} particles with standard smoothing",
        };
    }

    private static FreeNoise? NoiseOf(IReadOnlyList<Frame> first, ClassicalSegmenter? segmenter, double zero)
    {
        if (first.Count < 2)
        {
            return null;
        }

        var seen = new List<Blob>();
        foreach (var frame in first.Take(segmenter is null ? 0 : 2))
        {
            using var found = segmenter!.Segment(frame);
            seen.AddRange(found.Blobs);
        }

        return FreeNoise.Measure(first[0], first[1], seen, zero);
    }

    // Looks for what noise alone cannot bring: the threshold lies above the strongest specks.
    private static SegmenterSettings Fallback(IReadOnlyList<Frame> first, bool dark, double zero)
    {
        var (height, width) = (first[0].Height, first[0].Width);
        var noise = ScaleSearch.NoiseAt(StandardSmoothingPx, first, zero);
        return new SegmenterSettings
        {
            Bin = Math.Min(height, width) < 64 ? 1 : 2,
            SmoothPx = 1,
            Dark = dark,
            Contrast = Math.Max(LeastContrast, NoiseToContrast * noise),
            Noise = Math.Max(LeastNoise, noise),
            MinArea = 12,
            ZeroCounts = zero,
            BackgroundPx = Math.Max(8, Math.Min(height, width) / 10.0),
        };
    }
}
