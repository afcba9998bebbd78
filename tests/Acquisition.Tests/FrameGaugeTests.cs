using System.Runtime.InteropServices;
using CsCheck;
using LiveLtem.Acquisition.Gauge;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Tests;

public sealed class FrameGaugeTests
{
    [Fact]
    public void Counts_of_every_pixel_type_agree_with_a_plain_loop_for_any_size()
    {
        Check(Gen.Byte, PixelType.UInt8, byte.MaxValue);
        Check(Gen.SByte, PixelType.Int8, sbyte.MaxValue);
        Check(Gen.UShort, PixelType.UInt16, ushort.MaxValue);
        Check(Gen.Short, PixelType.Int16, short.MaxValue);
        Check(Gen.UInt, PixelType.UInt32, uint.MaxValue);
        Check(Gen.Int, PixelType.Int32, int.MaxValue);
        Check(Gen.Float[-1e6f, 1e6f], PixelType.Float32, null);

        static void Check<T>(Gen<T> pixel, PixelType type, T? ceiling)
            where T : unmanaged
        {
            // Every few cases hold the type's ceiling, which random pixels of a wide type never would.
            var pixels = ceiling is { } full ? Gen.Frequency((9, pixel), (1, Gen.Const(full))) : pixel;
            pixels.Array[1, 700].Sample(values =>
            {
                using var pool = new FramePool();
                using var frame = Make(pool, 0, type, values);
                var read = new FrameGauge().Read(frame);
                var plain = values.Select(value => Convert.ToDouble(value)).ToArray();
                Assert.Equal(plain.Average(), read.MeanCounts, 1e-6 * (1 + Math.Abs(plain.Average())));
                Assert.Equal(plain.Min(), read.MinCounts);
                Assert.Equal(plain.Max(), read.MaxCounts);
                Assert.Equal(values.Count(value => value.Equals(ceiling)) / (double)values.Length, read.SaturatedFraction, 1e-12);
            }, iter: 50, threads: 1);
        }
    }

    [Fact]
    public void Large_frames_of_full_pixels_do_not_overflow()
    {
        using var pool = new FramePool();
        using var narrow = Make(pool, 0, PixelType.UInt16, Enumerable.Repeat(ushort.MaxValue, 1_500_000).ToArray());
        using var wide = Make(pool, 0, PixelType.UInt32, Enumerable.Repeat(uint.MaxValue, 1_500_000).ToArray());

        Assert.Equal(ushort.MaxValue, new FrameGauge().Read(narrow).MeanCounts);
        Assert.Equal(uint.MaxValue, new FrameGauge().Read(wide).MeanCounts);
        Assert.Equal(1, new FrameGauge().Read(narrow).SaturatedFraction);
    }

    [Fact]
    public void Pixels_that_are_no_numbers_are_left_out()
    {
        using var pool = new FramePool();
        using var some = Make(pool, 0, PixelType.Float32, [1f, float.NaN, 3f, float.PositiveInfinity]);
        using var none = Make(pool, 0, PixelType.Float32, [float.NaN, float.NaN]);

        var read = new FrameGauge().Read(some);
        Assert.Equal((2, 1, 3), (read.MeanCounts, read.MinCounts, read.MaxCounts));
        Assert.True(double.IsNaN(new FrameGauge().Read(none).MeanCounts));
    }

    [Fact]
    public void Lost_frames_are_told_by_the_gap_in_the_numbers_and_late_ones_do_not_count_twice()
    {
        using var pool = new FramePool();
        var gauge = new FrameGauge();
        long[] numbers = [5, 6, 10, 8, 11];
        var dropped = numbers.Select(number =>
        {
            using var frame = Make<byte>(pool, number, PixelType.UInt8, [(byte)number, 0]);
            return gauge.Read(frame).DroppedBefore;
        });

        Assert.Equal([0L, 0L, 3L, 0L, 0L], dropped);
    }

    [Fact]
    public void Frame_that_is_sent_twice_is_told_but_two_blank_ones_are_not_repeats()
    {
        using var pool = new FramePool();
        var gauge = new FrameGauge();
        byte[][] images = [[1, 2, 3], [1, 2, 3], [1, 2, 4], [0, 0, 0], [0, 0, 0]];
        var repeated = images.Select((image, i) =>
        {
            using var frame = Make(pool, i, PixelType.UInt8, image);
            return gauge.Read(frame).Repeated;
        });

        Assert.Equal([false, true, false, false, false], repeated);
    }

    private static Frame Make<T>(FramePool pool, long number, PixelType type, T[] values)
        where T : unmanaged
    {
        var draft = pool.Rent(1, values.Length, type);
        MemoryMarshal.AsBytes<T>(values).CopyTo(draft.Bytes);
        return draft.Publish(new FrameHeader { Number = number });
    }
}
