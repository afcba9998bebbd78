using LiveLtem.Core;

namespace LiveLtem.Session.Results;

/// <summary>A file that appears under its name only when it is whole: until then it carries <c>.partial</c> behind it.</summary>
internal sealed class ResultFile(string path)
{
    /// <summary>What a file is called while it is being written.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>Its name once it is whole.</summary>
    public string FinalPath { get; } = path;

    /// <summary>Its name while it is being written.</summary>
    public string PartialPath { get; } = path + PartialSuffix;

    /// <summary>Starts the file anew.</summary>
    /// <exception cref="InputException">It cannot be created.</exception>
    public FileStream Create()
    {
        try
        {
            return new FileStream(PartialPath, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot write {FinalPath}: {error.Message}", error);
        }
    }

    /// <summary>Gives the file its name, in place of an older one.</summary>
    public void Commit() => File.Move(PartialPath, FinalPath, overwrite: true);
}
