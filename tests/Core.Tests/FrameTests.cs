using System.Runtime.InteropServices;

namespace LiveLtem.Core.Tests;

public sealed class FrameTests
{
    [Fact]
    public void Buffer_returns_when_the_last_lease_is_given_back()
    {
        using var pool = new FramePool();
        var frame = Make(pool, 4);
        var second = frame.Share();
        frame.Dispose();

        Assert.Equal(1, pool.Outstanding);
        Assert.Equal(4, second.Pixels<ushort>()[0]);
        second.Dispose();
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void Second_dispose_of_a_lease_takes_nothing_from_the_others()
    {
        using var pool = new FramePool();
        var frame = Make(pool, 1);
        using var other = frame.Share();
        frame.Dispose();
        frame.Dispose();

        Assert.Equal(1, pool.Outstanding);
        Assert.Equal(1, other.Pixels<ushort>()[0]);
    }

    [Fact]
    public void Lease_that_was_given_back_cannot_be_shared_or_read()
    {
        using var pool = new FramePool();
        var frame = Make(pool, 1);
        using var other = frame.Share();
        frame.Dispose();

        Assert.Throws<ObjectDisposedException>(() => frame.Share());
        Assert.Throws<ObjectDisposedException>(() => frame.Bytes.Length);
        Assert.Throws<ObjectDisposedException>(() => frame.Address);
    }

    [Fact]
    public void Draft_is_either_published_or_given_back()
    {
        using var pool = new FramePool();
        using (pool.Rent(2, 2, PixelType.UInt8))
        {
            Assert.Equal(1, pool.Outstanding);
        }

        Assert.Equal(0, pool.Outstanding);
        var draft = pool.Rent(2, 2, PixelType.UInt8);
        var frame = draft.Publish(new FrameHeader { Number = 3 });
        draft.Dispose();
        Assert.Equal(1, pool.Outstanding);
        Assert.Throws<ObjectDisposedException>(() => draft.Bytes.Length);
        frame.Dispose();
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void Buffers_are_used_again_and_are_aligned()
    {
        using var pool = new FramePool();
        nint first;
        using (var frame = Make(pool, 1))
        {
            first = frame.Address;
            Assert.Equal(0, first % 64);
        }

        using var again = Make(pool, 2);
        Assert.Equal(first, again.Address);
    }

    [Fact]
    public void Pool_that_is_disposed_frees_what_comes_back_and_rents_no_more()
    {
        var pool = new FramePool();
        var frame = Make(pool, 1);
        pool.Dispose();
        frame.Dispose();

        Assert.Equal(0, pool.Outstanding);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent(1, 1, PixelType.UInt8));
    }

    [Fact]
    public void Sizes_that_no_image_has_are_refused()
    {
        using var pool = new FramePool();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(0, 4, PixelType.UInt8));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(4, -1, PixelType.UInt8));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(70_000, 70_000, PixelType.Float32));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void Pixels_are_handed_out_as_what_they_are_only()
    {
        using var pool = new FramePool();
        using var frame = Make(pool, 1);
        var error = Assert.Throws<InvalidOperationException>(() => frame.Pixels<short>().Length);
        Assert.Contains("uint16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shared_lease_may_carry_another_header()
    {
        using var pool = new FramePool();
        using var frame = Make(pool, 1);
        using var retimed = frame.Share(frame.Header with { SourceTimeS = 2.5 });
        Assert.Null(frame.Header.SourceTimeS);
        Assert.Equal(2.5, retimed.Header.SourceTimeS);
    }

    [Fact]
    public async Task Leases_shared_and_given_back_on_many_threads_all_come_home()
    {
        using var pool = new FramePool();
        var frame = Make(pool, 9);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                using var lease = frame.Share();
                using var second = lease.Share();
                Assert.Equal(9, second.Pixels<ushort>()[3]);
            }
        })));

        Assert.Equal(1, pool.Outstanding);
        frame.Dispose();
        Assert.Equal(0, pool.Outstanding);
    }

    [Theory]
    [InlineData(PixelType.UInt8, "uint8", 255.0)]
    [InlineData(PixelType.Int8, "int8", 127.0)]
    [InlineData(PixelType.UInt16, "uint16", 65535.0)]
    [InlineData(PixelType.Int16, "int16", 32767.0)]
    [InlineData(PixelType.UInt32, "uint32", 4294967295.0)]
    [InlineData(PixelType.Int32, "int32", 2147483647.0)]
    [InlineData(PixelType.Float32, "float32", null)]
    public void Pixel_types_know_their_names_and_ceilings(PixelType type, string name, double? ceiling)
    {
        Assert.Equal(name, type.NumpyName());
        Assert.Equal(ceiling, type.Ceiling());
    }

    [Fact]
    public void Every_pixel_type_converts_to_float_exactly()
    {
        Check<byte>(PixelType.UInt8, [0, 1, 127, 128, 255]);
        Check<sbyte>(PixelType.Int8, [-128, -1, 0, 127]);
        Check<ushort>(PixelType.UInt16, [0, 1, 32767, 32768, 65535]);
        Check<short>(PixelType.Int16, [-32768, -1, 0, 32767]);
        Check<uint>(PixelType.UInt32, [0, 1, 1 << 24, 4294967295]);
        Check<int>(PixelType.Int32, [int.MinValue, -1, 0, 16777216, int.MaxValue]);
        Check<float>(PixelType.Float32, [-1.5f, 0, float.NaN, 3e38f]);

        static void Check<T>(PixelType type, T[] values)
            where T : unmanaged
        {
            // Longer than any vector, and not a multiple of one.
            var pixels = Enumerable.Range(0, 131).Select(i => values[i % values.Length]).ToArray();
            var converted = new float[pixels.Length];
            PixelConverter.ToFloat(MemoryMarshal.AsBytes<T>(pixels), type, converted);
            Assert.Equal(pixels.Select(pixel => Convert.ToSingle(pixel)), converted);
        }
    }

    private static Frame Make(FramePool pool, ushort value)
    {
        var draft = pool.Rent(3, 5, PixelType.UInt16);
        draft.Pixels<ushort>().Fill(value);
        return draft.Publish(new FrameHeader { Number = 0 });
    }
}
