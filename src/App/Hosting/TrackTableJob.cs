using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Session.Results;
using LiveLtem.Tracker;

namespace LiveLtem.App.Hosting;

/// <summary>The physics on trajectories from anywhere: tables, figures and report of a table instead of a recording.</summary>
/// <param name="File">The table.</param>
/// <param name="Output">Folder for the results.</param>
/// <param name="Profile">Which analyses.</param>
/// <param name="Typed">Pixel size, frame time and exposure, where they are known.</param>
internal sealed record TrackTableJob(string File, string Output, Profile Profile, TypedCalibration Typed)
{
    /// <summary>Reads the table and writes everything.</summary>
    /// <returns>One line of what was read.</returns>
    /// <exception cref="InputException">The table cannot be meant, or the folder cannot be written.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var table = TrackFile.Read(File);
        var calibration = Typed.Values;
        await using var results = await ResultFolder.CreateAsync(new ResultFolderOptions
        {
            Path = Output,
            Source = new SourceInfo
            {
                Name = Path.GetFileName(File),
                Format = "table of tracks",
                Width = Side(table.MaxX),
                Height = Side(table.MaxY),
                Type = PixelType.Float32,
                Frames = table.Frames.Count,
                Calibration = calibration,
            },
            Calibration = calibration,
            Analyses = Profile.Analysis.Start(AnalysisSetup.Of(calibration, null, null)),
            AskedRelativeErr = Profile.Analysis.AskedRelativeErr,
            Profile = Profile.Name,
            Version = typeof(TrackTableJob).Assembly.GetName().Version?.ToString(3),
        }).ConfigureAwait(false);
        var first = table.Frames[0].Tracks.Header.Number;
        foreach (var (tracks, timeS, dose) in table.Frames)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var fromNumber = (tracks.Header.Number - first) * calibration.FrameTimeS?.Value;
            var doseNow = dose ?? ((tracks.Header.Number - first + 1) * calibration.DosePerFrameEPerA2?.Value);
            var row = new FrameRow
            {
                Frame = tracks.Header.Number,
                TimeS = Typed.FrameTimeTyped ? fromNumber : timeS ?? fromNumber,
                DoseEPerA2 = doseNow,
                DoseRateEPerA2PerS = calibration.DosePerFrameEPerA2?.Value / calibration.FrameTimeS?.Value,
                MeanCounts = double.NaN,
                SaturatedFraction = double.NaN,
                DroppedBefore = 0,
                Particles = tracks.Points.Count,
                Processed = true,
            };
            results.OnFrame(row);
            results.OnTracks(tracks, row);
        }

        await results.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return $"{Path.GetFileName(File)}: {table.Points} points of {table.Particles} tracks in {table.Frames.Count} frames. Results in {Output}.";
    }

    private static int Side(double most) => (int)Math.Clamp(Math.Ceiling(most) + 1, 1, int.MaxValue / 2);
}
