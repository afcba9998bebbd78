using LiveLtem.Core;
using LiveLtem.Core.Masks;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Masks;

/// <summary>Writes <c>masks.tif</c>: one page for each received frame, or two where two layers are told apart; blank where a frame was not analysed.</summary>
/// <remarks>The first labelled frame tells how many layers there are; blank pages before it wait until then.</remarks>
internal sealed class MaskSink(string folder, SourceInfo source, Calibration calibration) : IResultSink
{
    private readonly ResultFile _file = new(Path.Combine(folder, "masks.tif"));
    private LabelStackWriter? _stack;
    private int _layers = 1;
    private long _owed;
    private bool _closed;

    public void OnFrame(FrameRow row) => _owed++;

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        if (detections.Labels is not { } labels)
        {
            return;
        }

        var page = detections.Height * detections.Width;
        _stack ??= Start(Math.Max(1, labels.Length / page));
        _owed--;
        PayBlanks(_stack);
        for (var layer = 0; layer < _layers; layer++)
        {
            _stack.Append(labels.AsSpan(layer * page, page));
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            _closed = true;
            _stack ??= Start(1);
            PayBlanks(_stack);
            _stack.Dispose();
            _file.Commit();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);

    private LabelStackWriter Start(int layers)
    {
        _layers = layers;
        return new LabelStackWriter(
            _file.Create(), source.Height, source.Width, source.Frames * layers, layers, calibration.PixelSizeNm?.Value, calibration.FrameTimeS?.Value);
    }

    private void PayBlanks(LabelStackWriter stack)
    {
        for (; _owed > 0; _owed--)
        {
            for (var layer = 0; layer < _layers; layer++)
            {
                stack.Append([]);
            }
        }
    }
}
