using System.Text;
using CsCheck;
using LiveLtem.Training.Native;

namespace LiveLtem.Training.Tests.Native;

public sealed class ElfVersionNeedsTests
{
    private const int FlagsOfSecond = 0x90 + 16 + 16 + 4;

    [Fact]
    public void Only_the_version_that_is_named_becomes_optional()
    {
        var image = Library();
        var before = image.ToArray();
        Assert.True(ElfVersionNeeds.MakeOptional(image, "NEW_2"));
        Assert.Equal(2, image[FlagsOfSecond]);
        image[FlagsOfSecond] = 0;
        Assert.Equal(before, image);
    }

    [Fact]
    public void What_is_optional_already_or_not_named_is_left()
    {
        var image = Library();
        Assert.False(ElfVersionNeeds.MakeOptional(image, "NEW_3"));
        ElfVersionNeeds.MakeOptional(image, "NEW_2");
        Assert.False(ElfVersionNeeds.MakeOptional(image, "NEW_2"));
    }

    [Fact]
    public void Damaged_libraries_are_refused_and_never_read_beyond_their_end()
    {
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.MakeOptional(new byte[100], "NEW_2"));
        Gen.Select(Gen.Int[0, Library().Length], Gen.Int[0, 400], Gen.Byte).Sample((cut, at, value) =>
        {
            var image = Library();
            image[Math.Min(at, image.Length - 1)] = value;
            try
            {
                ElfVersionNeeds.MakeOptional(image.AsSpan(0, cut), "NEW_2");
            }
            catch (InvalidDataException)
            {
                // the one answer that damage may get
            }
        });
    }

    // Header, section headers (0: needs, 1: strings), one need with two versions, strings.
    private static byte[] Library()
    {
        var image = new byte[0x150];
        using var memory = new MemoryStream(image);
        using var writer = new BinaryWriter(memory);
        writer.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]);
        At(0x28, 0xd0L);
        At(0x3a, (ushort)0x40);
        At(0x3c, (ushort)2);

        At(0x90 + 2, (ushort)2);
        At(0x90 + 8, 16u);
        At(0x90 + 16 + 8, 1u);
        At(0x90 + 16 + 12, 16u);
        At(0x90 + 32 + 8, 7u);
        writer.BaseStream.Position = 0xc0;
        writer.Write(Encoding.ASCII.GetBytes("\0OLD_1\0NEW_2\0"));

        At(0xd0 + 4, 0x6ffffffeu);
        At(0xd0 + 0x18, 0x90L);
        At(0xd0 + 0x28, 1u);
        At(0xd0 + 0x2c, 1u);
        At(0x110 + 4, 3u);
        At(0x110 + 0x18, 0xc0L);
        return image;

        void At(int position, object value)
        {
            writer.BaseStream.Position = position;
            switch (value)
            {
                case ushort number:
                    writer.Write(number);
                    break;
                case uint number:
                    writer.Write(number);
                    break;
                default:
                    writer.Write((long)value);
                    break;
            }
        }
    }
}
