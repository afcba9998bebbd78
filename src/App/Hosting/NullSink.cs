using LiveLtem.Core;

namespace LiveLtem.App.Hosting;

/// <summary>Keeps nothing: for sessions that are only watched or measured.</summary>
internal sealed class NullSink : IResultSink
{
    public void OnFrame(FrameRow row)
    {
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
