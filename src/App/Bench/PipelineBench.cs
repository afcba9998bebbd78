using System.Diagnostics;
using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Pipeline;
using LiveLtem.HardwareSim;
using LiveLtem.Inference;

namespace LiveLtem.App.Bench;

/// <summary>What one size of frame gave.</summary>
internal sealed record BenchResult
{
    /// <summary>Side of the square frame, px.</summary>
    public required int SizePx { get; init; }

    /// <summary>What segments: a model's name, or <c>none</c> for thresholds.</summary>
    public required string Model { get; init; }

    /// <summary>Whether molecules were looked for, with the profile's denoiser.</summary>
    public required bool Molecules { get; init; }

    /// <summary>What ran, for people.</summary>
    public string Title => Molecules ? "molecules, denoised" : Model == Profile.NoModel ? "classical" : $"network {Model}";

    /// <summary>Particles that the movie shows in a frame.</summary>
    public required int Particles { get; init; }

    /// <summary>Particles found in a frame.</summary>
    public required double Found { get; init; }

    /// <summary>Frames timed.</summary>
    public required long Frames { get; init; }

    /// <summary>Frames a second, unpaced, nothing dropped.</summary>
    public required double FramesPerSecond { get; init; }

    /// <summary>Processor time a frame over all threads, ms.</summary>
    public required double CpuMsPerFrame { get; init; }

    /// <summary>Time of each stage's arithmetic.</summary>
    public required IReadOnlyDictionary<string, LatencySummary?> Stages { get; init; }

    /// <summary>Share of a frame's processor time that the pipeline itself takes: channels, pools, counters, ledger.</summary>
    public required double ShareOutsideKernels { get; init; }

    /// <summary>Managed bytes allocated a frame.</summary>
    public required double BytesPerFrame { get; init; }

    /// <summary>Collections of generation 0, 1, 2 in the timed frames.</summary>
    public required IReadOnlyList<int> Collections { get; init; }

    /// <summary>Pace of the live run, frames a second: 70 % of the sustained rate.</summary>
    public required double PacedFps { get; init; }

    /// <summary>Arrival to result in the live run, after its warm-up.</summary>
    public required LatencySummary? Latency { get; init; }

    /// <summary>Frames that the live run left out once it was ready.</summary>
    public required long Dropped { get; init; }

    /// <summary>Largest working set of the process so far, MiB.</summary>
    public required double PeakWorkingSetMiB { get; init; }

    /// <summary>Of it the movie itself, MiB.</summary>
    public required double MovieMiB { get; init; }
}

/// <summary>Measures the path end to end on a simulated movie in memory.</summary>
internal static class PipelineBench
{
    private const int Particles = 100;
    private const double PaceShare = 0.7;
    private const int MostMovieFrames = 60;
    private const int FewestMovieFrames = 24;
    private const long MostMoviePixels = 60L << 20;
    private const int WarmUp = 60;
    private const int MiB = 1 << 20;

    /// <summary>Runs the bench for one size.</summary>
    /// <param name="sizePx">Side of the frame.</param>
    /// <param name="particles">Particles in it; null for the usual number.</param>
    /// <param name="profile">Says what segments, and whether on denoised frames of molecules.</param>
    /// <param name="frames">Frames timed in each run.</param>
    /// <param name="tell">Gets a line about what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<BenchResult> RunAsync(int sizePx, int? particles, Profile profile, int frames, Action<string> tell, CancellationToken cancellationToken)
    {
        // It is played forth and back, so that fewer of the large frames do, which take long to draw.
        var drawn = (int)Math.Clamp(MostMoviePixels / ((long)sizePx * sizePx), FewestMovieFrames, MostMovieFrames);
        tell($"{sizePx} x {sizePx}: drawing {drawn} frames");
        using var movie = profile.Molecules
            ? new MemoryMovie("soft", new SceneOptions { SizePx = sizePx, Particles = particles, Cnr = 0.5 }, drawn, cancellationToken)
            : new MemoryMovie("crystal", new SceneOptions { SizePx = sizePx, Particles = particles ?? Particles, Cnr = 2 }, drawn, cancellationToken);

        tell($"{sizePx} x {sizePx}: as fast as it goes");
        var full = new BenchMeter(WarmUp);
        var unpaced = await PlayAsync(movie, profile, frames + WarmUp, full, empty: false, cancellationToken).ConfigureAwait(false);

        tell($"{sizePx} x {sizePx}: the pipeline alone");
        var empty = new BenchMeter(WarmUp);
        var idle = await PlayAsync(movie, profile, frames + WarmUp, empty, empty: true, cancellationToken).ConfigureAwait(false);
        var gaugeMs = Stage(idle, StageNames.Gauge)?.MeanMs ?? 0;

        var fps = PaceShare * full.FramesPerSecond;
        tell(FormattableString.Invariant($"{sizePx} x {sizePx}: live at {fps:F1} frames/s"));
        var (paced, latency) = await PlayLiveAsync(movie, profile, frames, fps, cancellationToken).ConfigureAwait(false);

        using var process = Process.GetCurrentProcess();
        return new BenchResult
        {
            SizePx = sizePx,
            Model = profile.Model ?? Profile.NoModel,
            Molecules = profile.Molecules,
            Particles = movie.Particles,
            Found = unpaced.Figures.Points / (double)Math.Max(1, unpaced.Figures.Processed),
            Frames = full.Frames,
            FramesPerSecond = full.FramesPerSecond,
            CpuMsPerFrame = full.CpuMsPerFrame,
            Stages = unpaced.Pipeline.Stages.ToDictionary(stage => stage.Name, stage => stage.Execution),
            ShareOutsideKernels = Math.Max(0, empty.CpuMsPerFrame - gaugeMs) / full.CpuMsPerFrame,
            BytesPerFrame = full.BytesPerFrame,
            Collections = full.Collections,
            PacedFps = fps,
            Latency = latency,
            Dropped = paced.Figures.LeftOut,
            PeakWorkingSetMiB = process.PeakWorkingSet64 / (double)MiB,
            MovieMiB = movie.Bytes / (double)MiB,
        };
    }

    private static async Task<SessionReport> PlayAsync(MemoryMovie movie, Profile profile, int frames, BenchMeter meter, bool empty, CancellationToken cancellationToken)
    {
        using var pool = new FramePool();
        await using var source = movie.Play(frames, fps: null);
        var input = SessionInput.Plain(source);
        using IParticleDetector detector = empty ? new EmptyDetector() : Detectors.Create(profile, input, live: true);
        using var denoiser = empty ? null : Denoisers.Create(profile, pool);
        IParticleTracker tracker = empty ? new EmptyTracker() : Trackers.Create(profile);
        var host = new AnalysisHost(input, pool, detector, tracker, meter, new AnalysisHostOptions { Live = false, Denoiser = denoiser, DetectsInDenoised = denoiser is not null });
        var report = await host.RunAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        SessionEnd.Demand(report);
        return report;
    }

    // Latency is that of the frames after the warm-up: the first ones are slow while shapes are settled and code is compiled.
    private static async Task<(SessionReport Report, LatencySummary? Latency)> PlayLiveAsync(MemoryMovie movie, Profile profile, int frames, double fps, CancellationToken cancellationToken)
    {
        using var pool = new FramePool();
        await using var source = movie.Play(int.MaxValue, fps);
        var input = SessionInput.Plain(source);
        using var detector = Detectors.Create(profile, input, live: true);
        using var denoiser = Denoisers.Create(profile, pool);
        var host = new AnalysisHost(input, pool, detector, Trackers.Create(profile), new BenchMeter(WarmUp), new AnalysisHostOptions { Live = true, Denoiser = denoiser, DetectsInDenoised = denoiser is not null });
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = host.RunAsync(end.Token);
        await host.Ready.ConfigureAwait(false);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(WarmUp / fps), cancellationToken)).ConfigureAwait(false);
        host.TakeRecentLatency();
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(frames / fps), cancellationToken)).ConfigureAwait(false);
        var latency = host.TakeRecentLatency();
        await end.CancelAsync().ConfigureAwait(false);
        var report = await running.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        SessionEnd.Demand(report);
        return (report, latency);
    }

    private static LatencySummary? Stage(SessionReport report, string name) =>
        report.Pipeline.Stages.Single(stage => stage.Name == name).Execution;
}
