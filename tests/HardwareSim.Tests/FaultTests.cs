using System.Runtime.InteropServices;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.HardwareSim.Tests;

public class FaultTests
{
    private static readonly SceneOptions Options = new() { SizePx = 128, Seed = 3, HotPixelFraction = 0 };

    [Fact]
    public void Dropped_frames_are_missing_and_leave_a_gap_in_the_numbers()
    {
        var shown = Play("fault-dropped", 80).ConvertAll(f => f.Frame.Number);
        Assert.Equal(shown.Distinct().Order(), shown);
        var gaps = shown.Zip(shown.Skip(1), (a, b) => b - a - 1).Where(g => g > 0).ToArray();
        Assert.Equal([3, 1], gaps);
    }

    [Fact]
    public void Repeated_frames_are_the_picture_before_sent_again()
    {
        var frames = Play("fault-repeated", 60);
        var first = frames.FindIndex(f => f.Frame.Fault == "repeated");
        Assert.True(frames[first].Pixels.SequenceEqual(frames[first - 1].Pixels));
        Assert.True(frames[first + 1].Pixels.SequenceEqual(frames[first - 1].Pixels));
        Assert.False(frames[first + 2].Pixels.SequenceEqual(frames[first - 1].Pixels));
        Assert.Equal(frames[first - 1].Frame.Number, frames[first + 1].Frame.RepeatOf);
        Assert.Equal(frames[first - 1].Frame.Particles, frames[first].Frame.Particles);
    }

    [Fact]
    public void A_blanked_beam_leaves_the_dark_level()
    {
        foreach (var frame in Faulty("fault-blank"))
        {
            Assert.Equal(100, Mean(frame.Pixels), 1.0);
        }
    }

    [Fact]
    public void A_dose_step_triples_the_electrons()
    {
        var frames = Play("fault-dose-step", 60);
        var normal = Mean(frames[0].Pixels) - 100;
        Assert.All(frames.Where(f => f.Frame.Fault is not null), f => Assert.Equal(3, (Mean(f.Pixels) - 100) / normal, 0.1));
    }

    [Fact]
    public void A_saturated_frame_has_most_background_at_the_ceiling()
    {
        foreach (var frame in Faulty("fault-saturated"))
        {
            var pixels = MemoryMarshal.Cast<byte, ushort>(frame.Pixels);
            Assert.True(pixels.Count(ushort.MaxValue) > 0.2 * pixels.Length);
        }
    }

    [Fact]
    public void The_stage_stays_where_a_jump_took_it()
    {
        var frames = Play("fault-drift-jump", 65);
        var at = frames.FindIndex(f => f.Frame.Fault == "drift-jump");
        double Step(int k) => Math.Abs(frames[k].Frame.DriftXPx - frames[k - 1].Frame.DriftXPx) + Math.Abs(frames[k].Frame.DriftYPx - frames[k - 1].Frame.DriftYPx);
        Assert.True(Step(at) > 4);
        Assert.All(Enumerable.Range(at + 1, frames.Count - at - 1), k => Assert.True(Step(k) < 2));
        var moved = frames[at].Frame.Particles.Average(p => p.Mean.XPx) - frames[at - 1].Frame.Particles.Average(p => p.Mean.XPx);
        Assert.Equal(frames[at].Frame.DriftXPx - frames[at - 1].Frame.DriftXPx, moved, 1.5);
    }

    [Fact]
    public void A_bubble_lets_more_beam_through_and_grows()
    {
        var frames = Play("fault-bubble", 75);
        var normal = Mean(frames[0].Pixels);
        var faulty = frames.Where(f => f.Frame.Fault == "bubble").ToArray();
        Assert.True(Mean(faulty[^1].Pixels) > normal * 1.05);
        Assert.True(faulty[^1].Frame.Bubble!.Value.RadiusPx > 3 * faulty[0].Frame.Bubble!.Value.RadiusPx);
    }

    [Fact]
    public void Defocus_takes_detail_away_and_comes_back()
    {
        var frames = Play("fault-defocus", 70);
        var worst = frames.MaxBy(f => f.Frame.DefocusPx);
        Assert.True(worst.Frame.DefocusPx > 4);
        Assert.True(Detail(worst.Pixels) < 0.85 * Detail(frames[0].Pixels));
        Assert.Equal(0, frames[^1].Frame.DefocusPx);
    }

    [Fact]
    public void The_scene_of_all_faults_shows_every_kind_and_clean_frames_first()
    {
        var scene = SceneCatalog.Create("faults", Options);
        var numbers = new List<long>();
        var kinds = new HashSet<string>();
        for (var k = 0; k < 97; k++)
        {
            var frame = scene.NextFrame();
            numbers.Add(frame.Number);
            if (frame.Fault is { } fault)
            {
                kinds.Add(fault);
                Assert.True(frame.Number >= 15);
            }
        }

        Assert.Equal(FaultScene.Kinds.Where(k => k != "dropped").Order(), kinds.Order());
        Assert.True(numbers[^1] > 96);
    }

    private static (SceneFrame Frame, byte[] Pixels)[] Faulty(string scene) => [.. Play(scene, 60).Where(f => f.Frame.Fault is not null)];

    private static List<(SceneFrame Frame, byte[] Pixels)> Play(string scene, int frames)
    {
        var simulator = new Simulator(scene, Options);
        var all = new List<(SceneFrame, byte[])>();
        for (var i = 0; i < frames; i++)
        {
            var pixels = new byte[simulator.FrameBytes];
            all.Add((simulator.Next(pixels), pixels));
        }

        return all;
    }

    private static double Mean(byte[] pixels)
    {
        var sum = 0.0;
        foreach (var value in MemoryMarshal.Cast<byte, ushort>(pixels))
        {
            sum += value;
        }

        return sum / (pixels.Length / 2);
    }

    // Rms difference of means over 4 × 4 px, where edges show and noise does not.
    private static double Detail(byte[] pixels)
    {
        var image = MemoryMarshal.Cast<byte, ushort>(pixels);
        var small = new double[32 * 32];
        for (var i = 0; i < image.Length; i++)
        {
            small[(i / 128 / 4 * 32) + (i % 128 / 4)] += image[i] / 16.0;
        }

        return Math.Sqrt(Enumerable.Range(0, small.Length - 1).Average(i => Math.Pow(small[i] - small[i + 1], 2)));
    }
}
