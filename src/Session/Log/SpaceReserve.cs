namespace LiveLtem.Session.Log;

/// <summary>Space on the session's disk that is kept back, so that a session whose disk fills up can still be closed. Thread-safe.</summary>
internal sealed class SpaceReserve(string folder, long bytes)
{
    private readonly string _path = Path.Combine(folder, SessionFiles.Reserve);
    private readonly Lock _gate = new();

    /// <summary>Bytes kept back while it is held.</summary>
    public long Bytes => bytes;

    /// <summary>Free bytes on the session's disk, without the reserve; null where the system does not say.</summary>
    public long? FreeBytes
    {
        get
        {
            try
            {
                // Elsewhere than on Windows any path names the disk it lies on.
                return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return null;
            }
        }
    }

    /// <summary>Takes the reserve where it is not held.</summary>
    /// <exception cref="IOException">There is no room for it.</exception>
    public void Take()
    {
        lock (_gate)
        {
            if (bytes <= 0 || File.Exists(_path))
            {
                return;
            }

            try
            {
                // Preallocated, and not a hole: the blocks are the point of it.
                using var file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, bytes);
            }
            catch (IOException)
            {
                File.Delete(_path);
                throw;
            }
        }
    }

    /// <summary>Gives the space back to the disk.</summary>
    public void Release()
    {
        lock (_gate)
        {
            File.Delete(_path);
        }
    }
}
