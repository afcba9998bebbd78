using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Turns the strips or tiles of a page into a frame. Uncompressed grey strips go straight into the rented buffer.</summary>
internal sealed class TiffPageDecoder(FrameFile file, TiffKind kind)
{
    /// <summary>Decodes a page into a rented image that the caller owns.</summary>
    /// <exception cref="FrameFormatException">The page is damaged or cut off.</exception>
    public FrameDraft Decode(TiffPage page, FramePool pool)
    {
        var draft = pool.Rent(page.Height, page.Width, page.Type);
        try
        {
            if (IsPlain(page) && !page.Tiled && !page.Compressed && !page.ReversedBits)
            {
                ReadStrips(page, draft.Bytes);
            }
            else if (IsPlain(page))
            {
                Assemble(page, draft.Bytes);
            }
            else
            {
                AssembleAndConvert(page, draft);
            }

            if (page.InvertsToBlack)
            {
                Invert(draft, page.Bits);
            }

            return draft;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    /// <summary>True where the stored samples are the frame's pixels as they are.</summary>
    private static bool IsPlain(TiffPage page) => page.Samples == 1 && page.Bits == page.Type.BytesPerPixel() * 8;

    /// <summary>Bytes that one sample takes once unpacked.</summary>
    private static int UnpackedBytes(TiffPage page) => page.Bits <= 8 ? 1 : page.Bits <= 16 ? 2 : page.Bits / 8;

    private void ReadStrips(TiffPage page, Span<byte> pixels)
    {
        var done = 0;
        for (var chunk = 0; chunk < page.Offsets.Length;)
        {
            // Strips that follow one another on disk, as they mostly do, are one read.
            var start = page.Offsets[chunk];
            var bytes = page.ByteCounts[chunk];
            for (chunk++; chunk < page.Offsets.Length && page.Offsets[chunk] == start + bytes; chunk++)
            {
                bytes += page.ByteCounts[chunk];
            }

            file.ReadExactly(start, pixels.Slice(done, (int)bytes), "pixels");
            done += (int)bytes;
        }

        if (kind.BigEndian)
        {
            ByteOrder.Reverse(pixels, page.Bits / 8);
        }
    }

    /// <summary>Puts unpacked samples in place: [height, width, samples].</summary>
    private void Assemble(TiffPage page, Span<byte> image)
    {
        var sampleBytes = UnpackedBytes(page);
        var chunkRowBytes = page.ChunkRowBytes;
        var packed = ArrayPool<byte>.Shared.Rent(chunkRowBytes * page.ChunkHeight);
        try
        {
            for (var chunk = 0; chunk < page.Offsets.Length; chunk++)
            {
                var rows = page.RowsIn(chunk);
                ReadChunk(page, chunk, packed, chunkRowBytes * rows);
                var plane = chunk / (page.ChunksAcross * page.ChunksDown);
                var place = chunk % (page.ChunksAcross * page.ChunksDown);
                var top = place / page.ChunksAcross * page.ChunkHeight;
                var left = place % page.ChunksAcross * page.ChunkWidth;
                var width = Math.Min(page.ChunkWidth, page.Width - left);
                for (var row = 0; row < Math.Min(rows, page.Height - top); row++)
                {
                    var from = packed.AsSpan(row * chunkRowBytes, chunkRowBytes);
                    var to = image[((((top + row) * page.Width) + left) * page.Samples * sampleBytes)..];
                    PlaceRow(page, from, to, width, plane);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    private static void PlaceRow(TiffPage page, ReadOnlySpan<byte> from, Span<byte> to, int width, int plane)
    {
        var values = width * page.ChunkSamples;
        var sampleBytes = UnpackedBytes(page);
        if (page.Planar)
        {
            Span<byte> row = new byte[values * sampleBytes];
            UnpackRow(page, from, row, values);
            for (var x = 0; x < width; x++)
            {
                row.Slice(x * sampleBytes, sampleBytes).CopyTo(to[(((x * page.Samples) + plane) * sampleBytes)..]);
            }
        }
        else
        {
            UnpackRow(page, from, to[..(values * sampleBytes)], values);
        }
    }

    private static void UnpackRow(TiffPage page, ReadOnlySpan<byte> from, Span<byte> to, int values)
    {
        if (page.Bits % 8 == 0)
        {
            from[..(values * page.Bits / 8)].CopyTo(to);
        }
        else if (page.Bits < 8)
        {
            BitUnpacker.Unpack(from, page.Bits, to[..values]);
        }
        else
        {
            BitUnpacker.Unpack(from, page.Bits, MemoryMarshal.Cast<byte, ushort>(to)[..values]);
        }
    }

    private void ReadChunk(TiffPage page, int chunk, byte[] destination, int bytes)
    {
        if (!page.Compressed && !page.ReversedBits)
        {
            file.ReadExactly(page.Offsets[chunk], destination.AsSpan(0, bytes), "pixels");
            if (kind.BigEndian && page.Bits % 8 == 0)
            {
                ByteOrder.Reverse(destination.AsSpan(0, bytes), page.Bits / 8);
            }

            return;
        }

        var packed = file.ReadBlock(page.Offsets[chunk], page.ByteCounts[chunk], "pixels");
        if (page.ReversedBits && page.Compression != 7)
        {
            BitUnpacker.ReverseBits(packed);
        }

        try
        {
            Unpack(page, chunk, packed, destination, bytes);
        }
        catch (InvalidDataException error)
        {
            var part = $"{(page.Tiled ? "tile" : "strip")} {chunk}";
            throw new FrameFormatException(file.Name, $"damaged compressed data ({error.Message.TrimEnd('.')})", page.Offsets[chunk], part, error);
        }
    }

    private void Unpack(TiffPage page, int chunk, byte[] packed, byte[] destination, int bytes)
    {
        if (!page.Compressed)
        {
            packed.CopyTo(destination, 0);
            if (kind.BigEndian && page.Bits % 8 == 0)
            {
                ByteOrder.Reverse(destination.AsSpan(0, bytes), page.Bits / 8);
            }
        }
        else if (TiffCodec.Handles(page))
        {
            TiffCodec.Unpack(page, packed, destination.AsSpan(0, bytes), kind.BigEndian);
        }
        else
        {
            LibTiffCodec.Unpack(page, page.RowsIn(chunk), packed, destination, bytes);
        }
    }

    private void AssembleAndConvert(TiffPage page, FrameDraft draft)
    {
        var bytes = checked(page.Height * page.Width * page.Samples * UnpackedBytes(page));
        var stage = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            var image = stage.AsSpan(0, bytes);
            Assemble(page, image);
            switch (page.Format, UnpackedBytes(page))
            {
                case (TiffSamples.Float, 2):
                    Convert<Half>(page, image, draft);
                    break;
                case (TiffSamples.Float, 8):
                    Convert<double>(page, image, draft);
                    break;
                case (_, 1):
                    Reduce<byte>(page, image, draft.Bytes);
                    break;
                case (_, 2):
                    Reduce<ushort>(page, MemoryMarshal.Cast<byte, ushort>(image), MemoryMarshal.Cast<byte, ushort>(draft.Bytes));
                    break;
                default:
                    Reduce<uint>(page, MemoryMarshal.Cast<byte, uint>(image), MemoryMarshal.Cast<byte, uint>(draft.Bytes));
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stage);
        }
    }

    private static void Reduce<T>(TiffPage page, ReadOnlySpan<T> image, Span<T> grey)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (page.IsColour)
        {
            Grey.FromRgb(image, page.Samples, grey);
        }
        else
        {
            Grey.First(image, page.Samples, grey);
        }
    }

    private static void Convert<T>(TiffPage page, ReadOnlySpan<byte> image, FrameDraft draft)
        where T : unmanaged, INumberBase<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(image);
        var pixels = draft.Pixels<float>();
        if (page.Samples == 1)
        {
            TensorPrimitives.ConvertTruncating(values, pixels);
            return;
        }

        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = float.CreateTruncating(values[i * page.Samples]);
        }
    }

    /// <summary>Makes 0 the darkest, where the file says that 0 is white.</summary>
    private static void Invert(FrameDraft draft, int bits)
    {
        switch (draft.Type)
        {
            case PixelType.UInt8:
                var bytes = draft.Bytes;
                TensorPrimitives.Xor(bytes, (byte)((1 << bits) - 1), bytes);
                break;
            case PixelType.UInt16:
                var shorts = draft.Pixels<ushort>();
                TensorPrimitives.Xor(shorts, (ushort)((1 << bits) - 1), shorts);
                break;
            default:
                var ints = draft.Pixels<uint>();
                TensorPrimitives.Xor(ints, uint.MaxValue, ints);
                break;
        }
    }
}
