namespace LiveLtem.Session.Log;

/// <summary>Tells a session that is being written from one whose writer died: the system lets go of the lock with the process.</summary>
internal static class SessionLock
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes the lock of a session's folder, to write it.</summary>
    /// <returns>The lock, or null where another process writes the session.</returns>
    public static FileStream? Take(string folder)
    {
        // Somebody who only looks holds the lock for an instant.
        FileStream? taken = null;
        SpinWait.SpinUntil(() => (taken = TryTake(Path.Combine(folder, SessionFiles.Lock))) is not null, Patience);
        return taken;
    }

    /// <summary>True where a process writes the session now.</summary>
    public static bool IsHeld(string folder)
    {
        try
        {
            using var file = new FileStream(Path.Combine(folder, SessionFiles.Lock), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException) when (IsHeld(Path.GetDirectoryName(path)!))
        {
            return null;
        }
    }
}
