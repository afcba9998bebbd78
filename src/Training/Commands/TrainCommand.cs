using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Export;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;
using TorchSharp;

namespace LiveLtem.Training.Commands;

/// <summary><c>liveltem train segment</c> and <c>liveltem train layers</c>.</summary>
internal static class TrainCommand
{
    private static readonly TrainingOptions Defaults = new();

    /// <summary>Creates one.</summary>
    /// <param name="task"><c>segment</c> or <c>layers</c>.</param>
    /// <param name="layers">Layers that its network tells apart.</param>
    /// <param name="description">For the help.</param>
    public static Command Create(string task, int layers, string description)
    {
        var steps = new Option<int>("--steps") { Description = "Optimiser steps.", DefaultValueFactory = _ => Defaults.Steps };
        var seed = new Option<long>("--seed") { Description = "Of the weights at the start and of the pictures.", DefaultValueFactory = _ => Defaults.Seed };
        var size = new Option<int>("--size") { Description = "Side of a training picture, px.", DefaultValueFactory = _ => new SampleOptions().Size };
        var batch = new Option<int>("--batch") { Description = "Pictures a step.", DefaultValueFactory = _ => Defaults.Batch };
        var epoch = new Option<int>("--epoch") { Description = "Steps after which figures are shown and a checkpoint is written.", DefaultValueFactory = _ => Defaults.Epoch };
        var rate = new Option<double>("--rate") { Description = "Highest learning rate.", DefaultValueFactory = _ => Defaults.Rate };
        var threads = new Option<int>("--threads") { Description = "Threads to compute with.", DefaultValueFactory = _ => Defaults.Threads };
        var network = new Option<string>("--network") { Description = "Form of the network, see docs/models.md.", DefaultValueFactory = _ => NetworkShape.Default };
        var name = new Option<string>("--name") { Description = "Name of the model.", DefaultValueFactory = _ => task };
        var output = new Option<DirectoryInfo>("--out") { Description = "Folder of the models.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo("models") };
        var work = new Option<DirectoryInfo?>("--work") { Description = "Folder of the checkpoint [default: .liveltem/training/NAME].", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the checkpoint." };
        var exportOnly = new Option<FileInfo?>("--export-only") { Description = "Export a checkpoint as it is and train nothing.", HelpName = "CHECKPOINT" };
        var startFrom = new Option<FileInfo?>("--start-from") { Description = "Start from the weights of another checkpoint.", HelpName = "CHECKPOINT" };
        var json = new Option<bool>("--json") { Description = "Print the card as JSON at the end." };
        var command = new Command(task, description)
        {
            steps, seed, size, batch, epoch, rate, threads, network, name, startFrom, output, work, resume, exportOnly, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = parsed.GetValue(work) ?? new DirectoryInfo(Path.Combine(".liveltem", "training", parsed.GetValue(name)!));
            var checkpoint = Path.Combine(folder.FullName, "checkpoint.bin");
            TorchLibrary.Prepare(parsed.GetValue(threads));
            if (parsed.GetValue(exportOnly) is { } exported)
            {
                using var other = TrainingRun.Resume(exported.FullName);
                var held = Source(other.Header, other.Header.Options.HeldOutSeed);
                Finish(parsed.GetValue(output)!, other.Average, other.Header with { Name = parsed.GetResult(name) is { Implicit: false } ? parsed.GetValue(name)! : other.Header.Name }, held, parsed.GetValue(json), cancellationToken);
                return 0;
            }

            var header = new CheckpointHeader
            {
                Name = parsed.GetValue(name)!,
                Task = task,
                Network = NetworkShape.Parse(parsed.GetValue(network)!).ToString(),
                Layers = layers,
                Step = 0,
                TrainingS = 0,
                Size = parsed.GetValue(size),
                Data = $"simulated pictures of {parsed.GetValue(size)} x {parsed.GetValue(size)} px",
                ParticlePx = layers == 1 ? new ParticleRange(8, 24, 64) : new ParticleRange(12, 26, 48),
                Command = Told(task, parsed),
                Options = new TrainingOptions
                {
                    Steps = parsed.GetValue(steps),
                    Batch = parsed.GetValue(batch),
                    Epoch = parsed.GetValue(epoch),
                    Seed = parsed.GetValue(seed),
                    Rate = parsed.GetValue(rate),
                    Threads = parsed.GetValue(threads),
                },
            };
            Directory.CreateDirectory(folder.FullName);
            using var run = parsed.GetValue(resume) ? TrainingRun.Resume(checkpoint) : Started(header, parsed.GetValue(startFrom));
            var heldOut = Source(run.Header, run.Header.Options.HeldOutSeed);
            var progress = new Progress(run.Header.Options.Steps);
            progress.Start(run);
            if (!await run.GoAsync(Source(run.Header, run.Header.Options.Seed), heldOut, checkpoint, Progress.Step, Progress.Epoch, cancellationToken).ConfigureAwait(false))
            {
                Progress.Stopped(run.Step, $"liveltem train {task} --name {run.Header.Name} --work {folder} --resume");
                return 0;
            }

            Finish(parsed.GetValue(output)!, run.Average, run.Header, heldOut, parsed.GetValue(json), cancellationToken);
            return 0;
        });
        return command;
    }

    private static TrainingRun Started(CheckpointHeader header, FileInfo? from)
    {
        if (from is null)
        {
            return TrainingRun.Start(header);
        }

        var (other, weights) = TrainingRun.StateOf(from.FullName);
        if (other.Layers != header.Layers)
        {
            throw new InputException($"{from}: tells {other.Layers} layers apart, and {header.Task} wants {header.Layers}");
        }

        return TrainingRun.StartFrom(header with { Network = other.Network }, weights);
    }

    private static SimulatedSamples Source(CheckpointHeader header, long seed) => new(new SampleOptions { Size = header.Size, Layers = header.Layers }, seed);

    private static void Finish(DirectoryInfo output, UNet network, CheckpointHeader header, ISampleSource heldOut, bool json, CancellationToken cancellationToken)
    {
        var card = ModelFolder.Write(output.FullName, network, header, heldOut, cancellationToken);
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(card, ModelCard.Json));
            return;
        }

        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.Combine(output.ToString(), card.File)}: {card.Parameters} weights, {card.Steps} steps in {card.TrainingS / 60:f1} min, differs from the trained network by {card.ExportMaxDifference:g2}"));
        Console.Out.WriteLine("   cnr  pictures     IoU      F1");
        foreach (var band in card.HeldOut)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{band.Cnr,6:f1}{band.Pictures,10}{band.Iou,8:f3}{band.F1,8:f3}"));
        }
    }

    // The command as it goes into the card: what shapes the weights, without where they are kept.
    private static string Told(string task, ParseResult parsed)
    {
        string[] quiet = ["--out", "--work", "--resume", "--json", "--export-only"];
        var words = parsed.CommandResult.Children.OfType<System.CommandLine.Parsing.OptionResult>()
            .Where(option => !option.Implicit && !quiet.Contains(option.Option.Name))
            .Select(option => string.Join(' ', option.Tokens.Select(token => token.Value).Prepend(option.Option.Name)));
        return string.Join(' ', words.Prepend($"liveltem train {task}"));
    }
}
