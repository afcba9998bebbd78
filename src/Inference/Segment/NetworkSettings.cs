using LiveLtem.Inference.Models;

namespace LiveLtem.Inference.Segment;

/// <summary>What the network's segmenter has to know of a recording; learnt from its first frames.</summary>
internal sealed record NetworkSettings
{
    /// <summary>Frame pixels to one network pixel along each axis: particles then have about the size that the network was trained on.</summary>
    public required int Bin { get; init; }

    /// <summary>How counts become what the network sees.</summary>
    public required PixelScale Scale { get; init; }

    /// <summary>Counts without beam.</summary>
    public required double ZeroCounts { get; init; }

    /// <summary>True where particles are darker than the liquid.</summary>
    public bool Dark { get; init; } = true;

    /// <summary>Contrast below which a peak is no particle, whatever the network says: the gaps of a crystal are particles of the other polarity.</summary>
    public double LeastContrast { get; init; } = double.NegativeInfinity;

    /// <summary>Reach of the background's smoothing, sigma in frame pixels.</summary>
    public required double BackgroundPx { get; init; }
}
