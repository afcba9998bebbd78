using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;

namespace LiveLtem.Training.Commands;

/// <summary>What the command line asks for, checked before anything starts.</summary>
internal sealed record TrainRequest
{
    // Of a batch. Six of them are on their way, each pixel with up to twelve maps: 10 GB.
    private const int MostPixels = 1 << 25;

    /// <summary><c>segment</c> or <c>layers</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Form of the network.</summary>
    public string Network { get; init; } = NetworkShape.Default;

    /// <summary>Side of a picture, px.</summary>
    public required int Size { get; init; }

    /// <summary>Folder of labelled frames, if any.</summary>
    public DirectoryInfo? Data { get; init; }

    /// <summary>Share of simulated pictures among them.</summary>
    public double SimulatedShare { get; init; } = 0.5;

    /// <summary>Least contrast-to-noise of simulated pictures to train on; null for the whole range.</summary>
    public double? MinCnr { get; init; }

    /// <summary>Folder of labelled frames to judge on, if any.</summary>
    public DirectoryInfo? HeldOut { get; init; }

    /// <summary>The command, for the card.</summary>
    public required string Command { get; init; }

    /// <summary>How it is trained.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Layers that the task tells apart.</summary>
    public int Layers => Task == "layers" ? 2 : 1;

    /// <summary>Says what is wrong, or what to train.</summary>
    /// <exception cref="InputException">Something is out of range.</exception>
    public CheckpointHeader Check()
    {
        var shape = NetworkShape.Parse(Network);
        Demand(Name.Length is > 0 and <= 64 && Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.') && Name[0] != '.', $"--name '{Name}': use letters, digits, - and _");
        Demand(Size is >= 32 and <= 1024 && Size % shape.Multiple == 0, $"--size {Size}: the network {shape} needs a multiple of {shape.Multiple}, from 32 to 1024");
        Demand(SimulatedShare is >= 0 and <= 1, FormattableString.Invariant($"--simulated-share {SimulatedShare}: choose 0 to 1"));
        Demand(Data is not null || SimulatedShare == 0.5, "--simulated-share needs --data, the folder of your own frames");
        Demand(MinCnr is null or (> 0.01 and <= 15), FormattableString.Invariant($"--min-cnr {MinCnr}: choose above 0.01 to 15"));
        Demand(Options.Steps is >= 1 and <= 10_000_000, $"--steps {Options.Steps}: choose 1 to 10000000");
        Demand(Options.Batch is >= 1 and <= 256, $"--batch {Options.Batch}: choose 1 to 256");
        Demand((long)Options.Batch * Size * Size <= MostPixels, $"--batch {Options.Batch} of --size {Size}: more than fits into memory; choose a batch of at most {MostPixels / (Size * Size)}");
        Demand(Options.Epoch >= 1, $"--epoch {Options.Epoch}: choose 1 or more");
        Demand(Options.Threads is >= 1 and <= 256, $"--threads {Options.Threads}: choose 1 to 256");
        Demand(Options.Rate is > 0 and <= 0.1, FormattableString.Invariant($"--rate {Options.Rate}: choose above 0 to 0.1"));
        return new CheckpointHeader
        {
            Name = Name,
            Task = Task,
            Network = shape.ToString(),
            Layers = Layers,
            Step = 0,
            TrainingS = 0,
            Size = Size,
            Folder = Data?.FullName,
            SimulatedShare = SimulatedShare,
            MinCnr = MinCnr,
            HeldOutFolder = HeldOut?.FullName,
            Data = SampleSources.Describe(Size, Data?.FullName, SimulatedShare, HeldOut?.FullName),
            ParticlePx = Layers == 1 ? new ParticleRange(8, 22, 64) : new ParticleRange(12, 26, 48),
            Command = Command,
            Options = Options,
        };
    }

    private static void Demand(bool holds, string message)
    {
        if (!holds)
        {
            throw new InputException(message);
        }
    }
}
