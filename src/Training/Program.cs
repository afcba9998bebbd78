using System.CommandLine;
using LiveLtem.Core;
using LiveLtem.Training.Commands;

namespace LiveLtem.Training;

/// <summary>The training program: <c>liveltem train</c>. Exit code 0: done, or stopped with a checkpoint; 1: failed while running; 2: the input is at fault.</summary>
internal static class Program
{
    // A step and a checkpoint take a second; the last figures some more.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private static async Task<int> Main(string[] args)
    {
        var train = new Command("train", "Trains the networks that find particles.")
        {
            TrainCommand.Create("segment", 1, "Trains a network that finds and outlines particles.\n\nExample:\n  liveltem train segment --steps 12000 --name mine"),
            TrainCommand.Create("layers", 2, "Trains a network that tells two layers of overlapping particles apart.\n\nExample:\n  liveltem train layers --steps 12000 --name mine-layers"),
        };
        var parsed = new RootCommand("Trains the networks of LiveLTEM.") { train }.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"liveltem: {OneLine(parsed.Errors[0].Message)} See 'liveltem train --help'.");
            return 2;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopLimit,
            }).ConfigureAwait(false);
        }
        catch (InputException error)
        {
            Console.Error.WriteLine($"liveltem: {OneLine(error.Message)}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("liveltem: stopped.");
            return 1;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"liveltem: {OneLine(error.Message)} ({error.GetType().Name})");
            if (Environment.GetEnvironmentVariable("LIVELTEM_TRACE") is not null)
            {
                Console.Error.WriteLine(error);
            }

            return 1;
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
