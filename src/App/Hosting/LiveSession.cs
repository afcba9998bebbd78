using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference;
using LiveLtem.Tracker;

namespace LiveLtem.App.Hosting;

/// <summary>A session that is watched in the terminal and keeps nothing.</summary>
internal static class LiveSession
{
    /// <summary>Runs until the source ends or <paramref name="cancellationToken"/> stops it.</summary>
    /// <param name="input">What it reads; stays the caller's.</param>
    /// <param name="profile">How particles are found and linked.</param>
    /// <param name="title">Title of the table on a terminal; null for lines in any case.</param>
    /// <param name="length">How long it runs once it is ready; null for as long as the source does.</param>
    /// <param name="cancellationToken">Ends the session: it drains and reports.</param>
    public static async Task<SessionReport> RunAsync(
        SessionInput input,
        Profile profile,
        string? title,
        TimeSpan? length,
        CancellationToken cancellationToken)
    {
        using var pool = new FramePool();
        using var detector = new ParticleDetector(profile.Detector);
        await using var sink = new NullSink();
        var host = new AnalysisHost(input, pool, detector, new ParticleTracker(profile.Tracker), sink, new AnalysisHostOptions { Live = true });
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var session = host.RunAsync(end.Token);
        var ending = EndAfterAsync(host, length, end);
        var monitor = new LiveMonitor(host, TimeProvider.System);
        await (title is null || Console.IsErrorRedirected ? monitor.WriteLinesAsync(session) : monitor.ShowPanelAsync(session, title)).ConfigureAwait(false);
        await ending.ConfigureAwait(false);
        return await session.ConfigureAwait(false);
    }

    private static async Task EndAfterAsync(AnalysisHost host, TimeSpan? length, CancellationTokenSource end)
    {
        if (length is { } time)
        {
            await host.Ready.ConfigureAwait(false);
            end.CancelAfter(time);
        }
    }
}
