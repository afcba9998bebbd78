using System.Text;
using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary><c>session.json</c> on the disk: whoever reads it sees it whole, before or after a change, whatever happens meanwhile.</summary>
internal static class ManifestFile
{
    // Far larger than any; a wrong file is not read whole.
    private const long MostBytes = 64 << 20;

    /// <summary>Reads the manifest of a session's folder.</summary>
    /// <exception cref="InputException">There is none, it is damaged, or of a later version.</exception>
    public static SessionManifest Read(string folder)
    {
        var path = Path.Combine(folder, SessionFiles.Manifest);
        var name = $"{Path.GetFileName(folder)}/{SessionFiles.Manifest}";
        try
        {
            return new FileInfo(path).Length <= MostBytes
                ? SessionManifest.Parse(File.ReadAllText(path), name)
                : throw new FrameFormatException(name, "too large for the head of a session");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{folder} is no session: it holds no {SessionFiles.Manifest}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {IoReason.Of(error)}", error);
        }
    }

    /// <summary>Replaces the manifest: a new file goes to the disk whole and then takes the name.</summary>
    /// <exception cref="IOException">It could not be written; the one before is as it was.</exception>
    public static void Write(string folder, SessionManifest manifest)
    {
        var path = Path.Combine(folder, SessionFiles.Manifest);
        var next = path + ".next";
        try
        {
            using (var file = File.OpenHandle(next, FileMode.Create, FileAccess.Write, FileShare.Read))
            {
                RandomAccess.Write(file, Encoding.UTF8.GetBytes(manifest.Write()), 0);
                RandomAccess.FlushToDisk(file);
            }

            File.Move(next, path, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(next);
            throw;
        }
    }
}
