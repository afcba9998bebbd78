namespace LiveLtem.Inference.Segment;

/// <summary>One connected piece of the mask, or one part of it after splitting, with its weighted moments. Units are frame pixels.</summary>
/// <param name="Component">Label of the connected component it belongs to.</param>
/// <param name="X">Centroid.</param>
/// <param name="Y">Centroid.</param>
/// <param name="Area">Pixels of the frame.</param>
/// <param name="HalfMajor">Half-length of the bar with the same second moments.</param>
/// <param name="HalfMinor">Half-width of that bar.</param>
/// <param name="Angle">Direction of the long axis, radians.</param>
/// <param name="Contrast">Mean contrast, positive for either polarity.</param>
/// <param name="AtBorder">True where it reaches the edge of the frame.</param>
internal readonly record struct Blob(
    int Component, double X, double Y, double Area, double HalfMajor, double HalfMinor, double Angle, double Contrast, bool AtBorder)
{
    /// <summary>0 where layers are not told apart, else 1 or 2.</summary>
    public int Layer { get; init; }

    /// <summary>How sure the segmenter is that this is one particle, 0 to 1.</summary>
    public double Score { get; init; } = 1;
}
