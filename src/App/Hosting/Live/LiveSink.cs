using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Gives what a live session finds to the session log first, then to whoever watches.</summary>
internal sealed class LiveSink(ISessionStore? store, ILivePublisher publisher) : IResultSink
{
    public void OnFrame(FrameRow row)
    {
        store?.OnFrame(row);
        publisher.OnRow(row);
    }

    public void OnTracks(FrameTracks tracks, FrameRow row) => store?.OnTracks(tracks, row);

    public void OnAnalysed(FrameRow row, FrameDetections detections, FrameTracks tracks) => publisher.OnReport(new FrameReport
    {
        Header = detections.Header,
        Height = detections.Height,
        Width = detections.Width,
        Tracks = tracks,
        Row = row,
        Failure = detections.Failure,
    });

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => store?.CompleteAsync(cancellationToken) ?? ValueTask.CompletedTask;

    /// <summary>The store stays its owner's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
