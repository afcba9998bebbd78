using System.Globalization;
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
    private const double StillLetters = 1.5;
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
    private readonly double _letters;
    private readonly int _barHeight;

    /// <summary>Creates a painter for frames of one size.</summary>
    /// <param name="height">Height of a frame, px.</param>
    /// <param name="width">Width, px.</param>
    /// <param name="pixelSizeNm">Side of a pixel on the specimen, or null: the scale bar is in px then.</param>
    /// <param name="isStill">Whether it is shown beside another on a page, at half of a screen's width or less, and its words must be as much larger.</param>
    public OverlayPainter(int height, int width, double? pixelSizeNm, bool isStill = false)
    {
        _pixelSizeNm = pixelSizeNm;
        var longest = Math.Max(height, width);
        _zoom = longest < SmallestSide ? Math.Ceiling((double)SmallestSide / longest) : Math.Min(1, (double)LargestSide / longest);
        // Video codecs want even sides.
        _image = new Size(Math.Max(2, (int)(width * _zoom)) & ~1, Math.Max(2, (int)(height * _zoom)) & ~1);
        _pixels = new float[height * width];
        _raw = Mat.FromPixelData(height, width, MatType.CV_32FC1, _pixels);
        _letters = Math.Max(1, (double)_image.Width / SmallestSide) * (isStill && _image.Width >= SmallestSide ? StillLetters : 1);
        _barHeight = (int)(BarHeight * _letters) & ~1;
        _canvas = new Mat(_image.Height + _barHeight, _image.Width, MatType.CV_8UC3, Paper);
    }

    // Letters of one px are lost when a picture is shown at half its size.
    private int Stroke => Math.Max(1, (int)Math.Round(_letters));

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
        Write(point.Particle.ToString(CultureInfo.InvariantCulture), at, 0.42, Palette.Of(point.Particle));
    }

    private void PaintScaleBar()
    {
        var pixel = _pixelSizeNm ?? 1;
        var length = NiceLength(0.2 * _image.Width / _zoom * pixel);
        var shown = (int)Math.Round(length / pixel * _zoom);
        var (margin, line) = (Scaled(14), Scaled(3));
        var left = new Point(margin, _image.Height - margin);
        var right = new Point(margin + shown, _image.Height - margin);
        var unit = _pixelSizeNm is null ? "px" : length >= 1000 ? "um" : "nm";
        var words = string.Create(CultureInfo.InvariantCulture, $"{(unit == "um" ? length / 1000 : length):0.###} {unit}");
        var letters = Cv2.GetTextSize(words, HersheyFonts.HersheySimplex, 0.5 * _letters, Stroke, out _);

        // On paper of its own, for outlines and numbers may lie where it is.
        var top = _image.Height - Scaled(24) - letters.Height - (margin / 2);
        Cv2.Rectangle(_canvas, new Point(margin / 2, top), new Point((margin / 2) + margin + Math.Max(shown, letters.Width), _image.Height - (margin / 2)), Paper, -1);
        Cv2.Line(_canvas, left, right, Ink, line, LineTypes.Link8);
        Write(words, new Point(margin, _image.Height - Scaled(24)), 0.5, Ink);
    }

    private void PaintFigures(FrameTracks tracks, FrameRow row)
    {
        // Painted last: an outline may reach below the frame.
        Cv2.Rectangle(_canvas, new Rect(0, _image.Height, _canvas.Width, _barHeight), Paper, -1);
        var words = $"frame {row.Frame}";
        if (row.TimeS is { } time)
        {
            words += string.Create(CultureInfo.InvariantCulture, $"   {time:0.000} s");
        }

        if (row.DoseEPerA2 is { } dose)
        {
            words += string.Create(CultureInfo.InvariantCulture, $"   {dose:0.###} e-/A^2");
        }

        words += $"   {tracks.Points.Count} particle{(tracks.Points.Count == 1 ? "" : "s")}";
        var size = 0.5 * _letters;
        var length = Cv2.GetTextSize(words, HersheyFonts.HersheySimplex, size, Stroke, out _).Width;

        // A long line is written smaller: what stands at its end matters as much.
        size *= Math.Min(1, Math.Max(0.2, (_canvas.Width - (2.0 * Scaled(14))) / length));
        Cv2.PutText(_canvas, words, new Point(Scaled(14), _image.Height + Scaled(22)), HersheyFonts.HersheySimplex, size, Ink, Stroke, LineTypes.AntiAlias);
    }

    private void Write(string words, Point at, double size, Scalar colour)
    {
        Cv2.PutText(_canvas, words, at, HersheyFonts.HersheySimplex, size * _letters, new Scalar(0, 0, 0), Stroke + 2, LineTypes.AntiAlias);
        Cv2.PutText(_canvas, words, at, HersheyFonts.HersheySimplex, size * _letters, colour, Stroke, LineTypes.AntiAlias);
    }

    private int Scaled(int px) => (int)Math.Round(px * _letters);

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
