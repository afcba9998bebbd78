using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LiveLtem.Acquisition.Decoding;

/// <summary>Reads numbers of either byte order, and turns whole images into the machine's.</summary>
/// <remarks>The machine is little-endian: every platform .NET runs on here is.</remarks>
internal static class ByteOrder
{
    public static short Int16(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadInt16BigEndian(bytes[offset..]) : BinaryPrimitives.ReadInt16LittleEndian(bytes[offset..]);

    public static ushort UInt16(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    public static int Int32(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadInt32BigEndian(bytes[offset..]) : BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    public static uint UInt32(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    public static ulong UInt64(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes[offset..]) : BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    public static float Single(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes[offset..]) : BinaryPrimitives.ReadSingleLittleEndian(bytes[offset..]);

    public static double Double(ReadOnlySpan<byte> bytes, int offset, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadDoubleBigEndian(bytes[offset..]) : BinaryPrimitives.ReadDoubleLittleEndian(bytes[offset..]);

    /// <summary>Reverses the bytes of every sample in place, vectorised.</summary>
    /// <param name="bytes">Whole samples.</param>
    /// <param name="bytesPerSample">1, 2, 4 or 8.</param>
    public static void Reverse(Span<byte> bytes, int bytesPerSample)
    {
        switch (bytesPerSample)
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }
}
