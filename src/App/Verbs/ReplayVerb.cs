using System.CommandLine;
using LiveLtem.App.Hosting;
using LiveLtem.App.Hosting.Live;
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
        var live = new LiveOptions();
        var command = new Command(
            "replay",
            "Plays a recording as if it were live: analysed, published on loopback and shown in the browser; kept only with --record. Ctrl-C ends it.\n\nExample:\n  liveltem replay run7.mrc --fps 25 --loop")
        {
            file, fps, loop, profile,
        };
        calibration.AddTo(command);
        live.AddTo(command);
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
            var publish = live.Read(parsed, folder: null);
            var sources = Sources.Create();
            await using var source = new PacedSource(() => sources.Open(path), pace, FallbackFps, parsed.GetValue(loop), TimeProvider.System);
            var input = SessionInput.Of(source, sources, typed);
            if (pace is null && source.Info.Calibration.FrameTimeS is null)
            {
                Console.Error.WriteLine($"liveltem: {source.Info.Name} does not say its frame time; playing at {FallbackFps} frames/s (--fps sets another pace)");
            }

            var report = await LiveHost.RunAsync(
                new LiveRequest { Input = input, Profile = settings, Settings = publish, Title = source.Info.Name }, cancellationToken).ConfigureAwait(false);
            LiveEnd.Tell(source.Info.Name, report, publish.Json);
            return 0;
        });
        return command;
    }
}
