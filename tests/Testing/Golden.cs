using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace LiveLtem.Testing;

/// <summary>Compares text with a file kept in the test project's <c>Data</c> folder.</summary>
/// <remarks>Golden files are small, explained in the folder's README, and rewritten only on purpose, by running the test with
/// <c>LIVELTEM_UPDATE_GOLDEN=1</c>.</remarks>
public static class Golden
{
    /// <summary>Name of the environment variable that lets goldens be rewritten.</summary>
    public const string UpdateVariable = "LIVELTEM_UPDATE_GOLDEN";

    /// <summary>Fails the test where the text is not, line by line, that of the golden file.</summary>
    /// <param name="actual">What the code under test gave; its line ends do not matter.</param>
    /// <param name="name">File name in the <c>Data</c> folder beside the calling test.</param>
    /// <param name="testFile">Filled in by the compiler.</param>
    public static void Check(string actual, string name, [CallerFilePath] string testFile = "")
    {
        ArgumentNullException.ThrowIfNull(actual);
        var path = Path.Combine(Path.GetDirectoryName(testFile)!, "Data", name);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual.ReplaceLineEndings("\n"), new UTF8Encoding(false));
            return;
        }

        Assert.True(File.Exists(path), $"no golden file {path}; look at the output, then run the test once with {UpdateVariable}=1");
        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual.ReplaceLineEndings("\n"));
    }
}
