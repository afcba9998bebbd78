using LiveLtem.Core;
using LiveLtem.Session.Results;
using OpenCvSharp;

namespace LiveLtem.Session.Overlay;

/// <summary>Writes <c>overlay.mp4</c> (MPEG-4 part 2, the one MP4 codec that OpenCV's natives can write): the analysed frames as painted.</summary>
internal sealed class OverlaySink : IResultSink
{
    private const double DefaultFramesPerSecond = 20;

    private readonly ResultFile _file;
    private readonly OverlayPainter _painter;
    private readonly Trails _trails = new();
    private readonly VideoWriter _video;
    private FrameRow? _row;
    private long _painted;
    private bool _closed;

    public OverlaySink(string folder, SourceInfo source, Calibration calibration)
    {
        _file = new ResultFile(Path.Combine(folder, "overlay.mp4"));
        _painter = new OverlayPainter(source.Height, source.Width, calibration.PixelSizeNm?.Value);
        // As fast as it was recorded, within what a person can watch and a player can play.
        var framesPerSecond = calibration.FrameTimeS is { Value: > 0 } time ? Math.Clamp(1 / time.Value, 5, 60) : DefaultFramesPerSecond;
        _video = new VideoWriter(_file.PartialPath, FourCC.FromString("mp4v"), framesPerSecond, _painter.Size);
        if (!_video.IsOpened())
        {
            _video.Dispose();
            _painter.Dispose();
            throw new InputException($"cannot write {_file.FinalPath}: this machine's OpenCV opens no MP4 writer; leave --write-overlay away");
        }
    }

    public void OnFrame(FrameRow row) => _row = row;

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        _trails.Add(tracks);
        _painted++;
        _video.Write(_painter.Paint(frame, tracks, _trails, _row!));
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            _closed = true;
            _video.Dispose();
            _painter.Dispose();
            if (_painted > 0)
            {
                _file.Commit();
            }
            else
            {
                _file.Delete();
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);
}
