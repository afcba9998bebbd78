using System.Text;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Overlay;
using LiveLtem.Session.Results;
using OpenCvSharp;

namespace LiveLtem.Session.Report;

/// <summary>Writes <c>report.html</c> at the end, with the first and the last analysed frame as pictures, and as denoised where they were.</summary>
internal sealed class ReportSink(string folder, ResultFolderOptions options, ReportNotes notes, AnalysisBook book, Func<(IReadOnlyList<SessionAlert> Alerts, IReadOnlyList<string> Missing)> alerts) : IResultSink
{
    private const int JpegQuality = 88;

    private readonly ResultFile _file = new(Path.Combine(folder, "report.html"));
    private readonly ReportData _data = new();
    private readonly Trails _trails = new();
    private readonly List<ReportPicture> _pictures = [];
    private (Frame Frame, FrameTracks Tracks, FrameRow Row)? _last;
    private FrameRow? _row;
    private Frame? _denoised;
    private Frame? _lastDenoised;
    private bool _closed;

    public void OnFrame(FrameRow row)
    {
        _row = row;
        _data.Add(row);
    }

    public void OnTracks(FrameTracks tracks, FrameRow row) => _data.Add(tracks, row);

    public void OnDenoised(Frame denoised)
    {
        _denoised?.Dispose();
        _denoised = denoised.Share();
    }

    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        _trails.Add(tracks);
        var denoised = _denoised?.Number == frame.Number ? _denoised : null;
        if (_last is null)
        {
            AddPictures("First analysed frame", frame, denoised, tracks, _row!);
        }

        _last?.Frame.Dispose();
        _last = (frame.Share(), tracks, _row!);
        _lastDenoised?.Dispose();
        _lastDenoised = denoised?.Share();
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
                    AddPictures("Last analysed frame", frame, _lastDenoised, tracks, row);
                }
            }
        }

        _denoised?.Dispose();
        _lastDenoised?.Dispose();

        await using (var stream = _file.Create())
        {
            var (raised, missing) = alerts();
            var page = new ReportPage(options, _data, notes, _pictures, book, AlertSection.Write(raised, missing)).Write();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(page), cancellationToken).ConfigureAwait(false);
        }

        _file.Commit();
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);

    // The denoised frame beside the raw one that it was made of, with nothing drawn on it.
    private void AddPictures(string caption, Frame frame, Frame? denoised, FrameTracks tracks, FrameRow row)
    {
        AddPicture($"{caption} ({frame.Number})", frame, tracks, row);
        if (denoised is not null)
        {
            AddPicture($"{caption} ({frame.Number}), denoised", denoised, tracks, row, isBare: true);
        }
    }

    private void AddPicture(string caption, Frame frame, FrameTracks tracks, FrameRow row, bool isBare = false)
    {
        using var painter = new OverlayPainter(frame.Height, frame.Width, options.Calibration.PixelSizeNm?.Value, isStill: true);
        var picture = painter.Paint(frame, tracks, _trails, row, isBare);
        _pictures.Add(new ReportPicture(caption, picture.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegQuality, JpegQuality))));
    }
}
