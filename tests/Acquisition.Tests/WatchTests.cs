using System.Threading.Channels;
using LiveLtem.Acquisition.Watch;
using LiveLtem.Core;
using LiveLtem.Testing;
using Microsoft.Extensions.Time.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class WatchTests : FrameSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();

    public void Dispose() => _folder.Dispose();

    protected override bool Ends => false;

    protected override async Task<IFrameSource> OpenAsync()
    {
        Write("run1.mrc", 2);
        Write("run2.mrc", 2);
        return await AcquisitionServices.CreateFrameSources().OpenAsync("watch:" + _folder.Root, new SourceOptions { PollInterval = TimeSpan.FromMilliseconds(5) }, Token);
    }

    [Fact]
    public async Task Files_that_are_there_come_first_in_natural_order_then_new_ones_numbered_on()
    {
        Write("f10.mrc", 2, 1000);
        Write("f9.mrc", 1, 900);
        await using var watch = await StartAsync();

        Assert.Equal([(0, 900), (1, 1000), (2, 1020)], await watch.TakeAsync(3));
        Write("f1.mrc", 1, 100);
        Assert.Equal([(3, 100)], await watch.TakeAsync(1));
        Write("f11.mrc", 2, 1100);
        Assert.Equal([(4, 1100), (5, 1120)], await watch.TakeAsync(2));
    }

    [Fact]
    public async Task A_file_written_slowly_is_delivered_once_and_only_when_it_is_whole()
    {
        Write("f1.mrc", 1, 100);
        await using var watch = await StartAsync();
        Assert.Equal([(0, 100)], await watch.TakeAsync(1));
        var bytes = File2("f2", 3, 200);
        foreach (var part in (int[])[0, 10, 1000, 1040, 1100, bytes.Length - 1])
        {
            await File.WriteAllBytesAsync(_folder.File("f2.mrc"), bytes[..part], Token);
            await watch.PassAsync(TimeSpan.FromSeconds(1));
            Assert.False(watch.HasFrame, $"a frame came out of {part} bytes");
        }

        await File.WriteAllBytesAsync(_folder.File("f2.mrc"), bytes, Token);

        Assert.Equal([(1, 200), (2, 220), (3, 240)], await watch.TakeAsync(3));
        await watch.PassAsync(TimeSpan.FromSeconds(20));
        Assert.False(watch.HasFrame);
    }

    [Fact]
    public async Task A_broken_file_is_passed_over_once_and_the_next_ones_come()
    {
        Write("f1.mrc", 1, 100);
        await using var watch = await StartAsync();
        Assert.Equal([(0, 100)], await watch.TakeAsync(1));
        await File.WriteAllBytesAsync(_folder.File("f2.mrc"), new byte[700], Token);
        new MrcFile { Width = 9 }.Write(_folder.File("f3.mrc"));
        Write("f4.mrc", 1, 400);

        Assert.Equal([(1, 400)], await watch.TakeAsync(1));
        Assert.Equal(2, watch.Source.PassedOver);
    }

    [Fact]
    public async Task Notes_and_files_under_way_are_left_alone()
    {
        await File.WriteAllTextAsync(_folder.File("a.txt"), "exposure 0.1 s", Token);
        Write("f0.mrc.tmp", 1, 7);
        Write(".f.mrc", 1, 8);
        Write("f1.mrc", 1, 100);
        await using var watch = await StartAsync();

        Assert.Equal([(0, 100)], await watch.TakeAsync(1));
        File.Move(_folder.File("f0.mrc.tmp"), _folder.File("f2.mrc"));
        Assert.Equal([(1, 7)], await watch.TakeAsync(1));
        Assert.Equal(0, watch.Source.PassedOver);
    }

    [Fact]
    public async Task An_empty_folder_is_waited_for_and_a_missing_one_refused()
    {
        var opening = AcquisitionServices.CreateFrameSources().OpenAsync("watch:" + _folder.Root, new SourceOptions { TimeProvider = _clock }, Token);
        for (var i = 0; i < 50; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.False(opening.IsCompleted);
        Write("f1.mrc", 1, 100);
        while (!opening.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await using var source = await opening;
        Assert.Equal((4, 5), (source.Info.Height, source.Info.Width));
        Assert.Null(source.Info.Frames);
        Assert.Throws<InputException>(() => AcquisitionServices.CreateFrameSources().Open("watch:" + _folder.File("nowhere")));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] File2(string name, int frames, int first) => new MrcFile { Sections = frames, Label = name, Value = i => first + i }.Bytes();

    private void Write(string name, int frames, int first = 0) => File.WriteAllBytes(_folder.File(name), File2(name, frames, first));

    private async Task<RunningWatch> StartAsync()
    {
        var options = new SourceOptions { TimeProvider = _clock };
        var source = (WatchSource)AcquisitionServices.CreateFrameSources().Open("watch:" + _folder.Root, options);
        return await Task.FromResult(new RunningWatch(source, _clock));
    }

    /// <summary>A watch that runs on a clock which the test moves.</summary>
    private sealed class RunningWatch : IAsyncDisposable
    {
        private const int MostWaits = 30_000;
        private readonly FakeTimeProvider _clock;
        private readonly FramePool _pool = new();
        private readonly Channel<Frame> _channel = Channel.CreateUnbounded<Frame>();
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        private readonly Task _run;

        public RunningWatch(WatchSource source, FakeTimeProvider clock)
        {
            Source = source;
            _clock = clock;
            _run = source.RunAsync(_pool, _channel.Writer, _stop.Token);
        }

        public WatchSource Source { get; }

        public bool HasFrame => _channel.Reader.TryPeek(out _);

        /// <summary>Lets time pass in small steps, each of which the watch can answer.</summary>
        public async Task PassAsync(TimeSpan time)
        {
            for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(100))
            {
                _clock.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Yield();
            }
        }

        public async Task<(long Number, double First)[]> TakeAsync(int count)
        {
            var taken = new (long, double)[count];
            for (var i = 0; i < count; i++)
            {
                Frame? frame;
                for (var wait = 0; !_channel.Reader.TryRead(out frame); wait++)
                {
                    Token.ThrowIfCancellationRequested();
                    Assert.True(wait < MostWaits, $"frame {i} of {count} never came");
                    _clock.Advance(TimeSpan.FromMilliseconds(20));

                    // The simulated clock must not run away from the disk, however loaded the machine is.
                    await Task.Delay(1, Token);
                }

                using (frame)
                {
                    taken[i] = (frame.Number, frame.Pixels<ushort>()[0]);
                }
            }

            return taken;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
            Assert.Equal(0, _pool.Outstanding);
            _stop.Dispose();
            _pool.Dispose();
        }
    }
}
