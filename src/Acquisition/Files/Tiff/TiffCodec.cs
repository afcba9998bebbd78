using System.IO.Compression;
using System.Runtime.InteropServices;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Unpacks Deflate, LZW and PackBits (TIFF 6.0, sections 9 and 13; Adobe's technical notes for Deflate and the floating-point predictor).</summary>
/// <remarks>Done here and not by LibTiff.NET: it mixes up the predictor of big-endian 16-bit data, checks no Deflate checksum, and is several times slower.</remarks>
internal static class TiffCodec
{
    private const int ClearCode = 256;
    private const int EndCode = 257;
    private const int TableSize = 4096;

    /// <summary>True where this class unpacks it.</summary>
    public static bool Handles(TiffPage page) => page.Compression is 5 or 8 or 32946 or 32773;

    /// <summary>Unpacks one strip or tile into samples in machine byte order, with the predictor undone.</summary>
    /// <param name="page">Where it belongs.</param>
    /// <param name="packed">Its bytes as stored.</param>
    /// <param name="destination">Takes whole rows.</param>
    /// <param name="bigEndian">The file's byte order.</param>
    /// <exception cref="InvalidDataException">The data is damaged or gives too little.</exception>
    public static void Unpack(TiffPage page, byte[] packed, Span<byte> destination, bool bigEndian)
    {
        var count = page.Compression switch
        {
            5 => UnpackLzw(packed, destination),
            32773 => UnpackBits(packed, destination),
            _ => Inflate(packed, destination),
        };
        if (count < destination.Length)
        {
            throw new InvalidDataException($"{count} of {destination.Length} bytes came out");
        }

        if (page.Predictor == 3)
        {
            UndoFloatPredictor(destination, page.ChunkRowBytes, page.ChunkSamples, page.Bits / 8);
            return;
        }

        if (bigEndian && page.Bits % 8 == 0)
        {
            ByteOrder.Reverse(destination, page.Bits / 8);
        }

        if (page.Predictor == 2)
        {
            UndoDifferences(destination, page.ChunkRowBytes, page.ChunkSamples, page.Bits);
        }
    }

    private static int Inflate(byte[] packed, Span<byte> destination)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
        var count = zlib.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);

        // Reading on to the end makes it check the sum over all that came out.
        Span<byte> rest = stackalloc byte[256];
        for (var spare = 0; spare < 1 << 20 && zlib.Read(rest) is > 0 and var more; spare += more)
        {
            // Padding of the last strip.
        }

        return count;
    }

    private static int UnpackBits(byte[] packed, Span<byte> destination)
    {
        var (from, to) = (0, 0);
        while (from < packed.Length && to < destination.Length)
        {
            var count = (sbyte)packed[from++];
            if (count >= 0)
            {
                var literal = Math.Min(Math.Min(count + 1, packed.Length - from), destination.Length - to);
                packed.AsSpan(from, literal).CopyTo(destination[to..]);
                from += literal;
                to += literal;
            }
            else if (count != sbyte.MinValue && from < packed.Length)
            {
                var repeat = Math.Min(1 - count, destination.Length - to);
                destination.Slice(to, repeat).Fill(packed[from++]);
                to += repeat;
            }
        }

        return to;
    }

    /// <summary>LZW with most significant bit first and codes that widen one early.</summary>
    private static int UnpackLzw(byte[] packed, Span<byte> destination)
    {
        if (packed.Length >= 2 && packed[0] == 0 && (packed[1] & 1) != 0)
        {
            throw new InvalidDataException("old-style LZW from before TIFF 5.0");
        }

        Span<ushort> prefix = stackalloc ushort[TableSize];
        Span<byte> last = stackalloc byte[TableSize];
        Span<int> length = stackalloc int[TableSize];
        for (var i = 0; i < ClearCode; i++)
        {
            last[i] = (byte)i;
            length[i] = 1;
        }

        var (next, width, previous, to) = (258, 9, -1, 0);
        var (held, heldBits, from) = (0u, 0, 0);
        while (to < destination.Length)
        {
            while (heldBits < width && from < packed.Length)
            {
                held = (held << 8) | packed[from++];
                heldBits += 8;
            }

            if (heldBits < width)
            {
                break;
            }

            heldBits -= width;
            var code = (int)((held >> heldBits) & ((1u << width) - 1));
            if (code == EndCode)
            {
                break;
            }

            if (code == ClearCode)
            {
                (next, width, previous) = (258, 9, -1);
                continue;
            }

            if (previous < 0 ? code > 255 : code > next)
            {
                throw new InvalidDataException($"LZW code {code} is not in the table");
            }

            // A code that is only now being made is the previous string with its own first letter added.
            var known = code < next ? code : previous;
            var first = Write(prefix, last, length, known, destination[to..]);
            var written = length[known];
            if (code == next && previous >= 0 && to + written < destination.Length)
            {
                destination[to + written] = first;
            }

            to = Math.Min(destination.Length, to + written + (code == next && previous >= 0 ? 1 : 0));
            if (previous >= 0 && next < TableSize)
            {
                prefix[next] = (ushort)previous;
                last[next] = first;
                length[next] = length[previous] + 1;
                next++;
            }

            width = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
            previous = code;
        }

        return to;
    }

    /// <summary>Writes a string of the table, from its end to its start, and gives its first letter.</summary>
    private static byte Write(ReadOnlySpan<ushort> prefix, ReadOnlySpan<byte> last, ReadOnlySpan<int> length, int code, Span<byte> to)
    {
        for (var at = length[code] - 1; ; at--)
        {
            if (at < to.Length)
            {
                to[at] = last[code];
            }

            if (at == 0)
            {
                return last[code];
            }

            code = prefix[code];
        }
    }

    private static void UndoDifferences(Span<byte> bytes, int rowBytes, int samples, int bits)
    {
        for (var row = 0; row + rowBytes <= bytes.Length; row += rowBytes)
        {
            var line = bytes.Slice(row, rowBytes);
            switch (bits)
            {
                case 8:
                    for (var i = samples; i < line.Length; i++)
                    {
                        line[i] += line[i - samples];
                    }

                    break;
                case 16:
                    var shorts = MemoryMarshal.Cast<byte, ushort>(line);
                    for (var i = samples; i < shorts.Length; i++)
                    {
                        shorts[i] += shorts[i - samples];
                    }

                    break;
                default:
                    var ints = MemoryMarshal.Cast<byte, uint>(line);
                    for (var i = samples; i < ints.Length; i++)
                    {
                        ints[i] += ints[i - samples];
                    }

                    break;
            }
        }
    }

    /// <summary>The row's bytes are sorted by significance, highest first, and differenced.</summary>
    private static void UndoFloatPredictor(Span<byte> bytes, int rowBytes, int samples, int sampleBytes)
    {
        var sorted = new byte[rowBytes];
        var values = rowBytes / sampleBytes;
        for (var row = 0; row + rowBytes <= bytes.Length; row += rowBytes)
        {
            var line = bytes.Slice(row, rowBytes);
            for (var i = samples; i < line.Length; i++)
            {
                line[i] += line[i - samples];
            }

            line.CopyTo(sorted);
            for (var i = 0; i < values; i++)
            {
                for (var b = 0; b < sampleBytes; b++)
                {
                    line[(i * sampleBytes) + b] = sorted[((sampleBytes - 1 - b) * values) + i];
                }
            }
        }
    }
}
