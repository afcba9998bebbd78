using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Tests;

/// <summary>What every source keeps to, whatever it reads. A test class for a source inherits it.</summary>
public abstract class FrameSourceContract
{
    /// <summary>A fresh source of at least three frames that ends by itself, or a watch folder with as many.</summary>
    protected abstract Task<IFrameSource> OpenAsync();

    /// <summary>False for a source that only a cancellation ends.</summary>
    protected virtual bool Ends => true;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Says_what_it_is_before_it_runs()
    {
        await using var source = await OpenAsync();

        Assert.NotEmpty(source.Info.Name);
        Assert.NotEmpty(source.Info.Format);
        Assert.True(source.Info.Height > 0 && source.Info.Width > 0);
        Assert.True(source.Info.Frames is null or > 0);
    }

    [Fact]
    public async Task Delivers_frames_of_the_size_it_said_in_rising_order()
    {
        await using var source = await OpenAsync();
        using var pool = new FramePool();
        var channel = Channel.CreateBounded<Frame>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var run = source.RunAsync(pool, channel.Writer, stop.Token);
        var last = -1L;
        for (var i = 0; i < 3; i++)
        {
            using var frame = await channel.Reader.ReadAsync(Token);
            Assert.Equal((source.Info.Height, source.Info.Width, source.Info.Type), (frame.Height, frame.Width, frame.Type));
            Assert.True(frame.Number > last, $"{frame.Number} came after {last}");
            Assert.NotEqual(0, frame.Header.ReceivedTimestamp);
            last = frame.Number;
        }

        await stop.CancelAsync();
        await IgnoreCancellation(run);
        Drain(channel);
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Stops_at_once_when_cancelled_and_keeps_no_buffer()
    {
        await using var source = await OpenAsync();
        using var pool = new FramePool();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var channel = Channel.CreateBounded<Frame>(1);
        var run = source.RunAsync(pool, channel.Writer, stop.Token);
        Assert.True(await channel.Reader.WaitToReadAsync(Token));
        await stop.CancelAsync();

        // Nobody reads: the source stands at a full channel when it is stopped.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20), Token));
        Drain(channel);
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Gives_its_buffers_back_when_the_channel_is_closed_under_it()
    {
        await using var source = await OpenAsync();
        using var pool = new FramePool();
        var channel = Channel.CreateBounded<Frame>(1);
        channel.Writer.Complete();

        await Assert.ThrowsAsync<ChannelClosedException>(() => source.RunAsync(pool, channel.Writer, Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task Ends_by_itself_only_where_the_recording_does_and_leaves_the_channel_open()
    {
        await using var source = await OpenAsync();
        using var pool = new FramePool();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var channel = Channel.CreateUnbounded<Frame>();
        var run = source.RunAsync(pool, channel.Writer, stop.Token);
        if (Ends)
        {
            await run.WaitAsync(TimeSpan.FromSeconds(60), Token);
            Assert.Equal(source.Info.Frames ?? channel.Reader.Count, channel.Reader.Count);
            Assert.True(channel.Reader.Count >= 3);
        }
        else
        {
            Assert.True(await channel.Reader.WaitToReadAsync(Token));
            Assert.False(run.IsCompleted);
            await stop.CancelAsync();
            await IgnoreCancellation(run);
        }

        Assert.True(channel.Writer.TryComplete());
        Drain(channel);
        Assert.Equal(0, pool.Outstanding);
    }

    private static void Drain(Channel<Frame> channel)
    {
        while (channel.Reader.TryRead(out var frame))
        {
            frame.Dispose();
        }
    }

    private static async Task IgnoreCancellation(Task run)
    {
        try
        {
            await run;
        }
        catch (OperationCanceledException)
        {
            // Cancelled is how it was meant to end.
        }
    }
}
