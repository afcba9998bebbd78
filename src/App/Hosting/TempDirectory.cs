using LiveLtem.Core;

namespace LiveLtem.App.Hosting;

/// <summary>A folder for files that only this run needs; made when the first one is.</summary>
internal sealed class TempDirectory : IDisposable
{
    private string? _folder;

    /// <summary>Full path of something in it.</summary>
    public string Path(string name) => System.IO.Path.Combine(_folder ??= Directory.CreateTempSubdirectory("liveltem-").FullName, name);

    /// <summary>Starts a file.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public FileStream Create(string name)
    {
        try
        {
            return new FileStream(Path(name), FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot write to the folder for temporary files: {IoReason.Of(error)}", error);
        }
    }

    /// <summary>Takes a file away before the rest.</summary>
    public void Delete(string name) => File.Delete(Path(name));

    /// <summary>Takes all of it away.</summary>
    public void Dispose()
    {
        if (_folder is not null && Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        _folder = null;
    }
}
