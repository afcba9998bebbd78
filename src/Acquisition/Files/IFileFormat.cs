using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files;

/// <summary>The start of a file, by which formats recognise their own: content tells, never the extension.</summary>
/// <param name="Head">The first bytes, up to <see cref="HeadBytes"/>.</param>
/// <param name="Length">Bytes in the whole file.</param>
/// <param name="Name">File name, for messages only.</param>
public sealed record FileProbe(ReadOnlyMemory<byte> Head, long Length, string Name)
{
    /// <summary>How much of a file is looked at.</summary>
    public const int HeadBytes = 4096;

    /// <summary>Looks at the start of a file.</summary>
    public static FileProbe Of(FrameFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var head = new byte[HeadBytes];
        return new FileProbe(head.AsMemory(0, file.Read(0, head)), file.Length, file.Name);
    }

    /// <summary>True where the file starts with these bytes at <paramref name="offset"/>.</summary>
    public bool Has(ReadOnlySpan<byte> bytes, int offset = 0) => Head.Length >= offset + bytes.Length && Head.Span.Slice(offset, bytes.Length).SequenceEqual(bytes);
}

/// <summary>One file format. Adding one is a class and one line in <see cref="AcquisitionServices"/>.</summary>
public interface IFileFormat
{
    /// <summary>Names as shown to people: what <c>readable: …</c> lists.</summary>
    string Name { get; }

    /// <summary>True where the content is this format's.</summary>
    bool Recognises(FileProbe probe);

    /// <summary>Opens a file that was recognised; takes the file over, also when it throws.</summary>
    /// <exception cref="FrameFormatException">It is damaged or of a kind that is not read.</exception>
    IFrameReader Open(FrameFile file, SourceOptions options);
}

/// <summary>Reads the frames of one file. Not thread-safe; indices are asked for in rising order.</summary>
public interface IFrameReader : IDisposable
{
    /// <summary>What the file is. Opening reads headers only, whatever the file's size.</summary>
    SourceInfo Info { get; }

    /// <summary>True where the file promises more frames than are whole in it: cut off, or still being written.</summary>
    bool IsIncomplete { get; }

    /// <summary>Reads one frame into a rented buffer.</summary>
    /// <param name="index">From 0 in stored order; not below the last one asked for.</param>
    /// <param name="pool">Where the buffer comes from.</param>
    /// <param name="sourceTimeS">Seconds from the first frame where the file keeps a time for each frame, else null.</param>
    /// <returns>The pixels, which the caller owns; null where there is no such frame (yet).</returns>
    /// <exception cref="FrameFormatException">The frame is damaged.</exception>
    FrameDraft? TryRead(long index, FramePool pool, out double? sourceTimeS);
}
