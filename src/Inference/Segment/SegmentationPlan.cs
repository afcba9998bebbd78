using LiveLtem.Inference.Models;

namespace LiveLtem.Inference.Segment;

/// <summary>How a recording will be segmented, decided on its first frames.</summary>
internal sealed record SegmentationPlan
{
    /// <summary>Does it.</summary>
    public required ISegmenter Segmenter { get; init; }

    /// <summary>False where the first frames showed no particle, so that nothing was learnt from them.</summary>
    public required bool Found { get; init; }

    /// <summary>True where particles are darker than the liquid.</summary>
    public required bool Dark { get; init; }

    /// <summary>Typical contrast of a particle, fraction of the background, > 0.</summary>
    public required double Contrast { get; init; }

    /// <summary>Typical area of a particle, px^2 of the frame; 0 while unknown.</summary>
    public required double TypicalArea { get; init; }

    /// <summary>What noise alone brings in the liquid; null where that could not be told.</summary>
    public FreeNoise? Noise { get; init; }

    /// <summary>Layers that are told apart: 1 or 2.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>The network that the segmenter runs; null without one.</summary>
    public NetworkModel? Model { get; init; }

    /// <summary>True where the network sees other particles than stand out, and those were taken.</summary>
    public bool IsDisputed { get; init; }

    /// <summary>What else people may want to know, for logs and reports.</summary>
    public required string Words { get; init; }
}
