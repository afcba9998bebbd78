using System.Diagnostics;
using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Denoising;

/// <summary>What some steps brought.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Mean over the steps: share of the next frames that is not explained; nearly all of it is noise.</param>
/// <param name="HeldOut">Share of the linear filter's squared error that the network removes in samples that it does not learn from.</param>
/// <param name="StepsPerS">Speed.</param>
/// <param name="LeftS">Time to the end at this speed, s.</param>
internal sealed record DenoiseReport(long Step, double Loss, double HeldOut, double StepsPerS, double LeftS);

/// <summary>One training of a denoiser, which can be left and taken up again.</summary>
internal sealed class DenoiseRun : IDisposable
{
    private const double LongestGradient = 1;
    private readonly DenoiseNet _network;
    private readonly AdamW _optimiser;
    private readonly DenoiseLoss _loss = new();
    private double _trainingS;

    private DenoiseRun(CheckpointHeader header)
    {
        Header = header;
        random.manual_seed(header.Options.Seed);
        var shape = NetworkShape.Parse(header.Network);
        _network = new DenoiseNet(shape);
        Average = new DenoiseNet(shape);
        _optimiser = new AdamW([.. _network.parameters()], header.Options.WeightDecay);
        Load(Average, _network.state_dict(), "");
        _trainingS = header.TrainingS;
        Step = header.Step;
    }

    /// <summary>What it is.</summary>
    public CheckpointHeader Header { get; private set; }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>The running mean of the weights: the network that is judged and exported.</summary>
    public DenoiseNet Average { get; }

    /// <summary>Starts one, from given weights or from none.</summary>
    public static DenoiseRun Start(CheckpointHeader header, IReadOnlyDictionary<string, Tensor>? weights)
    {
        var run = new DenoiseRun(header);
        if (weights is not null)
        {
            Load(run._network, weights, "");
            Load(run.Average, weights, "");
        }

        return run;
    }

    /// <summary>Takes one up.</summary>
    /// <exception cref="InputException">There is no checkpoint, or it cannot be read.</exception>
    public static DenoiseRun Resume(string path)
    {
        var (header, tensors) = Checkpoint.Read(path);
        try
        {
            var run = new DenoiseRun(header);
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
    /// <param name="samples">What it learns from.</param>
    /// <param name="checkpoint">Where the run is kept; null to keep it nowhere.</param>
    /// <param name="onReport">Told of every epoch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="patience">Ends it early where it brings nothing; null to go on whatever it brings.</param>
    /// <returns>True if it came to its end.</returns>
    /// <exception cref="FailureException">libtorch failed, or nothing can be learnt any more.</exception>
    public bool Go(IDenoiseSamples samples, string? checkpoint, Action<DenoiseReport> onReport, CancellationToken cancellationToken, Patience? patience = null)
    {
        try
        {
            return Train(samples, checkpoint, onReport, patience, cancellationToken);
        }
        catch (ExternalException error)
        {
            throw new FailureException($"libtorch failed after step {Step}: {TorchFailure.Sentence(error.Message)}; start again, with a smaller --batch if memory is short", error);
        }
    }

    /// <summary>Share of the linear filter's squared error that a network removes in samples that it does not learn from, and that figure's 1-sigma error.</summary>
    public (double Gain, double Err) Judge(IDenoiseSamples samples) => Patience.MeanOf(Gains(samples));

    /// <summary>The same figure of each of those samples.</summary>
    public IReadOnlyList<double> Gains(IDenoiseSamples samples)
    {
        var gains = new List<double>();
        using var quiet = no_grad();
        foreach (var chunk in samples.HeldOut.Chunk(8))
        {
            using var scope = NewDisposeScope();
            var (channels, surprise) = Pack(chunk, samples.Side);
            gains.AddRange(_loss.Gain(Average.forward(channels), surprise).data<float>().ToArray().Select(gain => (double)gain));
        }

        return gains;
    }

    /// <summary>Writes it down as it is.</summary>
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

    /// <summary>Takes one step.</summary>
    /// <returns>The loss before it.</returns>
    internal double Learn(IDenoiseSamples samples)
    {
        var options = Header.Options;
        using var scope = NewDisposeScope();
        var (channels, surprise) = DenoiseBatch.Draw(samples.Of(Step), samples.Side, options.Batch, options.Seed, Step);
        var correction = _network.forward(tensor(channels, [options.Batch, FilterBank.Channels, samples.Side, samples.Side]));
        var loss = _loss.Of(correction, tensor(surprise, [options.Batch, 1, samples.Side, samples.Side]));
        loss.backward();
        var value = (double)loss.data<float>()[0];
        if (!double.IsFinite(value))
        {
            throw new FailureException($"the loss is no longer a number after step {Step}: start again with a lower --rate");
        }

        _optimiser.Step(Step, options.RateAt(Step), LongestGradient);
        using var quiet = no_grad();
        using Tensor change = 1 - Math.Min(options.Average, (1.0 + Step) / (10 + Step));
        var means = Average.state_dict();
        foreach (var (name, of) in _network.state_dict())
        {
            means[name].lerp_(of, change);
        }

        return value;
    }

    private bool Train(IDenoiseSamples samples, string? checkpoint, Action<DenoiseReport> onReport, Patience? patience, CancellationToken cancellationToken)
    {
        var options = Header.Options;
        var (sum, counted, started) = (0.0, 0, Stopwatch.GetTimestamp());
        while (Step < options.Steps)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _trainingS += Stopwatch.GetElapsedTime(started).TotalSeconds;
                SaveIfKept(checkpoint);
                return false;
            }

            sum += Learn(samples);
            Step++;
            counted++;
            if (Step % options.Epoch != 0 && Step != options.Steps)
            {
                continue;
            }

            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            _trainingS += elapsed;
            SaveIfKept(checkpoint);
            var speed = counted / elapsed;
            var gains = Gains(samples);
            onReport(new DenoiseReport(Step, sum / counted, gains.Average(), speed, (options.Steps - Step) / speed));
            if (patience?.IsOver(Step, gains) == true)
            {
                return true;
            }

            (sum, counted, started) = (0, 0, Stopwatch.GetTimestamp());
        }

        return true;
    }

    private void SaveIfKept(string? checkpoint)
    {
        if (checkpoint is not null)
        {
            Save(checkpoint);
        }
    }

    private static (Tensor Channels, Tensor Surprise) Pack(DenoiseSample[] samples, int side) =>
        (tensor(samples.SelectMany(sample => sample.Channels).ToArray(), [samples.Length, FilterBank.Channels, side, side]),
        tensor(samples.SelectMany(sample => sample.Surprise).ToArray(), [samples.Length, 1, side, side]));

    private static void Load(DenoiseNet network, IReadOnlyDictionary<string, Tensor> weights, string prefix)
    {
        using var quiet = no_grad();
        foreach (var (name, tensor) in network.state_dict())
        {
            tensor.copy_(weights[prefix + name]);
        }
    }
}
