using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>How the pixels of one page are stored, every number checked against the file.</summary>
internal sealed record TiffPage
{
    private const int LongestSide = 1 << 20;

    /// <summary>JPEG tables take a few hundred bytes.</summary>
    private const int LargestCodecTag = 1 << 16;

    /// <summary>No codec that is read packs more than this many to one (LZW and Deflate stay below 1400).</summary>
    private const long LargestRatio = 2000;

    public required long DirectoryOffset { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int Bits { get; init; }

    public required int Samples { get; init; }

    public required TiffSamples Format { get; init; }

    public required int Compression { get; init; }

    public required int Photometric { get; init; }

    /// <summary>1 none, 2 differences, 3 differences of floats.</summary>
    public required int Predictor { get; init; }

    public required bool Planar { get; init; }

    public required bool ReversedBits { get; init; }

    public required int ChunkWidth { get; init; }

    public required int ChunkHeight { get; init; }

    public required bool Tiled { get; init; }

    /// <summary>Tags that only the CCITT and JPEG codecs need.</summary>
    public IReadOnlyList<(int Tag, long[] Values)> CodecTags { get; private init; } = [];

    /// <summary>Where each strip or tile starts.</summary>
    public required long[] Offsets { get; init; }

    /// <summary>Bytes of each strip or tile as stored.</summary>
    public required long[] ByteCounts { get; init; }

    public bool Compressed => Compression != 1;

    public bool IsColour => Photometric is 2 or 6 && Samples >= 3;

    public bool InvertsToBlack => Photometric == 0 && Format == TiffSamples.Unsigned;

    public int ChunksAcross => (Width + ChunkWidth - 1) / ChunkWidth;

    public int ChunksDown => (Height + ChunkHeight - 1) / ChunkHeight;

    /// <summary>Samples stored side by side in one chunk: all of them, or one where the planes are separate.</summary>
    public int ChunkSamples => Planar ? 1 : Samples;

    public int ChunkRowBytes => checked((int)((((long)ChunkWidth * ChunkSamples * Bits) + 7) / 8));

    /// <summary>Pixel type that a frame of this page gets.</summary>
    public PixelType Type => (Format, Bits) switch
    {
        (TiffSamples.Unsigned, <= 8) => PixelType.UInt8,
        (TiffSamples.Unsigned, <= 16) => PixelType.UInt16,
        (TiffSamples.Unsigned, _) => PixelType.UInt32,
        (TiffSamples.Signed, 8) => PixelType.Int8,
        (TiffSamples.Signed, 16) => PixelType.Int16,
        (TiffSamples.Signed, _) => PixelType.Int32,
        _ => PixelType.Float32,
    };

    public string? StoredDtype => (Format, Bits) switch
    {
        (TiffSamples.Float, 16) => "float16",
        (TiffSamples.Float, 64) => "float64",
        (TiffSamples.Unsigned, 1) => "bool",
        (TiffSamples.Unsigned, not (8 or 16 or 32)) => $"uint{Bits}",
        _ => null,
    };

    /// <summary>True where every strip or tile lies inside the file.</summary>
    public bool IsWhole(long fileLength)
    {
        for (var i = 0; i < Offsets.Length; i++)
        {
            if (Offsets[i] > fileLength - ByteCounts[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads and checks the layout of a page.</summary>
    /// <exception cref="FrameFormatException">It is damaged, hostile or of a kind that is not read.</exception>
    public static TiffPage Parse(FrameFile file, TiffDirectory directory)
    {
        var name = file.Name;
        var at = directory.Offset;
        var width = Side(directory, TiffTag.Width, name, "ImageWidth");
        var height = Side(directory, TiffTag.Height, name, "ImageLength");
        var samples = (int)Within(directory.Integer(TiffTag.SamplesPerPixel) ?? 1, 1, 64, name, at, "SamplesPerPixel");
        var bits = directory.Integers(TiffTag.BitsPerSample, samples) is { Length: > 0 } stated ? stated : [1];
        if (bits.Any(b => b != bits[0]))
        {
            throw new FrameFormatException(name, $"samples of different depth ({string.Join(", ", bits)} bits) are not read", at, "BitsPerSample");
        }

        var format = (directory.Integer(TiffTag.SampleFormat) ?? 1) switch
        {
            1 or 4 => TiffSamples.Unsigned,
            2 => TiffSamples.Signed,
            3 => TiffSamples.Float,
            var other => throw new FrameFormatException(name, $"found {other}; supported: 1 unsigned, 2 signed, 3 float", at, "SampleFormat"),
        };
        CheckDepth(format, bits[0], name, at);
        var compression = (int)(directory.Integer(TiffTag.Compression) ?? 1);
        CheckCompression(compression, name, at);
        var photometric = (int)(directory.Integer(TiffTag.Photometric) ?? 1);
        CheckPhotometric(photometric, compression, name, at);
        if (photometric is 2 or 6 && samples >= 3 && (format != TiffSamples.Unsigned || bits[0] is not (8 or 16)))
        {
            throw new FrameFormatException(name, $"colour is read as unsigned 8 or 16 bit, not {bits[0]}-bit {format}", at, "BitsPerSample");
        }

        var tiled = directory.Has(TiffTag.TileOffsets);
        var rows = directory.Integer(TiffTag.RowsPerStrip) ?? height;
        var page = new TiffPage
        {
            DirectoryOffset = at,
            Width = width,
            Height = height,
            Bits = (int)bits[0],
            Samples = samples,
            Format = format,
            Compression = compression,
            Photometric = photometric,
            Predictor = Predicted(directory, compression, format, bits[0], name),
            Planar = samples > 1 && directory.Integer(TiffTag.PlanarConfiguration) == 2,
            ReversedBits = directory.Integer(TiffTag.FillOrder) == 2,
            Tiled = tiled,
            ChunkWidth = tiled ? Side(directory, TiffTag.TileWidth, name, "TileWidth") : width,
            ChunkHeight = tiled ? Side(directory, TiffTag.TileHeight, name, "TileLength") : (int)Math.Clamp(rows, 1, height),
            CodecTags = TagsOfCodec(directory, compression),
            Offsets = [],
            ByteCounts = [],
        };
        return page.WithChunks(directory, file);
    }

    private TiffPage WithChunks(TiffDirectory directory, FrameFile file)
    {
        var chunks = (long)ChunksAcross * ChunksDown * (Planar ? Samples : 1);
        var chunkBytes = (((long)ChunkWidth * ChunkSamples * Bits) + 7) / 8 * ChunkHeight;
        var pageBytes = (long)Width * Height * Samples * Math.Max(1, Bits / 8);
        if (chunkBytes > int.MaxValue || pageBytes > int.MaxValue)
        {
            throw new FrameFormatException(file.Name, $"a page of {Height} x {Width} x {Samples} is over 2 GiB", DirectoryOffset, "ImageLength");
        }

        var (offsetsTag, countsTag) = Tiled ? (TiffTag.TileOffsets, TiffTag.TileByteCounts) : (TiffTag.StripOffsets, TiffTag.StripByteCounts);
        var offsets = directory.Integers(offsetsTag, chunks);
        if (offsets.Length < chunks)
        {
            throw new FrameFormatException(file.Name, $"{chunks} strips or tiles are needed, {offsets.Length} are listed inside the file", DirectoryOffset, "StripOffsets");
        }

        var counts = directory.Integers(countsTag, chunks);
        counts = counts.Length == chunks ? counts : StatedCounts(offsets, chunkBytes, file);
        if (!Compressed)
        {
            // Byte counts of uncompressed pages are often wrong (zero, or of the whole page); what is needed is known anyway.
            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] = ChunkRowBytes * (long)RowsIn(i);
            }
        }
        else if (pageBytes > 1 << 20 && pageBytes / LargestRatio > counts.Sum(c => Math.Clamp(c, 0, file.Length)))
        {
            throw new FrameFormatException(file.Name, $"{pageBytes} bytes cannot come out of the {counts.Sum()} that are stored", DirectoryOffset, "StripByteCounts");
        }

        return offsets.Any(o => o < 0) || counts.Any(c => c < 0)
            ? throw new FrameFormatException(file.Name, "a strip or tile has a negative place or size", DirectoryOffset, "StripOffsets")
            : this with { Offsets = offsets, ByteCounts = counts };
    }

    /// <summary>Rows of one strip or tile; the last strip may be shorter, a tile never is.</summary>
    public int RowsIn(int chunk) => Tiled ? ChunkHeight : Math.Min(ChunkHeight, Height - (chunk % ChunksDown * ChunkHeight));

    private long[] StatedCounts(long[] offsets, long chunkBytes, FrameFile file) =>
        Compressed
            ? throw new FrameFormatException(file.Name, "a compressed page must list the size of each strip or tile", DirectoryOffset, "StripByteCounts")
            : [.. offsets.Select(_ => chunkBytes)];

    private static int Side(TiffDirectory directory, int tag, string name, string field)
    {
        var side = directory.Integer(tag) ?? throw new FrameFormatException(name, "the page does not say it", directory.Offset, field);
        return (int)Within(side, 1, LongestSide, name, directory.Offset, field);
    }

    private static long Within(long value, long least, long most, string name, long offset, string field) =>
        value >= least && value <= most ? value : throw new FrameFormatException(name, $"found {value}; {least} to {most} can be", offset, field);

    private static List<(int Tag, long[] Values)> TagsOfCodec(TiffDirectory directory, int compression)
    {
        int[] wanted = compression switch
        {
            7 => [TiffTag.JpegTables, TiffTag.YCbCrSubsampling],
            3 => [TiffTag.T4Options],
            4 => [TiffTag.T6Options],
            _ => [],
        };
        return [.. wanted.Select(tag => (tag, directory.Integers(tag, LargestCodecTag))).Where(t => t.Item2.Length > 0)];
    }

    /// <summary>The predictor, which only LZW and Deflate have.</summary>
    private static int Predicted(TiffDirectory directory, int compression, TiffSamples format, long bits, string name)
    {
        var predictor = compression is 5 or 8 or 32946 ? directory.Integer(TiffTag.Predictor) ?? 1 : 1;
        return predictor switch
        {
            1 => 1,
            2 when bits is 8 or 16 or 32 => 2,
            3 when format == TiffSamples.Float => 3,
            _ => throw new FrameFormatException(name, $"found {predictor} for {bits}-bit {format} samples; supported: 1 none, 2 for 8, 16, 32 bit, 3 for floats", directory.Offset, "Predictor"),
        };
    }

    private static void CheckDepth(TiffSamples format, long bits, string name, long offset)
    {
        var read = format switch
        {
            TiffSamples.Unsigned => bits is 1 or 2 or 4 or 8 or 10 or 12 or 14 or 16 or 32,
            TiffSamples.Signed => bits is 8 or 16 or 32,
            _ => bits is 16 or 32 or 64,
        };
        if (!read)
        {
            throw new FrameFormatException(name, $"{bits}-bit {format} samples are not read; supported: 1 to 16 and 32 unsigned, 8, 16, 32 signed, 16, 32, 64 float", offset, "BitsPerSample");
        }
    }

    private static void CheckCompression(int compression, string name, long offset)
    {
        if (compression is not (1 or 2 or 3 or 4 or 5 or 7 or 8 or 32773 or 32946))
        {
            throw new FrameFormatException(name, $"found {compression}; supported: none, CCITT, LZW, JPEG, Deflate, PackBits. Save it again uncompressed", offset, "Compression");
        }
    }

    private static void CheckPhotometric(int photometric, int compression, string name, long offset)
    {
        if (photometric is not (0 or 1 or 2 or 3 or 4) && !(photometric == 6 && compression == 7))
        {
            throw new FrameFormatException(name, $"found {photometric}; supported: grey, RGB, palette", offset, "PhotometricInterpretation");
        }
    }
}

/// <summary>What a sample is.</summary>
internal enum TiffSamples
{
    Unsigned,
    Signed,
    Float,
}
