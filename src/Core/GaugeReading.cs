namespace LiveLtem.Core;

/// <summary>What is measured on every received frame, whatever the analysis skips: dose, blanks, saturation, repeats and losses rest on it.</summary>
public readonly record struct GaugeReading
{
    /// <summary>Number and times of the frame.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>Mean of the counts; NaN where no pixel is a finite number.</summary>
    public required double MeanCounts { get; init; }

    /// <summary>Smallest count.</summary>
    public required double MinCounts { get; init; }

    /// <summary>Largest count.</summary>
    public required double MaxCounts { get; init; }

    /// <summary>Fraction of pixels at the type's ceiling; 0 for float, which has none.</summary>
    public required double SaturatedFraction { get; init; }

    /// <summary>Pixels of the frame.</summary>
    public required int Pixels { get; init; }

    /// <summary>xxHash64 of the pixel bytes.</summary>
    public required ulong Hash { get; init; }

    /// <summary>Frames lost between the one before and this one, by their numbers.</summary>
    public required long DroppedBefore { get; init; }

    /// <summary>True where every pixel is that of the frame before: the camera sent it twice.</summary>
    public required bool Repeated { get; init; }
}
