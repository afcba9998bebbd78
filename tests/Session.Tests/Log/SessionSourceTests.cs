using System.Threading.Channels;
using LiveLtem.Core;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;

namespace LiveLtem.Session.Tests.Log;

public sealed class SessionSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FramePool _pool = new();

    [Theory]
    [InlineData(PixelType.UInt8)]
    [InlineData(PixelType.Int16)]
    [InlineData(PixelType.Float32)]
    [InlineData(PixelType.UInt32)]
    public async Task A_session_plays_its_frames_with_their_own_numbers_times_and_gaps(PixelType type)
    {
        string folder;
        await using (var store = SessionStore.Create(_folder.Root, RecordedMovie.Description with { FrameTimeTyped = false }, Recorded.Plain))
        {
            Recorded.Append(store, _pool, 65401, 2, type);
            store.SetRecording(false);
            Recorded.Append(store, _pool, 65403, 1, type);
            store.SetRecording(true);
            Recorded.Append(store, _pool, 65410, 1, type);
            await store.CompleteAsync(TestContext.Current.CancellationToken);
            folder = store.Folder;
        }

        await using var source = SessionSource.Open(folder, TimeProvider.System);
        Assert.Equal((3L, type, "LiveLTEM session"), (source.Info.Frames, source.Info.Type, source.Info.Format));
        Assert.Equal(RecordedMovie.Description.Calibration, source.Info.Calibration);
        Assert.Empty(source.Info.Warnings);
        var frames = await PlayAsync(source);
        Assert.Equal([(65401, 65401 * 0.05), (65402, 65402 * 0.05), (65410, 65410 * 0.05)], frames.Select(frame => (frame.Header.Number, frame.Header.SourceTimeS!.Value)));
        Assert.All(frames, frame => Assert.Equal(Recorded.Pixels(frame.Header.Number, type), frame.Pixels));
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public async Task A_typed_frame_time_beats_the_clock_of_the_source_again()
    {
        foreach (var (live, expected) in ((bool, double?)[])[(false, null), (true, 0.05)])
        {
            await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description with { IsLive = live }, Recorded.Plain);
            Recorded.Append(store, _pool, 7, 2);
            await store.CompleteAsync(TestContext.Current.CancellationToken);
            await using var source = SessionSource.Open(store.Folder, TimeProvider.System);
            Assert.Equal(expected, (await PlayAsync(source))[1].Header.SourceTimeS);
        }
    }

    [Fact]
    public async Task Opening_a_session_that_was_cut_off_repairs_it_and_says_so()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 5);
        var copy = Recorded.Killed(store, _folder.File("killed"));
        await using var source = SessionSource.Open(copy, TimeProvider.System);

        Assert.Contains("the session was cut off; it holds 5 frames of 5 received", source.Info.Warnings);
        Assert.Equal(5, (await PlayAsync(source)).Count);

        // The one that is being recorded is read as it is.
        await using var growing = SessionSource.Open(store.Folder, TimeProvider.System);
        Assert.Contains("being recorded", Assert.Single(growing.Info.Warnings), StringComparison.Ordinal);
        Recorded.Append(store, _pool, 5, 2);
        Assert.Equal(5, (await PlayAsync(growing)).Count);
    }

    [Fact]
    public async Task A_damaged_frame_is_passed_over()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        using (var file = File.Open(Path.Combine(folder, "frames.mrc"), FileMode.Open))
        {
            file.Position = 1024 + (2 * Recorded.Height * Recorded.Width * 2) + 3;
            file.WriteByte(0x77);
        }

        await using var source = SessionSource.Open(folder, TimeProvider.System);
        Assert.Equal([10, 11, 13, 14, 15], (await PlayAsync(source)).Select(frame => frame.Header.Number));
    }

    [Fact]
    public async Task A_session_without_raw_frames_says_so()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain with { Record = false });
        Recorded.Append(store, _pool, 0, 5);
        await store.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Contains("holds no raw frames", Assert.Throws<InputException>(() => SessionSource.Open(store.Folder, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_stops_gives_every_frame_back()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        await using var source = SessionSource.Open(folder, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var channel = Channel.CreateBounded<Frame>(1);
        var playing = source.RunAsync(_pool, channel.Writer, stop.Token);
        (await channel.Reader.ReadAsync(TestContext.Current.CancellationToken)).Dispose();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => playing);
        while (channel.Reader.TryRead(out var frame))
        {
            frame.Dispose();
        }

        Assert.Equal(0, _pool.Outstanding);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Dispose();
    }

    private async Task<List<(FrameHeader Header, byte[] Pixels)>> PlayAsync(SessionSource source)
    {
        var channel = Channel.CreateUnbounded<Frame>();
        await source.RunAsync(_pool, channel.Writer, TestContext.Current.CancellationToken);
        channel.Writer.Complete();
        var frames = new List<(FrameHeader, byte[])>();
        await foreach (var frame in channel.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            using (frame)
            {
                frames.Add((frame.Header, frame.Bytes.ToArray()));
            }
        }

        return frames;
    }
}
