namespace LiveLtem.Core;

/// <summary>How the programs of LiveLTEM say what went wrong: one line, and the exit code for it.</summary>
public static class Complaint
{
    /// <summary>Exit code of what failed while it ran, or was stopped before its end.</summary>
    public const int Failed = 1;

    /// <summary>Exit code where the input is at fault.</summary>
    public const int BadInput = 2;

    /// <summary>Says what is wrong with a command line.</summary>
    /// <param name="sentence">What, and what would do.</param>
    /// <param name="to">Where to, stderr as a rule.</param>
    /// <returns>The exit code.</returns>
    public static int Refuse(string sentence, TextWriter to)
    {
        to.WriteLine($"liveltem: {OneLine(sentence)}");
        return BadInput;
    }

    /// <summary>Says what ended a command.</summary>
    /// <param name="error">The reason. Of one that nobody foresaw the type is told too, and all of it where <c>LIVELTEM_TRACE</c> is set.</param>
    /// <param name="to">Where to, stderr as a rule.</param>
    /// <returns>The exit code.</returns>
    public static int About(Exception error, TextWriter to)
    {
        switch (error)
        {
            case InputException:
                return Refuse(error.Message, to);
            case OperationCanceledException:
                to.WriteLine("liveltem: stopped.");
                return Failed;
            case FailureException:
                to.WriteLine($"liveltem: {OneLine(error.Message)}");
                break;
            default:
                to.WriteLine($"liveltem: {OneLine(error.Message)} ({error.GetType().Name})");
                break;
        }

        if (Environment.GetEnvironmentVariable("LIVELTEM_TRACE") is not null)
        {
            to.WriteLine(error);
        }

        return Failed;
    }

    // The parser of command lines gives what is allowed as a list, a tab before each line.
    private static string OneLine(string text) => text.ReplaceLineEndings("\n").Replace(":\n\t", ": ", StringComparison.Ordinal).Replace("\n\t", ", ", StringComparison.Ordinal)
        .Replace('\n', ' ').Replace('\t', ' ');
}
