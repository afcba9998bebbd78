using LiveLtem.Core;

namespace LiveLtem.Session.Tests;

/// <summary>Rows to write in tests.</summary>
internal static class Some
{
    public static FrameRow Row(long frame) => new()
    {
        Frame = frame,
        TimeS = frame * 0.05,
        DoseRateEPerA2PerS = 12.3456789,
        DoseEPerA2 = (frame + 1) * 0.617283945,
        MeanCounts = 101.25 + frame,
        Snr = 1.5,
        Particles = 2,
        DriftXPx = 0.125,
        DriftYPx = -0.00001,
        SaturatedFraction = 0.0000123456789,
        DroppedBefore = 0,
        Processed = true,
        LatencyMs = 8.25,
    };

    public static FrameRow BareRow(long frame) => new()
    {
        Frame = frame,
        MeanCounts = double.NaN,
        SaturatedFraction = 0,
        DroppedBefore = 3,
        Processed = false,
    };

    public static ShapeFit Fit(double x, double y, int symmetry = 4, double? angleDeg = 30) => new()
    {
        Symmetry = symmetry,
        XPx = x,
        YPx = y,
        XErrPx = 0.04321987,
        YErrPx = 0.00005,
        AngleDeg = symmetry == 0 ? null : angleDeg,
        AngleErrDeg = symmetry == 0 ? null : 0.5,
        AreaPx = 400,
        MajorPx = 20,
        MinorPx = 20,
    };

    public static TrackPoint Point(long frame, int particle, ShapeFit fit, DetectionFlags flags = DetectionFlags.None) => new()
    {
        Frame = frame,
        Particle = particle,
        Fit = fit,
        RotationDeg = fit.AngleDeg + 360,
        Score = 0.98765,
        Flags = flags,
    };

    public static FrameTracks Tracks(long frame, params TrackPoint[] points) => new()
    {
        Header = new FrameHeader { Number = frame },
        Points = points,
        DriftXPx = 0.125,
        DriftYPx = 0,
    };

    /// <summary>A noisy bright frame with a dark square at (30, 20).</summary>
    public static Frame Image(FramePool pool, long number, int height = 64, int width = 96)
    {
        using var draft = pool.Rent(height, width, PixelType.UInt16);
        var pixels = draft.Pixels<ushort>();
        for (var i = 0; i < pixels.Length; i++)
        {
            var (y, x) = (i / width, i % width);
            var dark = Math.Abs(x - 30) <= 10 && Math.Abs(y - 20) <= 10;
            pixels[i] = (ushort)((dark ? 60 : 100) + ((i * 7919 + (int)number) % 13));
        }

        return draft.Publish(new FrameHeader { Number = number });
    }

    public static FrameDetections Detections(long frame, ushort[]? labels = null, int height = 64, int width = 96) => new()
    {
        Header = new FrameHeader { Number = frame },
        Particles = [],
        Height = height,
        Width = width,
        Labels = labels,
    };
}
