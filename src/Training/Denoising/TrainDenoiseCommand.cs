using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using static TorchSharp.torch;

namespace LiveLtem.Training.Denoising;

/// <summary><c>liveltem train denoise</c>: adapts the denoiser to a recording, or makes the general one anew.</summary>
internal sealed class TrainDenoiseCommand : Command
{
    private const string Form = "stem4-w24-d3-c1-plain";
    private const string General = "general";
    private const int StepsOfRecording = 600;
    private const int StepsOfMovies = 5000;
    private readonly Option<FileInfo?> _from = new("--from") { Description = "A recording to adapt to: an MRC stack, as the simulator and 'analyze' write it. Without one, the general denoiser is made anew from simulated noisy recordings.", HelpName = "FILE" };
    private readonly Option<int?> _steps = new("--steps") { Description = $"Optimiser steps [default: {StepsOfRecording} for a recording, {StepsOfMovies} without].", HelpName = "N" };
    private readonly Option<long> _seed = new("--seed") { Description = "Of weights and samples.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _batch = new("--batch") { Description = "Samples a step.", HelpName = "N", DefaultValueFactory = _ => 8 };
    private readonly Option<double?> _rate = new("--rate") { Description = "Highest learning rate [default: 5e-4 for a recording, 2e-3 without].", HelpName = "RATE" };
    private readonly Option<int> _epoch = new("--epoch") { Description = "Steps after which figures are shown and a checkpoint is written.", HelpName = "N", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads to compute with; all cores if not given.", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<string?> _startFrom = new("--start-from") { Description = "Card of the denoiser to start from [default: the shipped one for a recording, none without].", HelpName = "CARD" };
    private readonly Option<string> _name = new("--name") { Description = "Name of the model.", HelpName = "NAME", DefaultValueFactory = _ => General };
    private readonly Option<DirectoryInfo> _out = new("--out") { Description = "Folder of the models.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("models", "denoise")) };
    private readonly Option<DirectoryInfo?> _work = new("--work") { Description = "Folder of the checkpoint [default: .liveltem/training/denoise-NAME].", HelpName = "DIR" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on from the checkpoint." };
    private readonly Option<bool> _restart = new("--restart") { Description = "Start over though there is a checkpoint of an unfinished training." };
    private readonly Option<int?> _while = new("--while") { Description = "Number of a process: once it is gone the training stops, as a session's does.", HelpName = "PID", Hidden = true };
    private readonly Option<bool> _json = new("--json") { Description = "Print the model's card at the end." };

    /// <summary>Creates it.</summary>
    public TrainDenoiseCommand()
        : base("denoise", "Adapts the denoiser to a recording, from its noisy frames alone.\n\nExample:\n  liveltem train denoise --from run7.mrc --name run7\n  liveltem analyze run7.mrc --out results --profile soft   (adapts by itself)")
    {
        foreach (var option in (Option[])[_from, _steps, _seed, _batch, _rate, _epoch, _threads, _startFrom, _name, _out, _work, _resume, _restart, _while, _json])
        {
            Options.Add(option);
        }

        SetAction((parsed, cancellationToken) => Task.Run(() => Run(parsed, cancellationToken), CancellationToken.None));
    }

    private int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        var from = parsed.GetValue(_from);
        var name = parsed.GetValue(_name)!;
        if (name.Length == 0 || Path.GetFileName(name) != name)
        {
            throw new InputException($"--name {name}: a name without a folder");
        }

        var steps = parsed.GetValue(_steps) ?? (from is null ? StepsOfMovies : StepsOfRecording);
        Demand(steps is >= 1 and <= 10_000_000, "--steps", steps, "1 to 10000000");
        Demand(parsed.GetValue(_batch) is >= 1 and <= 256, "--batch", parsed.GetValue(_batch), "1 to 256");
        Demand(parsed.GetValue(_epoch) >= 1, "--epoch", parsed.GetValue(_epoch), "1 or more");
        Demand(parsed.GetValue(_threads) is >= 1 and <= 256, "--threads", parsed.GetValue(_threads), "1 to 256");
        var rate = parsed.GetValue(_rate) ?? (from is null ? 2e-3 : 5e-4);
        Demand(rate is > 0 and < 1, "--rate", rate, "above 0 and below 1");
        TorchLibrary.Prepare(parsed.GetValue(_threads));

        var work = parsed.GetValue(_work) ?? new DirectoryInfo(Path.Combine(".liveltem", "training", $"denoise-{name}"));
        var checkpoint = Path.Combine(work.FullName, "checkpoint.bin");
        Prepare("--out", parsed.GetValue(_out)!);
        Prepare("--work", work);
        var resume = parsed.GetValue(_resume);
        if (!resume && !parsed.GetValue(_restart) && File.Exists(checkpoint) && Checkpoint.ReadHeader(checkpoint) is { } old && old.Step < old.Options.Steps)
        {
            throw new InputException($"{checkpoint}: a training stands at step {old.Step} of {old.Options.Steps}; go on with --resume, start over with --restart, or keep the new one elsewhere with --work");
        }

        IDenoiseSamples samples = from is null ? new MovieSamples(parsed.GetValue(_seed)) : RecordingSamples.Read(from.FullName, parsed.GetValue(_seed), Say);
        var header = new CheckpointHeader
        {
            Name = name,
            Task = "denoise",
            Network = Form,
            Layers = 1,
            Size = samples.Side,
            Step = 0,
            TrainingS = 0,
            Data = samples.Data,
            ParticlePx = new ParticleRange(8, 20, 45),
            Command = string.Create(
                CultureInfo.InvariantCulture,
                $"liveltem train denoise{(from is null ? "" : $" --from {from.Name}")}{(parsed.GetValue(_startFrom) is { } started ? $" --start-from {Path.GetFileName(started)}" : "")} --steps {steps} --batch {parsed.GetValue(_batch)} --rate {rate} --seed {parsed.GetValue(_seed)} --threads {parsed.GetValue(_threads)} --name {name}"),
            Options = new TrainingOptions
            {
                Steps = steps,
                Batch = parsed.GetValue(_batch),
                Epoch = parsed.GetValue(_epoch),
                Seed = parsed.GetValue(_seed),
                Rate = rate,
                WeightDecay = from is null ? 1e-2 : 0,
                Average = from is null ? 0.998 : 0.99,
                Threads = parsed.GetValue(_threads),
            },
        };
        using var run = resume ? DenoiseRun.Resume(checkpoint) : Start(parsed, header, from is not null);
        var startGains = from is null ? null : run.Gains(samples);
        var before = startGains?.Average();
        var patience = startGains is null || resume ? null : new Patience(startGains);
        Say(FormattableString.Invariant($"liveltem: denoiser {name} ({run.Header.Network}, {run.Average.ParameterCount} weights), steps {run.Step} to {run.Header.Options.Steps}; {samples.Data}"));
        if (before is { } start)
        {
            Say(FormattableString.Invariant($"before it starts, the network removes {100 * start:F1} % of the linear filter's squared error in held-out frames"));
        }

        Say("    step    loss   held-out gain   steps/s       left");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var whole = run.Go(
            samples,
            checkpoint,
            report =>
            {
                Say(string.Create(CultureInfo.InvariantCulture, $"{report.Step,8} {report.Loss,7:f4} {100 * report.HeldOut,13:f2} % {report.StepsPerS,9:f2} {TimeSpan.FromSeconds(report.LeftS),10:hh\\:mm\\:ss}"));
                if (parsed.GetValue(_while) is { } process && !IsAlive(process))
                {
                    stop.Cancel();
                }
            },
            stop.Token,
            patience);
        if (!whole)
        {
            Say($"liveltem: stopped at step {run.Step}; to go on: the same command with --resume");
            return 0;
        }

        if (patience?.Reason is { } why && run.Step < steps)
        {
            Say($"liveltem: stops after {run.Step} of {steps} steps: {why}");
        }

        run.Save(checkpoint);
        var gain = run.Judge(samples);
        var card = DenoiseFolder.Write(parsed.GetValue(_out)!.FullName, run, name, samples, gain, before);
        Console.Out.WriteLine(parsed.GetValue(_json)
            ? JsonSerializer.Serialize(card, ModelCard.Json)
            : FormattableString.Invariant($"{Path.Combine(parsed.GetValue(_out)!.ToString(), card.File)}: {card.Steps} steps in {card.TrainingS / 60:F1} min; removes {100 * card.HeldOutGain:F1} +- {100 * card.HeldOutGainErr:F1} % of the linear filter's squared error in held-out frames"));
        return 0;
    }

    private DenoiseRun Start(ParseResult parsed, CheckpointHeader header, bool adapts)
    {
        var card = parsed.GetValue(_startFrom) ?? (adapts ? Shipped(parsed) : null);
        if (card is null)
        {
            return DenoiseRun.Start(header, null);
        }

        var (network, weights) = DenoiseFolder.Read(card);
        try
        {
            return DenoiseRun.Start(header with { Network = network }, weights);
        }
        finally
        {
            foreach (var tensor in weights.Values)
            {
                tensor.Dispose();
            }
        }
    }

    private string? Shipped(ParseResult parsed)
    {
        string[] places = [Path.Combine(parsed.GetValue(_out)!.FullName, $"{General}.json"), Path.Combine("models", "denoise", $"{General}.json"), Path.Combine(DenoiseCard.Folder, $"{General}.json")];
        return places.FirstOrDefault(File.Exists);
    }

    // Whoever asked for the network may have been killed, so that nobody could end this one.
    private static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Say(string line) => Console.Error.WriteLine(line);

    private static void Prepare(string option, DirectoryInfo folder)
    {
        try
        {
            folder.Create();
            var probe = Path.Combine(folder.FullName, $".liveltem-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{option} {folder}: nothing can be written there; choose another folder", error);
        }
    }

    private static void Demand(bool good, string option, object value, string allowed)
    {
        if (!good)
        {
            throw new InputException(FormattableString.Invariant($"{option} {value}: must be {allowed}"));
        }
    }
}
