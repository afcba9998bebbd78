using System.Buffers.Binary;
using System.Text;

namespace LiveLtem.Core.Mrc;

/// <summary>The 1024-byte header of an MRC2014 stack that is written here.</summary>
/// <remarks>Bytes are unsigned where IMOD's stamp and flag say so (bytes 152 and 156: flag bit 0 unset = unsigned). Not thread-safe.</remarks>
public sealed class MrcStackHeader
{
    /// <summary>Bytes before the first pixel.</summary>
    public const int Bytes = 1024;

    private const int MaxLabels = 10;
    private const int LabelBytes = 80;
    private const int ImodStamp = 1146047817;
    private readonly byte[] _header = new byte[Bytes];
    private readonly double _pixelAngstrom;

    /// <summary>Prepares the header of one stack.</summary>
    /// <param name="height">Rows, > 0.</param>
    /// <param name="width">Columns, > 0.</param>
    /// <param name="type">8 or 16 bit integer, or float.</param>
    /// <param name="pixelSizeNm">Goes into the cell in Å; null leaves the cell empty, which readers take for not known.</param>
    /// <param name="labels">At most ten lines of ASCII, cut at 80 characters.</param>
    /// <exception cref="ArgumentException">The type has no MRC mode.</exception>
    public MrcStackHeader(int height, int width, PixelType type, double? pixelSizeNm = null, IReadOnlyList<string>? labels = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        _pixelAngstrom = (pixelSizeNm ?? 0) * 10;
        Int(0, width);
        Int(4, height);
        Int(12, Mode(type));
        Int(28, width);
        Int(32, height);
        Float(40, width * _pixelAngstrom);
        Float(44, height * _pixelAngstrom);
        for (var i = 0; i < 3; i++)
        {
            Float(52 + (4 * i), 90);
            Int(64 + (4 * i), i + 1);
        }

        // Space group 0: a stack of images, not a volume.
        Int(88, 0);
        Int(108, 20140);
        if (Mode(type) == 0)
        {
            Int(152, ImodStamp);
            Int(156, type == PixelType.Int8 ? 1 : 0);
        }

        Encoding.ASCII.GetBytes("MAP ", _header.AsSpan(208));
        _header[212] = 0x44;
        _header[213] = 0x44;
        Float(216, -1);
        WriteLabels([.. (labels ?? []).Take(MaxLabels)]);
        Update(0, 0, 0, 0);
    }

    /// <summary>The header as it stands.</summary>
    public ReadOnlySpan<byte> Span => _header;

    /// <summary>True where a stack of this pixel type can be written.</summary>
    public static bool Supports(PixelType type) => type is PixelType.UInt8 or PixelType.Int8 or PixelType.Int16 or PixelType.UInt16 or PixelType.Float32;

    /// <summary>Puts in what changes while the stack grows.</summary>
    /// <param name="frames">Frames written.</param>
    /// <param name="min">Smallest value so far; not read while there are no frames.</param>
    /// <param name="max">Largest value so far.</param>
    /// <param name="mean">Mean of all values so far.</param>
    public void Update(int frames, double min, double max, double mean)
    {
        Int(8, frames);
        Int(36, frames);
        Float(48, frames * _pixelAngstrom);

        // Where nothing is known yet dmax < dmin and dmean < both, as the format asks.
        var known = frames > 0 && double.IsFinite(min) && double.IsFinite(max);
        Float(76, known ? min : 0);
        Float(80, known ? max : -1);
        Float(84, known ? mean : -2);
    }

    private static int Mode(PixelType type) => type switch
    {
        PixelType.UInt8 or PixelType.Int8 => 0,
        PixelType.Int16 => 1,
        PixelType.Float32 => 2,
        PixelType.UInt16 => 6,
        _ => throw new ArgumentException($"MRC has no mode for {type.NumpyName()}", nameof(type)),
    };

    private void WriteLabels(IReadOnlyList<string> labels)
    {
        Int(220, labels.Count);
        for (var i = 0; i < labels.Count; i++)
        {
            var line = _header.AsSpan(224 + (i * LabelBytes), LabelBytes);
            line.Fill((byte)' ');
            var text = labels[i].Length > LabelBytes ? labels[i][..LabelBytes] : labels[i];
            Encoding.ASCII.GetBytes(text, line);
        }
    }

    private void Int(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(offset), value);

    private void Float(int offset, double value) => BinaryPrimitives.WriteSingleLittleEndian(_header.AsSpan(offset), (float)value);
}
