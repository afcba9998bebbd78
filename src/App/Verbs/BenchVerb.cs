using System.CommandLine;
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
    private const int SoakSizePx = 128;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var size = new Option<int[]>("--size") { Description = "Sides of the frame, px.", DefaultValueFactory = _ => [512, 1024], AllowMultipleArgumentsPerToken = true, HelpName = "PX" };
        var particles = new Option<int?>("--particles") { Description = "Particles in a frame; 100, or as many molecules as the scene likes, where not given.", HelpName = "N" };
        var frames = new Option<int>("--frames") { Description = "Frames timed in each run.", DefaultValueFactory = _ => 300, HelpName = "N" };
        var model = new Option<string[]>("--model")
        {
            Description = "Networks to time, none for thresholds; both where not given.",
            DefaultValueFactory = _ => [.. ModelStore.Names.Where(name => name == Profile.DefaultModel), Profile.NoModel],
            AllowMultipleArgumentsPerToken = true,
            HelpName = "NAME",
        };
        var profile = new Option<string?>("--profile") { Description = "Profile to run, soft for one: molecules are timed on simulated molecules, with its own denoiser.", HelpName = "NAME" };
        var tracks = new Option<bool>("--tracks") { Description = "Only what follows the detector: linking of 100 to 10000 particles, and every analysis at 500. With --soak: a long session of these alone." };
        var soak = new Option<int?>("--soak") { Description = "One session of that many frames instead, and how its memory goes.", HelpName = "FRAMES" };
        var alerts = new Option<int?>("--alerts") { Description = "Live runs without alerts, with the rules, and with so many alerts a minute beside them instead.", HelpName = "A MINUTE" };
        var fps = new Option<double>("--fps") { Description = "Pace of those live runs.", DefaultValueFactory = _ => 25, HelpName = "FPS" };
        var json = new Option<bool>("--json") { Description = "One JSON object for scripts." };
        var command = new Command(
            "bench",
            "Throughput and latency of the whole path, from a simulated movie in memory to tracks, on this machine.\n\nExample:\n  liveltem bench --size 1024 --json\n  liveltem bench --profile soft --size 512\n  liveltem bench --tracks\n  liveltem bench --soak 1000000 --size 128 --model none\n  liveltem bench --alerts 10000 --size 512 --fps 25")
        {
            size, particles, model, profile, frames, tracks, soak, alerts, fps, json,
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

            var asked = ProfileStore.Load(parsed.GetValue(profile));
            var machine = BenchMachine.Now();
            void Tell(string line) => Console.Error.WriteLine($"liveltem: bench {line}");
            if (parsed.GetValue(soak) is { } length)
            {
                if (length < 1000)
                {
                    throw new InputException($"--soak {length}: give 1000 frames or more");
                }

                var session = parsed.GetValue(tracks)
                    ? SoakBench.Tracks(asked, length, Tell, cancellationToken)
                    : await SoakBench.PixelsAsync(
                        parsed.GetResult(size) is { Implicit: false } ? sizes[0] : SoakSizePx,
                        ModelOption.Apply(asked, parsed.GetRequiredValue(model)[0]),
                        length,
                        Tell,
                        cancellationToken).ConfigureAwait(false);
                Console.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { machine, soak = session }, Json) : BenchText.Of(machine, session));
                return 0;
            }

            if (parsed.GetValue(alerts) is { } perMinute)
            {
                if (perMinute is < 1 or > 1_000_000)
                {
                    throw new InputException($"--alerts {perMinute}: give 1 to 1000000 a minute");
                }

                if (parsed.GetValue(fps) is var pace && !(pace is >= 1 and <= 1000))
                {
                    throw new InputException(FormattableString.Invariant($"--fps {pace}: give 1 to 1000 frames a second"));
                }

                var costs = await AlertsBench
                    .RunAsync(sizes[0], ModelOption.Apply(asked, parsed.GetRequiredValue(model)[0]), timed, pace, perMinute, Tell, cancellationToken)
                    .ConfigureAwait(false);
                Console.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { machine, alerts = costs }, Json) : BenchText.Of(machine, costs));
                return 0;
            }

            if (parsed.GetValue(tracks))
            {
                var linking = TracksBench.Linking(timed, Tell, cancellationToken);
                var analyses = TracksBench.Analyses(timed, Tell, cancellationToken);
                Console.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { machine, linking, analyses }, Json) : BenchText.Of(machine, linking, analyses));
                return 0;
            }

            // Molecules are found without such a network.
            string[] models = asked.Molecules ? [Profile.NoModel] : parsed.GetRequiredValue(model);

            // Before minutes are spent on the others.
            foreach (var name in models)
            {
                if (ModelOption.Apply(asked, name).Model is { } named and not Profile.NoModel)
                {
                    ModelStore.Find(named);
                }
            }

            var results = new List<BenchResult>();
            foreach (var side in sizes)
            {
                foreach (var name in models)
                {
                    var label = asked.Molecules ? asked.Name : name;
                    results.Add(await PipelineBench
                        .RunAsync(side, parsed.GetValue(particles), ModelOption.Apply(asked, name), timed, line => Console.Error.WriteLine($"liveltem: bench {label} {line}"), cancellationToken)
                        .ConfigureAwait(false));
                }
            }

            Console.Out.WriteLine(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { machine, results }, Json)
                : BenchText.Of(machine, results));
            return 0;
        });
        return command;
    }
}
