using LiveLtem.Acquisition.Decoding;
using LiveLtem.Acquisition.Files.Images;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Files.Video;

/// <summary>Reads a video frame by frame. It is decoded in one pass: frames before the first one asked for are passed over, never sought.</summary>
/// <remarks>The container's frame count is a hint: decoding says how many there are.</remarks>
internal sealed class VideoReader : IFrameReader
{
    private const int LongestSide = 16_384;
    private const long MostPixels = 1L << 27;

    private readonly FrameFile _file;
    private readonly VideoCapture _capture;
    private readonly Mat _decoded = new();
    private long _next;

    public VideoReader(FrameFile file, string container)
    {
        _file = file;
        OpenCvQuiet.Ensure();
        _capture = Open(file);
        try
        {
            var grey16 = SetGrey16();
            var (height, width) = (_capture.FrameHeight, _capture.FrameWidth);
            if (height is <= 0 or > LongestSide || width is <= 0 or > LongestSide || (long)height * width > MostPixels)
            {
                throw new FrameFormatException(file.Name, $"found {height} x {width} pixels; up to {LongestSide} a side are read", null, "video size");
            }

            Info = Describe(container, height, width, grey16 ? PixelType.UInt16 : PixelType.UInt8);
        }
        catch
        {
            _capture.Dispose();
            throw;
        }
    }

    public SourceInfo Info { get; }

    /// <summary>Never: only decoding shows it.</summary>
    public bool IsIncomplete => false;

    public FrameDraft? TryRead(long index, FramePool pool, out double? sourceTimeS)
    {
        sourceTimeS = null;
        try
        {
            for (; _next < index; _next++)
            {
                if (!_capture.Grab())
                {
                    return null;
                }
            }

            if (!_capture.Read(_decoded) || _decoded.Empty())
            {
                return _next > 0 ? null : throw new FrameFormatException(_file.Name, "not one frame can be decoded; is it truncated?");
            }
        }
        catch (OpenCVException error)
        {
            throw new FrameFormatException(_file.Name, $"frame {_next} cannot be decoded: {error.ErrMsg}", inner: error);
        }

        _next++;
        if (_decoded.Height != Info.Height || _decoded.Width != Info.Width)
        {
            throw new FrameFormatException(_file.Name, $"frame {index} is {_decoded.Height} x {_decoded.Width} pixels, the video {Info.Height} x {Info.Width}");
        }

        var draft = pool.Rent(Info.Height, Info.Width, Info.Type);
        try
        {
            GreyMat.CopyTo(_decoded, draft, _file.Name);
            return draft;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _capture.Dispose();
        _decoded.Dispose();
        _file.Dispose();
    }

    private static VideoCapture Open(FrameFile file)
    {
        VideoCapture? capture = null;
        try
        {
            capture = new VideoCapture(file.Path, VideoCaptureAPIs.FFMPEG);
            if (capture.IsOpened())
            {
                return capture;
            }
        }
        catch (OpenCVException error)
        {
            capture?.Dispose();
            throw new FrameFormatException(file.Name, $"the video cannot be opened: {error.ErrMsg}", inner: error);
        }

        capture.Dispose();
        throw new FrameFormatException(file.Name, "the video cannot be opened: it is truncated, damaged or of a codec that is not known");
    }

    /// <summary>Asks for 16-bit grey where the stream is that; for any other stream OpenCV would hand out a wrong image without conversion.</summary>
    private bool SetGrey16()
    {
        var format = (uint)_capture.Get(VideoCaptureProperties.CodecPixelFormat);
        var grey16 = format == Tag('Y', '1', '\0', '\x10');
        return grey16 && _capture.Set(VideoCaptureProperties.ConvertRgb, 0);
    }

    private SourceInfo Describe(string container, int height, int width, PixelType type)
    {
        var (rate, count) = (_capture.Fps, _capture.Get(VideoCaptureProperties.FrameCount));
        var codec = BitConverter.GetBytes((int)_capture.Get(VideoCaptureProperties.FourCC)).Select(b => (char)b).Where(c => c is > ' ' and <= '~').ToArray();
        return new SourceInfo
        {
            Name = _file.Name,
            Format = container,
            Height = height,
            Width = width,
            Type = type,
            Frames = count is >= 1 and < 1e9 ? (long)count : null,
            Calibration = rate is > 1e-3 and < 1e6 ? new Calibration { FrameTimeS = new Calibrated(1 / rate, $"{container} frame rate") } : Calibration.Unknown,
            Metadata = new Dictionary<string, object> { ["codec"] = new string(codec), ["colour"] = "read as grey (Rec. 601 luma)" },
            Warnings = ["the frame time is the video's playback rate, which need not be the camera's; --frame-time-s overrides it"],
        };
    }

    private static uint Tag(char a, char b, char c, char d) => a | ((uint)b << 8) | ((uint)c << 16) | ((uint)d << 24);
}
