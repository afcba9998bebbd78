using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LiveLtem.App.Bench;
using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference.Models;

namespace LiveLtem.App.Verbs;

/// <summary><c>bench</c>: throughput and latency of the whole path on this machine.</summary>
internal static class BenchVerb
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var size = new Option<int[]>("--size") { Description = "Sides of the frame, px.", DefaultValueFactory = _ => [512, 1024], AllowMultipleArgumentsPerToken = true, HelpName = "PX" };
        var particles = new Option<int>("--particles") { Description = "Particles in a frame.", DefaultValueFactory = _ => 100, HelpName = "N" };
        var frames = new Option<int>("--frames") { Description = "Frames timed in each run.", DefaultValueFactory = _ => 300, HelpName = "N" };
        var model = new Option<string[]>("--model")
        {
            Description = "Networks to time, none for thresholds; both where not given.",
            DefaultValueFactory = _ => [.. ModelStore.Names.Where(name => name == Profile.DefaultModel), Profile.NoModel],
            AllowMultipleArgumentsPerToken = true,
            HelpName = "NAME",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object for scripts." };
        var command = new Command(
            "bench",
            "Throughput and latency of the whole path, from a simulated movie in memory to tracks, on this machine.\n\nExample:\n  liveltem bench --size 1024 --json")
        {
            size, particles, model, frames, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var sizes = parsed.GetRequiredValue(size);
            if (sizes.FirstOrDefault(side => side is < 64 or > 4096) is var wrong and not 0)
            {
                throw new InputException($"--size {wrong}: give sides of 64 to 4096 px");
            }

            var timed = parsed.GetValue(frames);
            if (timed is < 10 or > 1_000_000)
            {
                throw new InputException($"--frames {timed}: give 10 to 1000000");
            }

            // Before minutes are spent on the others.
            foreach (var name in parsed.GetRequiredValue(model))
            {
                if (ModelOption.Apply(ProfileStore.Load(null), name).Model is { } named and not Profile.NoModel)
                {
                    ModelStore.Find(named);
                }
            }

            var machine = BenchMachine.Now();
            var results = new List<BenchResult>();
            foreach (var side in sizes)
            {
                foreach (var name in parsed.GetRequiredValue(model))
                {
                    var profile = ModelOption.Apply(ProfileStore.Load(null), name);
                    results.Add(await PipelineBench
                        .RunAsync(side, parsed.GetValue(particles), profile, timed, line => Console.Error.WriteLine($"liveltem: bench {name} {line}"), cancellationToken)
                        .ConfigureAwait(false));
                }
            }

            Console.Out.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { machine, results }, Json)
                : Table(machine, results));
            return 0;
        });
        return command;
    }

    private static string Table(BenchMachine machine, IReadOnlyList<BenchResult> results)
    {
        var text = new StringBuilder();
        Line($"{machine.Processor ?? "processor not known"}, {machine.Cores} cores, {machine.System}, {machine.Runtime}, GC {machine.GarbageCollector}, load before {machine.LoadBefore?.ToString("F2", CultureInfo.InvariantCulture) ?? "not known"}");
        Line($"end to end, pose and tracking on");
        foreach (var result in results)
        {
            Line($"");
            Line($"{(result.Model == Profile.NoModel ? "classical" : $"network {result.Model}")}, {result.SizePx} x {result.SizePx}, {result.Particles} particles ({result.Found:F1} found a frame), {result.Frames} frames");
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
}
