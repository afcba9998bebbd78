using LiveLtem.Core;
using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Results;

/// <summary>Writes <c>tracks.csv</c>, <c>frames.csv</c> and their Parquet twins.</summary>
internal sealed class TableSink : IResultSink
{
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly TableFile _frames;
    private readonly TableFile _tracks;
    private long _lastFlush;
    private bool _closed;

    public TableSink(string folder, TimeProvider time)
    {
        _time = time;
        _frames = new TableFile(folder, FrameTable.Schema);
        _tracks = new TableFile(folder, TrackTable.Schema);
        _lastFlush = time.GetTimestamp();
    }

    public void OnFrame(FrameRow row)
    {
        FrameTable.Append(_frames.Writer, row);
        // A killed process loses no more than the last second.
        if (_time.GetElapsedTime(_lastFlush) > FlushEvery)
        {
            _frames.Writer.Flush();
            _tracks.Writer.Flush();
            _lastFlush = _time.GetTimestamp();
        }
    }

    public void OnTracks(FrameTracks tracks, FrameRow row) => TrackTable.Append(_tracks.Writer, tracks, row);

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        await _frames.FinishAsync(cancellationToken).ConfigureAwait(false);
        await _tracks.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);
}
