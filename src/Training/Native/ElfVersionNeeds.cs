using System.Buffers.Binary;
using System.Text;

namespace LiveLtem.Training.Native;

/// <summary>The versions of other libraries' symbols that an ELF library demands (64 bits, little endian; System V gABI and the GNU extension
/// <c>.gnu.version_r</c>).</summary>
internal static class ElfVersionNeeds
{
    private const uint SectionOfNeeds = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>Makes the loader accept a library though the system does not have one of the versions that it names.</summary>
    /// <param name="image">The library's bytes; changed in place.</param>
    /// <param name="version">Such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <returns>True if something changed; false where the version is not named, or already optional.</returns>
    /// <exception cref="InvalidDataException">These bytes are no 64-bit little-endian ELF file, or they are cut off.</exception>
    public static bool MakeOptional(Span<byte> image, string version)
    {
        if (image.Length < 64 || !image[..6].SequenceEqual((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new InvalidDataException("no 64-bit little-endian ELF library");
        }

        var sections = (int)Long(image, 0x28);
        var each = Short(image, 0x3a);
        var count = Short(image, 0x3c);
        var changed = false;
        for (var section = 0; section < count; section++)
        {
            var header = sections + (section * each);
            if (Int(image, header + 4) != SectionOfNeeds)
            {
                continue;
            }

            var strings = (int)Long(image, sections + ((int)Int(image, header + 0x28) * each) + 0x18);
            changed |= MakeOptional(image, (int)Long(image, header + 0x18), (int)Int(image, header + 0x2c), strings, version);
        }

        return changed;
    }

    private static bool MakeOptional(Span<byte> image, int need, int needs, int strings, string version)
    {
        var wanted = Encoding.ASCII.GetBytes(version + "\0");
        var changed = false;
        for (var i = 0; i < needs; i++)
        {
            var entries = Short(image, need + 2);
            var entry = need + (int)Int(image, need + 8);
            for (var j = 0; j < entries; j++)
            {
                var name = strings + (int)Int(image, entry + 8);
                if (Part(image, name, wanted.Length).SequenceEqual(wanted) && (Short(image, entry + 4) & Weak) == 0)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(image[(entry + 4)..], (ushort)(Short(image, entry + 4) | Weak));
                    changed = true;
                }

                entry += (int)Int(image, entry + 12);
            }

            need += (int)Int(image, need + 12);
        }

        return changed;
    }

    private static ushort Short(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(Part(image, at, 2));

    private static uint Int(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(Part(image, at, 4));

    private static long Long(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt64LittleEndian(Part(image, at, 8));

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> image, int at, int length) =>
        at >= 0 && at <= image.Length - length ? image.Slice(at, length) : throw new InvalidDataException("the ELF library is cut off");
}
