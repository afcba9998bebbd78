using System.CommandLine;
using System.Globalization;
using LiveLtem.App.Hosting;
using LiveLtem.App.Hosting.Live;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Truth;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Verbs;

/// <summary><c>demo</c>: the whole thing on a simulated crystal, or on a recording.</summary>
internal static class DemoVerb
{
    private const string Scene = "crystal";
    private const int FramesPerSecond = 20;
    private const int SizePx = 512;
    private const double Cnr = 2;
    private const double LeastVisible = 0.25;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var file = new Option<string?>("--file") { Description = "A recording to play, over and over, instead of the simulated crystal.", HelpName = "FILE" };
        var seconds = new Option<double>("--seconds") { Description = "How long it runs once it has learnt from the first frames.", DefaultValueFactory = _ => 3600, HelpName = "S" };
        var live = new LiveOptions();
        var command = new Command(
            "demo",
            "A whole live session: a simulated crystal of nanocubes (or a recording), analysed, recorded to a temporary session (some 10 MB a second; the next demo deletes it, --record DIR keeps one) and shown in the browser. Ctrl-C ends it.\n\nExample:\n  liveltem demo --web-port 0")
        {
            file, seconds,
        };
        live.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var length = parsed.GetValue(seconds);
            if (length is not (> 0 and <= 86_400))
            {
                throw new InputException(FormattableString.Invariant($"--seconds {length}: give a time over 0 and up to 86400 s"));
            }

            // By user: what another one's demo left there is closed to this one.
            var temporary = Path.Combine(Path.GetTempPath(), $"liveltem-demo-{string.Concat(Environment.UserName.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'))}");
            var settings = live.Read(parsed, temporary);
            settings.Broadcast.Check();
            if (settings.Record == temporary)
            {
                DropOlder(temporary);
            }

            var time = TimeSpan.FromSeconds(length);
            return parsed.GetValue(file) is { } recording
                ? await PlayAsync(recording, settings, time, cancellationToken).ConfigureAwait(false)
                : await SimulateAsync(settings, time, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> SimulateAsync(LiveSettings settings, TimeSpan length, CancellationToken cancellationToken)
    {
        var text = Say($"{SceneAddress.Scheme}:{Scene}?size={SizePx}&cnr={Cnr}&drift=0&fps={FramesPerSecond}");
        await using var source = new SimulatedSource(text, TimeProvider.System);
        var report = await RunAsync(source, source.Info.Calibration, $"demo, a simulated crystal of nanocubes, {SizePx} x {SizePx} px", settings, length, cancellationToken)
            .ConfigureAwait(false);
        LiveEnd.Tell("demo", report, settings.Json);
        if (!settings.Json)
        {
            Console.Out.WriteLine(Truth(SceneAddress.Parse(text), report));
        }

        return 0;
    }

    private static async Task<int> PlayAsync(string recording, LiveSettings settings, TimeSpan length, CancellationToken cancellationToken)
    {
        var sources = Sources.Create();
        await using var source = new PacedSource(() => sources.Open(recording), null, FramesPerSecond, loop: true, TimeProvider.System);
        var report = await RunAsync(source, source.Info.Calibration, $"demo, {source.Info.Name}", settings, length, cancellationToken).ConfigureAwait(false);
        LiveEnd.Tell(source.Info.Name, report, settings.Json);
        return 0;
    }

    private static Task<SessionReport> RunAsync(
        IFrameSource source, Calibration calibration, string title, LiveSettings settings, TimeSpan length, CancellationToken cancellationToken) =>
        LiveHost.RunAsync(
            new LiveRequest
            {
                Input = SessionInput.Plain(source) with { Calibration = calibration },
                Profile = ProfileStore.Load(null),
                Settings = settings,
                Title = title,
                Length = length,
            },
            cancellationToken);

    // A temporary session is kept until the next demo, so that it can be looked at; one that is running stays.
    private static void DropOlder(string folder)
    {
        var dropped = 0;
        foreach (var session in new SessionCatalog(folder).List().Where(session => session.State != "recording"))
        {
            try
            {
                Directory.Delete(session.Folder, recursive: true);
                dropped++;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"liveltem: the older demo session {session.Folder} stays: {IoReason.Of(error)}");
            }
        }

        if (dropped > 0)
        {
            Console.Error.WriteLine($"liveltem: {dropped} earlier demo session{(dropped == 1 ? " is" : "s are")} deleted from {folder}; --record DIR keeps a session for good");
        }
    }

    /// <summary>What the simulation knows to be in the last frame that was taken.</summary>
    private static string Truth(SceneAddress address, SessionReport report)
    {
        if (report.Pipeline.Ledger.Last is not { } last)
        {
            return "Truth: no frame was taken.";
        }

        // The scene follows from its seed: played again without drawing, it tells what the frame showed.
        var scene = SceneCatalog.Create(address.Scene, address.Options);
        var view = scene.NextFrame();
        for (long frame = 1; frame <= last; frame++)
        {
            view = scene.NextFrame();
        }

        var seen = new TruthBuilder(scene.Settings).Rows(view, (int)last, 0).Count(particle => particle.Visible >= LeastVisible);
        return Say($"Truth: in the last frame {seen} particles are at least a quarter in view; found in the last one analysed: {report.Figures.Particles ?? 0}.");
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
