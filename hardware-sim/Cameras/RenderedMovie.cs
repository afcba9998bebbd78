using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Cameras;

/// <summary>A scene drawn once and kept, so that playing it costs next to nothing at any pace.</summary>
/// <remarks>Played forth and back, so that nothing jumps where it begins again. Thread-safe once it is made.</remarks>
public sealed class RenderedMovie : IDisposable
{
    private readonly FramePool _pool = new(keepPerSize: 0);
    private readonly List<Frame> _frames = [];
    private readonly SourceInfo _info;
    private readonly double _frameTimeS;

    private RenderedMovie(SourceInfo info, double frameTimeS)
    {
        _info = info;
        _frameTimeS = frameTimeS;
    }

    /// <summary>Draws the pictures.</summary>
    /// <param name="address">The scene, as in <see cref="SceneAddress"/>.</param>
    /// <param name="pictures">How many, >= 1.</param>
    /// <param name="cancellationToken">Stops the drawing.</param>
    /// <exception cref="InputException">The address is at fault.</exception>
    public static RenderedMovie Render(SceneAddress address, int pictures, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pictures);
        var simulator = new Simulator(address.Scene, address.Options);
        var settings = simulator.Scene.Settings;
        var movie = new RenderedMovie(
            new SourceInfo
            {
                Name = $"{SceneAddress.Scheme}:{address.Scene}",
                Format = "simulation",
                Height = settings.SizePx,
                Width = settings.SizePx,
                Type = settings.Options.Type,
                Calibration = settings.Calibration,
            },
            settings.Options.FrameTimeS);
        try
        {
            for (var i = 0; i < pictures; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var draft = movie._pool.Rent(settings.SizePx, settings.SizePx, settings.Options.Type);
                simulator.Next(draft.Bytes);
                movie._frames.Add(draft.Publish(new FrameHeader { Number = i }));
            }
        }
        catch
        {
            movie.Dispose();
            throw;
        }

        return movie;
    }

    /// <summary>The movie from its start; it is not disposed before this is.</summary>
    /// <param name="frames">How long it plays; null for ever.</param>
    public IFrameSource Play(long? frames) => new Player(this, frames);

    /// <summary>Gives the pictures back.</summary>
    public void Dispose()
    {
        foreach (var frame in _frames)
        {
            frame.Dispose();
        }

        _frames.Clear();
        _pool.Dispose();
    }

    private Frame Picture(long number)
    {
        var period = Math.Max(1, 2 * (_frames.Count - 1));
        var phase = (int)(number % period);
        return _frames[Math.Min(phase, period - phase)];
    }

    private sealed class Player(RenderedMovie movie, long? frames) : IFrameSource
    {
        public SourceInfo Info { get; } = movie._info with { Frames = frames };

        public bool IsLive => false;

        public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
        {
            for (var number = 0L; number < (frames ?? long.MaxValue); number++)
            {
                var frame = movie.Picture(number).Share(new FrameHeader { Number = number, SourceTimeS = number * movie._frameTimeS });
                try
                {
                    await output.WriteAsync(frame, cancellationToken);
                }
                catch
                {
                    frame.Dispose();
                    throw;
                }
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
