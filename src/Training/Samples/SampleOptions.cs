using LiveLtem.Core;

namespace LiveLtem.Training.Samples;

/// <summary>What simulated training pictures are like.</summary>
public sealed record SampleOptions
{
    private const long MemoryBytes = 96L << 20;

    /// <summary>Side of a picture, network pixels: a multiple of 32 from 32 to 1024.</summary>
    public int Size { get; init; } = 128;

    /// <summary>Layers that are told apart: 1 or 2.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Scenes kept in memory at a time; scenes never run out, this many are in turn at once. Null for as many as take about 96 MiB.</summary>
    public int? ScenePool { get; init; }

    /// <summary>Pictures made of one scene, each turned, lit, exposed and exported anew.</summary>
    public int PicturesPerScene { get; init; } = 4;

    /// <summary>Contrast-to-noise per network pixel is never lower than this.</summary>
    public double MinCnr { get; init; } = 0.35;

    /// <summary>Contrast-to-noise per network pixel is never higher than this.</summary>
    public double MaxCnr { get; init; } = 15;

    /// <summary>Says what is wrong.</summary>
    /// <exception cref="InputException">A value is outside its range.</exception>
    public void Validate()
    {
        Demand(Size is >= 32 and <= 1024 && Size % 32 == 0, $"size of a training picture {Size}: choose a multiple of 32 from 32 to 1024");
        Demand(Layers is 1 or 2, $"layers {Layers}: choose 1 or 2");
        Demand(ScenePool is null or (>= 1 and <= 100_000), $"scene pool {ScenePool}: choose 1 to 100000");
        Demand(PicturesPerScene is >= 1 and <= 1000, $"pictures per scene {PicturesPerScene}: choose 1 to 1000");
        Demand(
            MinCnr > 0.01 && MaxCnr >= MinCnr && MaxCnr <= 100,
            FormattableString.Invariant($"contrast-to-noise from {MinCnr} to {MaxCnr}: choose a rising range within 0.01 to 100"));
    }

    /// <summary>Scenes in turn at once.</summary>
    internal int ScenesInTurn
    {
        get
        {
            // Two planes of numbers, and flags and instances of each layer.
            var bytes = (long)Size * Size * ((2 * sizeof(float)) + (Layers * (sizeof(byte) + sizeof(ushort))));
            return ScenePool ?? (int)Math.Clamp(MemoryBytes / bytes, 8, 4096);
        }
    }

    private static void Demand(bool holds, string message)
    {
        if (!holds)
        {
            throw new InputException(message);
        }
    }
}
