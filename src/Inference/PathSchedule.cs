using LiveLtem.Core;

namespace LiveLtem.Inference;

/// <summary>Which path finds the particles of which frame.</summary>
/// <remarks>Thread-safe. A path is kept until the frames before the next one's first are measured; then its lease is given back.</remarks>
internal sealed class PathSchedule
{
    private readonly Lock _gate = new();
    private readonly List<(long FirstFrame, DetectionPath Path)> _paths = [];

    /// <summary>The path of the newest frames, or null before the first was added.</summary>
    public DetectionPath? Last
    {
        get
        {
            lock (_gate)
            {
                return _paths.Count > 0 ? _paths[^1].Path : null;
            }
        }
    }

    /// <summary>Adds a path; the caller's lease goes over to the schedule.</summary>
    /// <param name="firstFrame">First frame that it serves, not before that of the path added last.</param>
    /// <param name="path">The path.</param>
    public void Add(long firstFrame, DetectionPath path)
    {
        lock (_gate)
        {
            if (_paths.Count > 0 && firstFrame < _paths[^1].FirstFrame)
            {
                throw new ArgumentOutOfRangeException(nameof(firstFrame), firstFrame, $"another change holds from frame {_paths[^1].FirstFrame} on");
            }

            _paths.Add((firstFrame, path));
        }
    }

    /// <summary>Takes a lease on the path that serves a frame; a frame older than all of them goes to the oldest.</summary>
    /// <exception cref="InvalidOperationException">There is none yet.</exception>
    public DetectionPath Lease(long frame)
    {
        lock (_gate)
        {
            var serves = _paths.FindLastIndex(entry => entry.FirstFrame <= frame);
            var path = _paths.Count > 0 ? _paths[Math.Max(0, serves)].Path : throw new InvalidOperationException("Learn comes before Segment");
            return path.TryLease() ? path : throw new ObjectDisposedException(nameof(ParticleDetector));
        }
    }

    /// <summary>The first frame of a path is measured: those before it serve no more.</summary>
    public void Reached(DetectionPath path)
    {
        lock (_gate)
        {
            var index = _paths.FindIndex(entry => entry.Path == path);
            for (var i = 0; i < index; i++)
            {
                _paths[i].Path.Release();
            }

            _paths.RemoveRange(0, Math.Max(0, index));
        }
    }

    /// <summary>Gives every lease back.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _paths.ForEach(entry => entry.Path.Release());
            _paths.Clear();
        }
    }
}
