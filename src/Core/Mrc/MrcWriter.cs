using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;

namespace LiveLtem.Core.Mrc;

/// <summary>Writes a movie as an MRC2014 stack, frame by frame, onto any seekable stream.</summary>
/// <remarks>The header goes out first with no sections and is brought up to date by <see cref="UpdateHeader"/>, so that readers see a valid,
/// growing file. Modes: 0 signed or unsigned bytes, 1 int16, 6 uint16, 2 float32. Bytes are unsigned where IMOD's stamp and flag say so
/// (bytes 152 and 156: flag bit 0 unset = unsigned). Not thread-safe; the stream stays the caller's.</remarks>
public sealed class MrcWriter
{
    /// <summary>Bytes before the first pixel.</summary>
    public const int HeaderBytes = 1024;

    private const int MaxLabels = 10;
    private const int LabelBytes = 80;
    private readonly Stream _stream;
    private readonly long _start;
    private readonly int _height;
    private readonly int _width;
    private readonly PixelType _type;
    private readonly double? _pixelSizeNm;
    private readonly IReadOnlyList<string> _labels;
    private byte[] _bytes = [];
    private float[] _floats = [];
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;
    private double _sum;

    /// <summary>Writes the header of an empty stack at the stream's position.</summary>
    /// <param name="stream">Writable and seekable.</param>
    /// <param name="height">Rows, > 0.</param>
    /// <param name="width">Columns, > 0.</param>
    /// <param name="type">8 or 16 bit integer, or float.</param>
    /// <param name="pixelSizeNm">Goes into the cell in Å; null leaves the cell empty, which readers take for not known.</param>
    /// <param name="labels">At most ten lines of ASCII, cut at 80 characters.</param>
    /// <exception cref="ArgumentException">The type has no MRC mode or the stream cannot be sought.</exception>
    public MrcWriter(Stream stream, int height, int width, PixelType type, double? pixelSizeNm = null, IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (!stream.CanSeek || !stream.CanWrite)
        {
            throw new ArgumentException("an MRC file needs a stream that can be written and sought", nameof(stream));
        }

        _ = Mode(type);
        _stream = stream;
        _start = stream.Position;
        _height = height;
        _width = width;
        _type = type;
        _pixelSizeNm = pixelSizeNm;
        _labels = [.. (labels ?? []).Take(MaxLabels)];
        _stream.Write(Header());
    }

    /// <summary>Frames written so far.</summary>
    public int Frames { get; private set; }

    /// <summary>True where a stack of this pixel type can be written.</summary>
    public static bool Supports(PixelType type) => type is PixelType.UInt8 or PixelType.Int8 or PixelType.Int16 or PixelType.UInt16 or PixelType.Float32;

    /// <summary>Appends one frame.</summary>
    public void Write(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Height != _height || frame.Width != _width || frame.Type != _type)
        {
            throw new ArgumentException(
                $"the stack holds {_height}x{_width} {_type.NumpyName()}, not {frame.Height}x{frame.Width} {frame.Type.NumpyName()}", nameof(frame));
        }

        Write(frame.Bytes);
    }

    /// <summary>Appends one frame.</summary>
    /// <param name="pixels">Row-major [height, width] in the stack's type and machine byte order.</param>
    public void Write(ReadOnlySpan<byte> pixels)
    {
        var count = _height * _width;
        if (pixels.Length != (long)count * _type.BytesPerPixel())
        {
            throw new ArgumentException($"{pixels.Length} bytes are not one frame of {_height}x{_width} {_type.NumpyName()}", nameof(pixels));
        }

        Account(pixels, count);
        if (BitConverter.IsLittleEndian)
        {
            _stream.Write(pixels);
        }
        else
        {
            _stream.Write(Swapped(pixels));
        }

        Frames++;
    }

    /// <summary>Brings the number of frames and the smallest, largest and mean value in the header up to date.</summary>
    public void UpdateHeader()
    {
        var end = _stream.Position;
        _stream.Position = _start;
        _stream.Write(Header());
        _stream.Position = end;
    }

    private static int Mode(PixelType type) => type switch
    {
        PixelType.UInt8 or PixelType.Int8 => 0,
        PixelType.Int16 => 1,
        PixelType.Float32 => 2,
        PixelType.UInt16 => 6,
        _ => throw new ArgumentException($"MRC has no mode for {type.NumpyName()}", nameof(type)),
    };

    private void Account(ReadOnlySpan<byte> pixels, int count)
    {
        if (_floats.Length != count)
        {
            _floats = new float[count];
        }

        PixelConverter.ToFloat(pixels, _type, _floats);
        _min = Math.Min(_min, TensorPrimitives.Min<float>(_floats));
        _max = Math.Max(_max, TensorPrimitives.Max<float>(_floats));
        // Row by row: a float sum over a whole frame would lose the last digits.
        for (var y = 0; y < _height; y++)
        {
            _sum += TensorPrimitives.Sum<float>(_floats.AsSpan(y * _width, _width));
        }
    }

    private ReadOnlySpan<byte> Swapped(ReadOnlySpan<byte> pixels)
    {
        if (_bytes.Length != pixels.Length)
        {
            _bytes = new byte[pixels.Length];
        }

        switch (_type.BytesPerPixel())
        {
            case 2:
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(pixels), MemoryMarshal.Cast<byte, ushort>(_bytes.AsSpan()));
                break;
            case 4:
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(pixels), MemoryMarshal.Cast<byte, uint>(_bytes.AsSpan()));
                break;
            default:
                pixels.CopyTo(_bytes);
                break;
        }

        return _bytes;
    }

    private byte[] Header()
    {
        var header = new byte[HeaderBytes];
        Int(header, 0, _width);
        Int(header, 4, _height);
        Int(header, 8, Frames);
        Int(header, 12, Mode(_type));
        Int(header, 28, _width);
        Int(header, 32, _height);
        Int(header, 36, Frames);
        var angstrom = (_pixelSizeNm ?? 0) * 10;
        Float(header, 40, _width * angstrom);
        Float(header, 44, _height * angstrom);
        Float(header, 48, Frames * angstrom);
        for (var i = 0; i < 3; i++)
        {
            Float(header, 52 + (4 * i), 90);
            Int(header, 64 + (4 * i), i + 1);
        }

        // Where nothing is known yet dmax < dmin and dmean < both, as the format asks.
        Float(header, 76, Frames > 0 ? _min : 0);
        Float(header, 80, Frames > 0 ? _max : -1);
        Float(header, 84, Frames > 0 ? _sum / ((double)Frames * _height * _width) : -2);
        // Space group 0: a stack of images, not a volume.
        Int(header, 88, 0);
        Int(header, 108, 20140);
        if (Mode(_type) == 0)
        {
            Int(header, 152, 1146047817);
            Int(header, 156, _type == PixelType.Int8 ? 1 : 0);
        }

        Encoding.ASCII.GetBytes("MAP ", header.AsSpan(208));
        header[212] = 0x44;
        header[213] = 0x44;
        Float(header, 216, -1);
        Int(header, 220, _labels.Count);
        for (var i = 0; i < _labels.Count; i++)
        {
            var line = header.AsSpan(224 + (i * LabelBytes), LabelBytes);
            line.Fill((byte)' ');
            var text = _labels[i].Length > LabelBytes ? _labels[i][..LabelBytes] : _labels[i];
            Encoding.ASCII.GetBytes(text, line);
        }

        return header;
    }

    private static void Int(byte[] header, int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(offset), value);

    private static void Float(byte[] header, int offset, double value) => BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(offset), (float)value);
}
