namespace LiveLtem.Core;

/// <summary>Bad input of any kind: one sentence that a microscopist can act on. The command line prints it and exits with code 2.</summary>
public class InputException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What, where, and how to mend it, on one line.</param>
    /// <param name="inner">What a library said, kept for the log.</param>
    public InputException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>What failed while running though the input is not at fault: one sentence with what to do now. The command line prints it and exits with code 1.</summary>
public sealed class FailureException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What, where, and what to do, on one line.</param>
    /// <param name="inner">What a library said, kept for the log.</param>
    public FailureException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>A file, stream or message that is not what it should be.</summary>
public sealed class FrameFormatException : InputException
{
    /// <summary>Creates the error.</summary>
    /// <param name="source">File or endpoint.</param>
    /// <param name="problem">What was found and what would do.</param>
    /// <param name="offset">Byte where it was found, or null where bytes mean nothing.</param>
    /// <param name="field">Name of the field in its specification, or null.</param>
    /// <param name="inner">What a library said, kept for the log.</param>
    public FrameFormatException(string source, string problem, long? offset = null, string? field = null, Exception? inner = null)
        : base(Sentence(source, problem, offset, field), inner)
    {
        Offset = offset;
        Field = field;
    }

    /// <summary>Byte where the fault was found, or null.</summary>
    public long? Offset { get; }

    /// <summary>Name of the field in its specification, or null.</summary>
    public string? Field { get; }

    private static string Sentence(string source, string problem, long? offset, string? field) => (field, offset) switch
    {
        ({ } f, { } o) => $"{source}: {f} at byte {o}: {problem}",
        ({ } f, null) => $"{source}: {f}: {problem}",
        (null, { } o) => $"{source}: at byte {o}: {problem}",
        _ => $"{source}: {problem}",
    };
}
