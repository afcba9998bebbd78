using LiveLtem.Core;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Masks;

/// <summary>Writes <c>masks.tif</c>: one page for each received frame, blank where a frame was not analysed.</summary>
internal sealed class MaskSink : IResultSink
{
    private readonly ResultFile _file;
    private readonly LabelStackWriter _stack;
    private bool _owed;
    private bool _closed;

    public MaskSink(string folder, SourceInfo source, Calibration calibration)
    {
        _file = new ResultFile(Path.Combine(folder, "masks.tif"));
        _stack = new LabelStackWriter(
            _file.Create(), source.Height, source.Width, source.Frames, calibration.PixelSizeNm?.Value, calibration.FrameTimeS?.Value);
    }

    public void OnFrame(FrameRow row)
    {
        PayBlank();
        _owed = true;
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        _stack.Append(detections.Labels);
        _owed = false;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            _closed = true;
            PayBlank();
            _stack.Dispose();
            _file.Commit();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);

    private void PayBlank()
    {
        if (_owed)
        {
            _stack.Append(null);
            _owed = false;
        }
    }
}
