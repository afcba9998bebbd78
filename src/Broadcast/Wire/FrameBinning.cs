using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using LiveLtem.Core;

namespace LiveLtem.Broadcast.Wire;

/// <summary>Makes a frame smaller for the screen by averaging whole squares of pixels.</summary>
/// <remarks>Squares at the right and lower border may hold fewer pixels: nothing is cut off. Pixel (i, j) of the small picture covers the rows
/// <c>i bin</c> to <c>(i + 1) bin - 1</c> of the full one.</remarks>
internal static class FrameBinning
{
    /// <summary>The smallest bin that brings the longer side down to <paramref name="maxSide"/>.</summary>
    public static int BinFor(int height, int width, int maxSide)
    {
        var side = Math.Max(height, width);
        return side <= maxSide ? 1 : (side + maxSide - 1) / maxSide;
    }

    /// <summary>Rows and columns after binning.</summary>
    public static (int Height, int Width) SizeOf(int height, int width, int bin) => ((height + bin - 1) / bin, (width + bin - 1) / bin);

    /// <summary>Averages; means are rounded to the integer type, halves to even.</summary>
    /// <param name="frame">The picture.</param>
    /// <param name="bin">Side of a square, px; 1 copies.</param>
    /// <param name="destination">Bytes of the small picture, row-major, of the frame's pixel type.</param>
    public static void Apply(Frame frame, int bin, Span<byte> destination)
    {
        if (bin == 1)
        {
            frame.Bytes.CopyTo(destination);
            return;
        }

        switch (frame.Type)
        {
            case PixelType.UInt8:
                Average<byte>(frame, bin, destination);
                break;
            case PixelType.Int8:
                Average<sbyte>(frame, bin, destination);
                break;
            case PixelType.UInt16:
                Average<ushort>(frame, bin, destination);
                break;
            case PixelType.Int16:
                Average<short>(frame, bin, destination);
                break;
            case PixelType.UInt32:
                Average<uint>(frame, bin, destination);
                break;
            case PixelType.Int32:
                Average<int>(frame, bin, destination);
                break;
            default:
                Average<float>(frame, bin, destination);
                break;
        }
    }

    private static void Average<T>(Frame frame, int bin, Span<byte> destination)
        where T : unmanaged, INumber<T>
    {
        // Column sums of up to 16-bit counts fit an int whatever the bin; the others need a double's 53 bits.
        if (typeof(T) == typeof(byte) || typeof(T) == typeof(ushort) || typeof(T) == typeof(sbyte) || typeof(T) == typeof(short))
        {
            Average<T, int>(frame, bin, MemoryMarshal.Cast<byte, T>(destination));
        }
        else
        {
            Average<T, double>(frame, bin, MemoryMarshal.Cast<byte, T>(destination));
        }
    }

    private static void Average<T, TSum>(Frame frame, int bin, Span<T> destination)
        where T : unmanaged, INumber<T>
        where TSum : unmanaged, INumber<TSum>
    {
        var source = frame.Pixels<T>();
        var (height, width) = SizeOf(frame.Height, frame.Width, bin);
        var rented = ArrayPool<TSum>.Shared.Rent(frame.Width);
        var sums = rented.AsSpan(0, frame.Width);
        for (var row = 0; row < height; row++)
        {
            sums.Clear();
            var last = Math.Min((row + 1) * bin, frame.Height);
            for (var y = row * bin; y < last; y++)
            {
                var line = source.Slice(y * frame.Width, frame.Width);
                for (var x = 0; x < line.Length; x++)
                {
                    sums[x] += TSum.CreateTruncating(line[x]);
                }
            }

            var rows = last - (row * bin);
            for (var column = 0; column < width; column++)
            {
                var from = column * bin;
                var to = Math.Min(from + bin, frame.Width);
                var sum = 0.0;
                for (var x = from; x < to; x++)
                {
                    sum += double.CreateTruncating(sums[x]);
                }

                var mean = sum / (rows * (to - from));
                destination[(row * width) + column] = typeof(T) == typeof(float) ? T.CreateTruncating(mean) : T.CreateSaturating(Math.Round(mean));
            }
        }

        ArrayPool<TSum>.Shared.Return(rented);
    }
}
