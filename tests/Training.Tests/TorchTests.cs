using System.Runtime.CompilerServices;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Tests;

/// <summary>One after the other: libtorch's generator of random numbers and its threads belong to the process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchTests
{
    public const string Name = "libtorch";

    [ModuleInitializer]
    internal static void Prepare() => TorchLibrary.Prepare(1);
}

/// <summary>One bright disc on a dark ground a layer, somewhere: enough to learn from in seconds.</summary>
internal sealed class Discs(int size = 32, int layers = 1, long seed = 1, bool ordered = true) : ISampleSource
{
    public int Size => size;

    public int Layers => layers;

    /// <summary>A tiny network's training on them.</summary>
    public static CheckpointHeader Header(int steps, int layers = 1, string network = "stem2-w8-d2-c1", long seed = 5) => new()
    {
        Name = "discs",
        Task = layers == 1 ? "segment" : "layers",
        Network = NetworkShape.Parse(network).ToString(),
        Layers = layers,
        Size = 32,
        Step = 0,
        TrainingS = 0,
        Data = "discs",
        ParticlePx = new ParticleRange(8, 10, 12),
        Command = "liveltem train segment",
        Options = new TrainingOptions { Steps = steps, Batch = 4, Epoch = 10, Seed = seed, Rate = 1e-2, Average = 0.9, HeldOut = 8, FinalHeldOut = 16, Threads = 1 },
    };

    public void Fill(long index, Sample into)
    {
        var random = new Random((int)((seed * 100_003) + index));
        var area = size * size;
        Array.Clear(into.Maps);
        Array.Clear(into.Instances);
        for (var i = 0; i < area; i++)
        {
            into.Image[i] = (byte)(60 + random.Next(20));
        }

        for (var layer = 0; layer < layers; layer++)
        {
            var (x, y, radius) = (8 + random.Next(size - 16), 8 + random.Next(size - 16), 4 + random.Next(3));
            var maps = into.Maps.AsSpan(layer * MapLayout.PerLayer * area);
            for (var i = 0; i < area; i++)
            {
                var squared = ((i % size) - x) * ((i % size) - x) + (((i / size) - y) * ((i / size) - y));
                var inside = squared <= radius * radius;
                into.Image[i] += (byte)(inside ? 70 - (30 * layer) : 0);
                into.Instances[(layer * area) + i] = (ushort)(inside ? 1 : 0);
                maps[(MapLayout.Foreground * area) + i] = inside ? 1 : 0;
                maps[(MapLayout.Boundary * area) + i] = Math.Abs(Math.Sqrt(squared) - radius) < 0.8 ? 1 : 0;
                maps[(MapLayout.Centre * area) + i] = (float)Math.Exp(-squared / (2 * (radius / 2.0) * (radius / 2.0)));
                maps[(MapLayout.LogSize * area) + i] = inside ? (float)Math.Log2(radius / MapLayout.ReferencePx) : 0;
            }
        }

        into.Ordered = ordered;
        into.Cnr = 4;
    }
}
