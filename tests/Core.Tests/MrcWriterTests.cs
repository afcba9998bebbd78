using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using LiveLtem.Core.Mrc;

namespace LiveLtem.Core.Tests;

public class MrcWriterTests
{
    [Theory]
    [InlineData(PixelType.UInt8, 0, 1)]
    [InlineData(PixelType.Int8, 0, 1)]
    [InlineData(PixelType.Int16, 1, 2)]
    [InlineData(PixelType.Float32, 2, 4)]
    [InlineData(PixelType.UInt16, 6, 2)]
    public void A_stack_has_the_mode_the_frames_and_the_size_of_its_type(PixelType type, int mode, int bytes)
    {
        using var stream = new MemoryStream();
        var writer = new MrcWriter(stream, 3, 5, type, 1.5, ["first", new string('x', 200)]);
        var frame = new byte[15 * bytes];
        writer.Write(frame);
        writer.Write(frame);
        writer.UpdateHeader();
        var header = stream.ToArray();
        Assert.Equal(MrcWriter.HeaderBytes + (2 * 15 * bytes), header.Length);
        Assert.Equal([5, 3, 2, mode], Enumerable.Range(0, 4).Select(i => Int(header, 4 * i)));
        Assert.Equal("MAP ", Encoding.ASCII.GetString(header, 208, 4));
        // 5 columns of 15 Å.
        Assert.Equal(75, Float(header, 40), 1e-4);
        Assert.Equal(45, Float(header, 44), 1e-4);
        Assert.Equal(2, Int(header, 220));
        Assert.Equal("first", Encoding.ASCII.GetString(header, 224, 80).TrimEnd());
        if (mode == 0)
        {
            Assert.Equal(1146047817, Int(header, 152));
            Assert.Equal(type == PixelType.Int8 ? 1 : 0, Int(header, 156));
        }
    }

    [Fact]
    public void The_header_tells_the_smallest_largest_and_mean_count()
    {
        using var stream = new MemoryStream();
        var writer = new MrcWriter(stream, 2, 2, PixelType.UInt16);
        Assert.True(Float(stream.ToArray(), 80) < Float(stream.ToArray(), 76));
        writer.Write(MemoryMarshal.AsBytes<ushort>([3, 5, 7, 65535]));
        writer.Write(MemoryMarshal.AsBytes<ushort>([1, 5, 7, 9]));
        writer.UpdateHeader();
        var header = stream.ToArray();
        Assert.Equal(1, Float(header, 76));
        Assert.Equal(65535, Float(header, 80));
        Assert.Equal(65572 / 8.0, Float(header, 84), 0.01);
        // Without a pixel size the cell is empty.
        Assert.Equal(0, Float(header, 40));
    }

    [Fact]
    public void Frames_can_follow_an_update_of_the_header()
    {
        using var stream = new MemoryStream();
        var writer = new MrcWriter(stream, 1, 2, PixelType.UInt8);
        for (byte k = 0; k < 3; k++)
        {
            writer.Write([k, (byte)(k + 10)]);
            writer.UpdateHeader();
            Assert.Equal(k + 1, Int(stream.ToArray(), 8));
        }

        Assert.Equal([0, 10, 1, 11, 2, 12], stream.ToArray()[MrcWriter.HeaderBytes..]);
    }

    [Fact]
    public void A_frame_of_another_size_and_a_type_without_a_mode_are_refused()
    {
        using var stream = new MemoryStream();
        var writer = new MrcWriter(stream, 2, 2, PixelType.UInt8);
        Assert.Throws<ArgumentException>(() => writer.Write(new byte[5]));
        Assert.False(MrcWriter.Supports(PixelType.UInt32));
        Assert.Throws<ArgumentException>(() => new MrcWriter(stream, 2, 2, PixelType.UInt32));
    }

    private static int Int(byte[] header, int offset) => BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(offset));

    private static float Float(byte[] header, int offset) => BinaryPrimitives.ReadSingleLittleEndian(header.AsSpan(offset));
}
