namespace LiveLtem.Core;

/// <summary>How one pixel of a <see cref="Frame"/> is stored. Counts stay integers until the first stage that needs float.</summary>
public enum PixelType
{
    /// <summary>Unsigned 8 bit, numpy <c>uint8</c>.</summary>
    UInt8,

    /// <summary>Signed 8 bit, numpy <c>int8</c>.</summary>
    Int8,

    /// <summary>Unsigned 16 bit, numpy <c>uint16</c>.</summary>
    UInt16,

    /// <summary>Signed 16 bit, numpy <c>int16</c>.</summary>
    Int16,

    /// <summary>Unsigned 32 bit, numpy <c>uint32</c>.</summary>
    UInt32,

    /// <summary>Signed 32 bit, numpy <c>int32</c>.</summary>
    Int32,

    /// <summary>IEEE single precision, numpy <c>float32</c>.</summary>
    Float32,
}

/// <summary>Facts about a <see cref="PixelType"/>.</summary>
public static class PixelTypes
{
    /// <summary>Bytes one pixel takes: 1, 2 or 4.</summary>
    public static int BytesPerPixel(this PixelType type) => type switch
    {
        PixelType.UInt8 or PixelType.Int8 => 1,
        PixelType.UInt16 or PixelType.Int16 => 2,
        _ => 4,
    };

    /// <summary>The numpy name, as tables, messages and <c>info --json</c> use it.</summary>
    public static string NumpyName(this PixelType type) => type switch
    {
        PixelType.UInt8 => "uint8",
        PixelType.Int8 => "int8",
        PixelType.UInt16 => "uint16",
        PixelType.Int16 => "int16",
        PixelType.UInt32 => "uint32",
        PixelType.Int32 => "int32",
        _ => "float32",
    };

    /// <summary>Largest value the type can hold: a pixel there is saturated. Null for float, which has no ceiling.</summary>
    public static double? Ceiling(this PixelType type) => type switch
    {
        PixelType.UInt8 => byte.MaxValue,
        PixelType.Int8 => sbyte.MaxValue,
        PixelType.UInt16 => ushort.MaxValue,
        PixelType.Int16 => short.MaxValue,
        PixelType.UInt32 => uint.MaxValue,
        PixelType.Int32 => int.MaxValue,
        _ => null,
    };

    /// <summary>True where <typeparamref name="T"/> is the C# type of one pixel.</summary>
    public static bool Holds<T>(this PixelType type) where T : unmanaged => type switch
    {
        PixelType.UInt8 => typeof(T) == typeof(byte),
        PixelType.Int8 => typeof(T) == typeof(sbyte),
        PixelType.UInt16 => typeof(T) == typeof(ushort),
        PixelType.Int16 => typeof(T) == typeof(short),
        PixelType.UInt32 => typeof(T) == typeof(uint),
        PixelType.Int32 => typeof(T) == typeof(int),
        _ => typeof(T) == typeof(float),
    };
}
