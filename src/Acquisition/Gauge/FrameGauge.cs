using System.IO.Hashing;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Gauge;

/// <summary>Measures every received frame: counts, saturation, hash, losses and repeats.</summary>
/// <remarks>Remembers the frame before; called in the order of arrival from one thread.</remarks>
public sealed class FrameGauge
{
    private long? _lastNumber;
    private ulong? _lastHash;

    /// <summary>Measures one frame, which stays the caller's.</summary>
    public GaugeReading Read(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var counts = PixelStatistics.Of(frame);
        var hash = XxHash64.HashToUInt64(frame.Bytes);
        var reading = new GaugeReading
        {
            Header = frame.Header,
            MeanCounts = counts.Mean,
            MinCounts = counts.Min,
            MaxCounts = counts.Max,
            SaturatedFraction = counts.AtCeiling / (double)(frame.Height * frame.Width),
            Pixels = frame.Height * frame.Width,
            Hash = hash,
            DroppedBefore = _lastNumber is { } last ? Math.Max(0, frame.Number - last - 1) : 0,

            // An even frame is no repeat: a blanked beam or a closed shutter may well give the same zeros twice.
            Repeated = hash == _lastHash && counts.Max > counts.Min,
        };
        _lastNumber = Math.Max(_lastNumber ?? long.MinValue, frame.Number);
        _lastHash = hash;
        return reading;
    }
}
