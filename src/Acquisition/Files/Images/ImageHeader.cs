using System.IO.Hashing;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Images;

/// <summary>Kinds of single images.</summary>
internal enum ImageKind
{
    Png,
    Jpeg,
    Bmp,
}

/// <summary>Size and depth of a PNG, JPEG or BMP, read by hand: a decoder is asked only for what can be in the file.</summary>
/// <remarks>PNG: ISO/IEC 15948; JPEG: ITU-T T.81 annex B; BMP: BITMAPINFOHEADER.</remarks>
internal sealed record ImageHeader(ImageKind Kind, int Height, int Width, PixelType Type, int Bits, bool Colour)
{
    private const long MostPixels = 1L << 28;

    /// <summary>No image packs more pixels than this into a byte (a blank one in PNG comes nearest, a bit a pixel).</summary>
    private const long MostPixelsPerByte = 10_000;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static ImageKind? KindOf(FileProbe probe) =>
        probe.Has(PngSignature) ? ImageKind.Png
        : probe.Has([0xFF, 0xD8, 0xFF]) ? ImageKind.Jpeg
        : probe.Has("BM"u8) && probe.Length >= 26 && probe.Head.Span[6..10].IndexOfAnyExcept((byte)0) < 0 ? ImageKind.Bmp
        : null;

    /// <summary>Reads the header and checks that the file is whole and its size believable.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">File name for messages.</param>
    /// <exception cref="FrameFormatException">It is damaged, cut off, hostile or of a kind that is not read.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> bytes, string name)
    {
        var kind = KindOf(new FileProbe(bytes[..Math.Min(bytes.Length, 32)].ToArray(), bytes.Length, name));
        var header = kind switch
        {
            ImageKind.Png => ReadPng(bytes, name),
            ImageKind.Jpeg => ReadJpeg(bytes, name),
            ImageKind.Bmp => ReadBmp(bytes, name),
            _ => throw new FrameFormatException(name, "it is no PNG, JPEG or BMP image", 0),
        };
        if (header.Height <= 0 || header.Width <= 0)
        {
            throw new FrameFormatException(name, $"found {header.Height} x {header.Width} pixels; both sides must be at least 1", null, "image size");
        }

        var pixels = (long)header.Height * header.Width;
        return pixels <= MostPixels && pixels / MostPixelsPerByte <= bytes.Length
            ? header
            : throw new FrameFormatException(name, $"{header.Height} x {header.Width} pixels cannot be in {bytes.Length} bytes", null, "image size");
    }

    private static ImageHeader ReadPng(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < 33)
        {
            throw Cut(name, bytes.Length);
        }

        var (height, width) = (ByteOrder.Int32(bytes, 20, bigEndian: true), ByteOrder.Int32(bytes, 16, bigEndian: true));
        var (bits, colourType) = ((int)bytes[24], (int)bytes[25]);
        for (long at = 8; ;)
        {
            if (at + 12 > bytes.Length)
            {
                throw Cut(name, bytes.Length);
            }

            var length = ByteOrder.UInt32(bytes, (int)at, bigEndian: true);
            var type = bytes.Slice((int)at + 4, 4);
            if (at + 12 + length > bytes.Length)
            {
                throw Cut(name, bytes.Length);
            }

            if (Crc32.HashToUInt32(bytes.Slice((int)at + 4, (int)length + 4)) != ByteOrder.UInt32(bytes, (int)(at + 8 + length), bigEndian: true))
            {
                throw new FrameFormatException(name, "the image is damaged: a checksum does not fit", at, "PNG chunk");
            }

            at += 12 + (long)length;
            if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
        }

        return new ImageHeader(ImageKind.Png, height, width, bits == 16 ? PixelType.UInt16 : PixelType.UInt8, bits, colourType is 2 or 3 or 6);
    }

    private static ImageHeader ReadJpeg(ReadOnlySpan<byte> bytes, string name)
    {
        // Writers may pad after the end marker, so it is looked for in the last bytes and not demanded at the very last.
        if (bytes[^Math.Min(bytes.Length, 4096)..].LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0)
        {
            throw Cut(name, bytes.Length);
        }

        for (var at = 2; at + 9 < bytes.Length;)
        {
            var marker = bytes[at + 1];
            if (bytes[at] != 0xFF)
            {
                throw new FrameFormatException(name, $"found 0x{bytes[at]:X2} where a JPEG marker belongs", at);
            }

            if (marker is 0xFF)
            {
                at++;
            }
            else if (marker is >= 0xD0 and <= 0xD8 or 0x01)
            {
                at += 2;
            }
            else if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                var bits = (int)bytes[at + 4];
                return bits == 8
                    ? new ImageHeader(ImageKind.Jpeg, ByteOrder.UInt16(bytes, at + 5, true), ByteOrder.UInt16(bytes, at + 7, true), PixelType.UInt8, 8, bytes[at + 9] >= 3)
                    : throw new FrameFormatException(name, $"found {bits}; 8-bit JPEG is read", at + 4, "JPEG precision");
            }
            else if (marker is 0xD9 or 0xDA)
            {
                break;
            }
            else
            {
                at += 2 + ByteOrder.UInt16(bytes, at + 2, bigEndian: true);
            }
        }

        throw new FrameFormatException(name, "the JPEG names no image size", null, "SOF");
    }

    private static ImageHeader ReadBmp(ReadOnlySpan<byte> bytes, string name)
    {
        var core = ByteOrder.Int32(bytes, 14, false) == 12;
        if (bytes.Length < (core ? 26 : 54))
        {
            throw Cut(name, bytes.Length);
        }

        var width = core ? ByteOrder.UInt16(bytes, 18, false) : ByteOrder.Int32(bytes, 18, false);
        var height = core ? ByteOrder.UInt16(bytes, 20, false) : ByteOrder.Int32(bytes, 22, false);
        var bits = (int)ByteOrder.UInt16(bytes, core ? 24 : 28, false);
        var packed = !core && ByteOrder.Int32(bytes, 30, false) is 1 or 2;
        height = height == int.MinValue ? 0 : Math.Abs(height);
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32))
        {
            throw new FrameFormatException(name, $"found {bits}; a BMP has 1 to 32 bits a pixel", 28, "biBitCount");
        }

        return packed || ((((long)Math.Max(width, 0) * bits) + 31) / 32 * 4 * height) + ByteOrder.UInt32(bytes, 10, false) <= bytes.Length
            ? new ImageHeader(ImageKind.Bmp, height, width, PixelType.UInt8, bits, Colour: true)
            : throw Cut(name, bytes.Length);
    }

    private static FrameFormatException Cut(string name, int length) => new(name, "the image ends before it is complete; is it truncated?", length);
}
