using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace LiveLtem.Core.Mrc;

/// <summary>Writes a movie as an MRC2014 stack, frame by frame, onto any seekable stream.</summary>
/// <remarks>The header goes out first with no sections and is brought up to date by <see cref="UpdateHeader"/>, so that readers see a valid,
/// growing file. Modes: 0 signed or unsigned bytes, 1 int16, 6 uint16, 2 float32. Not thread-safe; the stream stays the caller's.</remarks>
public sealed class MrcWriter
{
    /// <summary>Bytes before the first pixel.</summary>
    public const int HeaderBytes = MrcStackHeader.Bytes;

    private readonly Stream _stream;
    private readonly long _start;
    private readonly int _height;
    private readonly int _width;
    private readonly PixelType _type;
    private readonly MrcStackHeader _header;
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
        if (!stream.CanSeek || !stream.CanWrite)
        {
            throw new ArgumentException("an MRC file needs a stream that can be written and sought", nameof(stream));
        }

        _header = new MrcStackHeader(height, width, type, pixelSizeNm, labels);
        _stream = stream;
        _start = stream.Position;
        _height = height;
        _width = width;
        _type = type;
        _stream.Write(_header.Span);
    }

    /// <summary>Frames written so far.</summary>
    public int Frames { get; private set; }

    /// <summary>True where a stack of this pixel type can be written.</summary>
    public static bool Supports(PixelType type) => MrcStackHeader.Supports(type);

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
        _header.Update(Frames, _min, _max, _sum / ((double)Math.Max(1, Frames) * _height * _width));
        _stream.Write(_header.Span);
        _stream.Position = end;
    }

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
}
