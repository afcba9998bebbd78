using System.CommandLine;
using System.CommandLine.Parsing;
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

        if (ParseText.Refusal(parsed) is { } refusal)
        {
            return Complaint.Refuse($"{refusal}. See 'liveltem {Path(parsed.CommandResult)} --help'.", Console.Error);
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

    private static string Path(CommandResult command) => command.Parent is CommandResult { Command: not RootCommand } parent ? $"{Path(parent)} {command.Command.Name}" : command.Command.Name;

    private static string Misunderstood(ParseResult parsed)
    {
        if (parsed.CommandResult.Command is not RootCommand)
        {
            var verb = parsed.CommandResult.Command;
            var said = verb.Subcommands.Count == 0
                ? ParseText.Say(parsed.Errors[0])
                : $"{verb.Name}: {(parsed.UnmatchedTokens.Count > 0 ? $"there is no '{parsed.UnmatchedTokens[0]}'" : "what is to be done is missing")}; choose one of {string.Join(", ", verb.Subcommands.Select(sub => sub.Name))}";
            return $"{said}. See 'liveltem {Path(parsed.CommandResult)} --help'.";
        }

        // The parser's own first words for an unknown verb are that a verb is missing.
        return parsed.UnmatchedTokens.Count > 0
            ? $"there is no verb '{parsed.UnmatchedTokens[0]}'. See 'liveltem --help'."
            : "name a verb. See 'liveltem --help'.";
    }
}
