using System.Text;
using LiveLtem.Core;
using LiveLtem.Session.Overlay;
using LiveLtem.Session.Results;
using OpenCvSharp;

namespace LiveLtem.Session.Report;

/// <summary>Writes <c>report.html</c> at the end, with the first and the last analysed frame as pictures.</summary>
internal sealed class ReportSink(string folder, ResultFolderOptions options, ReportNotes notes, AnalysisBook book) : IResultSink
{
    private const int JpegQuality = 88;

    private readonly ResultFile _file = new(Path.Combine(folder, "report.html"));
    private readonly ReportData _data = new();
    private readonly Trails _trails = new();
    private readonly List<ReportPicture> _pictures = [];
    private (Frame Frame, FrameTracks Tracks, FrameRow Row)? _last;
    private FrameRow? _row;
    private bool _closed;

    public void OnFrame(FrameRow row)
    {
        _row = row;
        _data.Add(row);
    }

    public void OnTracks(FrameTracks tracks, FrameRow row) => _data.Add(tracks, row);

    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        _trails.Add(tracks);
        if (_last is null)
        {
            AddPicture($"First analysed frame ({frame.Number})", frame, tracks, _row!);
        }

        _last?.Frame.Dispose();
        _last = (frame.Share(), tracks, _row!);
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        if (_last is var (frame, tracks, row))
        {
            using (frame)
            {
                if (_data.Processed > 1)
                {
                    AddPicture($"Last analysed frame ({frame.Number})", frame, tracks, row);
                }
            }
        }

        await using (var stream = _file.Create())
        {
            var page = new ReportPage(options, _data, notes, _pictures, book).Write();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(page), cancellationToken).ConfigureAwait(false);
        }

        _file.Commit();
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);

    private void AddPicture(string caption, Frame frame, FrameTracks tracks, FrameRow row)
    {
        using var painter = new OverlayPainter(frame.Height, frame.Width, options.Calibration.PixelSizeNm?.Value);
        var picture = painter.Paint(frame, tracks, _trails, row);
        _pictures.Add(new ReportPicture(caption, picture.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegQuality, JpegQuality))));
    }
}
