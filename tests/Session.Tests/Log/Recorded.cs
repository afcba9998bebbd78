using System.IO.Hashing;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.Session.Tests.Log;

/// <summary>Sessions to test with.</summary>
internal static class Recorded
{
    public const int Height = 12;
    public const int Width = 20;

    public static SessionDescription Description(Calibration? calibration = null) => new()
    {
        Source = "run7.mrc",
        SourceMetadata = new Dictionary<string, string> { ["camera"] = "a \"quoted\" name" },
        Calibration = calibration ?? new Calibration { PixelSizeNm = new Calibrated(0.25, "MRC header", 0.01), FrameTimeS = new Calibrated(0.05, "--frame-time-s") },
        FrameTimeTyped = true,
        ProfileName = "nanoparticles",
        ProfileText = "detector:\n  polarity: auto\n",
        Version = "0.1.0",
        Models = new Dictionary<string, string> { ["segmenter"] = "0badcafe" },
    };

    /// <summary>A frame whose bytes follow from its number.</summary>
    public static Frame Frame(FramePool pool, long number, PixelType type = PixelType.UInt16, int height = Height, int width = Width)
    {
        using var draft = pool.Rent(height, width, type);
        Fill(number, type, draft.Bytes);
        return draft.Publish(new FrameHeader { Number = number, SourceTimeS = number * 0.05, ReceivedTimestamp = TimeProvider.System.GetTimestamp() });
    }

    public static byte[] Pixels(long number, PixelType type = PixelType.UInt16, int height = Height, int width = Width)
    {
        var bytes = new byte[height * width * type.BytesPerPixel()];
        Fill(number, type, bytes);
        return bytes;
    }

    public static GaugeReading Gauge(Frame frame, long droppedBefore = 0)
    {
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
            DroppedBefore = droppedBefore,
            Repeated = false,
        };
    }

    /// <summary>Appends frames with consecutive numbers.</summary>
    public static void Append(SessionStore store, FramePool pool, long first, int count, PixelType type = PixelType.UInt16, int height = Height, int width = Width)
    {
        for (var number = first; number < first + count; number++)
        {
            using var frame = Frame(pool, number, type, height, width);
            store.Append(frame, Gauge(frame));
        }
    }

    /// <summary>Rows and two tracks for frames with consecutive numbers.</summary>
    public static void Deliver(SessionStore store, long first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            store.OnFrame(Some.Row(number));
            store.OnTracks(Some.Tracks(number, Some.Point(number, 0, Some.Fit(5.5, 6.25)), Some.Point(number, 1, Some.Fit(12, 4, 0))), Some.Row(number));
        }
    }

    private static void Fill(long number, PixelType type, Span<byte> bytes)
    {
        if (type == PixelType.Float32)
        {
            var floats = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes);
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
