using System.CommandLine;
using System.Globalization;
using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.App.Verbs;

/// <summary><c>demo</c>: a live session in the terminal, on a simulated crystal or a recording.</summary>
internal static class DemoVerb
{
    private const string Scene = "crystal";
    private const int FramesPerSecond = 20;
    private const int SizePx = 512;
    private const double Cnr = 2;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var file = new Option<string?>("--file") { Description = "A recording to play instead of the simulated crystal.", HelpName = "FILE" };
        var seconds = new Option<double>("--seconds") { Description = "How long it runs once it has learnt from the first frames.", DefaultValueFactory = _ => 10, HelpName = "S" };
        var command = new Command("demo", "A live session in the terminal, on a simulated crystal of nanocubes. Ctrl-C ends it.\n\nExample:\n  liveltem demo --seconds 20") { file, seconds };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var length = parsed.GetValue(seconds);
            if (length is not (> 0 and <= 86_400))
            {
                throw new InputException(FormattableString.Invariant($"--seconds {length}: give a time over 0 and up to 86400 s"));
            }

            var time = TimeSpan.FromSeconds(length);
            return parsed.GetValue(file) is { } recording
                ? await PlayAsync(recording, time, cancellationToken).ConfigureAwait(false)
                : await SimulateAsync(time, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> SimulateAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var text = Say($"{SceneAddress.Scheme}:{Scene}?size={SizePx}&cnr={Cnr}&fps={FramesPerSecond}");
        await using var source = new SimulatedSource(text, TimeProvider.System);
        var report = await RunAsync(source, $"LiveLTEM demo: a simulated crystal of nanocubes, {SizePx} x {SizePx} px", length, cancellationToken).ConfigureAwait(false);
        Console.Out.WriteLine(SessionSummary.Text("demo", report, live: true));
        Console.Out.WriteLine(Truth(SceneAddress.Parse(text), report));
        SessionEnd.Demand(report);
        return 0;
    }

    private static async Task<int> PlayAsync(string recording, TimeSpan length, CancellationToken cancellationToken)
    {
        var sources = Sources.Create();
        await using var source = new PacedSource(() => sources.Open(recording), null, FramesPerSecond, loop: true, TimeProvider.System);
        var report = await RunAsync(source, $"LiveLTEM demo: {source.Info.Name}", length, cancellationToken).ConfigureAwait(false);
        Console.Out.WriteLine(SessionSummary.Text(source.Info.Name, report, live: true));
        SessionEnd.Demand(report);
        return 0;
    }

    private static Task<SessionReport> RunAsync(IFrameSource source, string title, TimeSpan length, CancellationToken cancellationToken) =>
        LiveSession.RunAsync(SessionInput.Plain(source), ProfileStore.Load(null), title, length, cancellationToken);

    /// <summary>What the simulation knows to be there, over the frames that were taken.</summary>
    private static string Truth(SceneAddress address, SessionReport report)
    {
        if (report.Pipeline.Ledger.Last is not { } last)
        {
            return "Truth: no frame was taken.";
        }

        // The scene follows from its seed: played again without drawing, it tells what every frame showed.
        var scene = SceneCatalog.Create(address.Scene, address.Options);
        var bodies = new HashSet<int>();
        long shown = 0;
        for (long frame = 0; frame <= last; frame++)
        {
            var view = scene.NextFrame();
            shown += view.Particles.Count;
            bodies.UnionWith(view.Particles.Select(particle => particle.Body));
        }

        return Say($"Truth: {bodies.Count} particles, {shown / (double)(last + 1):F1} in view a frame; found: {report.Figures.Points / (double)Math.Max(1, report.Figures.Processed):F1} a frame on {report.Figures.Tracks} tracks.");
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
