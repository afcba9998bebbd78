using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Gauge;

/// <summary>Sum, extremes and saturation of an image in one vectorised pass.</summary>
/// <param name="Mean">Mean over the pixels that are finite; NaN where none is.</param>
/// <param name="Min">Smallest finite pixel; NaN where none is.</param>
/// <param name="Max">Largest finite pixel; NaN where none is.</param>
/// <param name="AtCeiling">Pixels at the largest value that the type can hold.</param>
public readonly record struct PixelStatistics(double Mean, double Min, double Max, int AtCeiling)
{
    // Of the narrow types so many vectors can be summed in 32 bit: 2 x 65535 x 4096 < 2^31.
    private const int VectorsInABlock = 4096;

    /// <summary>Measures a frame. Sums of integers are exact.</summary>
    public static PixelStatistics Of(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return frame.Type switch
        {
            PixelType.UInt8 => OfCounts(frame.Pixels<byte>()),
            PixelType.Int8 => OfCounts(frame.Pixels<sbyte>()),
            PixelType.UInt16 => OfCounts(frame.Pixels<ushort>()),
            PixelType.Int16 => OfCounts(frame.Pixels<short>()),
            PixelType.UInt32 => OfCounts(frame.Pixels<uint>()),
            PixelType.Int32 => OfCounts(frame.Pixels<int>()),
            _ => OfFloats(frame.Pixels<float>()),
        };
    }

    private static PixelStatistics OfCounts<T>(ReadOnlySpan<T> pixels)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        Scan(pixels, out var min, out var max, out var sum);
        var atCeiling = max == T.MaxValue ? pixels.Count(T.MaxValue) : 0;
        return new PixelStatistics(sum / pixels.Length, double.CreateChecked(min), double.CreateChecked(max), atCeiling);
    }

    private static PixelStatistics OfFloats(ReadOnlySpan<float> pixels)
    {
        Scan(pixels, out var min, out var max, out var sum);
        if (double.IsFinite(sum) && float.IsFinite(min) && float.IsFinite(max))
        {
            return new PixelStatistics(sum / pixels.Length, min, max, 0);
        }

        // Some pixel is not a number: leave it out.
        var (finite, total, least, most) = (0, 0.0, double.PositiveInfinity, double.NegativeInfinity);
        foreach (var pixel in pixels)
        {
            if (float.IsFinite(pixel))
            {
                finite++;
                total += pixel;
                least = Math.Min(least, pixel);
                most = Math.Max(most, pixel);
            }
        }

        return finite == 0
            ? new PixelStatistics(double.NaN, double.NaN, double.NaN, 0)
            : new PixelStatistics(total / finite, least, most, 0);
    }

    private static void Scan<T>(ReadOnlySpan<T> pixels, out T min, out T max, out double sum)
        where T : unmanaged, INumber<T>
    {
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(pixels);
        var least = new Vector<T>(pixels[0]);
        var most = least;
        sum = 0;
        while (!vectors.IsEmpty)
        {
            var block = vectors[..Math.Min(VectorsInABlock, vectors.Length)];
            vectors = vectors[block.Length..];
            sum += SumBlock(block, ref least, ref most);
        }

        (min, max) = (pixels[0], pixels[0]);
        for (var i = 0; i < Vector<T>.Count; i++)
        {
            min = T.Min(min, least[i]);
            max = T.Max(max, most[i]);
        }

        foreach (var pixel in pixels[(pixels.Length / Vector<T>.Count * Vector<T>.Count)..])
        {
            min = T.Min(min, pixel);
            max = T.Max(max, pixel);
            sum += double.CreateTruncating(pixel);
        }
    }

    private static double SumBlock<T>(ReadOnlySpan<Vector<T>> block, ref Vector<T> least, ref Vector<T> most)
        where T : unmanaged
    {
        var (low, high) = (least, most);
        double sum;
        if (typeof(T) == typeof(byte) || typeof(T) == typeof(ushort))
        {
            var total = Vector<uint>.Zero;
            foreach (var pixels in block)
            {
                low = Vector.Min(low, pixels);
                high = Vector.Max(high, pixels);
                total += typeof(T) == typeof(byte) ? Widened(Vector.AsVectorByte(pixels)) : Widened(Vector.AsVectorUInt16(pixels));
            }

            sum = Total(total);
        }
        else if (typeof(T) == typeof(sbyte) || typeof(T) == typeof(short))
        {
            var total = Vector<int>.Zero;
            foreach (var pixels in block)
            {
                low = Vector.Min(low, pixels);
                high = Vector.Max(high, pixels);
                total += typeof(T) == typeof(sbyte) ? Widened(Vector.AsVectorSByte(pixels)) : Widened(Vector.AsVectorInt16(pixels));
            }

            sum = Total(total);
        }
        else if (typeof(T) == typeof(uint) || typeof(T) == typeof(int))
        {
            var total = Vector<long>.Zero;
            foreach (var pixels in block)
            {
                low = Vector.Min(low, pixels);
                high = Vector.Max(high, pixels);
                total += typeof(T) == typeof(uint) ? Widened(Vector.AsVectorUInt32(pixels)) : Widened(Vector.AsVectorInt32(pixels));
            }

            sum = Total(total);
        }
        else
        {
            var total = Vector<double>.Zero;
            foreach (var pixels in block)
            {
                low = Vector.Min(low, pixels);
                high = Vector.Max(high, pixels);
                Vector.Widen(Vector.AsVectorSingle(pixels), out var a, out var b);
                total += a + b;
            }

            sum = Vector.Sum(total);
        }

        (least, most) = (low, high);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Widened(Vector<byte> pixels)
    {
        Vector.Widen(pixels, out var a, out var b);
        return Widened(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Widened(Vector<ushort> pixels)
    {
        Vector.Widen(pixels, out var a, out var b);
        return a + b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> Widened(Vector<sbyte> pixels)
    {
        Vector.Widen(pixels, out var a, out var b);
        return Widened(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> Widened(Vector<short> pixels)
    {
        Vector.Widen(pixels, out var a, out var b);
        return a + b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<long> Widened(Vector<uint> pixels)
    {
        Vector.Widen(pixels, out var a, out var b);
        return Vector.AsVectorInt64(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<long> Widened(Vector<int> pixels)
    {
        Vector.Widen(pixels, out var a, out var b);
        return a + b;
    }

    private static double Total<T>(Vector<T> lanes)
        where T : unmanaged, INumber<T>
    {
        var sum = 0.0;
        for (var i = 0; i < Vector<T>.Count; i++)
        {
            sum += double.CreateTruncating(lanes[i]);
        }

        return sum;
    }
}
