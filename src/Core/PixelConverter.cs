using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LiveLtem.Core;

/// <summary>Converts stored pixels to float, vectorised.</summary>
public static class PixelConverter
{
    /// <summary>Converts a run of pixels to float.</summary>
    /// <param name="source">Pixel bytes in machine byte order.</param>
    /// <param name="type">How one pixel is stored.</param>
    /// <param name="destination">One value for each pixel of <paramref name="source"/>.</param>
    public static void ToFloat(ReadOnlySpan<byte> source, PixelType type, Span<float> destination)
    {
        switch (type)
        {
            case PixelType.UInt8:
                FromUInt8(source, destination);
                break;
            case PixelType.Int8:
                TensorPrimitives.ConvertTruncating<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(source), destination);
                break;
            case PixelType.UInt16:
                FromUInt16(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case PixelType.Int16:
                TensorPrimitives.ConvertTruncating<short, float>(MemoryMarshal.Cast<byte, short>(source), destination);
                break;
            case PixelType.UInt32:
                TensorPrimitives.ConvertTruncating<uint, float>(MemoryMarshal.Cast<byte, uint>(source), destination);
                break;
            case PixelType.Int32:
                TensorPrimitives.ConvertTruncating<int, float>(MemoryMarshal.Cast<byte, int>(source), destination);
                break;
            default:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
        }
    }

    // The library widens these two pixel by pixel.
    private static void FromUInt16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        ref var s0 = ref MemoryMarshal.GetReference(source);
        ref var d0 = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i + 16 <= source.Length; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref s0, (nuint)i));
            Vector256.ConvertToSingle(low.AsInt32()).StoreUnsafe(ref d0, (nuint)i);
            Vector256.ConvertToSingle(high.AsInt32()).StoreUnsafe(ref d0, (nuint)(i + 8));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = source[i];
        }
    }

    private static void FromUInt8(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ref var s0 = ref MemoryMarshal.GetReference(source);
        ref var d0 = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i + 16 <= source.Length; i += 16)
        {
            var bytes = Vector128.LoadUnsafe(ref s0, (nuint)i);
            var (low, high) = Vector256.Widen(Vector256.Create(Vector128.WidenLower(bytes), Vector128.WidenUpper(bytes)));
            Vector256.ConvertToSingle(low.AsInt32()).StoreUnsafe(ref d0, (nuint)i);
            Vector256.ConvertToSingle(high.AsInt32()).StoreUnsafe(ref d0, (nuint)(i + 8));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = source[i];
        }
    }
}
