using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary><c>frames.tif</c>: a BigTIFF of 32 bit counts, one uncompressed strip a page. A page is linked in last, when it is whole.</summary>
/// <remarks>BigTIFF as libtiff's own description has it (awaresystems.be/imaging/tiff/bigtiff.html). Every page takes the same room: pixels, then
/// its directory. The description lies before the first page and all pages share it.</remarks>
internal sealed class TiffStack : StackFile
{
    public const int DataOffset = 16 + DescriptionBytes;
    public const int DirectoryBytes = 8 + (TagBytes * Tags) + 8;

    private const int DescriptionBytes = 240;
    private const int DescriptionOffset = 16;
    private const int FirstLink = 8;
    private const int TagBytes = 20;
    private const int Tags = 14;
    private const int StripTag = 6;
    private const ushort Ascii = 2;
    private const ushort Short = 3;
    private const ushort Long = 4;
    private const ushort Rational = 5;
    private const ushort Long8 = 16;
    private readonly byte[] _directory;
    private readonly byte[] _link = new byte[8];

    public TiffStack(string path, StackLayout layout, double? pixelSizeNm, string sessionId)
        : base(path, layout)
    {
        _directory = Directory(layout.Shape, pixelSizeNm);
        if (Length == 0)
        {
            RandomAccess.Write(Handle, FileHeader(layout.Shape, pixelSizeNm, sessionId), 0);
        }
    }

    /// <summary>Bytes up to the next multiple of 8, where a directory may begin.</summary>
    public static long Padded(long bytes) => (bytes + 7) / 8 * 8;

    public override void Append(ReadOnlySpan<byte> pixels, StackSummary summary)
    {
        var position = summary.Frames - 1;
        RandomAccess.Write(Handle, pixels, Layout.OffsetOf(position));
        SetStrip(position);
        RandomAccess.Write(Handle, _directory, DirectoryOf(position));
        BinaryPrimitives.WriteInt64LittleEndian(_link, DirectoryOf(position));
        RandomAccess.Write(Handle, _link, LinkTo(position));
    }

    public override string? Mend(StackSummary summary)
    {
        var mended = Put(FileHeaderStart(), 0);
        for (var position = 0L; position < summary.Frames; position++)
        {
            SetStrip(position);
            mended |= Put(_directory.AsSpan(0, DirectoryBytes - 8), DirectoryOf(position));
            mended |= PutLink(LinkTo(position), DirectoryOf(position));
        }

        mended |= PutLink(LinkTo(summary.Frames), 0);
        CutTo(summary.Frames);
        return mended ? $"the links between its {summary.Frames} pages were put right" : null;
    }

    private static byte[] FileHeader(FrameShape shape, double? pixelSizeNm, string sessionId)
    {
        var header = new byte[DataOffset];
        FileHeaderStart().CopyTo(header, 0);
        var scale = pixelSizeNm is { } size ? string.Create(CultureInfo.InvariantCulture, $", pixel size {size:R} nm") : "";
        Encoding.ASCII.GetBytes($"LiveLTEM session {sessionId}, {shape}{scale}", header.AsSpan(DescriptionOffset, DescriptionBytes - 1));
        return header;
    }

    private static byte[] FileHeaderStart()
    {
        var start = new byte[FirstLink];
        "II"u8.CopyTo(start);
        BinaryPrimitives.WriteUInt16LittleEndian(start.AsSpan(2), 43);
        BinaryPrimitives.WriteUInt16LittleEndian(start.AsSpan(4), 8);
        return start;
    }

    private static byte[] Directory(FrameShape shape, double? pixelSizeNm)
    {
        var directory = new byte[DirectoryBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(directory, Tags);
        var resolution = Resolution(pixelSizeNm);
        var next = 0;
        Tag(256, Long, 1, (ulong)shape.Width);
        Tag(257, Long, 1, (ulong)shape.Height);
        Tag(258, Short, 1, (ulong)(8 * shape.Type.BytesPerPixel()));
        Tag(259, Short, 1, 1); // no compression
        Tag(262, Short, 1, 1); // black is zero
        Tag(270, Ascii, DescriptionBytes, DescriptionOffset);
        Tag(273, Long8, 1, 0); // where the strip is: differs from page to page
        Tag(277, Short, 1, 1); // samples per pixel
        Tag(278, Long, 1, (ulong)shape.Height); // rows per strip
        Tag(279, Long8, 1, (ulong)shape.Bytes);
        Tag(282, Rational, 1, resolution);
        Tag(283, Rational, 1, resolution);
        Tag(296, Short, 1, pixelSizeNm is null ? 1UL : 3UL); // no unit, or centimetres
        Tag(339, Short, 1, shape.Type is PixelType.UInt32 ? 1UL : 2UL); // unsigned or signed
        return directory;

        void Tag(ushort tag, ushort type, ulong count, ulong value)
        {
            var entry = directory.AsSpan(8 + (TagBytes * next++), TagBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], type);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], count);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[12..], value);
        }
    }

    /// <summary>Pixels per centimetre as a fraction, numerator in the low half; 1/1 where the size is not known.</summary>
    private static ulong Resolution(double? pixelSizeNm)
    {
        const double NmPerCm = 1e7;
        const double MostDigits = uint.MaxValue;
        if (pixelSizeNm is not > 0)
        {
            return 1 | (1UL << 32);
        }

        var perCm = NmPerCm / pixelSizeNm.Value;
        var denominator = Math.Clamp(Math.Floor(MostDigits / perCm), 1, 1e6);
        return (ulong)Math.Clamp(Math.Round(perCm * denominator), 1, MostDigits) | ((ulong)denominator << 32);
    }

    private long DirectoryOf(long position) => Layout.OffsetOf(position) + Padded(Layout.Shape.Bytes);

    /// <summary>Where the offset of a page's directory is written: in the page before, or in the head of the file.</summary>
    private long LinkTo(long position) => position == 0 ? FirstLink : DirectoryOf(position - 1) + DirectoryBytes - 8;

    private void SetStrip(long position) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_directory.AsSpan(8 + (TagBytes * StripTag) + 12), (ulong)Layout.OffsetOf(position));

    private bool PutLink(long at, long directory)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_link, directory);
        return Put(_link, at);
    }
}
