using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.HardwareSim;
using LiveLtem.Session.Results;
using LiveLtem.Tracker;

namespace LiveLtem.App.Bench;

/// <summary>How the memory of a long session went.</summary>
internal sealed record SoakResult
{
    /// <summary><c>pixels</c>: the whole of <c>analyze</c>; <c>tracks</c>: tracker and analyses on simulated detections.</summary>
    public required string From { get; init; }

    /// <summary>Side of the frame, px.</summary>
    public required int SizePx { get; init; }

    /// <summary>Frames gone through.</summary>
    public required long Frames { get; init; }

    /// <summary>Particles found in a frame.</summary>
    public required double Particles { get; init; }

    /// <summary>Frame from which on the slope is taken.</summary>
    public required long WarmUpFrames { get; init; }

    /// <summary>Least-squares slope of the resident memory, MiB for 100,000 frames.</summary>
    public required double SlopeMiBPer100kFrames { get; init; }

    /// <summary>1-sigma error of the slope by the scatter of the readings about it.</summary>
    public required double SlopeErrMiBPer100kFrames { get; init; }

    /// <summary>Slope of what is alive on the managed heap after a collection.</summary>
    public required double HeapSlopeMiBPer100kFrames { get; init; }

    /// <summary>Processor time a frame over all threads, ms.</summary>
    public required double CpuMsPerFrame { get; init; }

    /// <summary>Resident memory and managed heap by frame.</summary>
    public required IReadOnlyList<MemoryReading> Readings { get; init; }
}

/// <summary>Memory at a frame.</summary>
/// <param name="Frame">Frames done.</param>
/// <param name="ResidentMiB">Resident memory of the process.</param>
/// <param name="HeapMiB">Alive on the managed heap.</param>
internal readonly record struct MemoryReading(long Frame, double ResidentMiB, double HeapMiB);

/// <summary>Runs very long sessions at full speed and watches the memory.</summary>
internal static class SoakBench
{
    private const int DrawnFrames = 60;
    private const int TrackedParticles = 25;
    private const double WarmUpShare = 0.2;
    private const double MiB = 1 << 20;

    // About twenty cubes of 18 px in 128 px.
    private const double PixelSizeNm = 3;

    /// <summary>Frames to tables, figures and report, as <c>analyze</c> with every analysis on; what is written is taken away again.</summary>
    /// <param name="sizePx">Side of the frame.</param>
    /// <param name="profile">Says what segments.</param>
    /// <param name="frames">Frames.</param>
    /// <param name="tell">Gets a line about what is going on.</param>
    /// <param name="cancellationToken">Stops it; what was read so far is the result.</param>
    public static async Task<SoakResult> PixelsAsync(int sizePx, Profile profile, int frames, Action<string> tell, CancellationToken cancellationToken)
    {
        using var movie = new MemoryMovie("crystal", new SceneOptions { SizePx = sizePx, PixelSizeNm = PixelSizeNm, Cnr = 2 }, DrawnFrames, cancellationToken);
        using var folder = new TempDirectory();
        using var pool = new FramePool();
        await using var source = movie.Play(frames, fps: null);
        var input = SessionInput.Plain(source);
        using var detector = Detectors.Create(profile, input);
        await using var results = await ResultFolder.CreateAsync(new ResultFolderOptions
        {
            Path = folder.Path("soak"),
            Source = source.Info,
            Calibration = input.Calibration,
            Profile = profile.Name,
            Analyses = profile.Analysis.Start(AnalysisSetup.Of(input.Calibration, sizePx, sizePx)),
        }).ConfigureAwait(false);
        var meter = new MemoryMeter(frames, tell);
        var host = new AnalysisHost(input, pool, detector, Trackers.Create(profile), new MeteredSink(results, meter), new AnalysisHostOptions { Live = false, WithImages = true });
        var report = await host.RunAsync(cancellationToken).ConfigureAwait(false);
        SessionEnd.Demand(report);
        return Conclude("pixels", sizePx, report.Figures.Points / (double)Math.Max(1, report.Figures.Processed), meter);
    }

    /// <summary>Simulated detections to tracks and figures: a crystal of 25 that vibrates, with misses and strangers.</summary>
    /// <param name="profile">Says how to link and what to work out.</param>
    /// <param name="frames">Frames.</param>
    /// <param name="tell">Gets a line about what is going on.</param>
    /// <param name="cancellationToken">Stops it; what was read so far is the result.</param>
    public static SoakResult Tracks(Profile profile, int frames, Action<string> tell, CancellationToken cancellationToken)
    {
        var movie = new SimulatedDetections(TrackedParticles, crystal: true, seed: 1);
        var tracker = Trackers.Create(profile);
        var calibration = new Calibration { PixelSizeNm = new Calibrated(PixelSizeNm, "bench"), FrameTimeS = new Calibrated(0.1, "bench"), ExposureS = new Calibrated(0.1, "bench") };
        var analyses = profile.Analysis.Start(AnalysisSetup.Of(calibration, movie.SidePixels, movie.SidePixels));
        var meter = new MemoryMeter(frames, tell);
        var points = 0L;
        for (var frame = 0; frame < frames && !cancellationToken.IsCancellationRequested; frame++)
        {
            tracker.Track(movie.Next());
            foreach (var tracks in tracker.TakeFinished())
            {
                points += tracks.Points.Count;
                var row = TracksBench.Row(tracks.Header.Number);
                foreach (var analysis in analyses)
                {
                    analysis.Add(tracks, row);
                }
            }

            meter.FrameDone();
        }

        return Conclude("tracks", movie.SidePixels, points / (double)Math.Max(1, meter.Frames), meter);
    }

    private static SoakResult Conclude(string from, int sizePx, double particles, MemoryMeter meter)
    {
        var warmUp = (long)(WarmUpShare * meter.Frames);
        MemoryReading[] warm = [.. meter.Readings.Where(reading => reading.Frame >= warmUp)];
        var (slope, err) = Slope([.. warm.Select(reading => (reading.Frame / 1e5, reading.ResidentMiB))]);
        return new SoakResult
        {
            From = from,
            SizePx = sizePx,
            Frames = meter.Frames,
            Particles = particles,
            WarmUpFrames = warmUp,
            SlopeMiBPer100kFrames = slope,
            SlopeErrMiBPer100kFrames = err,
            HeapSlopeMiBPer100kFrames = Slope([.. warm.Select(reading => (reading.Frame / 1e5, reading.HeapMiB))]).Slope,
            CpuMsPerFrame = meter.CpuMsPerFrame,
            Readings = meter.Readings,
        };
    }

    /// <summary>Straight line through the readings.</summary>
    private static (double Slope, double Err) Slope((double X, double Y)[] points)
    {
        if (points.Length < 3)
        {
            return (double.NaN, double.NaN);
        }

        double mx = points.Average(p => p.X), my = points.Average(p => p.Y);
        var sxx = points.Sum(p => (p.X - mx) * (p.X - mx));
        var slope = points.Sum(p => (p.X - mx) * (p.Y - my)) / sxx;
        var rest = points.Sum(p => Math.Pow(p.Y - my - (slope * (p.X - mx)), 2)) / (points.Length - 2);
        return (slope, Math.Sqrt(rest / sxx));
    }

    /// <summary>Reads the memory 200 times on the way.</summary>
    private sealed class MemoryMeter(int frames, Action<string> tell)
    {
        private const int Times = 200;
        private readonly int _every = Math.Max(1, frames / Times);
        private readonly List<MemoryReading> _readings = [];
        private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;

        public long Frames { get; private set; }

        public IReadOnlyList<MemoryReading> Readings => _readings;

        public double CpuMsPerFrame => (Environment.CpuUsage.TotalTime - _cpu).TotalMilliseconds / Math.Max(1, Frames);

        public void FrameDone()
        {
            if (++Frames % _every != 0)
            {
                return;
            }

            // Collected first, so that what is read is held and not waiting to be thrown away.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            _readings.Add(new MemoryReading(Frames, Environment.WorkingSet / MiB, GC.GetTotalMemory(forceFullCollection: false) / MiB));
            if (_readings.Count % (Times / 20) == 0)
            {
                tell(FormattableString.Invariant($"{Frames} frames: {_readings[^1].ResidentMiB:F1} MiB resident, {_readings[^1].HeapMiB:F1} MiB alive on the heap, {CpuMsPerFrame:F2} ms of processor time a frame"));
            }
        }
    }

    private sealed class MeteredSink(IResultSink inner, MemoryMeter meter) : IResultSink
    {
        public void OnFrame(FrameRow row)
        {
            inner.OnFrame(row);
            meter.FrameDone();
        }

        public void OnTracks(FrameTracks tracks, FrameRow row) => inner.OnTracks(tracks, row);

        public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks) => inner.OnImage(frame, detections, tracks);

        public void OnDenoised(Frame denoised) => inner.OnDenoised(denoised);

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => inner.CompleteAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
