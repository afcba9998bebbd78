using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Soft;
using Xunit;

namespace LiveLtem.Inference.Tests.Soft;

public sealed class SoftDetectorTests
{
    private static readonly ParticleDetectorOptions Options = new() { ZeroCounts = SimulatedMovie.ZeroCounts };

    [Theory]
    [InlineData(1.0, false)]
    [InlineData(0.5, false)]
    [InlineData(0.5, true)]
    public void Molecules_under_the_noise_are_found_in_nearly_every_frame(double cnr, bool bright)
    {
        using var movie = Movie(11, cnr, 80, bright);
        var found = Detect(movie.Frames);
        var score = movie.Score(found);
        Assert.True(score.F1 >= 0.93, $"F1 {score.F1:F3}");
    }

    [Fact]
    public void A_flat_field_of_noise_shows_nothing_in_a_thousand_frames()
    {
        const int side = 128;
        using var pool = new FramePool();
        var frames = new List<Frame>();
        for (var f = 0; f < 1000; f++)
        {
            var random = new SimRandom(5, 99, f);
            using var draft = pool.Rent(side, side, PixelType.UInt16);
            foreach (ref var pixel in draft.Pixels<ushort>())
            {
                pixel = (ushort)Math.Round(1000 + (100 * random.NextNormal()));
            }

            frames.Add(draft.Publish(new FrameHeader { Number = f }));
        }

        var found = Detect(frames);
        frames.ForEach(frame => frame.Dispose());
        Assert.Equal(0, found.Sum(f => f.Particles.Count));
    }

    [Fact]
    public void The_same_frames_give_the_same_numbers()
    {
        using var movie = Movie(12, 0.5, 40, bright: false);
        var first = Detect(movie.Frames);
        var again = Detect(movie.Frames);
        Assert.Equal(
            first.SelectMany(f => f.Particles).Select(p => (p.Best.XPx, p.Best.YPx, p.Features!.GyrationPx2, p.Score)),
            again.SelectMany(f => f.Particles).Select(p => (p.Best.XPx, p.Best.YPx, p.Features!.GyrationPx2, p.Score)));
    }

    [Fact]
    public void A_blank_frame_is_told_and_ends_nothing()
    {
        using var movie = Movie(11, 1, 60, bright: false);
        using var pool = new FramePool();
        var frames = movie.Frames.Select(frame => frame.Share()).ToList();
        using (var draft = pool.Rent(frames[40].Height, frames[40].Width, PixelType.UInt16))
        {
            draft.Pixels<ushort>().Fill((ushort)SimulatedMovie.ZeroCounts);
            frames[40].Dispose();
            frames[40] = draft.Publish(new FrameHeader { Number = 40 });
        }

        var found = Detect(frames);
        frames.ForEach(frame => frame.Dispose());
        Assert.NotNull(found[40].Failure);
        Assert.Empty(found[40].Particles);
        Assert.Equal(found[39].Particles.Count, found[41].Particles.Count);
    }

    [Fact]
    public void Where_a_molecule_is_its_stated_errors_hold()
    {
        using var movie = Movie(13, 0.5, 120, bright: false);
        var score = movie.Score(Detect(movie.Frames));
        var whole = score.Matched.Where(m => m.Row.Flags == DetectionFlags.None && m.Found.Flags == DetectionFlags.None).ToList();
        var normalised = whole.Average(m =>
            (Math.Pow((m.Found.Best.XPx - m.Row.XPx) / m.Found.Best.XErrPx, 2) + Math.Pow((m.Found.Best.YPx - m.Row.YPx) / m.Found.Best.YErrPx, 2)) / 2);
        Assert.InRange(normalised, 0.6, 1.7);
    }

    private static SimulatedMovie Movie(int seed, double cnr, int frames, bool bright) =>
        new("soft", new SceneOptions { Seed = seed, SizePx = 256, Cnr = cnr, Bright = bright, HotPixelFraction = 0 }, frames);

    private static List<FrameDetections> Detect(List<Frame> frames)
    {
        using var detector = new SoftDetector(Options);
        detector.Learn([.. frames.Take(detector.LearningFrames)]);
        var found = new List<FrameDetections>();
        foreach (var frame in frames)
        {
            using var segmentation = detector.Segment(frame);
            found.Add(detector.Measure(frame, segmentation));
        }

        return found;
    }
}
