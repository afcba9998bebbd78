using System.IO.Hashing;
using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.SessionRecorder;

/// <summary>A movie whose pixels and results follow from the frame number, for the recorder and for whoever checks what it left.</summary>
public static class RecordedMovie
{
    /// <summary>What its session says of itself.</summary>
    public static SessionDescription Description { get; } = new()
    {
        Source = "run7.mrc",
        SourceMetadata = new Dictionary<string, string> { ["camera"] = "a \"quoted\" name" },
        Calibration = new Calibration { PixelSizeNm = new Calibrated(0.25, "MRC header", 0.01), FrameTimeS = new Calibrated(0.05, "--frame-time-s") },
        FrameTimeTyped = true,
        ProfileName = "nanoparticles",
        ProfileText = "detector:\n  polarity: auto\n",
        Version = "0.1.0",
        Models = [new ModelInUse { Name = "segmenter", Sha256 = "0badcafe", Provider = "CPU" }],
    };

    /// <summary>One frame.</summary>
    public static Frame Frame(FramePool pool, long number, int height, int width, PixelType type)
    {
        ArgumentNullException.ThrowIfNull(pool);
        using var draft = pool.Rent(height, width, type);
        Fill(number, type, draft.Bytes);
        return draft.Publish(new FrameHeader { Number = number, SourceTimeS = number * 0.05, ReceivedTimestamp = TimeProvider.System.GetTimestamp() });
    }

    /// <summary>The bytes of one frame.</summary>
    public static byte[] Pixels(long number, int height, int width, PixelType type)
    {
        var bytes = new byte[height * width * type.BytesPerPixel()];
        Fill(number, type, bytes);
        return bytes;
    }

    /// <summary>What a gauge says of a frame.</summary>
    public static GaugeReading Gauge(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var pixels = new float[frame.Height * frame.Width];
        frame.CopyTo(pixels);
        return new GaugeReading
        {
            Header = frame.Header,
            MeanCounts = pixels.Average(pixel => (double)pixel),
            MinCounts = pixels.Min(),
            MaxCounts = pixels.Max(),
            SaturatedFraction = 0,
            Pixels = pixels.Length,
            Hash = XxHash64.HashToUInt64(frame.Bytes),
            DroppedBefore = 0,
            Repeated = false,
        };
    }

    /// <summary>The results of one frame: a row and two points.</summary>
    public static (FrameRow Row, FrameTracks Tracks) Results(long number) => (
        new FrameRow
        {
            Frame = number,
            TimeS = number * 0.05,
            DoseEPerA2 = (number + 1) * 0.617283945,
            MeanCounts = 101.25,
            Particles = 2,
            SaturatedFraction = 0,
            DroppedBefore = 0,
            Processed = true,
        },
        new FrameTracks { Header = new FrameHeader { Number = number }, Points = [Point(number, 0), Point(number, 1)] });

    private static TrackPoint Point(long number, int particle) => new()
    {
        Frame = number,
        Particle = particle,
        Fit = new ShapeFit
        {
            Symmetry = 4,
            XPx = 5.5 + particle,
            YPx = 6.25 + (number % 17 / 8.0),
            XErrPx = 0.04,
            YErrPx = 0.05,
            AngleDeg = 30,
            AngleErrDeg = 0.5,
            AreaPx = 400,
            MajorPx = 20,
            MinorPx = 20,
        },
        RotationDeg = 30,
        Score = 0.98765,
    };

    private static void Fill(long number, PixelType type, Span<byte> bytes)
    {
        if (type == PixelType.Float32)
        {
            var floats = MemoryMarshal.Cast<byte, float>(bytes);
            for (var i = 0; i < floats.Length; i++)
            {
                floats[i] = number + (i * 0.25f);
            }

            return;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)((i * 31) + (number * 7) + (i >> 5));
        }
    }
}
