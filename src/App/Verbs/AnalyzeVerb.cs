using System.CommandLine;
using LiveLtem.Acquisition.Selection;
using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Dose.Alerts;
using LiveLtem.Dose.Radiolysis;
using LiveLtem.Inference;
using LiveLtem.Inference.Denoise;
using LiveLtem.Session.Report;
using LiveLtem.Session.Results;
using LiveLtem.Tracker.Analysis.States;

namespace LiveLtem.App.Verbs;

/// <summary><c>analyze FILE --out DIR</c>: every frame of a recording, as fast as it goes, to tables.</summary>
internal static class AnalyzeVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, a folder of images, the folder of a session, or sim:SCENE?frames=N; with --tracks a table of tracks." };
        var output = new Option<string>("--out") { Description = "Folder for the results; made where it is missing.", Required = true, HelpName = "DIR" };
        var profile = new Option<string?>("--profile") { Description = $"{string.Join(", ", ProfileStore.Names)}, or a YAML file. A session has its own. soft adapts its denoiser to the recording first, which takes minutes.", HelpName = "P" };
        var model = ModelOption.Create();
        var frames = new Option<string?>("--frames") { Description = "First frame and one past the last, from 0: 10:20, :50, 100:.", HelpName = "A:B" };
        var roi = new Option<string?>("--roi") { Description = "Part of the frame, px.", HelpName = "X,Y,W,H" };
        var masks = new Option<bool>("--write-masks") { Description = "Also write masks.tif: a label image a frame." };
        var overlay = new Option<bool>("--write-overlay") { Description = "Also write overlay.mp4: the movie with what was found." };
        var denoised = new Option<bool>("--write-denoised") { Description = "Also write denoised.mrc: the movie without its noise, float32, page by page." };
        var offline = new Option<bool>("--offline-denoise") { Description = "Denoise with later frames too, as can be done with a recording but not live." };
        var tracks = new Option<bool>("--tracks") { Description = "FILE is a table of tracks (frame,particle,x,y[,…], trackpy's too): the physics alone." };
        var calibration = new CalibrationOptions();
        var command = new Command(
            "analyze",
            "Finds, measures and follows every particle of a recording and writes the tables.\n\nExample:\n  liveltem analyze run7.mrc --out results --pixel-size-nm 0.2 --frame-time-s 0.1\n  liveltem analyze --tracks trajectories.csv --out results --pixel-size-nm 0.2 --frame-time-s 0.1")
        {
            file, output, profile, model, frames, roi, masks, denoised, offline, overlay, tracks,
        };
        calibration.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetRequiredValue(file).Length == 0 || parsed.GetRequiredValue(output).Length == 0)
            {
                throw new InputException("analyze: FILE and --out name a recording and a folder; one of them is empty");
            }

            if (parsed.GetValue(tracks))
            {
                foreach (var other in new Option[] { frames, roi, masks, denoised, offline, overlay, model }.Where(option => parsed.GetResult(option) is { Implicit: false }))
                {
                    throw new InputException($"{other.Name}: is for recordings; with --tracks FILE is a table");
                }

                var job = new TrackTableJob(parsed.GetRequiredValue(file), parsed.GetRequiredValue(output), ProfileStore.Load(parsed.GetValue(profile)), calibration.Read(parsed));
                Console.Out.WriteLine(await job.RunAsync(cancellationToken).ConfigureAwait(false));
                return 0;
            }

            var asked = ModelOption.Apply(SessionProfile.Load(parsed.GetValue(profile), parsed.GetRequiredValue(file)), parsed.GetValue(model));
            using var replay = parsed.GetValue(profile) is null && parsed.GetValue(model) is null ? ModelReplay.Of(parsed.GetRequiredValue(file), asked) : null;
            var recording = new AnalyzeJob
            {
                File = parsed.GetRequiredValue(file),
                Output = parsed.GetRequiredValue(output),
                Profile = replay?.Profile ?? asked,
                Models = replay,
                Repeats = parsed.GetValue(profile) is null,
                Typed = calibration.Read(parsed),
                Frames = parsed.GetValue(frames) is { } range ? FrameRange.Parse(range) : null,
                Roi = parsed.GetValue(roi) is { } region ? RegionOfInterest.Parse(region) : null,
                WriteMasks = parsed.GetValue(masks),
                WriteDenoised = parsed.GetValue(denoised),
                OfflineDenoise = parsed.GetValue(offline),
                WriteOverlay = parsed.GetValue(overlay),
            };
            if (recording is { OfflineDenoise: true, WriteDenoised: false, Profile.Denoise.Enabled: false })
            {
                throw new InputException($"--offline-denoise: the profile {recording.Profile.Name} takes no noise off; take --profile soft, or ask for the denoised movie by --write-denoised");
            }

            var report = await recording.RunAsync(cancellationToken).ConfigureAwait(false);
            Console.Out.WriteLine($"{SessionSummary.Text(Path.GetFileName(recording.File.TrimEnd('/', '\\')), report, live: false)} Results in {recording.Output}.");
            SessionEnd.Demand(report);
            return 0;
        });
        return command;
    }

    private sealed record AnalyzeJob
    {
        public required string File { get; init; }

        public required string Output { get; init; }

        public required Profile Profile { get; init; }

        public ModelReplay? Models { get; init; }

        public bool Repeats { get; init; }

        public required TypedCalibration Typed { get; init; }

        public FrameRange? Frames { get; init; }

        public RegionOfInterest? Roi { get; init; }

        public bool WriteMasks { get; init; }

        public bool WriteDenoised { get; init; }

        public bool OfflineDenoise { get; init; }

        public bool WriteOverlay { get; init; }

        public async Task<SessionReport> RunAsync(CancellationToken cancellationToken)
        {
            var input = await SessionInput.OpenAsync(Sources.Create(), File, Typed, Frames, Roi).ConfigureAwait(false);
            await using var source = input.Source;
            using var pool = new FramePool();
            using var detector = Detectors.Create(Profile, input, WriteMasks);
            using var replay = Repeats ? DenoiserReplay.Of(File, Profile, source.Info.Height, source.Info.Width) : null;
            using var adaptation = replay is null && Profile.Denoise is { Enabled: true, Adapts: true } ? await AdaptAsync(cancellationToken).ConfigureAwait(false) : null;
            using var denoiser = Denoisers.Create(Profile, pool, WriteDenoised, adaptation, OfflineDenoise);
            Models?.Drive(detector);
            replay?.Drive(denoiser);
            foreach (var warning in (Models?.Warnings ?? []).Concat(replay?.Warnings ?? []))
            {
                Console.Error.WriteLine($"liveltem: {warning}");
            }

            await using var results = await ResultFolder.CreateAsync(new ResultFolderOptions
            {
                Path = Output,
                Source = source.Info,
                Calibration = input.Calibration,
                Profile = Profile.Name,
                Analyses = Profile.Analysis.Start(AnalysisSetup.Of(input.Calibration, source.Info.Height, source.Info.Width)),
                AskedRelativeErr = Profile.Analysis.AskedRelativeErr,
                Version = typeof(AnalyzeVerb).Assembly.GetName().Version?.ToString(3),
                WriteMasks = WriteMasks,
                WriteDenoised = WriteDenoised,
                WriteOverlay = WriteOverlay,
            }).ConfigureAwait(false);
            var tracker = Trackers.Create(Profile);
            var book = new AlertBook(_ => { });
            var watch = Watches.Create(Profile, input, book);
            results.Alerts = () => Watches.InOrder(book);
            results.AlertsMissing = () => watch?.Missing ?? Watches.AllOff;
            var host = new AnalysisHost(input, pool, detector, tracker, results, new AnalysisHostOptions
            {
                Live = false,
                WithImages = true,
                Models = Models,
                Denoiser = denoiser,
                DenoiserChanges = replay,
                DetectsInDenoised = Profile.Denoise.Enabled,
                WithDenoised = denoiser is not null,
                Alerts = watch,
            });
            results.Notes.AddFact("Detector", () => host.Figures.Processed > 0 ? detector.Describe() : null);
            results.Notes.AddWarning(() => host.Figures.Processed > 0 && host.Doubt is { } doubt ? $"{char.ToUpperInvariant(doubt[0])}{doubt[1..]}." : null);
            results.Notes.AddFact("Denoiser", () => host.Figures.Processed > 0 ? denoiser?.Describe() : null);
            results.Notes.AddFact("States", () => (tracker as StateTracker)?.Describe());
            results.Notes.AddFact(ReportNotes.Trust, () => (denoiser as SpectralDenoiser)?.Honesty?.Describe());
            results.Notes.AddFact("Denoiser adapted", () => adaptation?.Describe);
            results.Notes.AddFact("Denoiser changed as in the session", () => replay?.Describe);
            results.Notes.AddFact("Models changed as in the session", () => Models?.Describe);
            results.Notes.AddFact("Hot pixels replaced in every frame", () => host.HotPixels is > 0 and var count ? $"{count}" : null);
            results.Notes.AddFact("Dose", () => host.DoseStatement.Assumptions is { Count: > 0 } taken ? string.Join("; ", taken) : null);
            results.Notes.AddFact(DoseText.Radiolysis, () => BeamEffect.Of(host.DoseStatement, input.Calibration, host.Figures.Last?.DoseEPerA2)?.Text);
            results.DoseRelativeErr = () => host.DoseStatement.RelativeErr;
            var doubting = TellDoubtAsync(host);
            using var stopping = cancellationToken.Register(() => Console.Error.WriteLine("liveltem: stopping: the frames on their way are finished, then the tables are written"));
            var report = await SessionProgress.FollowAsync(host.RunAsync(cancellationToken), () => host.Figures, source.Info.Frames).ConfigureAwait(false);
            await doubting.ConfigureAwait(false);
            return report;
        }

        // As soon as it is known: an analysis of what it is not made for can take long.
        private static async Task TellDoubtAsync(AnalysisHost host)
        {
            await host.Ready.ConfigureAwait(false);
            if (host.HotPixels is not null && host.Doubt is { } doubt)
            {
                Console.Error.WriteLine($"liveltem: {doubt}");
            }
        }

        // The recording is gone through twice, since what is adapted must not depend on how far the analysis is.
        private async Task<DenoiseAdaptation> AdaptAsync(CancellationToken cancellationToken)
        {
            var again = await SessionInput.OpenAsync(Sources.Create(), File, Typed, Frames, Roi).ConfigureAwait(false);
            await using var source = again.Source;
            return await DenoiseAdaptation.LearnAsync(again, Profile, cancellationToken).ConfigureAwait(false);
        }
    }
}
