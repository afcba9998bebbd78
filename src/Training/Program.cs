using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using LiveLtem.App;
using LiveLtem.Core;
using LiveLtem.Training.Commands;
using LiveLtem.Training.Denoising;
using LiveLtem.Training.Native;

namespace LiveLtem.Training;

/// <summary>The training program: <c>liveltem train</c>. Exit code 0: done, or stopped with a checkpoint; 1: failed while running; 2: the input is at fault.</summary>
internal static class Program
{
    // A step and a checkpoint take a second; the last figures some more.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private static async Task<int> Main(string[] args)
    {
        var train = new Command("train", "Trains the networks that find particles, on simulated pictures and labelled frames, and the denoiser, on a recording.")
        {
            new TrainCommand("segment", "Trains a network that finds and outlines particles.\n\nExample:\n  liveltem train segment --data my-frames --start-from segment --steps 3000 --rate 5e-4 --name mine"),
            new TrainCommand("layers", "Trains a network that tells two layers of overlapping particles apart.\n\nExample:\n  liveltem train layers --data my-frames --start-from layers --steps 3000 --rate 5e-4 --name mine-layers"),
            new TrainDenoiseCommand(),
            BaselineCommand.Create(),
            LookCommand.Create(),
            ShapesCommand.Create(),
        };
        // Not a RootCommand, whose name is always the file's: the one that was typed is the launcher's.
        var parsed = new Command("liveltem", "LiveLTEM's training.") { train, new HelpOption() }.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Complaint.Refuse(Misunderstood(parsed), Console.Error);
        }

        if (ParseText.Refusal(parsed) is { } refusal)
        {
            return Complaint.Refuse($"{refusal}. See 'liveltem train {parsed.CommandResult.Command.Name} --help'.", Console.Error);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopLimit,
            }).ConfigureAwait(false);
        }
        catch (ExternalException error)
        {
            return Complaint.About(new FailureException($"libtorch failed: {TorchFailure.Sentence(error.Message)}", error), Console.Error);
        }
        catch (Exception error)
        {
            return Complaint.About(error, Console.Error);
        }
    }

    private static string Misunderstood(ParseResult parsed)
    {
        if (parsed.CommandResult.Command.Name != "train")
        {
            return $"{ParseText.Say(parsed.Errors[0])}. See 'liveltem train {parsed.CommandResult.Command.Name} --help'.";
        }

        // The parser's own first words for an unknown name are that one is missing.
        return parsed.UnmatchedTokens.Count > 0
            ? $"there is nothing called '{parsed.UnmatchedTokens[0]}' to train: segment, layers or denoise. See 'liveltem train --help'."
            : "say what to train: segment, layers or denoise. See 'liveltem train --help'.";
    }
}
