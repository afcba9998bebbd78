using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.Inference.Models;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

public sealed class LearnedDetectorTests
{
    [Theory]
    [InlineData(2.0, 1.2)]
    [InlineData(1.0, 1.3)]
    public void Cubes_of_a_crystal_are_found_near_the_bound_with_honest_errors(double contrastToNoise, double mostOfBound)
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 41, SizePx = 512, Cnr = contrastToNoise, HotPixelFraction = 0 }, 6);
        var score = movie.Score(movie.Detect("segment", new ParticleDetectorOptions { ZeroCounts = SimulatedMovie.ZeroCounts }));

        Assert.True(score.F1 >= 0.99, $"F1 {score.F1:F4}");
        var (position, angle, positionNormalised, angleNormalised) = score.Errors();
        Assert.InRange(position, 0.6, mostOfBound);
        Assert.InRange(angle, 0.6, mostOfBound);
        Assert.InRange(positionNormalised, 0.7, 1.35);
        Assert.InRange(angleNormalised, 0.7, 1.35);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(SimulatedMovie.ZeroCounts)]
    public void A_crystal_is_measured_well_whether_the_level_without_beam_is_known_or_not(double? zero)
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 42, SizePx = 320, Cnr = 1.5, HotPixelFraction = 0 }, 6);
        var score = movie.Score(movie.Detect("segment", new ParticleDetectorOptions { ZeroCounts = zero }));

        Assert.True(score.F1 >= 0.99, $"F1 {score.F1:F4}");
        var (position, angle, _, _) = score.Errors();
        Assert.InRange(position, 0.6, 1.35);
        Assert.InRange(angle, 0.6, 1.35);
    }

    [Fact]
    public void A_few_large_particles_are_not_taken_for_the_gaps_between_bright_ones()
    {
        // Nine particles of 33 to 107 px on uneven liquid: to the network, at its coarsest scale, the liquid between them looked like bright particles.
        using var movie = new SimulatedMovie("etching", new SceneOptions { Seed = 3, SizePx = 512 }, 4);
        var score = movie.Score(movie.Detect("segment", new ParticleDetectorOptions { ZeroCounts = SimulatedMovie.ZeroCounts }));

        Assert.Equal(1, score.F1);
    }

    [Theory]
    [InlineData(36, 1, 0.99)]
    [InlineData(37, 0.5, 0.95)]
    public void A_dense_crystal_at_low_dose_is_learnt_by_its_particles_not_by_its_gaps(int seed, double cnr, double least)
    {
        // Of the first one every cube looked irregular at first, of the second one the gaps stand out more than the cubes.
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = seed, SizePx = 512, Cnr = cnr }, 10);
        var score = movie.Score(movie.Detect("segment", new ParticleDetectorOptions { ZeroCounts = SimulatedMovie.ZeroCounts }));

        Assert.True(score.F1 >= least, $"F1 {score.F1:F4}");
        Assert.True(score.Matched.Count(m => m.Found.Best.Symmetry == 4) >= 0.9 * score.Matched.Count);
    }

    [Fact]
    public void Touching_particles_at_low_dose_are_found_clearly_better_than_by_thresholds()
    {
        using var movie = new SimulatedMovie("free", new SceneOptions { Seed = 43, SizePx = 512, Cnr = 0.75 }, 12);
        var learned = movie.Score(movie.Detect("segment")).F1;
        var classical = movie.Score(movie.Detect(model: null)).F1;

        Assert.True(learned >= 0.8, $"F1 {learned:F3} learned, {classical:F3} classical");
        Assert.True(learned >= classical + 0.05, $"F1 {learned:F3} learned, {classical:F3} classical");
    }

    [Fact]
    public void Bright_particles_are_found_as_well_as_dark_ones()
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 44, SizePx = 320, Cnr = 2, Bright = true, HotPixelFraction = 0 }, 5);
        var score = movie.Score(movie.Detect("segment"));

        Assert.True(score.F1 >= 0.98, $"F1 {score.F1:F4}");
        Assert.All(score.Matched.Where(m => m.Found.Flags == DetectionFlags.None), m => Assert.True(m.Found.Contrast < 0));
    }

    [Fact]
    public void A_part_of_the_frame_of_any_size_gives_the_positions_that_the_whole_one_gives()
    {
        const int top = 90, left = 7, height = 300, width = 500;
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 45, SizePx = 512, Cnr = 2 }, 3);
        using var pool = new FramePool();
        var parts = movie.Frames.Select(f => Part(pool, f, top, left, height, width)).ToList();
        var whole = movie.Detect("segment");
        var cut = SimulatedMovie.Detect(parts, "segment");
        parts.ForEach(p => p.Dispose());

        Assert.Equal(0, pool.Outstanding);
        for (var f = 0; f < cut.Count; f++)
        {
            var inside = cut[f].Particles.Where(p => !p.Flags.HasFlag(DetectionFlags.Border)).Select(p => p.Best).ToList();
            Assert.True(inside.Count > 30, $"only {inside.Count} particles inside");
            var apart = inside.Select(fit => whole[f].Particles.Min(p => Math.Sqrt(Math.Pow(p.Best.XPx - left - fit.XPx, 2) + Math.Pow(p.Best.YPx - top - fit.YPx, 2)))).ToList();

            // Noise and usual size are learnt from what is seen, so that particles which touch may come out a little otherwise.
            Assert.True(apart.Count(d => d < 0.3) >= 0.9 * apart.Count && apart.Max() < 1.5, $"frame {f}: up to {apart.Max():F2} px from where the whole frame has them");
        }
    }

    [Theory]
    [InlineData(1.5, 2)]
    [InlineData(0.75, 4)]
    public void Larger_particles_are_looked_at_more_coarsely(double pixelSizeNm, int bin)
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 46, SizePx = 448, Cnr = 2, PixelSizeNm = pixelSizeNm, HotPixelFraction = 0 }, 2);
        using var model = NetworkModel.Load("segment");
        var plan = NetworkPlanner.Plan(movie.Frames, new ParticleDetectorOptions(), SimulatedMovie.ZeroCounts, model);

        Assert.NotNull(plan);
        using var segmentation = plan.Segmenter.Segment(movie.Frames[0]);
        Assert.InRange(segmentation.Bin, bin / 1.6, bin * 1.6);
    }

    [Fact]
    public void The_same_frames_give_the_same_particles()
    {
        using var movie = new SimulatedMovie("free", new SceneOptions { Seed = 47, SizePx = 256, Cnr = 1 }, 5);
        var first = movie.Detect("segment");
        var second = movie.Detect("segment");

        Assert.True(first.Sum(f => f.Particles.Count) > 10);
        for (var f = 0; f < first.Count; f++)
        {
            Assert.Equal(first[f].Particles.Select(p => (p.Best, p.Score, p.Flags, p.Contrast)), second[f].Particles.Select(p => (p.Best, p.Score, p.Flags, p.Contrast)));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(31, 500)]
    [InlineData(160, 97)]
    public void Frames_that_are_blank_or_hold_no_numbers_are_passed_without_a_fault(int height, int width)
    {
        using var pool = new FramePool();
        float[] fills = [0, 700, float.NaN, -3];
        var frames = fills.Select((fill, f) =>
        {
            using var draft = pool.Rent(height, width, PixelType.Float32);
            draft.Pixels<float>().Fill(fill);
            return draft.Publish(new FrameHeader { Number = f });
        }).ToList();
        var found = SimulatedMovie.Detect(frames, "segment");
        frames.ForEach(f => f.Dispose());

        Assert.Equal(0, pool.Outstanding);
        Assert.All(found, f => Assert.Empty(f.Particles));
    }

    [Fact]
    public void A_frame_without_numbers_in_a_movie_spoils_no_other()
    {
        using var movie = new SimulatedMovie("crystal", new SceneOptions { Seed = 48, SizePx = 256, Cnr = 3, Type = PixelType.Float32 }, 5);
        using var pool = new FramePool();
        using var draft = pool.Rent(256, 256, PixelType.Float32);
        draft.Pixels<float>().Fill(float.NaN);
        using var spoilt = draft.Publish(new FrameHeader { Number = 9 });
        var found = SimulatedMovie.Detect([.. movie.Frames.Take(3), spoilt, .. movie.Frames.Skip(3)], "segment");

        Assert.Empty(found[3].Particles);
        found.RemoveAt(3);
        var score = movie.Score(found);
        Assert.True(score.F1 >= 0.97, $"F1 {score.F1:F3}");
    }

    [Fact]
    public void A_picture_of_another_place_shows_its_own_particles_and_none_of_the_last_one()
    {
        var options = new SceneOptions { SizePx = 384, Cnr = 0.75 };
        using var here = new SimulatedMovie("free", options with { Seed = 51 }, 6);
        using var elsewhere = new SimulatedMovie("free", options with { Seed = 52 }, 3);
        var alone = elsewhere.Score(elsewhere.Detect("segment"));
        var after = elsewhere.Score([.. SimulatedMovie.Detect([.. here.Frames, .. elsewhere.Frames], "segment").Skip(here.Frames.Count)]);
        var (phantomsAfter, phantomsAlone) = (after.Found - after.Matched.Count, alone.Found - alone.Matched.Count);
        Assert.True(phantomsAfter <= phantomsAlone + 2 && after.F1 >= alone.F1 - 0.05, $"F1 {after.F1:F3}, {phantomsAfter} phantoms; alone {alone.F1:F3}, {phantomsAlone}");
    }

    [Theory]
    [InlineData(61)]
    [InlineData(62)]
    public void One_noisy_frame_alone_shows_its_particles(int seed)
    {
        using var movie = new SimulatedMovie("free", new SceneOptions { Seed = seed, SizePx = 512, Cnr = 0.6, DetectorBlurPx = 1 }, 1);
        var score = movie.Score(movie.Detect("segment"));
        Assert.True(score.F1 >= 0.75, $"F1 {score.F1:F3}");
    }

    [Fact]
    public void Every_detection_carries_a_fit_among_pictures_that_do_not_follow_one_another()
    {
        var movies = Enumerable.Range(71, 6).Select(seed => new SimulatedMovie("free", new SceneOptions { Seed = seed, SizePx = 384, Cnr = 0.5 }, 1)).ToList();
        var found = SimulatedMovie.Detect([.. movies.Select(m => m.Frames[0])], "segment");
        movies.ForEach(m => m.Dispose());
        Assert.All(found.SelectMany(f => f.Particles), p => Assert.NotEmpty(p.Fits));
    }

    private static Frame Part(FramePool pool, Frame frame, int top, int left, int height, int width)
    {
        using var draft = pool.Rent(height, width, frame.Type);
        var size = frame.Type.BytesPerPixel();
        for (var y = 0; y < height; y++)
        {
            frame.Bytes.Slice((((top + y) * frame.Width) + left) * size, width * size).CopyTo(draft.Bytes.Slice(y * width * size, width * size));
        }

        return draft.Publish(frame.Header);
    }
}
