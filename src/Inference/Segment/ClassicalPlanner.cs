using LiveLtem.Core;

namespace LiveLtem.Inference.Segment;

/// <summary>Plans segmentation without a network: polarity, smoothing and threshold from the first frames.</summary>
internal static class ClassicalPlanner
{
    /// <summary>Makes the plan.</summary>
    /// <param name="first">First frames, none of them blank.</param>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="zero">Counts without beam.</param>
    public static SegmentationPlan Plan(IReadOnlyList<Frame> first, ParticleDetectorOptions options, double zero)
    {
        var settings = ScaleSearch.Find(first, options.DarkParticles, zero);
        var found = settings is not null;
        settings ??= Fallback(first[0], options.DarkParticles ?? true, zero);
        return new SegmentationPlan
        {
            Segmenter = new ClassicalSegmenter(settings),
            Found = found,
            Dark = settings.Dark,
            Contrast = settings.Contrast,
            TypicalArea = settings.TypicalArea * settings.Bin * settings.Bin,
            Words = found
                ? FormattableString.Invariant($"binned {settings.Bin}x")
                : $"no particles stood out in the first frames; looking for {(settings.Dark ? "dark" : "bright")} particles with standard smoothing",
        };
    }

    private static SegmenterSettings Fallback(Frame frame, bool dark, double zero) => new()
    {
        Bin = Math.Min(frame.Height, frame.Width) < 64 ? 1 : 2,
        SmoothPx = 1,
        Dark = dark,
        Contrast = 0.3,
        Noise = 0.04,
        MinArea = 12,
        ZeroCounts = zero,
        BackgroundPx = Math.Max(8, Math.Min(frame.Height, frame.Width) / 10.0),
    };
}
