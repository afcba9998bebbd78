using HdrHistogram;

namespace LiveLtem.Core.Pipeline;

/// <summary>Quantiles of a duration, ms.</summary>
/// <param name="Count">Durations recorded.</param>
/// <param name="MeanMs">Mean.</param>
/// <param name="P50Ms">Median.</param>
/// <param name="P95Ms">95th percentile.</param>
/// <param name="P99Ms">99th percentile.</param>
/// <param name="MaxMs">Longest.</param>
public sealed record LatencySummary(long Count, double MeanMs, double P50Ms, double P95Ms, double P99Ms, double MaxMs);

/// <summary>Durations from 1 us to an hour with a relative resolution of 1 %, in fixed memory. Thread-safe.</summary>
public sealed class LatencyHistogram
{
    private const long LongestUs = 3_600_000_000;
    private const int Digits = 2;
    private readonly Lock _gate = new();
    private readonly LongHistogram _histogram = new(1, LongestUs, Digits);
    private double _sumUs;
    private long _maxUs;

    /// <summary>Records one duration; what is longer than an hour counts as an hour, what is negative as zero.</summary>
    public void Record(TimeSpan duration)
    {
        var us = Math.Clamp((long)duration.TotalMicroseconds, 0, LongestUs);
        lock (_gate)
        {
            _histogram.RecordValue(us);
            _sumUs += us;
            _maxUs = Math.Max(_maxUs, us);
        }
    }

    /// <summary>What was recorded so far, or null where nothing was.</summary>
    public LatencySummary? Summarise()
    {
        lock (_gate)
        {
            var count = _histogram.TotalCount;
            return count == 0 ? null : new LatencySummary(count, _sumUs / count / 1e3, At(50), At(95), At(99), _maxUs / 1e3);
        }

        // The histogram answers with the upper end of a bucket, which may lie above the longest value seen.
        double At(double percentile) => Math.Min(_histogram.GetValueAtPercentile(percentile), _maxUs) / 1e3;
    }
}
