using System.Numerics.Tensors;
using System.Runtime.InteropServices;

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
                TensorPrimitives.ConvertTruncating<byte, float>(source, destination);
                break;
            case PixelType.Int8:
                TensorPrimitives.ConvertTruncating<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(source), destination);
                break;
            case PixelType.UInt16:
                TensorPrimitives.ConvertTruncating<ushort, float>(MemoryMarshal.Cast<byte, ushort>(source), destination);
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
}
