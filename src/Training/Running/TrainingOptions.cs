using LiveLtem.Training.Losses;

namespace LiveLtem.Training.Running;

/// <summary>How a network is trained.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimiser steps in all.</summary>
    public int Steps { get; init; } = 12_000;

    /// <summary>Samples a step.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Steps after which figures are taken and a checkpoint is written.</summary>
    public int Epoch { get; init; } = 500;

    /// <summary>Of the weights at the start and of the samples.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Highest learning rate; reached after <see cref="WarmUp"/>, from where it falls as half a cosine to a hundredth.</summary>
    public double Rate { get; init; } = 2e-3;

    /// <summary>Share of the steps in which the rate rises; 200 steps at most.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Weight decay.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Gradients are shortened to this length.</summary>
    public double LongestGradient { get; init; } = 5;

    /// <summary>Of the running mean of the weights, which is what is judged and exported: the share that stays at each step.</summary>
    public double Average { get; init; } = 0.998;

    /// <summary>Pictures on which an epoch is judged.</summary>
    public int HeldOut { get; init; } = 96;

    /// <summary>Pictures on which the end is judged.</summary>
    public int FinalHeldOut { get; init; } = 320;

    /// <summary>Threads that compute; as many again make samples, at most two.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>What counts how much.</summary>
    public LossOptions Loss { get; init; } = new();

    /// <summary>The seed of pictures that nothing is trained on.</summary>
    public long HeldOutSeed => Seed + 1_000_003;

    /// <summary>Learning rate of a step.</summary>
    /// <param name="step">From 0.</param>
    public double RateAt(long step)
    {
        var warm = Math.Min(200, WarmUp * Steps);
        if (step < warm)
        {
            return Rate * (step + 1) / (warm + 1);
        }

        var done = (step - warm) / Math.Max(1, Steps - warm);
        return Rate * (0.01 + (0.99 * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(done, 1)))));
    }
}
