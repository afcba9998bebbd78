using System.CommandLine;
using LiveLtem.App.Verbs;
using LiveLtem.Core;

namespace LiveLtem.App;

/// <summary>The <c>liveltem</c> command line. Exit code 0: done; 1: failed while running; 2: the input is at fault.</summary>
internal static class Program
{
    // A stopped session finishes what is on its way (the pipeline's own limit is 30 s) and closes its files; only then is it cut off.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("LiveLTEM: follows every particle of a liquid-phase TEM movie, live or from a file.");
        foreach (var verb in VerbList.All())
        {
            root.Subcommands.Add(verb);
        }

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Complaint.Refuse(Misunderstood(parsed), Console.Error);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopLimit,
            }).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            return Complaint.About(error, Console.Error);
        }
    }

    private static string Misunderstood(ParseResult parsed)
    {
        if (parsed.CommandResult.Command is not RootCommand)
        {
            return $"{parsed.Errors[0].Message} See 'liveltem {parsed.CommandResult.Command.Name} --help'.";
        }

        // The parser's own first words for an unknown verb are that a verb is missing.
        return parsed.UnmatchedTokens.Count > 0
            ? $"there is no verb '{parsed.UnmatchedTokens[0]}'. See 'liveltem --help'."
            : "name a verb. See 'liveltem --help'.";
    }
}
