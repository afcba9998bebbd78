using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Tests;

public class SimulatedSourceTests
{
    [Fact]
    public async Task It_delivers_the_frames_asked_for_with_the_calibration_of_the_simulation()
    {
        using var pool = new FramePool();
        await using var source = new SimulatedSource("sim:crystal?seed=3&frames=4&size=64&cnr=1", TimeProvider.System);
        Assert.False(source.IsLive);
        Assert.Equal("simulation", source.Info.Calibration.PixelSizeNm!.Origin);
        Assert.Equal(0.1, source.Info.Calibration.FrameTimeS!.Value);
        var frames = await All(source, pool);
        Assert.Equal([0, 1, 2, 3], frames.Select(f => f.Number));
        Assert.Equal([0, 0.1, 0.2, 0.3], frames.Select(f => Math.Round(f.Header.SourceTimeS!.Value, 9)));
        frames.ForEach(f => f.Dispose());
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task It_shows_what_simulate_writes()
    {
        using var pool = new FramePool();
        await using var source = new SimulatedSource("sim:free?seed=5&frames=2&size=96", TimeProvider.System);
        var frames = await All(source, pool);
        var simulator = new Simulator("free", new SceneOptions { Seed = 5, SizePx = 96 });
        var pixels = new byte[simulator.FrameBytes];
        foreach (var frame in frames)
        {
            simulator.Next(pixels);
            Assert.True(frame.Bytes.SequenceEqual(pixels));
            frame.Dispose();
        }
    }

    [Fact]
    public async Task A_live_scene_loses_frames_that_find_no_room_and_keeps_its_numbers()
    {
        using var pool = new FramePool();
        await using var source = new SimulatedSource("sim:crystal?frames=3&size=64&fps=10000", TimeProvider.System);
        Assert.True(source.IsLive);
        var channel = Channel.CreateBounded<Frame>(1);
        await source.RunAsync(pool, channel.Writer, CancellationToken.None);
        Assert.True(channel.Reader.TryRead(out var first));
        Assert.Equal(0, first.Number);
        Assert.False(channel.Reader.TryRead(out _));
        first.Dispose();
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Cancelling_an_endless_scene_ends_it_without_a_leak()
    {
        using var pool = new FramePool();
        await using var source = new SimulatedSource("sim:crystal?size=64", TimeProvider.System);
        Assert.Null(source.Info.Frames);
        using var stop = new CancellationTokenSource();
        var channel = Channel.CreateBounded<Frame>(1);
        var run = source.RunAsync(pool, channel.Writer, stop.Token);
        (await channel.Reader.ReadAsync(TestContext.Current.CancellationToken)).Dispose();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        while (channel.Reader.TryRead(out var left))
        {
            left.Dispose();
        }

        Assert.Equal(0, pool.Outstanding);
    }

    [Theory]
    [InlineData("sim:crystal?speed=3", "'speed=3' is not understood")]
    [InlineData("sim:crystal?size=big", "not a number")]
    [InlineData("sim:crystal?size=99999", "--size 99999")]
    [InlineData("sim:crystal?frames=0", "must be 1 or more")]
    [InlineData("sim:crystal?size=999999999999", "not a number that fits")]
    [InlineData("sim:cristal", "no scene is called 'cristal'")]
    public void A_wrong_address_is_refused_in_words(string address, string words)
    {
        var error = Assert.Throws<InputException>(() => new SimulatedSource(address, TimeProvider.System));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private static async Task<List<Frame>> All(SimulatedSource source, FramePool pool)
    {
        var channel = Channel.CreateUnbounded<Frame>();
        await source.RunAsync(pool, channel.Writer, CancellationToken.None);
        channel.Writer.Complete();
        var frames = new List<Frame>();
        await foreach (var frame in channel.Reader.ReadAllAsync())
        {
            frames.Add(frame);
        }

        return frames;
    }
}
