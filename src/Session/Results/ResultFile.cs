using LiveLtem.Core;

namespace LiveLtem.Session.Results;

/// <summary>A file that appears under its name only when it is whole: until then it is called <c>name.partial.ext</c>.</summary>
internal sealed class ResultFile(string path)
{
    /// <summary>Its name once it is whole.</summary>
    public string FinalPath { get; } = path;

    /// <summary>Its name while it is being written; the extension stays, since video libraries go by it.</summary>
    public string PartialPath { get; } = Path.ChangeExtension(path, $".partial{Path.GetExtension(path)}");

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
            throw new InputException($"cannot write {FinalPath}: {IoReason.Of(error)}", error);
        }
    }

    /// <summary>Takes away what an earlier run left, whole or partial.</summary>
    public void Delete()
    {
        File.Delete(FinalPath);
        File.Delete(PartialPath);
    }

    /// <summary>Gives the file its name, in place of an older one.</summary>
    public void Commit() => File.Move(PartialPath, FinalPath, overwrite: true);
}
