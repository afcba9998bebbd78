using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Session.Overlay;

/// <summary>The last positions of every track that is still seen.</summary>
internal sealed class Trails
{
    /// <summary>Frames a trail reaches back.</summary>
    public const int Length = 30;

    private readonly Dictionary<int, Queue<(long Frame, Point2d Position)>> _byParticle = [];

    /// <summary>Adds one frame's positions and forgets what is older than <see cref="Length"/> frames.</summary>
    public void Add(FrameTracks tracks)
    {
        var now = tracks.Header.Number;
        foreach (var point in tracks.Points)
        {
            if (!_byParticle.TryGetValue(point.Particle, out var trail))
            {
                _byParticle[point.Particle] = trail = new Queue<(long, Point2d)>();
            }

            trail.Enqueue((now, new Point2d(point.Fit.XPx, point.Fit.YPx)));
        }

        foreach (var (particle, trail) in _byParticle)
        {
            while (trail.Count > 0 && trail.Peek().Frame <= now - Length)
            {
                trail.Dequeue();
            }

            if (trail.Count == 0)
            {
                _byParticle.Remove(particle);
            }
        }
    }

    /// <summary>Positions of a track, oldest first.</summary>
    public IReadOnlyCollection<(long Frame, Point2d Position)> Of(int particle) =>
        _byParticle.TryGetValue(particle, out var trail) ? trail : [];
}
