using LiveLtem.Core;

namespace LiveLtem.Tracker;

/// <summary>Holds frames back until every track in them has its symmetry.</summary>
internal sealed class FinishedFrames
{
    private readonly Queue<Pending> _pending = new();

    private readonly record struct Pending(FrameHeader Header, TrackedParticle[] Particles, (double X, double Y)? Drift);

    /// <summary>Takes a frame in.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="particles">The particles measured in it, by id.</param>
    /// <param name="drift">Common drift, px, or null.</param>
    public void Add(FrameHeader header, IReadOnlyCollection<TrackedParticle> particles, (double X, double Y)? drift) =>
        _pending.Enqueue(new Pending(header, [.. particles], drift));

    /// <summary>The frames that are final by now, oldest first.</summary>
    public IReadOnlyList<FrameTracks> Take()
    {
        List<FrameTracks> finished = [];
        while (_pending.TryPeek(out var frame) && Array.TrueForAll(frame.Particles, static p => p.Decided is not null))
        {
            _pending.Dequeue();
            finished.Add(new FrameTracks
            {
                Header = frame.Header,
                Points = Array.ConvertAll(frame.Particles, p => p.TakeFinal(frame.Header.Number)),
                DriftXPx = frame.Drift?.X,
                DriftYPx = frame.Drift?.Y,
            });
        }

        return finished;
    }
}
