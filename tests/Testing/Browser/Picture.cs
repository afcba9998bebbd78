using System.Buffers.Binary;
using System.IO.Compression;

namespace LiveLtem.Testing.Browser;

/// <summary>A screenshot's pixels: a PNG of 8-bit RGB or RGBA, not interlaced, as browsers write them.</summary>
public sealed class Picture
{
    private readonly byte[] _pixels;
    private readonly int _channels;

    private Picture(int width, int height, int channels, byte[] pixels)
    {
        Width = width;
        Height = height;
        _channels = channels;
        _pixels = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Colour of a pixel, 0 to 255.</summary>
    public (int R, int G, int B) this[int x, int y]
    {
        get
        {
            var at = ((y * Width) + x) * _channels;
            return (_pixels[at], _pixels[at + 1], _pixels[at + 2]);
        }
    }

    /// <summary>Reads a PNG.</summary>
    /// <exception cref="NotSupportedException">It is of another kind.</exception>
    public static Picture Decode(ReadOnlySpan<byte> png)
    {
        const int SignatureLength = 8;
        using var packed = new MemoryStream();
        int width = 0, height = 0, channels = 0;
        for (var at = SignatureLength; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png[at..]);
            var body = png.Slice(at + 8, length);
            switch (png.Slice(at + 4, 4))
            {
                case [(byte)'I', (byte)'H', (byte)'D', (byte)'R']:
                    width = BinaryPrimitives.ReadInt32BigEndian(body);
                    height = BinaryPrimitives.ReadInt32BigEndian(body[4..]);
                    channels = (body[8], body[9], body[12]) switch
                    {
                        (8, 2, 0) => 3,
                        (8, 6, 0) => 4,
                        var other => throw new NotSupportedException($"PNG of depth, colour type and interlace {other}"),
                    };
                    break;
                case [(byte)'I', (byte)'D', (byte)'A', (byte)'T']:
                    packed.Write(body);
                    break;
            }

            at += length + 12;
        }

        packed.Position = 0;
        using var stream = new ZLibStream(packed, CompressionMode.Decompress);
        return new Picture(width, height, channels, Unfilter(stream, width * channels, height, channels));
    }

    private static byte[] Unfilter(Stream stream, int stride, int height, int channels)
    {
        var pixels = new byte[stride * height];
        for (var row = 0; row < height; row++)
        {
            var filter = stream.ReadByte();
            var line = pixels.AsSpan(row * stride, stride);
            stream.ReadExactly(line);
            var above = row > 0 ? pixels.AsSpan((row - 1) * stride, stride) : default;
            for (var i = 0; i < stride; i++)
            {
                int left = i >= channels ? line[i - channels] : 0;
                int up = row > 0 ? above[i] : 0;
                int corner = row > 0 && i >= channels ? above[i - channels] : 0;
                line[i] += (byte)(filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) });
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var guess = left + up - corner;
        var (byLeft, byUp, byCorner) = (Math.Abs(guess - left), Math.Abs(guess - up), Math.Abs(guess - corner));
        return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
    }
}
