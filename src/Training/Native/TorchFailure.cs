using System.Text.RegularExpressions;

namespace LiveLtem.Training.Native;

/// <summary>What libtorch says where it fails, for people.</summary>
internal static partial class TorchFailure
{
    /// <summary>The sentence that matters: libtorch goes on with a request to its authors and where in its code it was.</summary>
    /// <param name="message">Of the exception that TorchSharp makes of it.</param>
    public static string Sentence(string message)
    {
        var line = message.AsSpan().Trim();
        line = line[..Length(line.IndexOfAny('\r', '\n'), line)];
        line = line[..Length(line.IndexOf("(Could this error message be improved?", StringComparison.Ordinal), line)];
        return Check().Replace(line.ToString(), "").TrimEnd(' ', '.');

        static int Length(int end, ReadOnlySpan<char> text) => end < 0 ? text.Length : end;
    }

    // Ahead of the reason stands the condition that did not hold, as in "[enforce fail at alloc_cpu.cpp:118] err == 0. ".
    [GeneratedRegex(@"^\[enforce fail at [^\]]*\] .*?\. (?=\S)", RegexOptions.CultureInvariant)]
    private static partial Regex Check();
}
