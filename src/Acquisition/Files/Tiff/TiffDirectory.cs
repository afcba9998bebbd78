using System.Text;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>The tags of one page. Values are fetched on demand, each checked to lie inside the file before memory is taken.</summary>
internal sealed class TiffDirectory
{
    private readonly record struct Entry(int Type, long Count, long ValueOffset);

    private readonly FrameFile _file;
    private readonly bool _bigEndian;
    private readonly Dictionary<int, Entry> _entries = [];

    private TiffDirectory(FrameFile file, bool bigEndian, long offset)
    {
        _file = file;
        _bigEndian = bigEndian;
        Offset = offset;
    }

    /// <summary>Where the directory starts in the file.</summary>
    public long Offset { get; }

    /// <summary>Where the next page's directory starts; 0 after the last.</summary>
    public long Next { get; private init; }

    /// <summary>Reads the directory at an offset.</summary>
    /// <exception cref="FrameFormatException">It is not inside the file.</exception>
    public static TiffDirectory Read(FrameFile file, TiffKind kind, long offset)
    {
        var countBytes = kind.Big ? 8 : 2;
        var entryBytes = kind.Big ? 20 : 12;
        var pointerBytes = kind.Big ? 8 : 4;
        var start = file.ReadBlock(offset, countBytes, "IFD");
        var count = kind.Big ? checked((long)Math.Min(ByteOrder.UInt64(start, 0, kind.BigEndian), long.MaxValue)) : ByteOrder.UInt16(start, 0, kind.BigEndian);
        if (count is 0 or > 4096)
        {
            throw new FrameFormatException(file.Name, $"found {count} tags; a page has 1 to 4096", offset, "IFD");
        }

        var block = file.ReadBlock(offset + countBytes, (count * entryBytes) + pointerBytes, "IFD");
        var nextAt = (int)count * entryBytes;
        var directory = new TiffDirectory(file, kind.BigEndian, offset)
        {
            Next = kind.Big ? (long)Math.Min(ByteOrder.UInt64(block, nextAt, kind.BigEndian), long.MaxValue) : ByteOrder.UInt32(block, nextAt, kind.BigEndian),
        };
        for (var i = 0; i < count; i++)
        {
            directory.Add(block, i * entryBytes, offset + countBytes + (i * entryBytes), kind);
        }

        return directory;
    }

    /// <summary>True where the tag is there and its values lie inside the file.</summary>
    public bool Has(int tag) => _entries.ContainsKey(tag);

    /// <summary>The first value as an integer, or null.</summary>
    public long? Integer(int tag) => Integers(tag, 1) is [var first, ..] ? first : null;

    /// <summary>The values as integers, at most <paramref name="most"/> of them; empty where the tag is missing or not integer.</summary>
    public long[] Integers(int tag, long most = int.MaxValue)
    {
        if (!_entries.TryGetValue(tag, out var entry) || Size(entry.Type) is 0 || entry.Type is 2 or 5 or 10 or 11 or 12)
        {
            return [];
        }

        var count = Math.Min(entry.Count, most);
        var size = Size(entry.Type);
        var bytes = _file.ReadBlock(entry.ValueOffset, count * size, $"tag {tag}");
        var values = new long[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = entry.Type switch
            {
                1 or 7 => bytes[i],
                6 => (sbyte)bytes[i],
                3 => ByteOrder.UInt16(bytes, i * 2, _bigEndian),
                8 => ByteOrder.Int16(bytes, i * 2, _bigEndian),
                4 or 13 => ByteOrder.UInt32(bytes, i * 4, _bigEndian),
                9 => ByteOrder.Int32(bytes, i * 4, _bigEndian),
                _ => (long)Math.Min(ByteOrder.UInt64(bytes, i * 8, _bigEndian), long.MaxValue),
            };
        }

        return values;
    }

    /// <summary>The first value as a real number (rational, float, double or integer), or null.</summary>
    public double? Real(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry))
        {
            return null;
        }

        if (entry.Type is not (5 or 10 or 11 or 12))
        {
            return Integer(tag);
        }

        var bytes = _file.ReadBlock(entry.ValueOffset, Size(entry.Type), $"tag {tag}");
        var value = entry.Type switch
        {
            5 => (double)ByteOrder.UInt32(bytes, 0, _bigEndian) / ByteOrder.UInt32(bytes, 4, _bigEndian),
            10 => (double)ByteOrder.Int32(bytes, 0, _bigEndian) / ByteOrder.Int32(bytes, 4, _bigEndian),
            11 => ByteOrder.Single(bytes, 0, _bigEndian),
            _ => ByteOrder.Double(bytes, 0, _bigEndian),
        };
        return double.IsFinite(value) ? value : null;
    }

    /// <summary>The text of a tag (UTF-8, else Latin-1), or null; at most 16 MiB of it.</summary>
    public string? Text(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry) || entry.Type is not (1 or 2 or 7))
        {
            return null;
        }

        var bytes = _file.ReadBlock(entry.ValueOffset, Math.Min(entry.Count, 16 << 20), $"tag {tag}");
        var end = Array.IndexOf(bytes, (byte)0);
        var text = bytes.AsSpan(0, end < 0 ? bytes.Length : end);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text).Trim();
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(text).Trim();
        }
    }

    /// <summary>The bytes of a tag as they are, at most 16 MiB; empty where it is missing.</summary>
    public byte[] Raw(int tag) => _entries.TryGetValue(tag, out var entry)
        ? _file.ReadBlock(entry.ValueOffset, Math.Min(entry.Count * Size(entry.Type), 16 << 20), $"tag {tag}")
        : [];

    private void Add(byte[] block, int at, long fileOffset, TiffKind kind)
    {
        var tag = ByteOrder.UInt16(block, at, kind.BigEndian);
        var type = ByteOrder.UInt16(block, at + 2, kind.BigEndian);
        var count = kind.Big ? ByteOrder.UInt64(block, at + 4, kind.BigEndian) : ByteOrder.UInt32(block, at + 4, kind.BigEndian);
        var size = Size(type);
        if (size == 0 || count == 0 || count > (ulong)(_file.Length / size))
        {
            return;
        }

        var inlineBytes = kind.Big ? 8 : 4;
        var valueAt = at + (kind.Big ? 12 : 8);
        var bytes = (long)count * size;
        var valueOffset = bytes <= inlineBytes
            ? fileOffset + (valueAt - at)
            : kind.Big ? (long)Math.Min(ByteOrder.UInt64(block, valueAt, kind.BigEndian), long.MaxValue) : ByteOrder.UInt32(block, valueAt, kind.BigEndian);
        if (valueOffset <= _file.Length - bytes)
        {
            _entries.TryAdd(tag, new Entry(type, (long)count, valueOffset));
        }
    }

    private static int Size(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 or 17 or 18 => 8,
        _ => 0,
    };
}

/// <summary>Which of the four kinds of TIFF a file is.</summary>
/// <param name="BigEndian">True for <c>MM</c>.</param>
/// <param name="Big">True for BigTIFF, with 64-bit offsets.</param>
internal readonly record struct TiffKind(bool BigEndian, bool Big)
{
    /// <summary>Reads it from the first bytes; null where they are no TIFF.</summary>
    public static TiffKind? Of(ReadOnlySpan<byte> head)
    {
        if (head.Length < 8)
        {
            return null;
        }

        bool? bigEndian = (head[0], head[1]) switch { ((byte)'I', (byte)'I') => false, ((byte)'M', (byte)'M') => true, _ => null };
        if (bigEndian is not { } order)
        {
            return null;
        }

        return ByteOrder.UInt16(head, 2, order) switch { 42 => new TiffKind(order, false), 43 => new TiffKind(order, true), _ => null };
    }
}
