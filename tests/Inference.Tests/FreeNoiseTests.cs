using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

public sealed class FreeNoiseTests
{
    private const int Size = 384;

    [Fact]
    public void Patches_of_white_noise_stray_by_the_root_of_their_area()
    {
        using var pool = new FramePool();
        using var one = Grain(pool, blur: 0, new Random(1));
        using var next = Grain(pool, blur: 0, new Random(2));
        var noise = FreeNoise.Measure(one, next, [], 0)!;
        foreach (var side in (double[])[4, 8, 12, 20])
        {
            Assert.InRange(noise.Over(side * side) * side / 0.1, 0.85, 1.15);
        }
    }

    [Fact]
    public void Grain_makes_patches_of_its_own_size_stray_by_nearly_as_much_as_pixels()
    {
        using var pool = new FramePool();
        using var one = Grain(pool, blur: 3, new Random(3));
        using var next = Grain(pool, blur: 3, new Random(4));
        var noise = FreeNoise.Measure(one, next, [], 0)!;

        // The mean of a Gaussian grain of correlation exp(-d^2 / 4 s^2) over a side a keeps a variance of (integral of (1 - |u|) exp(-(a u)^2 / 4 s^2))^2.
        foreach (var side in (double[])[4, 8, 16])
        {
            Assert.InRange(noise.Over(side * side) / (0.1 * Kept(side, 3)), 0.85, 1.15);
        }
    }

    [Fact]
    public void A_frame_that_is_repeated_or_tiny_says_nothing()
    {
        using var pool = new FramePool();
        using var one = Grain(pool, blur: 0, new Random(5));
        Assert.Null(FreeNoise.Measure(one, one, [], 0));
        using var small = pool.Rent(24, 24, PixelType.UInt8).Publish(default);
        using var other = pool.Rent(24, 24, PixelType.UInt8).Publish(default);
        Assert.Null(FreeNoise.Measure(small, other, [], 0));
    }

    [Fact]
    public void What_moves_does_not_count_where_liquid_is_free()
    {
        // A fifth of the frame changes by much more than the noise.
        using var pool = new FramePool();
        using var one = Grain(pool, blur: 0, new Random(7));
        using var next = Grain(pool, blur: 0, new Random(8), band: 80);
        var found = Enumerable.Range(0, 10).Select(i => new Blob(1, 40, 40 * i, 1600, 30, 30, 0, 0.5, false));
        var noise = FreeNoise.Measure(one, next, found, 0)!;
        Assert.InRange(noise.Over(256) * 16 / 0.1, 0.85, 1.15);
    }

    [Fact]
    public void Between_particles_that_leave_no_free_square_of_their_own_size_it_is_measured_as_well()
    {
        // Columns of a crowd, 40 px apart, of which half lie elsewhere in the next frame: narrow lanes are left.
        using var pool = new FramePool();
        using var one = Grain(pool, blur: 0, new Random(21));
        using var next = Grain(pool, blur: 0, new Random(22), band: Size, lane: 24);
        var found = Enumerable.Range(0, 9).SelectMany(c => Enumerable.Range(0, 48).Select(r => new Blob(1, (40 * c) + 11.5, 8 * r, 400, 10, 10, 0, 0.5, false)));
        var noise = FreeNoise.Measure(one, next, found, 0)!;
        Assert.InRange(noise.Over(24 * 24) * 24 / 0.1, 0.75, 1.25);
    }

    [Fact]
    public void One_frame_alone_tells_it_once_its_slow_unevenness_is_off()
    {
        using var pool = new FramePool();
        using var one = Grain(pool, blur: 0, new Random(23), slope: 0.3);
        var noise = FreeNoise.Measure(one, [], 0, Size / 10.0)!;
        Assert.InRange(noise.Over(64) * 8 / 0.1, 0.8, 1.25);
    }

    [Theory]
    [InlineData("segment")]
    [InlineData(null)]
    public void In_grain_without_particles_none_is_found(string? model)
    {
        using var pool = new FramePool();
        var frames = Enumerable.Range(0, 6).Select(i => Grain(pool, blur: 2, new Random(10 + i), relative: 0.21)).ToList();
        var found = SimulatedMovie.Detect(frames, model);
        frames.ForEach(f => f.Dispose());
        Assert.True(found.Sum(f => f.Particles.Count) <= 1, $"{found.Sum(f => f.Particles.Count)} found in {found.Count} frames of noise");
    }

    private static double Kept(double side, double blur)
    {
        const int steps = 2000;
        var sum = 0.0;
        for (var i = 0; i < steps; i++)
        {
            var u = (i + 0.5) / steps;
            sum += 2 * (1 - u) * Math.Exp(-Math.Pow(side * u / (2 * blur), 2)) / steps;
        }

        return sum;
    }

    // Level 100, noise of so much of it after the blur.
    private static Frame Grain(FramePool pool, double blur, Random random, double relative = 0.1, int band = 0, int lane = Size, double slope = 0)
    {
        var noise = new float[Size * Size];
        for (var i = 0; i < noise.Length; i++)
        {
            noise[i] = (float)PatchMaker.Gaussian(random);
        }

        if (blur > 0)
        {
            noise = PatchMaker.Blur(noise, Size, blur);
        }

        var spread = Math.Sqrt(noise.Average(v => v * v));
        using var draft = pool.Rent(Size, Size, PixelType.Float32);
        var pixels = draft.Pixels<float>();
        for (var i = 0; i < noise.Length; i++)
        {
            // What moved: stripes as wide as a particle, in the columns of a band.
            var moved = i % Size < band && i % Size % 40 < lane && (i / Size / 16) % 2 == 0 ? 0.5 : 1;
            pixels[i] = (float)(100 * moved * (1 + (slope * (i % Size) / Size)) * (1 + (relative * noise[i] / spread)));
        }

        return draft.Publish(new FrameHeader { Number = 0 });
    }
}
