using System.Diagnostics.Metrics;

namespace LiveLtem.Core.Pipeline;

/// <summary>The rates that any OpenTelemetry or dotnet-counters listener can read.</summary>
internal static class PipelineMetrics
{
    private static readonly Meter Meter = new("LiveLtem");

    private static readonly Counter<long> FramesDropped =
        Meter.CreateCounter<long>("liveltem.frames.dropped", "{frame}", "Frames that an edge threw away for a newer one.");

    private static readonly Histogram<double> Latency =
        Meter.CreateHistogram<double>("liveltem.latency", "s", "Time from a frame's arrival until it left a stage.");

    public static void Dropped(string edge) => FramesDropped.Add(1, new KeyValuePair<string, object?>("edge", edge));

    public static void Left(string stage, TimeSpan age)
    {
        if (Latency.Enabled)
        {
            Latency.Record(age.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));
        }
    }
}
