using System.Globalization;
using System.Text;

namespace LiveLtem.App.Bench;

/// <summary>What a bench found, as a table for people.</summary>
internal static class BenchText
{
    /// <summary>The whole path, by size and network.</summary>
    public static string Of(BenchMachine machine, IReadOnlyList<BenchResult> results)
    {
        var text = new StringBuilder();
        Line($"{Words(machine)}");
        Line($"end to end, pose and tracking on");
        foreach (var result in results)
        {
            Line($"");
            Line($"{result.Title}, {result.SizePx} x {result.SizePx}, {result.Particles} {(result.Molecules ? "molecules" : "particles")} ({result.Found:F1} found a frame), {result.Frames} frames");
            Line($"  sustained         {result.FramesPerSecond,8:F1} frames/s   ({result.CpuMsPerFrame:F2} ms of processor time a frame)");
            if (result.Latency is { } latency)
            {
                Line($"  latency           {latency.P50Ms,8:F1} / {latency.P95Ms:F1} / {latency.P99Ms:F1} / {latency.MaxMs:F1} ms   (p50 / p95 / p99 / max, paced at {result.PacedFps:F1} frames/s, {result.Dropped} dropped; a frame time is {1000 / result.PacedFps:F1} ms)");
            }

            foreach (var (stage, time) in result.Stages)
            {
                Line($"  {stage,-16}  {time?.P50Ms ?? 0,8:F2} / {time?.P99Ms ?? 0:F2} ms   (p50 / p99 of its arithmetic)");
            }

            Line($"  outside kernels   {result.ShareOutsideKernels * 100,8:F1} % of the processor time");
            Line($"  garbage           {result.BytesPerFrame / 1024,8:F1} KiB a frame; collections {string.Join(" / ", result.Collections)} (gen 0 / 1 / 2)");
            Line($"  memory            {result.PeakWorkingSetMiB,8:F0} MiB peak working set, the movie itself {result.MovieMiB:F0} MiB");
        }

        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Linking by number of particles, and the analyses.</summary>
    public static string Of(BenchMachine machine, IReadOnlyList<LinkingCost> linking, IReadOnlyList<AnalysisCost> analyses)
    {
        var text = new StringBuilder();
        Line($"{Words(machine)}");
        Line($"processor time a frame, median");
        Line($"");
        Line($"linking    particles    live tracker    a particle    link");
        foreach (var cost in linking)
        {
            Line($"{cost.Motion,-9}  {cost.Particles,9}    {cost.TrackerMs,9:F3} ms    {cost.TrackerUsPerParticle,7:F2} us    {cost.LinkMs,7:F3} ms");
        }

        foreach (var motion in analyses.GroupBy(cost => cost.Motion))
        {
            Line($"");
            Line($"analyses, {motion.Key}, {motion.First().Particles} particles    a frame    figures asked for once");
            foreach (var cost in motion)
            {
                Line($"  {cost.Analysis,-36} {cost.Ms,7:F3} ms    {cost.ResultMs,8:F2} ms");
            }
        }

        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Memory of a long session.</summary>
    public static string Of(BenchMachine machine, SoakResult soak)
    {
        var text = new StringBuilder();
        Line($"{Words(machine)}");
        Line($"a long session from {soak.From}: {soak.Frames} frames of {soak.SizePx} x {soak.SizePx}, {soak.Particles:F1} particles a frame, {soak.CpuMsPerFrame:F2} ms of processor time a frame");
        foreach (var reading in soak.Readings.Where((_, i) => (i + 1) % 20 == 0))
        {
            Line($"  {reading.Frame,9}  {reading.ResidentMiB,8:F1} MiB resident  {reading.HeapMiB,8:F2} MiB alive on the heap");
        }

        Line($"from frame {soak.WarmUpFrames}: {soak.SlopeMiBPer100kFrames:F2} +- {soak.SlopeErrMiBPer100kFrames:F2} MiB for 100000 frames (heap {soak.HeapSlopeMiBPer100kFrames:F3})");
        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Live runs with more or fewer alerts.</summary>
    public static string Of(BenchMachine machine, IReadOnlyList<AlertsCost> costs)
    {
        var text = new StringBuilder();
        Line($"{Words(machine)}");
        Line($"live at {costs[0].PacedFps:F0} frames/s of {costs[0].SizePx} x {costs[0].SizePx}, nothing recorded but events");
        foreach (var cost in costs)
        {
            Line($"");
            Line($"{cost.Title}: {cost.Frames} frames, {cost.Raised} alerts raised and cleared beside the rules', {cost.Written} events written");
            Line($"  processor time    {cost.CpuMsPerFrame,8:F2} ms a frame");
            Line($"  gauge             {cost.Gauge?.P50Ms ?? 0,8:F2} / {cost.Gauge?.P99Ms ?? 0:F2} ms   (p50 / p99: what every frame waits for)");
            Line($"  latency           {cost.Latency?.P50Ms ?? 0,8:F1} / {cost.Latency?.P99Ms ?? 0:F1} ms   (p50 / p99)");
            Line($"  left out          {cost.Dropped,8} frames by the analysis, {cost.Unseen} pictures by the watch");
        }

        return text.ToString().TrimEnd();

        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    private static string Words(BenchMachine machine) => string.Create(
        CultureInfo.InvariantCulture,
        $"{machine.Processor ?? "processor not known"}, {machine.Cores} cores, {machine.System}, {machine.Runtime}, GC {machine.GarbageCollector}, load before {machine.LoadBefore?.ToString("F2", CultureInfo.InvariantCulture) ?? "not known"}");
}
