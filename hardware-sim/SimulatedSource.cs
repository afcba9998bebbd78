using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.HardwareSim;

/// <summary>A scene as a frame source: a recording that waits or, paced by <c>fps</c>, a camera that does not.</summary>
/// <remarks>Paced, frame k leaves at k / fps after the first; one that finds no room is lost and leaves a gap in the numbers, as with a camera.
/// When drawing takes longer than a frame time the pace sinks: no frame is left out for that.</remarks>
public sealed class SimulatedSource : IFrameSource
{
    private readonly SceneAddress _address;
    private readonly Simulator _simulator;
    private readonly TimeProvider _clock;

    /// <summary>Prepares the scene.</summary>
    /// <param name="address">As in <see cref="SceneAddress"/>.</param>
    /// <param name="clock">Gives receive times and the pace.</param>
    /// <exception cref="InputException">The address is at fault.</exception>
    public SimulatedSource(string address, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _address = SceneAddress.Parse(address);
        _clock = clock;
        _simulator = new Simulator(_address.Scene, _address.Options);
        var settings = _simulator.Scene.Settings;
        Info = new SourceInfo
        {
            Name = address,
            Format = "simulation",
            NumbersTellLosses = true,
            Height = settings.SizePx,
            Width = settings.SizePx,
            Type = settings.Options.Type,
            Frames = _address.Frames,
            Calibration = settings.Calibration,
            Metadata = new Dictionary<string, object>
            {
                ["scene"] = settings.Scene,
                ["seed"] = settings.Options.Seed,
                ["electrons_per_pixel"] = settings.ElectronsPerPixel,
                ["cnr"] = settings.Cnr,
                ["dose_per_frame_e_A2"] = settings.DosePerFrameEPerA2,
            },
        };
    }

    /// <inheritdoc/>
    public SourceInfo Info { get; }

    /// <inheritdoc/>
    public bool IsLive => _address.FramesPerSecond is not null;

    /// <inheritdoc/>
    public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(output);
        var start = _clock.GetTimestamp();
        for (var index = 0L; index < (_address.Frames ?? long.MaxValue); index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var draft = pool.Rent(Info.Height, Info.Width, Info.Type);
            Frame frame;
            try
            {
                var shown = _simulator.Next(draft.Bytes);
                if (_address.FramesPerSecond is { } fps)
                {
                    var wait = TimeSpan.FromSeconds(shown.Number / fps) - _clock.GetElapsedTime(start);
                    if (wait > TimeSpan.Zero)
                    {
                        await Task.Delay(wait, _clock, cancellationToken);
                    }
                }

                frame = draft.Publish(new FrameHeader { Number = shown.Number, SourceTimeS = shown.TimeS, ReceivedTimestamp = _clock.GetTimestamp() });
            }
            catch
            {
                draft.Dispose();
                throw;
            }

            await DeliverAsync(frame, output, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask DeliverAsync(Frame frame, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        if (output.TryWrite(frame))
        {
            return;
        }

        if (IsLive)
        {
            frame.Dispose();
            return;
        }

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
