using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Session.Overlay;

/// <summary>Paints one frame with what was found in it: outlines, orientation ticks, trails, ids, a scale bar and the frame's figures.</summary>
/// <remarks>Small frames are enlarged and large ones reduced, so that lines and words have one size. Not thread-safe.</remarks>
internal sealed class OverlayPainter : IDisposable
{
    private const int SmallestSide = 640;
    private const int LargestSide = 1280;
    private const int BarHeight = 34;
    private const int MostLabels = 150;
    private const int SmallestBold = 20;
    private const int Shift = 4;
    private const double Fine = 1 << Shift;
    private static readonly Scalar Paper = new(28, 24, 22);
    private static readonly Scalar Ink = new(235, 235, 235);

    private readonly float[] _pixels;
    private readonly Mat _raw;
    private readonly Mat _scaled = new();
    private readonly Mat _canvas;
    private readonly ContrastLimits _limits = new();
    private readonly double? _pixelSizeNm;
    private readonly double _zoom;
    private readonly Size _image;

    public OverlayPainter(int height, int width, double? pixelSizeNm)
    {
        _pixelSizeNm = pixelSizeNm;
        var longest = Math.Max(height, width);
        _zoom = longest < SmallestSide ? Math.Ceiling((double)SmallestSide / longest) : Math.Min(1, (double)LargestSide / longest);
        // Video codecs want even sides.
        _image = new Size(Math.Max(2, (int)(width * _zoom)) & ~1, Math.Max(2, (int)(height * _zoom)) & ~1);
        _pixels = new float[height * width];
        _raw = Mat.FromPixelData(height, width, MatType.CV_32FC1, _pixels);
        _canvas = new Mat(_image.Height + BarHeight, _image.Width, MatType.CV_8UC3, Paper);
    }

    /// <summary>Size of what <see cref="Paint"/> returns.</summary>
    public Size Size => new(_canvas.Width, _canvas.Height);

    /// <summary>Paints one frame.</summary>
    /// <param name="frame">Its pixels, as received or denoised.</param>
    /// <param name="tracks">What was found in it.</param>
    /// <param name="trails">Where the particles were before.</param>
    /// <param name="row">Time and dose.</param>
    /// <param name="isBare">Whether nothing is drawn on the picture but the scale bar.</param>
    /// <returns>8-bit BGR; belongs to the painter and is painted over by the next call.</returns>
    public Mat Paint(Frame frame, FrameTracks tracks, Trails trails, FrameRow row, bool isBare = false)
    {
        PaintImage(frame);
        if (!isBare)
        {
            PaintParticles(tracks, trails);
        }

        PaintScaleBar();
        PaintFigures(tracks, row);
        return _canvas;
    }

    public void Dispose()
    {
        _raw.Dispose();
        _scaled.Dispose();
        _canvas.Dispose();
    }

    private void PaintParticles(FrameTracks tracks, Trails trails)
    {
        foreach (var point in tracks.Points)
        {
            PaintTrail(point, trails.Of(point.Particle));
        }

        foreach (var point in tracks.Points)
        {
            PaintShape(point);
        }

        if (tracks.Points.Count <= MostLabels)
        {
            foreach (var point in tracks.Points)
            {
                PaintId(point);
            }
        }
    }

    private void PaintImage(Frame frame)
    {
        frame.CopyTo(_pixels);
        Cv2.Resize(_raw, _scaled, _image, interpolation: _zoom < 1 ? InterpolationFlags.Area : InterpolationFlags.Linear);
        var (low, high) = _limits.Next(_scaled);
        var gain = 255 / (high - low);
        using var grey = new Mat();
        _scaled.ConvertTo(grey, MatType.CV_8UC1, gain, -low * gain);
        using var target = _canvas[new Rect(0, 0, _image.Width, _image.Height)];
        using var colour = new Mat();
        Cv2.CvtColor(grey, colour, ColorConversionCodes.GRAY2BGR);
        colour.CopyTo(target);
    }

    private void PaintTrail(TrackPoint point, IReadOnlyCollection<(long Frame, Point2d Position)> trail)
    {
        (long Frame, Point2d Position)? before = null;
        foreach (var place in trail)
        {
            if (before is { } from)
            {
                var age = (double)(point.Frame - place.Frame) / Trails.Length;
                var colour = Palette.Of(point.Particle).Mul(Scalar.All(1), 1 - (0.7 * age));
                Cv2.Line(_canvas, Place(from.Position), Place(place.Position), colour, 1, LineTypes.AntiAlias, Shift);
            }

            before = place;
        }
    }

    private void PaintShape(TrackPoint point)
    {
        var colour = Palette.Of(point.Particle);

        // A line as wide as a small particle's half would hide it.
        var line = point.Fit.MinorPx * _zoom < SmallestBold ? 1 : 2;
        var corners = ShapeOutline.Of(point.Fit).Select(corner => Place(new Point2d(corner.X, corner.Y)));
        Cv2.Polylines(_canvas, [corners], isClosed: true, colour, line, LineTypes.AntiAlias, Shift);
        if (point.Fit.AngleDeg is { } degrees)
        {
            var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
            var reach = point.Fit.MajorPx / 2;
            var tip = new Point2d(point.Fit.XPx + (reach * cos), point.Fit.YPx + (reach * sin));
            Cv2.Line(_canvas, Place(new Point2d(point.Fit.XPx, point.Fit.YPx)), Place(tip), colour, line, LineTypes.AntiAlias, Shift);
        }
    }

    private void PaintId(TrackPoint point)
    {
        var reach = 0.36 * point.Fit.MajorPx;
        var at = new Point(
            (int)(((point.Fit.XPx + reach + 0.5) * _zoom) + 4),
            (int)(((point.Fit.YPx - reach + 0.5) * _zoom) - 4));
        Write(point.Particle.ToString(System.Globalization.CultureInfo.InvariantCulture), at, 0.42, Palette.Of(point.Particle));
    }

    private void PaintScaleBar()
    {
        var pixel = _pixelSizeNm ?? 1;
        var length = NiceLength(0.2 * _image.Width / _zoom * pixel);
        var shown = (int)Math.Round(length / pixel * _zoom);
        var left = new Point(14, _image.Height - 14);
        var right = new Point(14 + shown, _image.Height - 14);
        Cv2.Line(_canvas, left, right, new Scalar(0, 0, 0), 7, LineTypes.Link8);
        Cv2.Line(_canvas, left, right, Ink, 3, LineTypes.Link8);
        var unit = _pixelSizeNm is null ? "px" : length >= 1000 ? "um" : "nm";
        Write($"{(unit == "um" ? length / 1000 : length):0.###} {unit}", new Point(14, _image.Height - 24), 0.5, Ink);
    }

    private void PaintFigures(FrameTracks tracks, FrameRow row)
    {
        // Painted last: an outline may reach below the frame.
        Cv2.Rectangle(_canvas, new Rect(0, _image.Height, _canvas.Width, BarHeight), Paper, -1);
        var words = $"frame {row.Frame}";
        if (row.TimeS is { } time)
        {
            words += $"   {time:0.000} s";
        }

        if (row.DoseEPerA2 is { } dose)
        {
            words += $"   {dose:0.###} e-/A^2";
        }

        words += $"   {tracks.Points.Count} particles";
        Cv2.PutText(_canvas, words, new Point(14, _image.Height + 22), HersheyFonts.HersheySimplex, 0.5, Ink, 1, LineTypes.AntiAlias);
    }

    private void Write(string words, Point at, double size, Scalar colour)
    {
        Cv2.PutText(_canvas, words, at, HersheyFonts.HersheySimplex, size, new Scalar(0, 0, 0), 3, LineTypes.AntiAlias);
        Cv2.PutText(_canvas, words, at, HersheyFonts.HersheySimplex, size, colour, 1, LineTypes.AntiAlias);
    }

    // Pixel centres are at integers, so the first pixel's left edge is at -0.5 in both images.
    private Point Place(Point2d px) => new(
        (int)Math.Round(((((px.X + 0.5) * _zoom) - 0.5) * Fine)),
        (int)Math.Round(((((px.Y + 0.5) * _zoom) - 0.5) * Fine)));

    /// <summary>The largest of 1, 2, 5 times a power of ten that is not above <paramref name="most"/>.</summary>
    internal static double NiceLength(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(most)));
        var lead = most / power;
        return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
    }
}
