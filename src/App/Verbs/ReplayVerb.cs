using System.CommandLine;
using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.Core;

namespace LiveLtem.App.Verbs;

/// <summary><c>replay FILE</c>: a recording played as if it were live.</summary>
internal static class ReplayVerb
{
    private const double FallbackFps = 25;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording or a folder of images." };
        var fps = new Option<double?>("--fps") { Description = $"Frames a second (default: the recording's own pace, else {FallbackFps}).", HelpName = "N" };
        var loop = new Option<bool>("--loop") { Description = "Start again at the end, until stopped." };
        var profile = new Option<string?>("--profile") { Description = $"{string.Join(", ", ProfileStore.Names)}, or a YAML file.", HelpName = "P" };
        var calibration = new CalibrationOptions();
        var command = new Command(
            "replay",
            "Plays a recording as if it were live: frames come at their time and the newest one wins. Ctrl-C ends it.\n\nExample:\n  liveltem replay run7.mrc --fps 25 --loop")
        {
            file, fps, loop, profile,
        };
        calibration.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var pace = parsed.GetValue(fps);
            if (pace is not (null or (>= 0.001 and <= 100_000)))
            {
                throw new InputException(FormattableString.Invariant($"--fps {pace}: give frames a second, 0.001 to 100000"));
            }

            var path = parsed.GetRequiredValue(file);
            var settings = ProfileStore.Load(parsed.GetValue(profile));
            var typed = calibration.Read(parsed);
            var sources = Sources.Create();
            await using var source = new PacedSource(() => sources.Open(path), pace, FallbackFps, parsed.GetValue(loop), TimeProvider.System);
            var input = SessionInput.Of(source, sources, typed);
            if (pace is null && source.Info.Calibration.FrameTimeS is null)
            {
                Console.Error.WriteLine($"liveltem: {source.Info.Name} does not say its frame time; playing at {FallbackFps} frames/s (--fps sets another pace)");
            }

            var report = await LiveSession.RunAsync(input, settings, title: null, length: null, cancellationToken).ConfigureAwait(false);
            Console.Out.WriteLine(SessionSummary.Text(source.Info.Name, report, live: true));
            SessionEnd.Demand(report);
            return 0;
        });
        return command;
    }
}
