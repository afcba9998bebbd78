using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace LiveLtem.Session.Log;

/// <summary><c>frames.idx</c> while it is written: one record of fixed size for each received frame, in the order of arrival.</summary>
/// <remarks>A record goes out before the pixels it speaks of, so that pixels that are whole can always be verified; see <see cref="IndexRecord"/>.
/// The first 96 bytes are the magic <c>LLTMIDX1</c>, the version 1 and the size of a record (i32), then zeros. One thread writes; any may read what is counted.</remarks>
internal sealed class FrameIndex : IDisposable
{
    public const int HeaderBytes = IndexRecord.Bytes;

    private const int Version = 1;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _record = new byte[IndexRecord.Bytes];

    private FrameIndex(SafeFileHandle handle)
    {
        _handle = handle;
    }

    private static ReadOnlySpan<byte> Magic => "LLTMIDX1"u8;

    public static FrameIndex Create(string path)
    {
        var index = new FrameIndex(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        RandomAccess.Write(index._handle, Header(), 0);
        return index;
    }

    /// <summary>The first bytes of every index.</summary>
    public static byte[] Header()
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), IndexRecord.Bytes);
        return header;
    }

    /// <summary>True where the bytes are the start of an index of this version.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> bytes) => bytes.Length >= HeaderBytes && bytes[..HeaderBytes].SequenceEqual(Header());

    public static long OffsetOf(long sequence) => HeaderBytes + (sequence * IndexRecord.Bytes);

    /// <summary>Writes a record, in place of an older one or at the end.</summary>
    /// <exception cref="IOException">It could not be written; an end that was torn is cut off again.</exception>
    public void Write(long sequence, IndexRecord record)
    {
        record.Write(_record);
        try
        {
            RandomAccess.Write(_handle, _record, OffsetOf(sequence));
        }
        catch (IOException)
        {
            RandomAccess.SetLength(_handle, Math.Min(RandomAccess.GetLength(_handle), OffsetOf(sequence)));
            throw;
        }
    }

    /// <summary>Reads the bytes of whole records.</summary>
    /// <returns>Records read: fewer than asked at the end.</returns>
    public int Read(long sequence, Span<byte> destination) => RandomAccess.Read(_handle, destination, OffsetOf(sequence)) / IndexRecord.Bytes;

    public void Flush() => RandomAccess.FlushToDisk(_handle);

    public void Dispose() => _handle.Dispose();
}
