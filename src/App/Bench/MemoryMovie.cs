using System.Globalization;
using System.Threading.Channels;
using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.App.Bench;

/// <summary>A simulated movie drawn before the clock runs and held in memory.</summary>
internal sealed class MemoryMovie : IDisposable
{
    private readonly FramePool _pool = new();
    private readonly List<Frame> _frames = [];

    /// <summary>Draws the movie.</summary>
    /// <param name="scene">Name of the scene.</param>
    /// <param name="options">Size, seed, dose.</param>
    /// <param name="frames">Pictures to draw.</param>
    /// <param name="cancellationToken">Stops drawing.</param>
    public MemoryMovie(string scene, SceneOptions options, int frames, CancellationToken cancellationToken)
    {
        var simulator = new Simulator(scene, options);
        var settings = simulator.Scene.Settings;
        for (var i = 0; i < frames; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var draft = _pool.Rent(options.SizePx, options.SizePx, options.Type);
            Particles = simulator.Next(draft.Bytes).Particles.Count;
            _frames.Add(draft.Publish(new FrameHeader { Number = i }));
        }

        Info = new SourceInfo
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{scene} {options.SizePx} x {options.SizePx}"),
            Format = "simulation in memory",
            Height = options.SizePx,
            Width = options.SizePx,
            Type = options.Type,
            Calibration = settings.Calibration,
        };
    }

    /// <summary>What it is.</summary>
    public SourceInfo Info { get; }

    /// <summary>Particles that the last picture shows.</summary>
    public int Particles { get; }

    /// <summary>Bytes of all pictures.</summary>
    public long Bytes => (long)_frames.Count * Info.Height * Info.Width * Info.Type.BytesPerPixel();

    /// <summary>A source that plays it forth and back, so that nothing jumps.</summary>
    /// <param name="frames">Frames to deliver.</param>
    /// <param name="fps">Pace, or null for as fast as they are taken.</param>
    public IFrameSource Play(int frames, double? fps) => new Player(this, frames, fps);

    /// <summary>Gives the pictures back.</summary>
    public void Dispose()
    {
        _frames.ForEach(frame => frame.Dispose());
        _pool.Dispose();
    }

    private sealed class Player(MemoryMovie movie, int frames, double? fps) : IFrameSource
    {
        public SourceInfo Info => movie.Info with { Frames = frames };

        public bool IsLive => fps is not null;

        public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
        {
            var time = TimeProvider.System;
            var started = time.GetTimestamp();
            var last = movie._frames.Count - 1;
            for (var number = 0; number < frames; number++)
            {
                if (fps is { } pace && (TimeSpan.FromSeconds(number / pace) - time.GetElapsedTime(started)) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, time, cancellationToken).ConfigureAwait(false);
                }

                var round = last == 0 ? 0 : number % (2 * last);
                var picture = movie._frames[round <= last ? round : (2 * last) - round];
                var header = new FrameHeader { Number = number, ReceivedTimestamp = time.GetTimestamp() };
                await output.WriteAsync(picture.Share(header), cancellationToken).ConfigureAwait(false);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
