using System.Text;
using CsCheck;
using LiveLtem.Acquisition.Cameras.ZeroMq;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Tests.Cameras;

public sealed class CameraHeaderTests
{
    private static readonly byte[] Sound = Encoding.UTF8.GetBytes(
        """{"v":1,"frame":81,"dtype":"uint16","shape":[512,256],"time_s":3.24,"pixel_size_nm":0.9,"frame_time_s":0.04,"name":"a \"camera\"","more":{"x":[1,2,{}]}}""");

    [Fact]
    public void Any_bytes_give_a_header_or_a_fault() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Holds(bytes));

    [Fact]
    public void A_sound_header_with_some_bytes_changed_gives_a_header_or_a_fault() =>
        Gen.Select(Gen.Int[0, Sound.Length - 1], Gen.Byte).Array[1, 6].Sample(changes =>
        {
            var bytes = (byte[])Sound.Clone();
            foreach (var (at, value) in changes)
            {
                bytes[at] = value;
            }

            return Holds(bytes);
        });

    [Fact]
    public void A_sound_header_cut_anywhere_is_a_fault() =>
        Gen.Int[0, Sound.Length - 1].Sample(length => !CameraHeaderDecoder.TryDecode(Sound.AsSpan(0, length), out _, out _));

    [Fact]
    public void Fields_come_in_any_order_and_a_null_says_nothing() =>
        Gen.Shuffle(new[] { "\"v\":1", "\"frame\":81", "\"dtype\":\"float32\"", "\"shape\":[512,256]", "\"time_s\":null", "\"kv\":200", "\"other\":[null]" }).Sample(fields =>
        {
            var read = CameraHeaderDecoder.TryDecode(Encoding.UTF8.GetBytes($"{{{string.Join(',', fields)}}}"), out var header, out _);
            Assert.True(read);
            Assert.Equal((81, 512, 256, PixelType.Float32), (header.Number, header.Height, header.Width, header.Type));
            Assert.Equal((null, 200), (header.TimeS, header.Facts.Kv));
            Assert.Equal(512 * 256 * 4, header.PixelBytes);
        });

    [Fact]
    public void Numbers_rise_whatever_the_sender_counts() =>
        Gen.Long[0, 100].Array[1, 200].Sample(numbers =>
        {
            var numbering = new FrameNumbering();
            var last = -1L;
            foreach (var number in numbers)
            {
                if (numbering.Take(number, out var delivered) is NumberVerdict.Next or NumberVerdict.Restarted)
                {
                    Assert.True(delivered > last);
                    last = delivered;
                }
            }
        });

    [Fact]
    public void Text_that_is_shown_cannot_move_the_cursor()
    {
        CameraHeaderDecoder.TryDecode("{\"v\":1,\"frame\":1,\"shape\":[1,1],\"dtype\":\"\u009b31m\u0085evil\"}"u8, out _, out var fault);

        Assert.Equal("found \"?31m?evil\"; allowed: uint8, int8, uint16, int16, uint32, int32, float32", fault.Problem);
    }

    [Fact]
    public void A_sound_header_allocates_nothing()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.True(CameraHeaderDecoder.TryDecode(Sound, out _, out _));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = CameraHeaderDecoder.TryDecode(Sound, out _, out _);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(read);
        Assert.Equal(0, allocated);
    }

    private static bool Holds(byte[] bytes)
    {
        if (!CameraHeaderDecoder.TryDecode(bytes, out var header, out var fault))
        {
            return fault.Field.Length > 0 && fault.Problem.Length > 0;
        }

        return CameraHeaderDecoder.Name(bytes) is null or { Length: > 0 }
            && (header.IsEnd || (header is { Height: > 0, Width: > 0, Number: >= 0 } && header.PixelBytes <= CameraHeaderDecoder.LargestFrame));
    }
}
