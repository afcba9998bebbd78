namespace LiveLtem.Inference.Soft;

/// <summary>Noise of the raw frames' contrast.</summary>
/// <param name="Pixel">Standard deviation of one pixel.</param>
/// <param name="Sum">Standard deviation of a sum over many pixels, over the root of their number: larger than <paramref name="Pixel"/> where neighbours share noise.</param>
internal readonly record struct SoftNoise(double Pixel, double Sum);
