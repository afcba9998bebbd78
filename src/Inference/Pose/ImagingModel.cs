namespace LiveLtem.Inference.Pose;

/// <summary>How a recording pictures its particles, as far as it is known.</summary>
/// <param name="Noise">How pixels scatter.</param>
/// <param name="Blurs">How sharp edges are.</param>
/// <param name="ZeroCounts">Counts without beam. Transmissions multiply only over it: where particles cover each other it matters.</param>
internal sealed record ImagingModel(NoiseModel Noise, EdgeBlur Blurs, double ZeroCounts);
