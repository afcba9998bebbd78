using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Export;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Commands;

/// <summary><c>liveltem train segment</c> and <c>liveltem train layers</c>.</summary>
internal sealed class TrainCommand : Command
{
    private static readonly TrainingOptions Defaults = new();

    // What may be said again, or otherwise, when a training is taken up.
    private static readonly string[] Free = ["--name", "--threads", "--work", "--out", "--resume", "--json"];

    // What may be said where a checkpoint is only exported.
    private static readonly string[] OfExport = ["--export-only", "--name", "--threads", "--out", "--json"];

    // What leaves no trace in the weights.
    private static readonly string[] Quiet = ["--threads", "--work", "--out", "--resume", "--restart", "--export-only", "--json"];

    private readonly Option<int> _steps = new("--steps") { Description = "Optimiser steps.", HelpName = "N", DefaultValueFactory = _ => Defaults.Steps };
    private readonly Option<long> _seed = new("--seed") { Description = "Of the first weights and of the pictures.", HelpName = "N", DefaultValueFactory = _ => Defaults.Seed };
    private readonly Option<int> _size = new("--size") { Description = "Side of a training picture, px.", HelpName = "PX", DefaultValueFactory = _ => new SampleOptions().Size };
    private readonly Option<int> _batch = new("--batch") { Description = "Pictures a step.", HelpName = "N", DefaultValueFactory = _ => Defaults.Batch };
    private readonly Option<int> _epoch = new("--epoch") { Description = "Steps after which figures are shown and a checkpoint is written.", HelpName = "N", DefaultValueFactory = _ => Defaults.Epoch };
    private readonly Option<double> _rate = new("--rate") { Description = "Highest learning rate.", HelpName = "RATE", DefaultValueFactory = _ => Defaults.Rate };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads to compute with; all cores if not given.", HelpName = "N", DefaultValueFactory = _ => Defaults.Threads };
    private readonly Option<string> _network = new("--network") { Description = "Form of the network (docs/models.md).", HelpName = "FORM", DefaultValueFactory = _ => NetworkShape.Default };
    private readonly Option<string> _name;
    private readonly Option<DirectoryInfo?> _data = new("--data") { Description = "Labelled frames of your own: DIR/images, and in DIR/masks a mask of the same name for each, in which every particle has a value of its own (for layers NAME.1 and NAME.2, the sharper layer first).", HelpName = "DIR" };
    private readonly Option<double> _share = new("--simulated-share") { Description = "Share of simulated pictures beside your own.", HelpName = "0..1", DefaultValueFactory = _ => 0.5 };
    private readonly Option<DirectoryInfo?> _heldOut = new("--held-out") { Description = "Labelled frames to judge on, laid out as in --data and not trained on [default: simulated pictures].", HelpName = "DIR" };
    private readonly Option<double?> _minCnr = new("--min-cnr") { Description = "Leave out simulated pictures of less contrast-to-noise: to learn what is seen clearly first, and start from that (--start-from).", HelpName = "CNR" };
    private readonly Option<string?> _startFrom = new("--start-from") { Description = "Start from the weights of a model, by its name in --out or its .onnx file, or of a checkpoint.", HelpName = "MODEL" };
    private readonly Option<DirectoryInfo> _out = new("--out") { Description = "Folder of the models.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo("models") };
    private readonly Option<DirectoryInfo?> _work = new("--work") { Description = "Folder of the checkpoint [default: .liveltem/training/NAME].", HelpName = "DIR" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on from the checkpoint." };
    private readonly Option<bool> _restart = new("--restart") { Description = "Start over though there is a checkpoint of an unfinished training." };
    private readonly Option<FileInfo?> _exportOnly = new("--export-only") { Description = "Export a checkpoint as it is and train nothing; also while its training goes on.", HelpName = "CHECKPOINT" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the model's card at the end." };

    /// <summary>Creates one.</summary>
    /// <param name="task"><c>segment</c> or <c>layers</c>.</param>
    /// <param name="description">For the help.</param>
    public TrainCommand(string task, string description)
        : base(task, description)
    {
        _name = new Option<string>("--name") { Description = "Name of the model.", HelpName = "NAME", DefaultValueFactory = _ => task };
        Option[] all = [_steps, _seed, _size, _batch, _epoch, _rate, _threads, _network, _name, _data, _share, _heldOut, _minCnr, _startFrom, _out, _work, _resume, _restart, _exportOnly, _json];
        foreach (var option in all)
        {
            Options.Add(option);
        }

        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new TrainRequest
        {
            Task = Name,
            Name = parsed.GetValue(_name)!,
            Network = parsed.GetValue(_network)!,
            Size = parsed.GetValue(_size),
            Data = parsed.GetValue(_data),
            SimulatedShare = parsed.GetValue(_share),
            HeldOut = parsed.GetValue(_heldOut),
            MinCnr = parsed.GetValue(_minCnr),
            Command = Told(parsed),
            Options = new TrainingOptions
            {
                Steps = parsed.GetValue(_steps),
                Batch = parsed.GetValue(_batch),
                Epoch = parsed.GetValue(_epoch),
                Seed = parsed.GetValue(_seed),
                Rate = parsed.GetValue(_rate),
                Threads = parsed.GetValue(_threads),
            },
        };
        var header = request.Check();
        TorchLibrary.Prepare(request.Options.Threads);
        if (parsed.GetValue(_exportOnly) is { } checkpoint)
        {
            DemandOnly(parsed, OfExport, $"with --export-only: {checkpoint} is exported as it is");
            DemandWritable("--out", parsed.GetValue(_out)!);
            return ExportOnly(parsed, checkpoint, cancellationToken);
        }

        var folder = parsed.GetValue(_work) ?? new DirectoryInfo(Path.Combine(".liveltem", "training", request.Name));
        var path = Path.Combine(folder.FullName, "checkpoint.bin");
        if (!parsed.GetValue(_resume) && !parsed.GetValue(_restart))
        {
            DemandFree(path);
        }

        // Better now than when the training is over.
        DemandWritable("--out", parsed.GetValue(_out)!);
        using var run = parsed.GetValue(_resume) ? Resumed(parsed, path, request.Options.Threads) : Started(parsed, header);
        var samples = SampleSources.Training(run.Header);
        var heldOut = SampleSources.HeldOut(run.Header);
        DemandWritable("--work", folder);
        using (var progress = TrainingProgress.Start(run))
        {
            if (!await run.GoAsync(samples, heldOut, path, progress.Step, progress.Epoch, cancellationToken).ConfigureAwait(false))
            {
                progress.Say($"liveltem: stopped at step {run.Step}; to go on: liveltem train {Name} --name {run.Header.Name}{(parsed.GetValue(_work) is { } named ? $" --work {named}" : "")} --resume");
                return 0;
            }
        }

        Finish(parsed, run, run.Header, heldOut, cancellationToken);
        return 0;
    }

    private int ExportOnly(ParseResult parsed, FileInfo checkpoint, CancellationToken cancellationToken)
    {
        using var run = TrainingRun.Resume(checkpoint.FullName);
        DemandTask(checkpoint.ToString(), run.Header);
        var header = Said(parsed, "--name") ? run.Header with { Name = parsed.GetValue(_name)! } : run.Header;
        Finish(parsed, run, header, SampleSources.HeldOut(header), cancellationToken);
        return 0;
    }

    private TrainingRun Resumed(ParseResult parsed, string path, int threads)
    {
        DemandOnly(parsed, Free, $"with --resume: the training goes on as it was started, from {path}");
        var run = TrainingRun.Resume(path, threads);
        DemandTask(path, run.Header);
        return run;
    }

    private TrainingRun Started(ParseResult parsed, CheckpointHeader header)
    {
        if (parsed.GetValue(_startFrom) is not { } from)
        {
            return TrainingRun.Start(header);
        }

        var weights = StartingWeights.Read(from, parsed.GetValue(_out)!.FullName);
        try
        {
            if (weights.Layers != header.Layers)
            {
                throw new InputException($"--start-from {from}: tells {weights.Layers} layers apart, and '{Name}' wants {header.Layers}");
            }

            if (Said(parsed, "--network") && NetworkShape.Parse(weights.Network) with { BatchNorm = true } != NetworkShape.Parse(header.Network) with { BatchNorm = true })
            {
                throw new InputException($"--start-from {from}: its network is {weights.Network}; leave --network out");
            }

            return TrainingRun.StartFrom(header with { Network = weights.Network }, weights.Tensors);
        }
        finally
        {
            weights.Dispose();
        }
    }

    private static void DemandOnly(ParseResult parsed, string[] allowed, string why)
    {
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(option => !option.Implicit && !allowed.Contains(option.Option.Name)) is { } refused)
        {
            throw new InputException($"{refused.Option.Name} cannot be chosen {why}");
        }
    }

    private static void DemandWritable(string option, DirectoryInfo folder)
    {
        var probe = Path.Combine(folder.FullName, $".liveltem-{Environment.ProcessId}");
        try
        {
            folder.Create();
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{option} {folder}: nothing can be written there; choose another folder", error);
        }
    }

    // An hour's work is not written over for want of a word.
    private static void DemandFree(string path)
    {
        if (File.Exists(path) && Checkpoint.ReadHeader(path) is { } old && old.Step < old.Options.Steps)
        {
            throw new InputException($"{path}: a training stands at step {old.Step} of {old.Options.Steps}; go on with --resume, start over with --restart, or keep the new one elsewhere with --work");
        }
    }

    private void DemandTask(string path, CheckpointHeader header)
    {
        if (header.Task != Name)
        {
            throw new InputException($"{path}: is a training of '{header.Task}', not of '{Name}'");
        }
    }

    private void Finish(ParseResult parsed, TrainingRun run, CheckpointHeader header, ISampleSource heldOut, CancellationToken cancellationToken)
    {
        var output = parsed.GetValue(_out)!;
        var card = ModelFolder.Write(output.FullName, run.Average, header, heldOut, cancellationToken);
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(card, ModelCard.Json));
            return;
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.Combine(output.ToString(), card.File)}: {card.Parameters} weights, {card.Steps} steps in {card.TrainingS / 60:f1} min; run, it differs from the trained network by {card.ExportMaxDifference:g2} at most"));
        Console.Out.WriteLine("   cnr  pictures     IoU      F1");
        foreach (var band in card.HeldOut)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{band.Cnr,6:f1}{band.Pictures,10}{band.Iou,8:f3}{band.F1,8:f3}"));
        }
    }

    // A card names no one's folders.
    private string Told(ParseResult parsed)
    {
        var words = parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(option => !option.Implicit && !Quiet.Contains(option.Option.Name))
            .Select(option => $"{option.Option.Name} {string.Join(' ', option.Tokens.Select(token => Path.GetFileName(Path.TrimEndingDirectorySeparator(token.Value))))}");
        return string.Join(' ', words.Prepend($"liveltem train {Name}"));
    }

    private static bool Said(ParseResult parsed, string option) =>
        parsed.CommandResult.Children.OfType<OptionResult>().Any(result => !result.Implicit && result.Option.Name == option);
}
