using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary>Where sessions are kept.</summary>
public static class SessionRoot
{
    /// <summary>Name of the environment variable that says where.</summary>
    public const string Variable = "LIVELTEM_SESSIONS";

    /// <summary>The folder of all sessions where nobody names one: <c>$LIVELTEM_SESSIONS</c>, else <c>LiveLTEM/sessions</c> in the user's own folder.</summary>
    public static string Default => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set
        ? Path.GetFullPath(set)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "LiveLTEM", "sessions");

    /// <summary>The folder of one session.</summary>
    /// <param name="root">Folder of all sessions.</param>
    /// <param name="idOrFolder">Its id, or its folder.</param>
    /// <exception cref="InputException">There is no such session.</exception>
    public static string Find(string root, string idOrFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(idOrFolder);
        foreach (var folder in (string[])[Path.Combine(root, idOrFolder), idOrFolder])
        {
            if (SessionDetails.IsSession(folder))
            {
                return Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
            }
        }

        throw new InputException(Directory.Exists(idOrFolder)
            ? $"{idOrFolder} is no session: it holds no {SessionFiles.Manifest}"
            : $"there is no session {idOrFolder} in {root}; 'liveltem sessions list' names them");
    }
}
