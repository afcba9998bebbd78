using System.Globalization;
using System.Text;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Mrc;

/// <summary>How an MRC file stores a pixel.</summary>
internal enum MrcMode
{
    Byte = 0,
    Int16 = 1,
    Float32 = 2,
    UInt16 = 6,
    Float16 = 12,
    FourBit = 101,
}

/// <summary>The 1024-byte header of an MRC file.</summary>
/// <remarks>MRC2014 (Cheng et al. 2015, doi:10.1016/j.jsb.2015.04.002) with IMOD's byte flag and the vendors' habits: the <c>MAP </c> magic and
/// the machine stamp are helpful where they are there, but not demanded.</remarks>
internal sealed record MrcHeader
{
    public const int Bytes = 1024;

    /// <summary>Longest side that is believed; no camera comes near it.</summary>
    private const int LongestSide = 1 << 20;

    /// <summary><c>imodStamp</c>, "IMOD" read as little-endian int32.</summary>
    private const int ImodStamp = 1146047817;

    private static readonly Dictionary<int, string> UnreadModes = new()
    {
        [3] = "complex 16-bit",
        [4] = "complex 32-bit",
        [16] = "RGB",
    };

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>Sections that the header promises; a file being written can hold more or fewer.</summary>
    public required int Sections { get; init; }

    public required MrcMode Mode { get; init; }

    public required bool BigEndian { get; init; }

    /// <summary>True where mode 0 bytes are signed.</summary>
    public required bool SignedBytes { get; init; }

    /// <summary>Where the first pixel is.</summary>
    public required long DataOffset { get; init; }

    /// <summary>Bytes of the extended header, from byte 1024.</summary>
    public required int ExtendedBytes { get; init; }

    /// <summary>Kind of extended header (<c>FEI1</c>, <c>SERI</c>, …), empty where none is named.</summary>
    public required string ExtendedType { get; init; }

    /// <summary>Pixel sizes in nm; null where the header has none that can be.</summary>
    public required double? PixelXNm { get; init; }

    public required double? PixelYNm { get; init; }

    /// <summary>True where a cell size is negative, as Direct Electron writes it.</summary>
    public required bool NegativeCell { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public PixelType Type => Mode switch
    {
        MrcMode.Byte => SignedBytes ? PixelType.Int8 : PixelType.UInt8,
        MrcMode.Int16 => PixelType.Int16,
        MrcMode.UInt16 => PixelType.UInt16,
        MrcMode.FourBit => PixelType.UInt8,
        _ => PixelType.Float32,
    };

    /// <summary>Bytes of one section on disk; a 4-bit row is padded to whole bytes.</summary>
    public long SectionBytes => Height * RowBytes;

    public long RowBytes => Mode switch
    {
        MrcMode.Byte => Width,
        MrcMode.FourBit => (Width + 1L) / 2,
        MrcMode.Float32 => Width * 4L,
        _ => Width * 2L,
    };

    /// <summary>True where the bytes are an MRC header as far as can be told: the magic with a believable size, or without the magic every field that has limits within them.</summary>
    public static bool Recognises(FileProbe probe)
    {
        var head = probe.Head.Span;
        if (probe.Has("MAP "u8, 208))
        {
            return true;
        }

        if (head.Length < Bytes || UnreadableFormats.Name(probe) is not null)
        {
            return false;
        }

        foreach (var big in (ReadOnlySpan<bool>)[false, true])
        {
            if (Plausible(head, big) && KnownMode(head, big) && AxesOrUnset(head, big) && FirstSectionFits(head, big, probe.Length))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads the header.</summary>
    /// <param name="head">At least the first 1024 bytes.</param>
    /// <param name="source">File name for messages.</param>
    /// <exception cref="FrameFormatException">It is too short, of a mode that is not read, or a size is impossible.</exception>
    public static MrcHeader Parse(ReadOnlySpan<byte> head, string source)
    {
        if (head.Length < Bytes)
        {
            throw new FrameFormatException(source, $"an MRC header is {Bytes} bytes, the file has {head.Length}; is it truncated?", head.Length);
        }

        var big = IsBigEndian(head);
        var mode = ByteOrder.Int32(head, 12, big);
        if (UnreadModes.TryGetValue(mode, out var unread))
        {
            throw new FrameFormatException(source, $"found {mode} ({unread}); supported: 0, 1, 2, 6, 12, 101", 12, "MODE");
        }

        if (!Enum.IsDefined((MrcMode)mode))
        {
            throw new FrameFormatException(source, $"found {mode}; supported: 0, 1, 2, 6, 12, 101", 12, "MODE");
        }

        var width = Side(head, 0, big, source, "NX");
        var height = Side(head, 4, big, source, "NY");
        var sections = ByteOrder.Int32(head, 8, big);
        if (sections < 0)
        {
            throw new FrameFormatException(source, $"found {sections}; the number of frames cannot be negative", 8, "NZ");
        }

        var extended = ByteOrder.Int32(head, 92, big);
        if (extended < 0)
        {
            throw new FrameFormatException(source, $"found {extended}; the size of the extended header cannot be negative", 92, "NSYMBT");
        }

        return new MrcHeader
        {
            Width = width,
            Height = height,
            Sections = sections,
            Mode = (MrcMode)mode,
            BigEndian = big,
            SignedBytes = HasSignedBytes(head, big),
            ExtendedBytes = extended,
            ExtendedType = Text(head.Slice(104, 4)),
            DataOffset = Bytes + (long)extended,
            PixelXNm = PixelNm(head, 40, 28, big),
            PixelYNm = PixelNm(head, 44, 32, big),
            NegativeCell = ByteOrder.Single(head, 40, big) < 0 || ByteOrder.Single(head, 44, big) < 0,
            Labels = ReadLabels(head, big),
        };
    }

    private static int Side(ReadOnlySpan<byte> head, int offset, bool big, string source, string field)
    {
        var side = ByteOrder.Int32(head, offset, big);
        return side is > 0 and <= LongestSide
            ? side
            : throw new FrameFormatException(source, $"found {side}; an image side is 1 to {LongestSide.ToString(CultureInfo.InvariantCulture)}", offset, field);
    }

    /// <summary>The machine stamp says it, unless the header makes sense only in the other order.</summary>
    private static bool IsBigEndian(ReadOnlySpan<byte> head)
    {
        var stamped = head[212] switch { 0x44 => false, 0x11 => true, _ => (bool?)null };
        var little = Plausible(head, bigEndian: false);
        var big = Plausible(head, bigEndian: true);
        return stamped is { } stamp && (stamp ? big : little) ? stamp : big && !little || (big == little && stamped == true);
    }

    private static bool Plausible(ReadOnlySpan<byte> head, bool bigEndian) =>
        ByteOrder.Int32(head, 0, bigEndian) is > 0 and <= LongestSide
        && ByteOrder.Int32(head, 4, bigEndian) is > 0 and <= LongestSide
        && ByteOrder.Int32(head, 8, bigEndian) >= 0
        && ByteOrder.Int32(head, 12, bigEndian) is >= 0 and <= 101
        && ByteOrder.Int32(head, 92, bigEndian) >= 0;

    private static bool KnownMode(ReadOnlySpan<byte> head, bool big)
    {
        var mode = ByteOrder.Int32(head, 12, big);
        return Enum.IsDefined((MrcMode)mode) || UnreadModes.ContainsKey(mode);
    }

    private static bool AxesOrUnset(ReadOnlySpan<byte> head, bool big)
    {
        var axes = (ByteOrder.Int32(head, 64, big), ByteOrder.Int32(head, 68, big), ByteOrder.Int32(head, 72, big));
        return axes is (0, 0, 0) or (1, 2, 3) or (1, 3, 2) or (2, 1, 3) or (2, 3, 1) or (3, 1, 2) or (3, 2, 1);
    }

    private static bool FirstSectionFits(ReadOnlySpan<byte> head, bool big, long length)
    {
        var pixels = (long)ByteOrder.Int32(head, 0, big) * ByteOrder.Int32(head, 4, big);
        var bits = ByteOrder.Int32(head, 12, big) switch { 0 => 8, 2 => 32, 101 => 4, 3 => 32, 4 => 64, _ => 16 };
        return Bytes + ByteOrder.Int32(head, 92, big) + (pixels * bits / 8) <= length;
    }

    /// <summary>IMOD's flag where its stamp is there; else what the header's own extremes show; else MRC2014, which says signed.</summary>
    private static bool HasSignedBytes(ReadOnlySpan<byte> head, bool big)
    {
        if (ByteOrder.Int32(head, 152, big) == ImodStamp)
        {
            return (ByteOrder.Int32(head, 156, big) & 1) != 0;
        }

        var (least, most) = (ByteOrder.Single(head, 76, big), ByteOrder.Single(head, 80, big));
        return !(least >= 0 && most > sbyte.MaxValue && most <= byte.MaxValue);
    }

    private static double? PixelNm(ReadOnlySpan<byte> head, int cellOffset, int intervalsOffset, bool big)
    {
        var cell = ByteOrder.Single(head, cellOffset, big);
        var intervals = ByteOrder.Int32(head, intervalsOffset, big);

        // Many programs write cell = intervals, 1 Angstrom a pixel, when they know nothing; that cannot be told from a true one and is shown with its origin.
        var nm = (double)cell / intervals / 10;
        return intervals > 0 && double.IsFinite(nm) && nm is > 1e-6 and < 1e6 ? nm : null;
    }

    private static string[] ReadLabels(ReadOnlySpan<byte> head, bool big)
    {
        var count = Math.Clamp(ByteOrder.Int32(head, 220, big), 0, 10);
        var labels = new List<string>(count);
        for (var i = 0; i < count; i++)
        {
            var label = Text(head.Slice(224 + (80 * i), 80));
            if (label.Length > 0)
            {
                labels.Add(label);
            }
        }

        return [.. labels];
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        var text = Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
        return new string([.. text.Where(c => !char.IsControl(c))]).Trim();
    }
}
