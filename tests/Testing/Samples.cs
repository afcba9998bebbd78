using Xunit;

namespace LiveLtem.Testing;

/// <summary>Real recordings and byte streams that lie beside the repository, never in it.</summary>
/// <remarks>Looked for in <c>$LIVELTEM_SAMPLES</c>, else in <c>../shared/samples</c> from the repository's root.</remarks>
public static class Samples
{
    /// <summary>Name of the environment variable that says where the samples are.</summary>
    public const string Variable = "LIVELTEM_SAMPLES";

    /// <summary>Where the samples should be, whether they are there or not.</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set
            ? System.IO.Path.GetFullPath(set)
            : System.IO.Path.GetFullPath(System.IO.Path.Combine(Repository.Root, "..", "shared", "samples"));

    /// <summary>Whether this machine has the samples.</summary>
    public static bool Present => Directory.Exists(Folder);

    /// <summary>Full path of one sample file or folder. Without the samples folder the running test counts as skipped.</summary>
    /// <param name="relative">Path below the samples folder with <c>/</c>: <c>formats/mrc/EMD-3197.map</c>.</param>
    /// <exception cref="FileNotFoundException">The samples are here but not this one: its name is wrong.</exception>
    public static string Path(string relative)
    {
        ArgumentException.ThrowIfNullOrEmpty(relative);
        Assert.SkipUnless(Present, $"no samples in {Folder}; set {Variable} to where they are");
        var path = System.IO.Path.Combine(Folder, relative.Replace('/', System.IO.Path.DirectorySeparatorChar));
        return System.IO.Path.Exists(path)
            ? path
            : throw new FileNotFoundException($"the samples in {Folder} hold no {relative}", path);
    }

    /// <summary>Sample files of one folder in ordinal order. Without the samples folder the running test counts as skipped.</summary>
    /// <param name="relative">Folder below the samples folder with <c>/</c>.</param>
    /// <param name="pattern">File pattern such as <c>*.csv</c>.</param>
    public static IReadOnlyList<string> Files(string relative, string pattern = "*")
    {
        var files = Directory.GetFiles(Path(relative), pattern);
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }
}
