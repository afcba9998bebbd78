using System.Reflection;
using System.Text.Json;
using LiveLtem.App.Profiles;
using LiveLtem.Broadcast;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using LiveLtem.Inference;
using LiveLtem.Session.Log;
using LiveLtem.Tracker;
using Microsoft.Extensions.Logging;

namespace LiveLtem.App.Hosting.Live;

/// <summary>What a live session is to do.</summary>
internal sealed record LiveRequest
{
    /// <summary>What it reads; stays the caller's.</summary>
    public required SessionInput Input { get; init; }

    /// <summary>How particles are found and linked.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Where it is published and kept.</summary>
    public required LiveSettings Settings { get; init; }

    /// <summary>Title for people.</summary>
    public required string Title { get; init; }

    /// <summary>How long it runs once it is ready; null for as long as the source does.</summary>
    public TimeSpan? Length { get; init; }
}

/// <summary>A live session: analysed, recorded, published and steered until its source ends or it is stopped.</summary>
internal static class LiveHost
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromMilliseconds(500);
    private const string Detector = "classical";

    /// <summary>Runs the session to its end.</summary>
    /// <param name="request">What it is to do.</param>
    /// <param name="cancellationToken">Ends it: it drains, closes its files and reports.</param>
    /// <exception cref="InputException">A port or the folder cannot be had.</exception>
    public static async Task<SessionReport> RunAsync(LiveRequest request, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        using var loggers = LoggerFactory.Create(builder => builder.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
        }).AddFilter("Microsoft", LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning));
        request.Settings.Broadcast.Check();
        await using var store = Open(request);
        var session = store?.Id ?? $"live-{time.GetUtcNow():yyyyMMdd-HHmmss}";
        var conditions = new ConditionsBook(request.Input.Calibration);
        var events = new EventBook(store);
        StatusBoard? board = null;
        var steering = new LiveOperator(session, store, conditions, events, () => board!.Read(), time);
        using var pool = new FramePool();
        using var detector = new ParticleDetector(request.Profile.Detector);

        // The operator's first question may come with the opening of the port: what answers it stands before.
        var relay = new PublisherRelay();
        await using var sink = new LiveSink(store, relay);
        var host = new AnalysisHost(
            request.Input,
            pool,
            detector,
            new ParticleTracker(request.Profile.Tracker),
            sink,
            new AnalysisHostOptions { Live = true, Taps = new LiveTaps { Store = store, Publisher = relay, Conditions = conditions } },
            time,
            loggers.CreateLogger("LiveLtem.Pipeline"));
        board = new StatusBoard(session, request.Input.Source.Info, Detector, host, store, conditions, relay, time);
        var catalog = request.Settings.Record is { } root ? new SessionCatalog(root) : null;
        await using var server = await BroadcastServer.StartAsync(request.Settings.Broadcast, steering, catalog, loggers, cancellationToken).ConfigureAwait(false);
        relay.To = server.Publisher;
        events.TellTo(server.Publisher);
        if (store is not null)
        {
            store.Changed += status => OnRecordingChanged(status, events, conditions, time);
            events.Add(new RecordingChange { Time = time.GetUtcNow(), State = store.Recording.State, Reason = store.Recording.Problem });
        }

        return await PlayAsync(request, host, board, server, session, store?.Folder, events, conditions, time, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<SessionReport> PlayAsync(
        LiveRequest request, AnalysisHost host, StatusBoard board, BroadcastServer server, string session, string? folder,
        EventBook events, ConditionsBook conditions, TimeProvider time, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine($"liveltem: {request.Title}: viewer at {server.WebUrl} (Ctrl-C ends the session){(folder is null ? string.Empty : $"; recorded to {folder}")}");
        server.SetReady(false, "learning from the first frames");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ticking = new CancellationTokenSource();
        var running = host.RunAsync(end.Token);
        var telling = TellStatusAsync(board, server.Publisher, time, ticking.Token);
        var announcing = AnnounceAsync(request, host, board, server, session, folder, running, end);
        try
        {
            var monitor = new LiveMonitor(host, time);
            await (Console.IsErrorRedirected ? monitor.WriteLinesAsync(running) : monitor.ShowPanelAsync(running, request.Title)).ConfigureAwait(false);
            var report = await running.ConfigureAwait(false);
            board.State = report.Pipeline.Fault is null ? "ended" : "failed";
            if (report.Pipeline.Fault is { } fault)
            {
                events.Raise(
                    new SessionAlert
                    {
                        Id = 0,
                        Kind = "source_lost",
                        Severity = "critical",
                        State = "raised",
                        Frame = conditions.LastFrame,
                        Message = $"the session ended: {fault.Message}",
                    },
                    time.GetUtcNow());
            }

            return report;
        }
        finally
        {
            await ticking.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(false);
            await announcing.ConfigureAwait(false);
            server.SetReady(false, "the session has ended");
            server.Publisher.OnStatus(board.Read());
        }
    }

    private static SessionStore? Open(LiveRequest request)
    {
        if (request.Settings.Record is not { } root)
        {
            return null;
        }

        var info = request.Input.Source.Info;
        return SessionStore.Create(root, new SessionDescription
        {
            Source = info.Name,
            IsLive = request.Input.Source.IsLive,
            FrameTimeTyped = request.Input.FrameTimeTyped,
            SourceMetadata = info.Metadata.ToDictionary(fact => fact.Key, fact => JsonSerializer.Serialize(fact.Value)),
            Calibration = request.Input.Calibration,
            ProfileName = request.Profile.Name,
            ProfileText = request.Profile.Text,
            Version = typeof(LiveHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0",
        });
    }

    // Says once that the session is ready, when it has learnt from the first frames; one that ends before never was.
    private static async Task AnnounceAsync(
        LiveRequest request, AnalysisHost host, StatusBoard board, BroadcastServer server, string session, string? folder, Task running, CancellationTokenSource end)
    {
        await host.Ready.ConfigureAwait(false);
        if (running.IsCompleted)
        {
            return;
        }

        board.State = "live";
        server.SetReady(true);
        Console.Out.WriteLine(JsonSerializer.Serialize(new
        {
            ready = true,
            web = server.WebUrl.ToString(),
            grpc = server.GrpcUrl.ToString(),
            zmq = server.ZmqEndpoint,
            session = folder ?? (object?)null,
            id = session,
        }));
        if (request.Length is { } length)
        {
            end.CancelAfter(length);
        }
    }

    private static async Task TellStatusAsync(StatusBoard board, ILivePublisher publisher, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(StatusEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                board.Tick();
                publisher.OnStatus(board.Read());
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session is over.
        }
    }

    private static void OnRecordingChanged(RecordingStatus status, EventBook events, ConditionsBook conditions, TimeProvider time)
    {
        var frame = conditions.LastFrame;
        events.Add(new RecordingChange { Time = time.GetUtcNow(), Frame = frame, State = status.State, Reason = status.Problem });
        if (status.State == RecordingState.Failed)
        {
            events.Raise(
                new SessionAlert
                {
                    Id = 0,
                    Kind = "disk_space",
                    Severity = "critical",
                    State = "raised",
                    Frame = frame,
                    Value = status.DiskFreeBytes,
                    Unit = status.DiskFreeBytes is null ? null : "bytes",
                    Message = $"frames are no longer recorded: {status.Problem ?? "the disk does not take them"}; make room and start the recording again",
                },
                time.GetUtcNow());
        }
        else
        {
            events.Clear("disk_space", frame, time.GetUtcNow());
        }
    }
}
