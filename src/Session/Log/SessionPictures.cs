using LiveLtem.Core;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Log;

/// <summary>Hands the pixels of a few frames to a report: those of the first and of the last analysed ones, where they were kept.</summary>
internal sealed class SessionPictures : IDisposable
{
    private readonly SessionFrames _frames;
    private readonly Dictionary<long, IndexRecord> _wanted = [];
    private readonly FramePool _pool = new();

    /// <summary>Looks where the frames are.</summary>
    /// <param name="frames">Stays the caller's.</param>
    /// <param name="numbers">Their numbers.</param>
    public SessionPictures(SessionFrames frames, IReadOnlyCollection<long> numbers)
    {
        _frames = frames;
        var wanted = numbers.ToHashSet();
        if (wanted.Count == 0)
        {
            return;
        }

        foreach (var record in frames.Kept())
        {
            if (wanted.Contains(record.Number))
            {
                _wanted[record.Number] = record;
            }
        }
    }

    /// <summary>Hands over the picture of a frame where it is one of them; after its row and before its points.</summary>
    public void Show(FrameTracks tracks, ResultFolder results)
    {
        if (!_wanted.Remove(tracks.Header.Number, out var record) || _frames.Layout is not { } layout)
        {
            return;
        }

        var (height, width, type) = layout.Shape;
        using var draft = _pool.Rent(height, width, type);
        if (!_frames.TryReadPixels(record.Position, draft.Bytes))
        {
            return;
        }

        using var frame = draft.Publish(tracks.Header);
        results.OnImage(frame, new FrameDetections { Header = tracks.Header, Particles = [], Height = height, Width = width }, tracks);
    }

    public void Dispose() => _pool.Dispose();
}
