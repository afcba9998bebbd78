using LiveLtem.App.Hosting;
using LiveLtem.App.Hosting.Live;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using LiveLtem.HardwareSim;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Bench;

/// <summary>What a live run cost with more or fewer alerts.</summary>
internal sealed record AlertsCost
{
    /// <summary>What ran, for people.</summary>
    public required string Title { get; init; }

    /// <summary>Side of the frame, px.</summary>
    public required int SizePx { get; init; }

    /// <summary>Pace of the source, frames a second.</summary>
    public required double PacedFps { get; init; }

    /// <summary>Frames received while it was measured.</summary>
    public required long Frames { get; init; }

    /// <summary>Processor time a frame over all threads, ms.</summary>
    public required double CpuMsPerFrame { get; init; }

    /// <summary>Time of the gauge's own arithmetic, which every frame waits for.</summary>
    public required LatencySummary? Gauge { get; init; }

    /// <summary>Arrival to result.</summary>
    public required LatencySummary? Latency { get; init; }

    /// <summary>Frames that the analysis left out.</summary>
    public required long Dropped { get; init; }

    /// <summary>Alerts raised and cleared beside those of the rules.</summary>
    public required long Raised { get; init; }

    /// <summary>Events written to the session log.</summary>
    public required long Written { get; init; }

    /// <summary>Pictures that the watch did not look at.</summary>
    public required long Unseen { get; init; }
}

/// <summary>A live session without a watch for alerts, with one, and with many alerts a minute beside it: each written to a session log before it is told.</summary>
internal static class AlertsBench
{
    private const int Particles = 100;
    private const int DrawnFrames = 40;
    private const int WarmUp = 60;

    /// <summary>Runs all three.</summary>
    /// <param name="sizePx">Side of the frame.</param>
    /// <param name="profile">Says what segments and which rules hold.</param>
    /// <param name="frames">Frames timed in each run.</param>
    /// <param name="fps">Pace of the source.</param>
    /// <param name="perMinute">Alerts raised and cleared a minute in the last run.</param>
    /// <param name="tell">Gets a line about what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<AlertsCost>> RunAsync(
        int sizePx, Profile profile, int frames, double fps, int perMinute, Action<string> tell, CancellationToken cancellationToken)
    {
        using var movie = new MemoryMovie("crystal", new SceneOptions { SizePx = sizePx, Particles = Particles, Cnr = 2 }, DrawnFrames, cancellationToken);
        var costs = new List<AlertsCost>();
        foreach (var (title, watched, rate) in ((string, bool, int)[])[("no alerts", false, 0), ("the rules", true, 0), (FormattableString.Invariant($"the rules and {perMinute} a minute"), true, perMinute)])
        {
            tell(FormattableString.Invariant($"{sizePx} x {sizePx}, {fps:F0} frames/s: {title}"));
            costs.Add(await PlayAsync(movie, profile with { Alerts = profile.Alerts with { Enabled = watched } }, frames, fps, rate, title, cancellationToken).ConfigureAwait(false));
        }

        return costs;
    }

    private static async Task<AlertsCost> PlayAsync(MemoryMovie movie, Profile profile, int frames, double fps, int perMinute, string title, CancellationToken cancellationToken)
    {
        using var folder = new TempDirectory();
        await using var store = SessionStore.Create(
            folder.Path("sessions"),
            new SessionDescription { Source = "bench", Calibration = Calibration.Unknown, ProfileName = profile.Name, ProfileText = "", Version = "0" },
            new SessionStoreOptions { Record = false, WriteResults = false });
        await using var events = new EventBook(store, TimeProvider.System);
        using var pool = new FramePool();
        await using var source = movie.Play(int.MaxValue, fps);
        var input = SessionInput.Plain(source);
        await using var watch = Watches.CreateLive(profile, input, events.Alerts, TimeProvider.System.GetUtcNow());
        using var detector = Detectors.Create(profile, input, live: true);
        var host = new AnalysisHost(input, pool, detector, Trackers.Create(profile), new BenchMeter(WarmUp), new AnalysisHostOptions { Live = true, Alerts = watch });
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = host.RunAsync(end.Token);
        await host.Ready.ConfigureAwait(false);
        var raising = RaiseAsync(events, perMinute, end.Token);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(WarmUp / fps), cancellationToken)).ConfigureAwait(false);
        host.TakeRecentLatency();
        var (cpu, received, dropped) = (Environment.CpuUsage.TotalTime, host.Status.Ledger.Received, host.Figures.LeftOut);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(frames / fps), cancellationToken)).ConfigureAwait(false);
        var seen = host.Status.Ledger.Received - received;
        var cost = new AlertsCost
        {
            Title = title,
            SizePx = movie.Info.Width,
            PacedFps = fps,
            Frames = seen,
            CpuMsPerFrame = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / Math.Max(1, seen),
            Gauge = host.Status.Stages.Single(stage => stage.Name == StageNames.Gauge).Execution,
            Latency = host.TakeRecentLatency(),
            Dropped = host.Figures.LeftOut - dropped,
            Raised = 0,
            Written = 0,
            Unseen = watch?.Losses.Pictures ?? 0,
        };
        await end.CancelAsync().ConfigureAwait(false);
        var report = await running.ConfigureAwait(false);
        var raised = await raising.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        SessionEnd.Demand(report);
        if (watch is not null)
        {
            await watch.CompleteAsync().ConfigureAwait(false);
        }

        events.Flush();
        return cost with { Raised = raised, Written = store.EventsAfter(0).Count };
    }

    private static async Task<long> RaiseAsync(EventBook events, int perMinute, CancellationToken cancellationToken)
    {
        if (perMinute == 0)
        {
            return 0;
        }

        // As many as are due by now, however late the timer is.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var (raised, started) = (0L, TimeProvider.System.GetTimestamp());
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                for (var due = (long)(TimeProvider.System.GetElapsedTime(started).TotalMinutes * perMinute); raised < due; raised++)
                {
                    events.Alerts.Raise("bench", new SessionAlert { Id = 0, Kind = "bubble", Severity = "warning", State = "raised", Frame = raised, Message = "gas, for the bench" });
                    events.Alerts.Clear("bench");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is over.
        }

        return raised;
    }
}
