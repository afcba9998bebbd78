using System.Buffers.Binary;
using LiveLtem.Core;
using LiveLtem.Core.Mrc;
using Microsoft.Win32.SafeHandles;

namespace LiveLtem.Session.Log;

/// <summary>The index and the raw frames of a session, for reading only: as they are, repaired or not, growing or not.</summary>
internal sealed class SessionFrames : IDisposable
{
    private const int RecordsInABlock = 1024;

    private readonly SafeFileHandle? _index;
    private readonly SafeFileHandle? _stack;

    private SessionFrames(SafeFileHandle? index, SafeFileHandle? stack, StackLayout? layout)
    {
        _index = index;
        _stack = stack;
        Layout = layout;
    }

    /// <summary>Where the frames lie; null where the session has none.</summary>
    public StackLayout? Layout { get; }

    /// <summary>Whole frames in the file.</summary>
    public long WholeFrames => _stack is null ? 0 : Layout!.WholeFrames(RandomAccess.GetLength(_stack));

    /// <summary>Whether there is an index.</summary>
    public bool HasIndex => _index is not null;

    /// <summary>Whether the head of the index is as it should be.</summary>
    public bool HasIndexHeader
    {
        get
        {
            var head = new byte[FrameIndex.HeaderBytes];
            return _index is not null && ReadWhole(_index, head, 0) == head.Length && FrameIndex.IsHeader(head);
        }
    }

    /// <summary>Bytes behind the last whole frame.</summary>
    public long Rest => _stack is null ? 0 : Math.Max(0, RandomAccess.GetLength(_stack) - Layout!.EndOf(WholeFrames));

    /// <summary>Frames that the header of the stack counts; null for one that has no such count, or is damaged.</summary>
    public long? HeaderFrames
    {
        get
        {
            var head = new byte[MrcStackHeader.Bytes];
            return _stack is not null && Layout!.FileName == SessionFiles.Mrc && ReadWhole(_stack, head, 0) == head.Length
                ? BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8))
                : null;
        }
    }

    /// <summary>Opens what there is.</summary>
    /// <param name="folder">The session.</param>
    /// <param name="shape">What its frames are; null where it has none.</param>
    /// <exception cref="InputException">A file is there but cannot be read.</exception>
    public static SessionFrames Open(string folder, FrameShape? shape)
    {
        var layout = shape is { } known ? StackLayout.For(known) : null;
        var index = OpenFile(Path.Combine(folder, SessionFiles.Index));
        try
        {
            return new SessionFrames(index, layout is null ? null : OpenFile(Path.Combine(folder, layout.FileName)), layout);
        }
        catch
        {
            index?.Dispose();
            throw;
        }
    }

    /// <summary>Every record with its place, in the order of arrival, up to where the index ends or is torn; null for one that is damaged.</summary>
    public IEnumerable<(long Sequence, IndexRecord? Record)> Records()
    {
        if (_index is null)
        {
            yield break;
        }

        var block = new byte[RecordsInABlock * IndexRecord.Bytes];
        for (var sequence = 0L; ;)
        {
            var read = ReadWhole(_index, block, FrameIndex.OffsetOf(sequence)) / IndexRecord.Bytes;
            for (var i = 0; i < read; i++)
            {
                yield return (sequence + i, IndexRecord.TryRead(block.AsSpan(i * IndexRecord.Bytes), out var record) ? record : null);
            }

            sequence += read;
            if (read < RecordsInABlock)
            {
                yield break;
            }
        }
    }

    /// <summary>Every kept frame whose pixels are there, in the order of arrival.</summary>
    public IEnumerable<IndexRecord> Kept()
    {
        foreach (var (_, record) in Records())
        {
            if (record is { IsKept: true } kept && kept.Position < WholeFrames)
            {
                yield return kept;
            }
        }
    }

    /// <summary>Reads the pixels of a frame.</summary>
    /// <returns>False where the file ends before.</returns>
    public bool TryReadPixels(long position, Span<byte> destination) =>
        _stack is not null && position >= 0 && position < WholeFrames && ReadWhole(_stack, destination, Layout!.OffsetOf(position)) == destination.Length;

    public void Dispose()
    {
        _index?.Dispose();
        _stack?.Dispose();
    }

    private static int ReadWhole(SafeFileHandle file, Span<byte> destination, long offset)
    {
        var done = 0;
        while (done < destination.Length && RandomAccess.Read(file, destination[done..], offset + done) is > 0 and var read)
        {
            done += read;
        }

        return done;
    }

    private static SafeFileHandle? OpenFile(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {IoReason.Of(error)}", error);
        }
    }
}
