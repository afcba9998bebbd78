using System.Threading.Channels;
using LiveLtem.Acquisition;
using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Cameras;
using LiveLtem.HardwareSim.Cameras.ZeroMq;

namespace LiveLtem.App.Tests.Cameras;

/// <summary>The simulated camera and the source that reads it, through a real socket.</summary>
public sealed class ZeroMqCameraTests
{
    private static readonly SceneAddress Scene = SceneAddress.Parse("sim:crystal?size=64&dtype=uint8");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_frame_arrives_and_its_pixels_are_those_of_the_scene()
    {
        var (report, frames) = await PlayAsync(CameraFaults.None, 12);

        Assert.Equal((12, 12, 0), (report.Taken, report.Sent, report.Corrupted));
        Assert.Equal(Numbers(12, _ => true), frames.Select(frame => frame.Number));

        // Five pictures, forth and back.
        Assert.Equal([0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3], frames.Select(frame => frames.FindIndex(other => other.Pixels.SequenceEqual(frame.Pixels))));
        var simulator = new Simulator(Scene.Scene, Scene.Options);
        var pixels = new byte[simulator.FrameBytes];
        simulator.Next(pixels);
        Assert.Equal(pixels, frames[0].Pixels);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_camera_that_drops_repeats_and_damages_frames_loses_just_those()
    {
        var (report, frames) = await PlayAsync(new CameraFaults { DropEvery = 7, RepeatEvery = 3, CorruptEvery = 5, DelayEvery = 20, Delay = TimeSpan.FromMilliseconds(20) }, 40);

        Assert.Equal((40, 28, 7), (report.Taken, report.Sent, report.Corrupted));
        Assert.Equal(Numbers(40, taken => taken % 7 != 0 && taken % 5 != 0), frames.Select(frame => frame.Number));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reader_that_takes_nothing_holds_the_camera_back_and_loses_nothing()
    {
        using var movie = RenderedMovie.Render(Scene, 5, Token);
        using var camera = new ZeroMqCamera(0, CameraFaults.None, TimeProvider.System);
        await using var source = movie.Play(null);
        var sending = camera.SendAsync(source, 20_000, null, Token);
        await using var reader = await AcquisitionServices.CreateFrameSources().OpenAsync(camera.Address, null, Token);
        using var pool = new FramePool();
        var channel = Channel.CreateBounded<Frame>(1);
        var running = reader.RunAsync(pool, channel.Writer, Token);
        Assert.True(await channel.Reader.WaitToReadAsync(Token));
        Assert.False(sending.IsCompleted);
        var next = 0L;
        while (!running.IsCompleted || channel.Reader.Count > 0)
        {
            if (channel.Reader.TryRead(out var frame))
            {
                Assert.Equal(next++, frame.Number);
                frame.Dispose();
            }
            else
            {
                await Task.WhenAny(running, channel.Reader.WaitToReadAsync(Token).AsTask());
            }
        }

        await running;
        Assert.Equal(20_000, next);
        Assert.True((await sending).HeldBack > TimeSpan.Zero);
        Assert.Equal(0, pool.Outstanding);
    }

    private static IEnumerable<long> Numbers(int taken, Func<long, bool> arrives) => Enumerable.Range(1, taken).Where(number => arrives(number)).Select(number => number - 1L);

    private static async Task<(CameraReport Report, List<(long Number, byte[] Pixels)> Frames)> PlayAsync(CameraFaults faults, long count)
    {
        using var movie = RenderedMovie.Render(Scene, 5, Token);
        using var camera = new ZeroMqCamera(0, faults, TimeProvider.System);
        await using var source = movie.Play(null);
        var sending = camera.SendAsync(source, count, null, Token);
        await using var reader = await AcquisitionServices.CreateFrameSources().OpenAsync(camera.Address, null, Token);
        using var pool = new FramePool();
        var channel = Channel.CreateUnbounded<Frame>();
        await reader.RunAsync(pool, channel.Writer, Token);
        var frames = new List<(long, byte[])>();
        while (channel.Reader.TryRead(out var frame))
        {
            using (frame)
            {
                frames.Add((frame.Number, frame.Bytes.ToArray()));
            }
        }

        Assert.Equal(0, pool.Outstanding);
        return (await sending, frames);
    }
}
