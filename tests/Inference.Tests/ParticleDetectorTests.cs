using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Truth;
using LiveLtem.Testing;
using OpenCvSharp;

namespace LiveLtem.Inference.Tests;

public class ParticleDetectorTests
{
    [Theory]
    [InlineData(2.0, 0.99)]
    [InlineData(1.0, 0.97)]
    public void Cubes_of_a_crystal_are_found_near_the_bound_with_honest_errors(double contrastToNoise, double leastF1)
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 11, SizePx = 320, Cnr = contrastToNoise, HotPixelFraction = 0 }, 16);
        var score = movie.Score(movie.Detect(null));
        Assert.True(score.F1 >= leastF1, $"F1 {score.F1:F4}");
        var clear = score.Matched.Where(m => m.Row.Flags == DetectionFlags.None && m.Row.Bound is not null).ToList();
        Assert.True(clear.Count(m => m.Found.Best.Symmetry == 4) >= 0.98 * clear.Count, "free-standing ones known as cubes");
        var errors = score.Errors();
        Assert.InRange(errors.Position, 0.6, 1.5);
        Assert.InRange(errors.Angle, 0.6, 1.5);
        Assert.InRange(errors.PositionNormalised, 0.75, 1.35);
        Assert.InRange(errors.AngleNormalised, 0.75, 1.4);
    }

    [Fact]
    public void Bright_particles_are_found_as_well_as_dark_ones()
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 11, SizePx = 320, Cnr = 2, Bright = true, HotPixelFraction = 0 }, 12);
        var found = movie.Detect(null);
        var rows = movie.Truth.SelectMany((t, f) => t.Where(r => r.Visible > 0.6).Select(r => (Row: r, Best: Nearest(found[f], r)))).ToList();
        Assert.True(rows.Count(r => r.Best is not null) >= 0.98 * rows.Count, $"{rows.Count(r => r.Best is not null)} of {rows.Count}");
        Assert.All(found.SelectMany(f => f.Particles).Where(p => p.Flags == DetectionFlags.None), p => Assert.True(p.Contrast < 0));
        var errors = rows.Where(r => r.Best is not null && r.Row.Flags == DetectionFlags.None)
            .Select(r => Math.Abs(r.Best!.XPx - r.Row.XPx) / r.Row.Bound!.Value.XPx).Order().ToArray();
        Assert.True(errors[errors.Length / 2] < 1.5 * 0.6745, $"median error {errors[errors.Length / 2]:F2} bounds");
    }

    [Fact]
    public void The_same_frames_give_the_same_particles()
    {
        using var movie = new SimulatedMovie("free", new SceneOptions { Seed = 3, SizePx = 256, Cnr = 1.5 }, 6);
        var (first, second) = (movie.Detect(null), movie.Detect(null));
        for (var f = 0; f < first.Count; f++)
        {
            Assert.Equal(first[f].Particles.Select(p => p.Best), second[f].Particles.Select(p => p.Best));
        }
    }

    [Fact]
    public void Nothing_is_found_in_noise()
    {
        using var pool = new FramePool();
        var random = new Random(5);
        var frames = new List<Frame>();
        for (var f = 0; f < 6; f++)
        {
            using var draft = pool.Rent(256, 256, PixelType.UInt16);
            foreach (ref var pixel in draft.Pixels<ushort>())
            {
                pixel = (ushort)Math.Clamp(400 + (60 * PatchMaker.Gaussian(random)), 0, 4000);
            }

            frames.Add(draft.Publish(new FrameHeader { Number = f }));
        }

        var found = SimulatedMovie.Detect(frames, null);
        Free(pool, frames);
        Assert.True(found.Sum(f => f.Particles.Count) <= 1, $"{found.Sum(f => f.Particles.Count)} particles in six frames of noise");
    }

    [Theory]
    [InlineData(1, 1, PixelType.UInt8)]
    [InlineData(2, 500, PixelType.Float32)]
    [InlineData(17, 16, PixelType.UInt32)]
    [InlineData(40, 9, PixelType.Int16)]
    public void Frames_too_small_or_blank_are_passed_without_a_fault(int height, int width, PixelType type)
    {
        using var pool = new FramePool();
        var frames = new List<Frame>();
        for (var f = 0; f < 3; f++)
        {
            using var draft = pool.Rent(height, width, type);
            draft.Bytes.Fill(type == PixelType.Float32 ? (byte)0xFF : (byte)(f * 20));
            frames.Add(draft.Publish(new FrameHeader { Number = f }));
        }

        var found = SimulatedMovie.Detect(frames, null);
        Free(pool, frames);
        Assert.All(found, f => Assert.Empty(f.Particles));
    }

    [Fact]
    public void Labels_cover_the_particles_that_they_number()
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 2, SizePx = 256, Cnr = 3 }, 3);
        var found = movie.Detect(null, new ParticleDetectorOptions { WithLabels = true })[0];
        for (var p = 0; p < found.Particles.Count; p++)
        {
            var fit = found.Particles[p].Best;
            var pixels = found.Labels!.Count(l => l == p + 1);
            if (found.Particles[p].Flags == DetectionFlags.None)
            {
                Assert.Equal(p + 1, found.Labels![((int)Math.Round(fit.YPx) * 256) + (int)Math.Round(fit.XPx)]);
                Assert.InRange(pixels / fit.AreaPx, 0.9, 1.1);
            }
        }
    }

    [Fact]
    public void The_six_real_nanorods_are_found_where_they_were_measured_by_hand()
    {
        var positions = File.ReadLines(Samples.Path("images/lptem_real_nanorods/positions_first24.csv")).Skip(1)
            .Select(l => l.Split(',')).Where(c => int.Parse(c[0]) < 6).ToList();
        using var pool = new FramePool();
        var frames = new List<Frame>();
        for (var f = 0; f < 6; f++)
        {
            using var image = Cv2.ImRead(Samples.Path($"images/lptem_real_nanorods/00000{f}.jpeg"), ImreadModes.Grayscale);
            using var draft = pool.Rent(image.Rows, image.Cols, PixelType.UInt8);
            image.GetArray(out byte[] pixels);
            pixels.CopyTo(draft.Bytes);
            frames.Add(draft.Publish(new FrameHeader { Number = f }));
        }

        var found = SimulatedMovie.Detect(frames, null);
        Free(pool, frames);
        var hits = positions.Count(c => found[int.Parse(c[0])].Particles.Any(p => Math.Abs(p.Best.XPx - int.Parse(c[2])) < 15 && Math.Abs(p.Best.YPx - int.Parse(c[3])) < 15));
        Assert.True(hits >= 28, $"{hits} of {positions.Count} positions found");
        Assert.True(found.Sum(f => f.Particles.Count) <= hits + 8, $"{found.Sum(f => f.Particles.Count) - hits} others");
    }

    [Fact]
    public void A_wrong_option_is_refused_in_one_line()
    {
        var error = Assert.Throws<InputException>(() => new ParticleDetector(new ParticleDetectorOptions { Symmetries = [5] }));
        Assert.Contains("5", error.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => new ParticleDetector(new ParticleDetectorOptions { MinSizePx = -1 }));
        Assert.Throws<InputException>(() => new ParticleDetector(new ParticleDetectorOptions { LearningFrames = 0 }));
    }

    private static ShapeFit? Nearest(FrameDetections found, TruthRow row) => found.Particles
        .Select(p => p.Best)
        .Where(p => Math.Pow(p.XPx - row.XPx, 2) + Math.Pow(p.YPx - row.YPx, 2) < row.MinorPx * row.MinorPx / 4)
        .MinBy(p => Math.Pow(p.XPx - row.XPx, 2) + Math.Pow(p.YPx - row.YPx, 2));

    private static void Free(FramePool pool, List<Frame> frames)
    {
        frames.ForEach(f => f.Dispose());
        Assert.Equal(0, pool.Outstanding);
    }
}
