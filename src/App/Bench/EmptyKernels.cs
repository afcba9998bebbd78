using LiveLtem.Core;

namespace LiveLtem.App.Bench;

/// <summary>A detector that does nothing: what is left is the cost of the pipeline itself.</summary>
internal sealed class EmptyDetector : IParticleDetector
{
    public int LearningFrames => 1;

    public void Learn(IReadOnlyList<Frame> first)
    {
    }

    public IDisposable Segment(Frame frame, Frame? denoised = null) => Nothing.Instance;

    public FrameDetections Measure(Frame frame, IDisposable segmentation) =>
        new() { Header = frame.Header, Particles = [], Height = frame.Height, Width = frame.Width };

    public string Describe() => "nothing";

    public void Dispose()
    {
    }

    private sealed class Nothing : IDisposable
    {
        public static Nothing Instance { get; } = new();

        public void Dispose()
        {
        }
    }
}

/// <summary>A tracker that does nothing.</summary>
internal sealed class EmptyTracker : IParticleTracker
{
    private readonly List<FrameTracks> _finished = [];

    public FrameTracks Track(FrameDetections detections)
    {
        var tracks = new FrameTracks { Header = detections.Header, Points = [] };
        _finished.Add(tracks);
        return tracks;
    }

    public IReadOnlyList<FrameTracks> TakeFinished()
    {
        FrameTracks[] finished = [.. _finished];
        _finished.Clear();
        return finished;
    }

    public void Complete()
    {
    }
}
