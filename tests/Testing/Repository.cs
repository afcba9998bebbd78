namespace LiveLtem.Testing;

/// <summary>Where the checkout under test lies.</summary>
public static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>The folder that holds <c>LiveLtem.sln</c>, found upwards from the test's own binaries.</summary>
    public static string Root => LazyRoot.Value;

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LiveLtem.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no LiveLtem.sln in {AppContext.BaseDirectory} or above it: tests run from inside the repository");
    }
}
