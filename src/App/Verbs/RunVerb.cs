using System.CommandLine;
using LiveLtem.Acquisition;
using LiveLtem.App.Hosting;
using LiveLtem.App.Hosting.Live;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Session.Log;
using Microsoft.Extensions.Logging;

namespace LiveLtem.App.Verbs;

/// <summary><c>run --source URI</c>: a live session.</summary>
internal static class RunVerb
{
    private const double FallbackFps = 25;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var source = new Option<string>("--source")
        {
            Description = "zmq://HOST:PORT, watch:DIR, sim:SCENE, or a file, which plays at its own pace.",
            Required = true,
            HelpName = "URI",
        };
        var profile = new Option<string?>("--profile") { Description = $"{string.Join(", ", ProfileStore.Names)}, or a YAML file.", HelpName = "P" };
        var calibration = new CalibrationOptions();
        var live = new LiveOptions();
        var command = new Command(
            "run",
            "A live session: frames are analysed as they come, recorded, published on loopback and shown in the browser. Ctrl-C ends it.\n\nExample:\n  liveltem run --source watch:/data/incoming --pixel-size-nm 0.9 --frame-time-s 0.1")
        {
            source, profile,
        };
        calibration.AddTo(command);
        live.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = parsed.GetRequiredValue(source);
            if (address.Length == 0)
            {
                throw new InputException("--source: give a file or an address like sim:crystal");
            }

            var settings = ProfileStore.Load(parsed.GetValue(profile));
            var typed = calibration.Read(parsed);
            var publish = live.Read(parsed, SessionRoot.Default);
            publish.Broadcast.Check();
            var sources = Sources.Create();
            using var loggers = ConsoleLog.Create();
            var options = new SourceOptions { Logger = loggers.CreateLogger("LiveLtem.Acquisition") };
            await using var opened = await OpenAsync(sources, address, options, cancellationToken).ConfigureAwait(false);
            var report = await LiveHost.RunAsync(
                new LiveRequest { Input = SessionInput.Of(opened, sources, typed), Profile = settings, Settings = publish, Title = opened.Info.Name },
                cancellationToken).ConfigureAwait(false);
            LiveEnd.Tell(opened.Info.Name, report, publish.Json);
            return 0;
        });
        return command;
    }

    private static async Task<IFrameSource> OpenAsync(FrameSources sources, string address, SourceOptions options, CancellationToken cancellationToken)
    {
        if (Path.Exists(address))
        {
            return new PacedSource(() => sources.Open(address, options), null, FallbackFps, loop: false, TimeProvider.System);
        }

        var opened = sources.Open(address, options);
        if (opened is IDelayedSource delayed)
        {
            Console.Error.WriteLine($"liveltem: waiting for the first frame of {address}");
            try
            {
                await delayed.WaitUntilKnownAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await opened.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        return opened;
    }
}
