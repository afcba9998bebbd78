namespace LiveLtem.App.Development;

/// <summary>The checkout that this program was built in.</summary>
internal static class Checkout
{
    /// <summary>File that marks a checkout's root.</summary>
    public const string Solution = "LiveLtem.sln";

    /// <summary>The folder that holds the solution, found upwards from the program; null for a program that was installed elsewhere.</summary>
    public static string? TryFind()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
