using System.Collections.Concurrent;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.App.Hosting.Live;

/// <summary>What a live session does with frames besides analysing them; null for what it does not.</summary>
internal sealed class LiveTaps
{
    private const long RecordingBytes = 256L << 20;
    private const int DeepestRecording = 512;
    private readonly ConcurrentQueue<GaugeReading> _readings = new();

    /// <summary>Where every received frame is written, or null.</summary>
    public ISessionStore? Store { get; init; }

    /// <summary>Who shows the newest frame, or null.</summary>
    public ILivePublisher? Publisher { get; init; }

    /// <summary>The conditions frames are taken under.</summary>
    public required ConditionsBook Conditions { get; init; }

    /// <summary>Adapts the denoiser to the frames as they come, or null.</summary>
    public LiveAdaptation? Adaptation { get; init; }

    /// <summary>Frames that may wait for the disk before the source is held back.</summary>
    /// <param name="info">The source.</param>
    public static int RecordingDepth(SourceInfo info)
    {
        var bytes = Math.Max(1, (long)info.Height * info.Width * info.Type.BytesPerPixel());
        return (int)Math.Clamp(RecordingBytes / bytes, 8, DeepestRecording);
    }

    /// <summary>Keeps what was measured on a frame until the recording writes the frame.</summary>
    public void Measured(GaugeReading reading)
    {
        if (Store is not null)
        {
            _readings.Enqueue(reading);
        }
    }

    /// <summary>Writes one received frame. Frames come in the order in which they were measured; one that the pipeline gave up is passed over.</summary>
    public void Record(Frame frame)
    {
        while (_readings.TryDequeue(out var reading))
        {
            if (reading.Header.Number == frame.Number)
            {
                Store!.Append(frame, reading);
                return;
            }
        }

        throw new InvalidOperationException($"frame {frame.Number} was not measured before it was to be recorded");
    }
}
