using LiveLtem.Core;
using LiveLtem.Inference.Models;

namespace LiveLtem.Inference.Segment;

/// <summary>Decides at a recording's start whether the network serves it.</summary>
/// <remarks>A network may be lost on pictures unlike those that it was trained on, and it is lost in a way that shows: what it is sure of is then of another
/// polarity, size or contrast than what stands out by plain thresholds. Where both agree, thresholds find nothing, or take the gaps of a dense crystal for
/// particles, the network is taken. Of a single frame, whose noise nothing tells from its picture, thresholds are not such a judge: there the one is taken
/// that leaves a calm liquid behind, over which its own particles stand out.</remarks>
internal static class PlanChooser
{
    private const double SizesAgree = 2;
    private const double ContrastsAgree = 2.2;
    private const double DenseShare = 0.3;
    private const double LeastSigma = 3;
    private const double MostSigma = 60;
    private const double SlowShare = 0.1;

    /// <summary>Makes the plan.</summary>
    /// <param name="first">First frames, none of them blank.</param>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <param name="model">The network, or null for thresholds.</param>
    public static SegmentationPlan Plan(IReadOnlyList<Frame> first, ParticleDetectorOptions options, double zero, NetworkModel? model)
    {
        if (model is null)
        {
            return ClassicalPlanner.Plan(first, options, zero);
        }

        var network = NetworkPlanner.Plan(first, options, zero, model);
        if (network is not null && model.Card.Layers == 2)
        {
            // Where particles lie over each other, thresholds see heaps.
            return network;
        }

        var classical = ClassicalPlanner.Plan(first, options, zero);
        if (network is null)
        {
            return classical with { Words = $"{classical.Words}, the network {model.Card.Name} being sure of nothing" };
        }

        return !classical.Found || Agree(network, classical) || SeesGaps(classical, network, first[0])
            || (first.Count == 1 && StandsOut(network, first[0], zero) > StandsOut(classical, first[0], zero))
            ? network
            : classical with { Words = $"{classical.Words}, the network {model.Card.Name} seeing other particles than stand out", IsDisputed = true };
    }

    // In a dense crystal the liquid between the particles stands out from them as they do from it, no less: what is far fainter is the unevenness of the liquid.
    private static bool SeesGaps(SegmentationPlan classical, SegmentationPlan network, Frame frame)
    {
        if (classical.Dark == network.Dark || Step(network) < Step(classical) / ContrastsAgree)
        {
            return false;
        }

        using var found = network.Segmenter.Segment(frame);
        return found.Blobs.Sum(b => b.Area) > DenseShare * frame.Height * frame.Width;
    }

    // Signal to noise of all pieces, less what noise alone brings, once what the plan takes for particles is left out of the liquid. One piece counts for so
    // much and no more: the liquid between particles hangs together as one huge one.
    private static double StandsOut(SegmentationPlan plan, Frame frame, double zero)
    {
        using var found = plan.Segmenter.Segment(frame);
        var noise = FreeNoise.Measure(frame, found.Blobs, zero, Math.Min(frame.Height, frame.Width) * SlowShare);
        return noise is null ? 0 : found.Blobs.Sum(b => Math.Max(0, Math.Min(b.Contrast / noise.Over(b.Area), MostSigma) - LeastSigma));
    }

    // Contrast against the brighter side, whichever the background is.
    private static double Step(SegmentationPlan plan) => plan.Dark ? plan.Contrast : plan.Contrast / (1 + plan.Contrast);

    private static bool Agree(SegmentationPlan one, SegmentationPlan other) =>
        one.Dark == other.Dark
        && Math.Abs(Math.Log(one.TypicalArea / other.TypicalArea)) < 2 * Math.Log(SizesAgree)
        && Math.Abs(Math.Log(one.Contrast / other.Contrast)) < Math.Log(ContrastsAgree);
}
