namespace LiveLtem.Core;

/// <summary>Takes what a session finds: the tables, the masks, the overlay, a log.</summary>
/// <remarks>Called from one thread at a time, in the order of the frames. <see cref="OnFrame"/> comes once for each received frame, in frame order,
/// and before any <see cref="OnTracks"/> or <see cref="OnImage"/> of that frame. <see cref="IAsyncDisposable.DisposeAsync"/> without
/// <see cref="CompleteAsync"/> means that the session broke: keep what there is.</remarks>
public interface IResultSink : IAsyncDisposable
{
    /// <summary>What is known of one received frame; one row of <c>frames.csv</c>.</summary>
    void OnFrame(FrameRow row);

    /// <summary>The final points of one frame; the rows of <c>tracks.csv</c>. Comes some frames later than the frame's row, once a frame that was analysed.</summary>
    /// <param name="tracks">Points in order of particle.</param>
    /// <param name="row">The row that <see cref="OnFrame"/> got for this frame: time and dose of the points.</param>
    void OnTracks(FrameTracks tracks, FrameRow row);

    /// <summary>The pixels of one analysed frame with what was found in it: for masks and overlays.</summary>
    /// <param name="frame">Stays the caller's: anyone who keeps it past the call takes a <see cref="Frame.Share()"/>.</param>
    /// <param name="detections">Carries <see cref="FrameDetections.Labels"/> where masks were asked for.</param>
    /// <param name="tracks">The points as known at once, before their final form.</param>
    void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
    }

    /// <summary>The same frame without its noise, where frames are denoised; right after the frame's <see cref="OnFrame"/>, also where the frame could not be analysed.</summary>
    /// <param name="denoised">Stays the caller's: anyone who keeps it past the call takes a <see cref="Frame.Share()"/>.</param>
    void OnDenoised(Frame denoised)
    {
    }

    /// <summary>One analysed frame as soon as its row is known: what is shown live. Comes right after the frame's <see cref="OnFrame"/>.</summary>
    /// <param name="row">The frame's row.</param>
    /// <param name="detections">What was found in it.</param>
    /// <param name="tracks">The points as known at once, before their final form.</param>
    void OnAnalysed(FrameRow row, FrameDetections detections, FrameTracks tracks)
    {
    }

    /// <summary>The last call: everything was delivered; writes what is still held back and closes the files.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
