using System.Collections.Immutable;
using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.App.Tests.Hosting;

/// <summary>A movie whose every pixel holds the frame's number.</summary>
internal sealed class CountingSource(int frames) : IFrameSource
{
    public Func<long, CancellationToken, Task>? Before { get; init; }

    public Exception? Breaks { get; init; }

    public bool Live { get; init; }

    public SourceInfo Info { get; init; } = new()
    {
        Name = "counting",
        Format = "test",
        Height = 8,
        Width = 8,
        Type = PixelType.UInt16,
        Calibration = new Calibration { FrameTimeS = new Calibrated(0.5, "test"), DosePerFrameEPerA2 = new Calibrated(2, "test") },
    };

    public bool IsLive => Live;

    public int Opened { get; private set; }

    public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        Opened++;
        for (var number = 0; number < frames; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Before is not null)
            {
                await Before(number, cancellationToken);
            }

            var draft = pool.Rent(8, 8, PixelType.UInt16);
            draft.Pixels<ushort>().Fill((ushort)(1000 + number));
            draft.Pixels<ushort>()[0]++;
            await output.WriteAsync(draft.Publish(new FrameHeader { Number = number, ReceivedTimestamp = TimeProvider.System.GetTimestamp() }), cancellationToken);
        }

        if (Breaks is not null)
        {
            throw Breaks;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Finds one particle in every frame and notes what it was asked to do.</summary>
internal sealed class FakeDetector : IParticleDetector
{
    private int _segmentations;

    public int LearningFrames { get; init; } = 3;

    public Action<Frame>? OnSegment { get; init; }

    public Action<Frame>? OnMeasure { get; init; }

    public Exception? LearningFails { get; init; }

    public List<long> Learnt { get; } = [];

    public List<long> Measured { get; } = [];

    /// <summary>Segmentations not yet given back.</summary>
    public int Outstanding => Volatile.Read(ref _segmentations);

    public void Learn(IReadOnlyList<Frame> first)
    {
        Learnt.AddRange(first.Select(frame => frame.Number));
        if (LearningFails is not null)
        {
            throw LearningFails;
        }
    }

    public IDisposable Segment(Frame frame, Frame? denoised = null)
    {
        OnSegment?.Invoke(frame);
        Interlocked.Increment(ref _segmentations);
        return new Counted(this);
    }

    public FrameDetections Measure(Frame frame, IDisposable segmentation)
    {
        OnMeasure?.Invoke(frame);
        Measured.Add(frame.Number);
        return new FrameDetections
        {
            Header = frame.Header,
            Height = frame.Height,
            Width = frame.Width,
            Snr = 2,
            Particles =
            [
                new Detection
                {
                    Score = 1,
                    Fits = ImmutableArray.Create(new ShapeFit
                    {
                        Symmetry = 0, XPx = frame.Number, YPx = 1, XErrPx = 0.1, YErrPx = 0.1, AreaPx = 4, MajorPx = 2, MinorPx = 2,
                    }),
                },
            ],
        };
    }

    public string Describe() => "one dot";

    public void Dispose()
    {
    }

    private sealed class Counted(FakeDetector owner) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Decrement(ref owner._segmentations);
            }
        }
    }
}

/// <summary>Puts every detection on one track; rows become final <paramref name="lag"/> frames later.</summary>
internal sealed class FakeTracker(int lag) : IParticleTracker
{
    private readonly Queue<FrameTracks> _open = new();
    private bool _complete;

    public FrameTracks Track(FrameDetections detections)
    {
        var tracks = new FrameTracks
        {
            Header = detections.Header,
            Points = [.. detections.Particles.Select((particle, i) => new TrackPoint { Frame = detections.Header.Number, Particle = i, Fit = particle.Best })],
            DriftXPx = 0.25,
        };
        _open.Enqueue(tracks);
        return tracks;
    }

    public IReadOnlyList<FrameTracks> TakeFinished()
    {
        var finished = new List<FrameTracks>();
        while (_open.Count > (_complete ? 0 : lag))
        {
            finished.Add(_open.Dequeue());
        }

        return finished;
    }

    public void Complete() => _complete = true;
}

/// <summary>Keeps every call in order.</summary>
internal sealed class ListSink : IResultSink
{
    public List<string> Calls { get; } = [];

    public List<FrameRow> Rows { get; } = [];

    public List<(FrameTracks Tracks, FrameRow Row)> Tracks { get; } = [];

    public List<long> Images { get; } = [];

    public Action<FrameRow>? OnRow { get; init; }

    public void OnFrame(FrameRow row)
    {
        OnRow?.Invoke(row);
        Calls.Add($"row {row.Frame}");
        Rows.Add(row);
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
        Calls.Add($"tracks {row.Frame}");
        Tracks.Add((tracks, row));
    }

    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        Calls.Add($"image {frame.Number}");
        Images.Add(frame.Number);
        Assert.True(frame.Pixels<ushort>()[5] >= 1000);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Calls.Add("complete");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
