using System.Diagnostics;
using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Losses;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Samples;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Running;

/// <summary>What an epoch brought.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Mean over the epoch's steps.</param>
/// <param name="HeldOut">Figures on pictures that it is not trained on.</param>
/// <param name="StepsPerS">Speed, taking the figures left out.</param>
/// <param name="LeftS">Time to the end at this speed, s.</param>
public sealed record EpochReport(long Step, LossParts Loss, HeldOutFigures HeldOut, double StepsPerS, double LeftS);

/// <summary>One training: a network on its way, which can be left and taken up again.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly UNet _network;
    private readonly AdamW _optimiser;
    private readonly MapLoss _loss;
    private readonly (Tensor Of, Tensor Mean)[] _averaged;
    private double _trainingS;

    private TrainingRun(CheckpointHeader header)
    {
        Header = header;
        var shape = NetworkShape.Parse(header.Network) with { Layers = header.Layers };
        random.manual_seed(header.Options.Seed);
        _network = new UNet(shape);
        Average = new UNet(shape);
        _optimiser = new AdamW([.. _network.parameters()], header.Options.WeightDecay);
        _loss = new MapLoss(header.Options.Loss, shape.Layers, shape.Stem);
        Load(Average, _network.state_dict(), "");
        var means = Average.state_dict();
        _averaged = [.. _network.state_dict().Where(pair => pair.Value.dtype == ScalarType.Float32).Select(pair => (pair.Value, means[pair.Key]))];
        _trainingS = header.TrainingS;
        Step = header.Step;
    }

    /// <summary>What it is.</summary>
    public CheckpointHeader Header { get; private set; }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>The running mean of the weights: the network that is judged and exported.</summary>
    public UNet Average { get; }

    /// <summary>Starts one.</summary>
    /// <param name="header">What it is.</param>
    public static TrainingRun Start(CheckpointHeader header) => new(header);

    /// <summary>Starts one from the weights of another.</summary>
    /// <param name="header">What it is.</param>
    /// <param name="weights">By name, as in <see cref="StateOf"/>.</param>
    public static TrainingRun StartFrom(CheckpointHeader header, IReadOnlyDictionary<string, Tensor> weights)
    {
        var run = new TrainingRun(header);
        Load(run._network, weights, "");
        Load(run.Average, weights, "");
        return run;
    }

    /// <summary>Takes one up.</summary>
    /// <param name="path">Its checkpoint.</param>
    /// <param name="threads">Threads that it computes with from now on; as before if null.</param>
    /// <exception cref="InputException">There is none, or it cannot be read.</exception>
    public static TrainingRun Resume(string path, int? threads = null)
    {
        var (header, tensors) = Checkpoint.Read(path);
        header = header with { Options = header.Options with { Threads = threads ?? header.Options.Threads } };
        try
        {
            var run = new TrainingRun(header);
            Load(run._network, tensors, "network.");
            Load(run.Average, tensors, "average.");
            using var quiet = no_grad();
            for (var i = 0; i < run._optimiser.First.Count; i++)
            {
                run._optimiser.First[i].copy_(tensors[$"first.{i}"]);
                run._optimiser.Second[i].copy_(tensors[$"second.{i}"]);
            }

            return run;
        }
        catch (KeyNotFoundException error)
        {
            throw new InputException($"{path}: the checkpoint lacks something that its network needs ({error.Message})");
        }
        finally
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>Goes on to the end, or until it is cancelled, which happens between steps.</summary>
    /// <param name="samples">What it is trained on.</param>
    /// <param name="heldOut">What it is judged on.</param>
    /// <param name="checkpoint">Where the run is kept: written at each epoch, and when it stops.</param>
    /// <param name="onStep">Told of every step: the steps done.</param>
    /// <param name="onEpoch">Told of every epoch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>True if it came to its end.</returns>
    /// <exception cref="FailureException">libtorch failed, or nothing can be learnt any more.</exception>
    public async Task<bool> GoAsync(
        ISampleSource samples, ISampleSource heldOut, string checkpoint, Action<long> onStep, Action<EpochReport> onEpoch, CancellationToken cancellationToken)
    {
        try
        {
            return await TrainAsync(samples, heldOut, checkpoint, onStep, onEpoch, cancellationToken).ConfigureAwait(false);
        }
        catch (ExternalException error)
        {
            // Nothing is written now: a step may have been taken by half.
            var wayOn = Header.Step > 0
                ? $"{checkpoint} stands at step {Header.Step}: go on from there with --resume"
                : "no checkpoint was written yet: start again, with a smaller --batch if memory is short";
            throw new FailureException($"libtorch failed after step {Step}: {TorchFailure.Sentence(error.Message)}; {wayOn}", error);
        }
    }

    /// <summary>Weights and statistics by name, to start another one from.</summary>
    /// <param name="path">A checkpoint.</param>
    /// <returns>What it says, and the running mean of its weights.</returns>
    public static (CheckpointHeader Header, Dictionary<string, Tensor> Weights) StateOf(string path)
    {
        const string Prefix = "average.";
        var (header, tensors) = Checkpoint.Read(path);
        var weights = new Dictionary<string, Tensor>();
        foreach (var (name, tensor) in tensors)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                weights[name[Prefix.Length..]] = tensor;
            }
            else
            {
                tensor.Dispose();
            }
        }

        return (header, weights);
    }

    /// <summary>Puts weights and statistics into a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">By name.</param>
    /// <param name="prefix">Of their names.</param>
    /// <exception cref="KeyNotFoundException">One is missing.</exception>
    public static void Load(UNet network, IReadOnlyDictionary<string, Tensor> weights, string prefix)
    {
        using var quiet = no_grad();
        foreach (var (name, tensor) in network.state_dict())
        {
            tensor.copy_(weights[prefix + name]);
        }
    }

    /// <summary>Writes it down as it is.</summary>
    /// <param name="path">Where.</param>
    public void Save(string path)
    {
        Header = Header with { Step = Step, TrainingS = _trainingS };
        Checkpoint.Write(path, Header, Checkpoint.TensorsOf(_network, Average, _optimiser));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loss.Dispose();
        _optimiser.Dispose();
        _network.Dispose();
        Average.Dispose();
    }

    /// <summary>Takes one step; the number of steps done is not moved on.</summary>
    /// <param name="batch">Samples to learn from.</param>
    /// <returns>The loss on them before the step.</returns>
    internal LossParts Learn(Batch batch)
    {
        using var scope = NewDisposeScope();
        var options = Header.Options;
        var (logits, geometry) = _network.forward(tensor(batch.Images, batch.ImageShape));
        var (loss, parts) = _loss.Of(logits, geometry, tensor(batch.Maps, batch.MapShape), batch.Ordered);
        loss.backward();
        var read = MapLoss.Read(parts);
        if (!double.IsFinite(read.Total))
        {
            throw new FailureException($"the loss is no longer a number after step {Step}: start again with a lower --rate");
        }

        _optimiser.Step(Step, options.RateAt(Step), options.LongestGradient);
        using var quiet = no_grad();
        using Tensor change = 1 - Math.Min(options.Average, (1.0 + Step) / (10 + Step));
        foreach (var (of, mean) in _averaged)
        {
            mean.lerp_(of, change);
        }

        return read;
    }

    private async Task<bool> TrainAsync(
        ISampleSource samples, ISampleSource heldOut, string checkpoint, Action<long> onStep, Action<EpochReport> onEpoch, CancellationToken cancellationToken)
    {
        var options = Header.Options;
        await using var feed = new SampleFeed(samples, options.Batch, Math.Clamp(options.Threads, 1, 2), Step);
        var sum = default(LossParts);
        var (counted, started) = (0, Stopwatch.GetTimestamp());
        _network.train();
        while (Step < options.Steps)
        {
            try
            {
                var batch = await feed.TakeAsync(Step, cancellationToken).ConfigureAwait(false);
                var parts = Learn(batch);
                feed.Return(Step, batch);
                sum = new LossParts(sum.Foreground + parts.Foreground, sum.Boundary + parts.Boundary, sum.Centre + parts.Centre, sum.Geometry + parts.Geometry);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                _trainingS += Stopwatch.GetElapsedTime(started).TotalSeconds;
                Save(checkpoint);
                return false;
            }

            Step++;
            counted++;
            onStep(Step);
            if (Step % options.Epoch != 0 && Step != options.Steps)
            {
                continue;
            }

            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            _trainingS += elapsed;
            Save(checkpoint);
            var figures = HeldOut.Judge(Average, heldOut, options.HeldOut, CancellationToken.None).All;
            var speed = counted / elapsed;
            onEpoch(new EpochReport(
                Step,
                new LossParts(sum.Foreground / counted, sum.Boundary / counted, sum.Centre / counted, sum.Geometry / counted),
                figures,
                speed,
                (options.Steps - Step) / speed));
            (sum, counted, started) = (default, 0, Stopwatch.GetTimestamp());
        }

        return true;
    }
}
