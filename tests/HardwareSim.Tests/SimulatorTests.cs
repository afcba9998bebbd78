using LiveLtem.Core;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.HardwareSim.Tests;

public class SimulatorTests
{
    public static TheoryData<string> SceneNames => [.. SceneCatalog.Names];

    [Theory]
    [MemberData(nameof(SceneNames))]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others(string scene)
    {
        var options = new SceneOptions { SizePx = 128 };
        Assert.Equal(Movie(scene, options, 3), Movie(scene, options, 3));
        Assert.NotEqual(Movie(scene, options, 3), Movie(scene, options with { Seed = 2 }, 3));
    }

    [Theory]
    [MemberData(nameof(SceneNames))]
    public void A_frame_does_not_depend_on_whether_the_ones_before_it_were_drawn(string scene)
    {
        var options = new SceneOptions { SizePx = 128, Type = PixelType.Float32 };
        var played = new Simulator(scene, options);
        var pixels = new byte[played.FrameBytes];
        var inSequence = new byte[3][];
        for (var i = 0; i < 3; i++)
        {
            played.Next(pixels);
            inSequence[i] = [.. pixels];
        }

        var lonely = SceneCatalog.Create(scene, options);
        lonely.NextFrame();
        lonely.NextFrame();
        new Simulator(lonely).Next(pixels);
        Assert.Equal(inSequence[2], pixels);
    }

    [Fact]
    public void An_unknown_scene_is_refused_in_one_line_that_lists_the_scenes()
    {
        var error = Assert.Throws<InputException>(() => SceneCatalog.Create("crystall", new SceneOptions()));
        Assert.Contains("crystal, free", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_asked_for_contrast_to_noise_is_reached()
    {
        foreach (var cnr in new[] { 0.5, 1, 2, 6 })
        {
            Assert.Equal(cnr, SceneCatalog.Create("crystal", new SceneOptions { Cnr = cnr }).Settings.Cnr, 9);
        }
    }

    private static byte[] Movie(string scene, SceneOptions options, int frames)
    {
        var simulator = new Simulator(scene, options);
        var all = new List<byte>();
        var pixels = new byte[simulator.FrameBytes];
        for (var i = 0; i < frames; i++)
        {
            simulator.Next(pixels);
            all.AddRange(pixels);
        }

        return [.. all];
    }
}
