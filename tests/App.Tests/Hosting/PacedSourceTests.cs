using System.Threading.Channels;
using LiveLtem.App.Hosting;
using LiveLtem.Core;
using Microsoft.Extensions.Time.Testing;

namespace LiveLtem.App.Tests.Hosting;

public sealed class PacedSourceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_leave_at_their_time_and_not_before()
    {
        var time = new FakeTimeProvider();
        var start = time.GetTimestamp();
        await using var source = new PacedSource(() => new CountingSource(4), fps: 10, 25, loop: false, time);
        var (frames, _) = await CollectAsync(source, time, take: 4);

        Assert.Equal([0L, 1L, 2L, 3L], frames.Select(frame => frame.Number));
        Assert.All(frames, frame => Assert.True(time.GetElapsedTime(start, frame.ReceivedTimestamp) >= TimeSpan.FromSeconds(frame.Number * 0.1)));
        Assert.True(time.GetElapsedTime(start, frames[1].ReceivedTimestamp) < TimeSpan.FromSeconds(0.2));
        Assert.True(source.IsLive);
    }

    [Fact]
    public async Task Own_frame_time_is_the_pace_unless_another_is_asked_for()
    {
        await using var own = new PacedSource(() => new CountingSource(1), null, 25, loop: false, TimeProvider.System);
        await using var faster = new PacedSource(() => new CountingSource(1), 50, 25, loop: false, TimeProvider.System);

        Assert.Equal(2, own.FramesPerSecond, 1e-9);
        Assert.Equal(50, faster.FramesPerSecond, 1e-9);
    }

    [Fact]
    public async Task Loop_goes_on_with_numbers_and_times()
    {
        var opened = 0;
        var time = new FakeTimeProvider();
        await using var source = new PacedSource(
            () =>
            {
                opened++;
                return new CountingSource(3);
            },
            fps: 10,
            25,
            loop: true,
            time);
        var (frames, pool) = await CollectAsync(source, time, take: 8);

        Assert.Equal(Enumerable.Range(0, 8).Select(i => (long)i), frames.Take(8).Select(frame => frame.Number));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => Math.Round(i * 0.1, 6)), frames.Take(8).Select(frame => Math.Round(frame.SourceTimeS!.Value, 6)));
        Assert.True(opened >= 3);
        Assert.Null(source.Info.Frames);
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Recording_that_breaks_breaks_the_replay()
    {
        using var pool = new FramePool();
        await using var source = new PacedSource(
            () => new CountingSource(2) { Breaks = new FrameFormatException("a.mrc", "cut off") }, fps: 1000, 25, loop: true, TimeProvider.System);
        var output = Channel.CreateBounded<Frame>(8);

        await Assert.ThrowsAsync<FrameFormatException>(() => source.RunAsync(pool, output.Writer, Stop));
        while (output.Reader.TryRead(out var frame))
        {
            frame.Dispose();
        }

        Assert.Equal(0, pool.Outstanding);
    }

    /// <summary>Plays until enough frames are there, moving the clock in small steps; then stops the source.</summary>
    private static async Task<(List<FrameHeader> Frames, FramePool Pool)> CollectAsync(PacedSource source, FakeTimeProvider time, int take)
    {
        using var pool = new FramePool();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var output = Channel.CreateBounded<Frame>(64);
        var playing = Task.Run(() => source.RunAsync(pool, output.Writer, cancel.Token), Stop);
        var frames = new List<FrameHeader>();
        while (frames.Count < take)
        {
            while (output.Reader.TryRead(out var frame))
            {
                frames.Add(frame.Header);
                frame.Dispose();
            }

            await Task.Delay(1, Stop);
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        await cancel.CancelAsync();
        await playing.ContinueWith(static _ => { }, TaskScheduler.Default);
        while (output.Reader.TryRead(out var left))
        {
            left.Dispose();
        }

        return (frames, pool);
    }
}
