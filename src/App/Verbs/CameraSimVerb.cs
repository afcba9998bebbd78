using System.CommandLine;
using System.Text.Json;
using LiveLtem.App.Hosting;
using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Cameras;
using LiveLtem.HardwareSim.Cameras.ZeroMq;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.App.Verbs;

/// <summary><c>camera-sim PROTOCOL --scene S|--file F</c>: a simulated camera, as its own process.</summary>
internal static class CameraSimVerb
{
    private const double FallbackFps = 25;
    private const int MostPrerendered = 10_000;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var protocol = new Argument<string>("PROTOCOL") { Description = "How it speaks: zmq (docs/cameras.md)." };
        protocol.AcceptOnlyFromAmong("zmq");
        var scene = new Option<string?>("--scene") { Description = $"What it sees, one of: {string.Join(", ", SceneCatalog.Names)}.", HelpName = "S" };
        var file = new Option<string?>("--file") { Description = "A recording that it plays instead of a scene.", HelpName = "F" };
        var fps = new Option<double?>("--fps") { Description = $"Frames a second (default: {FallbackFps}; a recording's own pace where it has one).", HelpName = "N" };
        var frames = new Option<long?>("--frames") { Description = "Frames to take, then end.", HelpName = "N" };
        var seconds = new Option<double?>("--seconds") { Description = "How long to send, then end.", HelpName = "S" };
        var loop = new Option<bool>("--loop") { Description = "Start the recording again at its end, with numbers that go on. A scene never ends by itself." };
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 is any free one.", DefaultValueFactory = _ => 5555, HelpName = "PORT" };
        var prerender = new Option<int>("--prerender") { Description = "Pictures of the scene to draw beforehand; they are played forth and back.", DefaultValueFactory = _ => 60, HelpName = "N" };
        var size = new Option<int>("--size") { Description = "Side of the scene's square frame, px.", DefaultValueFactory = _ => 512, HelpName = "N" };
        var cnr = new Option<double?>("--cnr") { Description = "Contrast-to-noise per pixel of the scene.", HelpName = "C" };
        var type = new Option<string>("--dtype") { Description = "uint8, uint16 or float32, of the scene.", DefaultValueFactory = _ => "uint16" };
        var seed = new Option<long>("--seed") { Description = "Everything random in the scene follows from it.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var particles = new Option<int?>("--particles") { Description = "About how many particles the scene has.", HelpName = "N" };
        var drop = Every("--drop-every", "Never send every N-th frame.");
        var repeat = Every("--repeat-every", "Send every N-th frame twice.");
        var corrupt = Every("--corrupt-every", "Damage every N-th frame: its pixels or its header.");
        var delay = Every("--delay-every", "Stand still before every N-th frame.");
        var delayS = new Option<double>("--delay-s") { Description = "How long to stand still, s.", DefaultValueFactory = _ => 1, HelpName = "S" };
        var command = new Command(
            "camera-sim",
            "A simulated camera as a process of its own. It prints where it listens, waits for a reader, sends, and prints what it did. Ctrl-C ends it.\n\nExample:\n  liveltem camera-sim zmq --scene crystal --size 1024 --dtype uint8 --fps 60 --seconds 120\n  liveltem run --source zmq://127.0.0.1:5555")
        {
            protocol, scene, file, fps, frames, seconds, loop, port, prerender, size, cnr, type, seed, particles, drop, repeat, corrupt, delay, delayS,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Signals are listened to once this returns for the first time: before anything is drawn and 'ready' is said.
            await Task.Yield();
            var request = new Request(
                parsed.GetValue(scene),
                parsed.GetValue(file),
                parsed.GetValue(loop),
                Within("--fps", parsed.GetValue(fps), 0.001, 100_000),
                parsed.GetValue(frames) is { } count ? (long)Within("--frames", count, 1, 1e12)!.Value : null,
                Within("--seconds", parsed.GetValue(seconds), 0.001, 1e7),
                (int)Within("--port", parsed.GetValue(port), 0, 65_535)!.Value,
                (int)Within("--prerender", parsed.GetValue(prerender), 1, MostPrerendered)!.Value,
                new CameraFaults
                {
                    DropEvery = parsed.GetValue(drop),
                    RepeatEvery = parsed.GetValue(repeat),
                    CorruptEvery = parsed.GetValue(corrupt),
                    DelayEvery = parsed.GetValue(delay),
                    Delay = TimeSpan.FromSeconds(Within("--delay-s", parsed.GetValue(delayS), 0, 3600)!.Value),
                });
            if (request.Scene is null == request.File is null)
            {
                throw new InputException("camera-sim: give either --scene or --file");
            }

            if (request.File is { } recording)
            {
                var sources = Sources.Create();
                return await SendAsync(request, () => sources.Open(recording), cancellationToken).ConfigureAwait(false);
            }

            var options = new SceneOptions
            {
                Seed = parsed.GetValue(seed),
                SizePx = parsed.GetValue(size),
                Cnr = parsed.GetValue(cnr),
                Type = SceneOptions.ParseType(parsed.GetValue(type)!),
                Particles = parsed.GetValue(particles),
                FrameTimeS = 1 / (request.Fps ?? FallbackFps),
            };
            Console.Error.WriteLine($"liveltem: drawing {request.Prerender} pictures of {request.Scene}");
            using var movie = RenderedMovie.Render(new SceneAddress { Scene = request.Scene!, Options = options }, request.Prerender, cancellationToken);
            return await SendAsync(request, () => movie.Play(request.Frames), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> SendAsync(Request request, Func<IFrameSource> open, CancellationToken cancellationToken)
    {
        await using var source = new PacedSource(open, request.Fps, FallbackFps, request.Loop && request.File is not null, TimeProvider.System);
        CameraReport report;
        using (var camera = new ZeroMqCamera(request.Port, request.Faults, TimeProvider.System))
        {
            var info = source.Info;
            Console.Out.WriteLine(JsonSerializer.Serialize(new
            {
                ready = true,
                endpoint = camera.Address,
                shape = new[] { info.Height, info.Width },
                dtype = info.Type.NumpyName(),
                fps = source.FramesPerSecond,
                frames = request.Frames ?? info.Frames,
            }));
            var length = request.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
            report = await camera.SendAsync(source, request.Frames, length, cancellationToken).ConfigureAwait(false);
        }

        Console.Out.WriteLine(JsonSerializer.Serialize(new
        {
            ended = true,
            taken = report.Taken,
            sent = report.Sent,
            corrupted = report.Corrupted,
            held_back_s = report.HeldBack.TotalSeconds,
            seconds = report.Elapsed.TotalSeconds,
            fps = report.FramesPerSecond,
        }));
        ZeroMqCamera.Flush();
        return 0;
    }

    private static double? Within(string option, double? value, double least, double most) => value is null || (value >= least && value <= most)
        ? value
        : throw new InputException(FormattableString.Invariant($"{option} {value}: give {least} to {most}"));

    private static Option<int?> Every(string name, string description) => new(name) { Description = description, HelpName = "N" };

    private sealed record Request(
        string? Scene, string? File, bool Loop, double? Fps, long? Frames, double? Seconds, int Port, int Prerender, CameraFaults Faults);
}
