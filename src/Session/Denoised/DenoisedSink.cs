using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Core.Mrc;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Denoised;

/// <summary>Writes <c>denoised.mrc</c>: one page of float for each received frame, in the input's counts.</summary>
/// <remarks>A frame that could not be denoised shows the one before it again, so that page i stays input frame i.</remarks>
internal sealed class DenoisedSink : IResultSink
{
    private const int BufferBytes = 1 << 20;
    private readonly ResultFile _file;
    private readonly BufferedStream _stream;
    private readonly MrcWriter _writer;
    private readonly float[] _last;
    private long _owed;
    private bool _seen;
    private bool _closed;

    public DenoisedSink(string folder, SourceInfo source, Calibration calibration)
    {
        _file = new ResultFile(Path.Combine(folder, "denoised.mrc"));
        _last = new float[source.Height * source.Width];
        _stream = new BufferedStream(_file.Create(), BufferBytes);
        _writer = new MrcWriter(_stream, source.Height, source.Width, PixelType.Float32, calibration.PixelSizeNm?.Value, ["LiveLTEM: denoised, mean counts as estimated"]);
    }

    public void OnFrame(FrameRow row)
    {
        // What is owed here is paid by OnDenoised, which comes at once or not at all.
        if (_owed > 0 && _seen)
        {
            PayOwed();
        }

        _owed++;
    }

    public void OnDenoised(Frame denoised)
    {
        denoised.Pixels<float>().CopyTo(_last);
        _seen = true;
        // Frames before the first that could be denoised show that one.
        PayOwed();
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            _closed = true;
            PayOwed();
            _writer.UpdateHeader();
            _stream.Dispose();
            _file.Commit();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);

    private void PayOwed()
    {
        for (; _owed > 0; _owed--)
        {
            _writer.Write(MemoryMarshal.AsBytes(_last.AsSpan()));
        }
    }
}
