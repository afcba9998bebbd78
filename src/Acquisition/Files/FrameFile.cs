using LiveLtem.Core;
using Microsoft.Win32.SafeHandles;

namespace LiveLtem.Acquisition.Files;

/// <summary>An open file that is read by position. Others may go on writing it meanwhile.</summary>
/// <remarks>Thread-safe: there is no file pointer. Sizes found inside a file are held against <see cref="Length"/> before memory is asked for.</remarks>
public sealed class FrameFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private FrameFile(SafeFileHandle handle, string path, string name)
    {
        _handle = handle;
        Path = path;
        Name = name;
    }

    /// <summary>File name as shown to people; for an unpacked file the name of the packed one.</summary>
    public string Name { get; }

    /// <summary>Where the bytes are; for an unpacked file a temporary one.</summary>
    public string Path { get; }

    /// <summary>Where the user's own file is, beside which companions are looked for.</summary>
    public string OriginalPath { get; private init; } = "";

    /// <summary>Bytes in it now; grows while somebody writes.</summary>
    public long Length => RandomAccess.GetLength(_handle);

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">Path of an existing file.</param>
    /// <exception cref="InputException">It is not there or may not be read.</exception>
    public static FrameFile Open(string path) =>
        new(OpenHandle(path, FileOptions.None), path, System.IO.Path.GetFileName(path)) { OriginalPath = path };

    /// <summary>Opens a file that was unpacked for this run: it is deleted when this is disposed.</summary>
    /// <param name="temporaryPath">The unpacked bytes.</param>
    /// <param name="originalPath">The packed file that the user named.</param>
    public static FrameFile OpenUnpacked(string temporaryPath, string originalPath) =>
        new(OpenHandle(temporaryPath, FileOptions.DeleteOnClose), temporaryPath, System.IO.Path.GetFileName(originalPath)) { OriginalPath = originalPath };

    /// <summary>Reads as many bytes as there are, up to the span's length.</summary>
    /// <returns>Bytes read: fewer than asked only at the end of the file.</returns>
    public int Read(long offset, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var read = RandomAccess.Read(_handle, destination[done..], offset + done);
            if (read == 0)
            {
                break;
            }

            done += read;
        }

        return done;
    }

    /// <summary>Fills the span.</summary>
    /// <exception cref="FrameFormatException">The file ends before that.</exception>
    public void ReadExactly(long offset, Span<byte> destination, string field)
    {
        if (Read(offset, destination) < destination.Length)
        {
            throw new FrameFormatException(Name, $"the file ends at byte {Length}, {offset + destination.Length} are needed; is it truncated?", offset, field);
        }
    }

    /// <summary>Reads a block whose size the file itself named: the size is checked against the file before memory is taken.</summary>
    /// <exception cref="FrameFormatException">The block is not inside the file.</exception>
    public byte[] ReadBlock(long offset, long count, string field)
    {
        if (offset < 0 || count < 0 || count > Array.MaxLength || offset > Length - count)
        {
            throw new FrameFormatException(Name, $"{count} bytes there would pass the file's end at byte {Length}", offset, field);
        }

        var block = new byte[count];
        ReadExactly(offset, block, field);
        return block;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle OpenHandle(string path, FileOptions options)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, options);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path}: no such file", error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new InputException($"{path}: cannot be read: {IoReason.Of(error)}", error);
        }
    }
}
