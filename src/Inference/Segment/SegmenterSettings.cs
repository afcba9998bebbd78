namespace LiveLtem.Inference.Segment;

/// <summary>What the classical segmenter has to know of a recording; learnt from its first frames.</summary>
internal sealed record SegmenterSettings
{
    /// <summary>Frame pixels to one working pixel along each axis.</summary>
    public required int Bin { get; init; }

    /// <summary>Gaussian smoothing after binning, sigma in working pixels; 0 for none.</summary>
    public required double SmoothPx { get; init; }

    /// <summary>True where particles are darker than the liquid.</summary>
    public required bool Dark { get; init; }

    /// <summary>Typical contrast of a particle, fraction of the background, > 0.</summary>
    public required double Contrast { get; init; }

    /// <summary>Noise of the smoothed working image, fraction of the background.</summary>
    public required double Noise { get; init; }

    /// <summary>Smallest component that is kept, working pixels.</summary>
    public required double MinArea { get; init; }

    /// <summary>Typical component, working pixels; 0 while unknown.</summary>
    public double TypicalArea { get; init; }

    /// <summary>Reach of the background's smoothing, sigma in frame pixels.</summary>
    public required double BackgroundPx { get; init; }

    /// <summary>Counts without beam.</summary>
    public double ZeroCounts { get; init; }

    /// <summary>Median of the smoothed working image when this was learnt, counts.</summary>
    public double Level { get; init; }

    /// <summary>The background when this was learnt, or null.</summary>
    public BackgroundMap? Background { get; init; }

    /// <summary>Contrast over which a pixel belongs to a particle.</summary>
    public double Threshold => Math.Max(0.45 * Contrast, 2.8 * Noise);
}
