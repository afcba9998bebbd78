using BitMiracle.LibTiff.Classic;
using LibTiff = BitMiracle.LibTiff.Classic.Tiff;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Unpacks CCITT and JPEG strips and tiles with LibTiff.NET.</summary>
/// <remarks>The library takes memory for whatever a directory claims, so it never sees the file: each strip or tile is handed to it as a TIFF of its own, with a
/// directory made here from checked values. It says nothing on the console: its first complaint is kept and becomes the exception's text.</remarks>
internal static class LibTiffCodec
{
    private const int YCbCr = 6;
    private const int Rgb = 2;

    static LibTiffCodec() => LibTiff.SetErrorHandler(new QuietHandler());

    /// <summary>Unpacks one strip or tile.</summary>
    /// <param name="page">Where it belongs.</param>
    /// <param name="rows">Rows in it.</param>
    /// <param name="packed">Its bytes, most significant bit first.</param>
    /// <param name="destination">Takes the rows.</param>
    /// <param name="count">Bytes wanted.</param>
    /// <exception cref="InvalidDataException">The data is damaged or gives too little.</exception>
    public static void Unpack(TiffPage page, int rows, byte[] packed, byte[] destination, int count)
    {
        var complaints = new Complaints();
        try
        {
            using var tiff = LibTiff.ClientOpen("strip", "rc", complaints, new MemoryAdapter(Wrap(page, rows, packed)));
            if (tiff is not null)
            {
                if (page.Photometric == YCbCr)
                {
                    tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.JPEGCOLORMODE, JpegColorMode.RGB);
                }

                var read = tiff.ReadEncodedStrip(0, destination, 0, count);
                if (read >= count && complaints.First is null)
                {
                    return;
                }
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Damaged data makes the library fall over in many ways; each of them means the same.
            throw new InvalidDataException(complaints.First ?? error.Message, error);
        }

        throw new InvalidDataException(complaints.First ?? "too little came out");
    }

    /// <summary>A little-endian TIFF of one strip.</summary>
    private static byte[] Wrap(TiffPage page, int rows, byte[] packed)
    {
        var tags = new SortedDictionary<int, (int Type, int Count, byte[] Values)>
        {
            [TiffTag.Width] = Long(page.ChunkWidth),
            [TiffTag.Height] = Long(rows),
            [TiffTag.BitsPerSample] = Short([.. Enumerable.Repeat(page.Bits, page.ChunkSamples)]),
            [TiffTag.Compression] = Short(page.Compression),
            [TiffTag.Photometric] = Short(page.ChunkSamples >= 3 && page.Photometric is Rgb or YCbCr ? page.Photometric : 1),
            [TiffTag.SamplesPerPixel] = Short(page.ChunkSamples),
            [TiffTag.RowsPerStrip] = Long(rows),
            [TiffTag.PlanarConfiguration] = Short(1),
            [TiffTag.StripByteCounts] = Long(packed.Length),
        };
        foreach (var (tag, values) in page.CodecTags)
        {
            tags[tag] = tag switch
            {
                TiffTag.JpegTables => (7, values.Length, [.. values.Select(v => (byte)v)]),
                TiffTag.YCbCrSubsampling => Short([.. values.Select(v => (int)v)]),
                _ => Long(values[0]),
            };
        }

        tags[TiffTag.StripOffsets] = Long(0);
        var directoryBytes = 2 + (12 * tags.Count) + 4;
        var values0 = 8 + directoryBytes;
        tags[TiffTag.StripOffsets] = Long(values0 + tags.Values.Sum(t => t.Values.Length > 4 ? t.Values.Length : 0));
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("II*\0"u8);
        writer.Write(8);
        writer.Write((ushort)tags.Count);
        var place = values0;
        foreach (var (tag, (type, count, values)) in tags)
        {
            writer.Write((ushort)tag);
            writer.Write((ushort)type);
            writer.Write(count);
            if (values.Length > 4)
            {
                writer.Write(place);
                place += values.Length;
            }
            else
            {
                writer.Write(values);
                writer.Write(new byte[4 - values.Length]);
            }
        }

        writer.Write(0);
        foreach (var (_, _, values) in tags.Values.Where(t => t.Values.Length > 4))
        {
            writer.Write(values);
        }

        writer.Write(packed);
        return file.ToArray();
    }

    private static (int Type, int Count, byte[] Values) Long(long value) => (4, 1, BitConverter.GetBytes((uint)value));

    private static (int Type, int Count, byte[] Values) Short(params int[] values) => (3, values.Length, [.. values.SelectMany(v => BitConverter.GetBytes((ushort)v))]);

    private sealed class Complaints
    {
        public string? First { get; set; }
    }

    private sealed class QuietHandler : TiffErrorHandler
    {
        public override void ErrorHandler(LibTiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(LibTiff tif, object clientData, string method, string format, params object[] args)
        {
            if (clientData is Complaints complaints)
            {
                complaints.First ??= string.Format(format, args).ReplaceLineEndings(" ").TrimEnd('.');
            }
        }

        public override void WarningHandler(LibTiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(LibTiff tif, object clientData, string method, string format, params object[] args)
        {
        }
    }

    private sealed class MemoryAdapter(byte[] bytes) : TiffStream
    {
        private long _position;

        public override int Read(object clientData, byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Clamp(bytes.Length - _position, 0, count);
            bytes.AsSpan((int)Math.Min(_position, bytes.Length), read).CopyTo(buffer.AsSpan(offset));
            _position += read;
            return read;
        }

        public override void Write(object clientData, byte[] buffer, int offset, int count) => throw new NotSupportedException("a strip is only read");

        public override long Seek(object clientData, long offset, SeekOrigin origin)
        {
            _position = Math.Max(0, origin switch { SeekOrigin.Current => _position + offset, SeekOrigin.End => bytes.Length + offset, _ => offset });
            return _position;
        }

        public override void Close(object clientData)
        {
            // Memory needs no closing.
        }

        public override long Size(object clientData) => bytes.Length;
    }
}
