using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Gives what a live session finds to the session log first, then to whoever watches.</summary>
/// <param name="store">The session log, or null where nothing is kept; stays its owner's.</param>
/// <param name="publisher">Who tells those who watch.</param>
/// <param name="unsupported">Gives where the newest denoised frame that was looked at shows too much; null where there is none.</param>
/// <param name="beforeClose">Called once everything was delivered, before the session log is closed.</param>
internal sealed class LiveSink(ISessionStore? store, ILivePublisher publisher, Func<UnsupportedMask?> unsupported, Func<Task> beforeClose) : IResultSink
{
    private UnsupportedMask? _told;

    public void OnFrame(FrameRow row)
    {
        store?.OnFrame(row);
        publisher.OnRow(row);
    }

    public void OnTracks(FrameTracks tracks, FrameRow row) => store?.OnTracks(tracks, row);

    public void OnDenoised(Frame denoised)
    {
        publisher.OnDenoised(denoised);
        if (unsupported() is { } mask && mask != _told)
        {
            _told = mask;
            publisher.OnUnsupported(mask);
        }
    }

    public void OnAnalysed(FrameRow row, FrameDetections detections, FrameTracks tracks) => publisher.OnReport(new FrameReport
    {
        Header = detections.Header,
        Height = detections.Height,
        Width = detections.Width,
        Tracks = tracks,
        Row = row,
        Failure = detections.Failure,
    });

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await beforeClose().ConfigureAwait(false);
        if (store is not null)
        {
            await store.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
