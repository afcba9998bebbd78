using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace LiveLtem.Core.Masks;

/// <summary>Writes a stack of 16-bit label images as TIFF with OME names, page by page.</summary>
/// <remarks>TIFF 6.0 with Adobe Deflate (8), one strip a page; BigTIFF where 4 GiB could be passed; the OME-XML (schema 2016-06) is the first
/// page's ImageDescription. Written here because libtiff finds the end of the chain of pages anew for each page, which makes long stacks
/// quadratic; and so that the file is whole after every page. Not thread-safe.</remarks>
public sealed class LabelStackWriter : IDisposable
{
    private const int DescriptionBytes = 2048;
    private const long ClassicLimit = 1L << 31;
    private const ushort Short = 3;
    private const ushort Long = 4;
    private const ushort Ascii = 2;
    private const ushort Long8 = 16;

    private readonly Stream _stream;
    private readonly int _height;
    private readonly int _width;
    private readonly string _scale;
    private readonly bool _big;
    private readonly long _descriptionOffset;
    private readonly MemoryStream _compressed = new();
    private readonly byte[] _blank;
    private readonly int _layers;
    private long _link;

    /// <summary>Starts the stack.</summary>
    /// <param name="stream">Seekable; taken over.</param>
    /// <param name="height">Rows of every page.</param>
    /// <param name="width">Columns of every page.</param>
    /// <param name="expectedPages">Pages to come, or null where nobody knows; decides for BigTIFF.</param>
    /// <param name="layers">Pages a frame: 1, or 2 where layers are told apart.</param>
    /// <param name="pixelSizeNm">For the OME names; null where it is not known.</param>
    /// <param name="frameTimeS">For the OME names; null where it is not known.</param>
    public LabelStackWriter(Stream stream, int height, int width, long? expectedPages, int layers, double? pixelSizeNm, double? frameTimeS)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        _stream = stream;
        _height = height;
        _width = width;
        _layers = layers;
        _scale = Scale(pixelSizeNm, frameTimeS);
        // Deflate never makes a page much larger than it is, so the uncompressed size decides.
        _big = expectedPages is not { } pages || pages > ClassicLimit / (2L * height * width);
        _blank = new byte[2 * height * width];
        Span<byte> header = stackalloc byte[_big ? 16 : 8];
        header.Clear();
        "II"u8.CopyTo(header);
        if (_big)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 43);
            BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 8);
            _link = 8;
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 42);
            _link = 4;
        }

        _stream.Write(header);
        _descriptionOffset = _stream.Position;
        WriteDescription();
    }

    /// <summary>Pages written.</summary>
    public long Pages { get; private set; }

    /// <summary>Appends a page.</summary>
    /// <param name="labels">Labels row-major [height, width], 0 for background; empty for a page without any.</param>
    public void Append(ReadOnlySpan<ushort> labels)
    {
        if (!labels.IsEmpty && labels.Length != _height * _width)
        {
            throw new ArgumentException($"{labels.Length} labels for a page of {_height} x {_width}", nameof(labels));
        }

        _compressed.SetLength(0);
        using (var deflate = new ZLibStream(_compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            // Machine order is little-endian on every system .NET 10 and OpenCV run on together.
            deflate.Write(labels.IsEmpty ? _blank : MemoryMarshal.AsBytes(labels));
        }

        _stream.Seek(0, SeekOrigin.End);
        var data = _stream.Position;
        _stream.Write(_compressed.GetBuffer(), 0, (int)_compressed.Length);
        if ((_stream.Position & 1) != 0)
        {
            _stream.WriteByte(0);
        }

        var directory = _stream.Position;
        WriteDirectory(data, _compressed.Length);
        // Linked in last: whoever reads the file before this moment sees the pages so far.
        _stream.Seek(_link, SeekOrigin.Begin);
        WriteOffset(directory);
        _link = directory + (_big ? 8 + (20 * Tags) : 2 + (12 * Tags));
        Pages++;
    }

    /// <summary>Writes the number of pages into the OME names and closes the file.</summary>
    public void Dispose()
    {
        try
        {
            WriteDescription();
        }
        finally
        {
            _compressed.Dispose();
            _stream.Dispose();
        }
    }

    // Only the first page carries the description.
    private int Tags => Pages == 0 ? 11 : 10;

    private static string Scale(double? pixelSizeNm, double? frameTimeS)
    {
        var text = new StringBuilder();
        if (pixelSizeNm is { } size)
        {
            text.Append($" PhysicalSizeX=\"{size:R}\" PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"{size:R}\" PhysicalSizeYUnit=\"nm\"");
        }

        if (frameTimeS is { } time)
        {
            text.Append($" TimeIncrement=\"{time:R}\" TimeIncrementUnit=\"s\"");
        }

        return text.ToString();
    }

    private void WriteDescription()
    {
        var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" Creator=\"LiveLTEM\">"
            + "<Image ID=\"Image:0\" Name=\"masks\"><Pixels ID=\"Pixels:0\" DimensionOrder=\"XYCZT\" Type=\"uint16\" BigEndian=\"false\""
            + $" SizeX=\"{_width}\" SizeY=\"{_height}\" SizeC=\"{_layers}\" SizeZ=\"1\" SizeT=\"{Math.Max(Pages / _layers, 1)}\"{_scale}>"
            + string.Concat(Enumerable.Range(0, _layers).Select(k => $"<Channel ID=\"Channel:0:{k}\" Name=\"{(_layers == 1 ? "labels" : $"layer {k + 1}")}\" SamplesPerPixel=\"1\"/>"))
            + "<TiffData/></Pixels></Image></OME>";
        var bytes = new byte[DescriptionBytes];
        bytes.AsSpan().Fill((byte)' ');
        Encoding.ASCII.GetBytes(xml, bytes);
        bytes[^1] = 0;
        _stream.Seek(_descriptionOffset, SeekOrigin.Begin);
        _stream.Write(bytes);
    }

    private void WriteDirectory(long data, long length)
    {
        using var directory = new MemoryStream();
        using var writer = new BinaryWriter(directory);
        if (_big)
        {
            writer.Write((ulong)Tags);
        }
        else
        {
            writer.Write((ushort)Tags);
        }

        Tag(writer, 256, Long, 1, _width);
        Tag(writer, 257, Long, 1, _height);
        Tag(writer, 258, Short, 1, 16); // bits per sample
        Tag(writer, 259, Short, 1, 8); // Adobe Deflate
        Tag(writer, 262, Short, 1, 1); // black is zero
        if (Pages == 0)
        {
            Tag(writer, 270, Ascii, DescriptionBytes, _descriptionOffset);
        }

        Tag(writer, 273, _big ? Long8 : Long, 1, data); // where the strip is
        Tag(writer, 277, Short, 1, 1); // samples per pixel
        Tag(writer, 278, Long, 1, _height); // rows per strip
        Tag(writer, 279, _big ? Long8 : Long, 1, length); // bytes of the strip
        Tag(writer, 339, Short, 1, 1); // unsigned integers
        Offset(writer, 0);
        _stream.Write(directory.GetBuffer(), 0, (int)directory.Length);
    }

    private void Tag(BinaryWriter writer, ushort tag, ushort type, long count, long value)
    {
        writer.Write(tag);
        writer.Write(type);
        Offset(writer, count);
        Offset(writer, value);
    }

    private void Offset(BinaryWriter writer, long value)
    {
        if (_big)
        {
            writer.Write(value);
        }
        else
        {
            writer.Write(checked((uint)value));
        }
    }

    private void WriteOffset(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _stream.Write(bytes[..(_big ? 8 : 4)]);
    }
}
