using LiveLtem.Core;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.Dose.Tests.Alerts;

/// <summary>Even liquid with noise, for watches to look at.</summary>
internal static class WatchedMovie
{
    public const int Side = 128;

    /// <summary>One frame.</summary>
    /// <param name="pool">Where it comes from.</param>
    /// <param name="number">Its number.</param>
    /// <param name="signal">Mean counts above a dark level of 100.</param>
    /// <param name="seed">Frames of one seed and signal are the same picture.</param>
    /// <param name="side">Its side, px.</param>
    /// <param name="timeS">The source's own time, or null.</param>
    public static Frame Frame(FramePool pool, long number, double signal, int seed, int side = Side, double? timeS = null)
    {
        var random = new Random(seed);
        var draft = pool.Rent(side, side, PixelType.UInt16);
        foreach (ref var value in draft.Pixels<ushort>())
        {
            // Twelve uniform numbers make a normal one well enough.
            var normal = -6.0;
            for (var i = 0; i < 12; i++)
            {
                normal += random.NextDouble();
            }

            value = (ushort)Math.Max(0, 100 + signal + ((1 + (2 * Math.Sqrt(signal))) * normal));
        }

        return draft.Publish(new FrameHeader { Number = number, SourceTimeS = timeS });
    }

    /// <summary>What a gauge says of it.</summary>
    public static GaugeReading Gauge(Frame frame, long droppedBefore = 0)
    {
        var pixels = frame.Pixels<ushort>();
        var (min, max, sum, hash) = (ushort.MaxValue, ushort.MinValue, 0.0, 14695981039346656037UL);
        foreach (var value in pixels)
        {
            (min, max, sum) = (Math.Min(min, value), Math.Max(max, value), sum + value);
            hash = unchecked((hash ^ value) * 1099511628211UL);
        }

        return new GaugeReading
        {
            Header = frame.Header,
            MeanCounts = sum / pixels.Length,
            MinCounts = min,
            MaxCounts = max,
            SaturatedFraction = 0,
            Pixels = pixels.Length,
            Hash = hash,
            DroppedBefore = droppedBefore,
            Repeated = false,
        };
    }

    /// <summary>Shows a watch a frame, its dose and its analysis.</summary>
    public static void Show(this IAlertWatch watch, FramePool pool, long number, double signal, int seed, double? rate = null, double? dose = null)
    {
        using var frame = Frame(pool, number, signal, seed);
        var gauge = Gauge(frame);
        watch.Look(frame, gauge);
        watch.Accounted(new FrameDose(gauge, number * 0.1, rate, dose));
        watch.Analysed(
            new FrameRow { Frame = number, TimeS = number * 0.1, MeanCounts = gauge.MeanCounts, SaturatedFraction = 0, DroppedBefore = 0, Processed = true },
            new FrameTracks { Header = frame.Header, Points = [] });
    }
}
