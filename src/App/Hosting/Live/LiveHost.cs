using System.Globalization;
using System.Reflection;
using System.Text.Json;
using LiveLtem.App.Profiles;
using LiveLtem.Broadcast;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose.Alerts;
using LiveLtem.Dose.Radiolysis;
using LiveLtem.Inference;
using LiveLtem.Inference.Denoise;
using LiveLtem.Session.Log;
using LiveLtem.Session.Report;
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
internal sealed class LiveHost : IAsyncDisposable
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromMilliseconds(500);
    private readonly LiveRequest _request;
    private readonly TimeProvider _time;
    private readonly SessionStore? _store;
    private readonly ConditionsBook _conditions;
    private readonly EventBook _events;
    private readonly PublisherRelay _publisher = new();
    private readonly AnalysisHost _host;
    private readonly StatusBoard _board;
    private readonly LiveAlertWatch? _watch;
    private readonly ModelDesk _models;
    private readonly DenoiserDesk? _denoisers;
    private readonly LiveAdaptation? _adaptation;
    private readonly string? _adaptsNot;
    private readonly CancellationTokenSource _ended;

    private LiveHost(LiveRequest request, SessionStore? store, string session, FramePool pool, IParticleDetector detector, IFrameDenoiser? denoiser, CancellationTokenSource ended, ILogger logger, TimeProvider time)
    {
        _request = request;
        _time = time;
        _store = store;
        _conditions = new ConditionsBook(request.Input.Calibration);
        _events = new EventBook(store, time);
        _watch = Watches.CreateLive(request.Profile, request.Input, _events.Alerts, time.GetUtcNow());
        _ended = ended;
        _models = new ModelDesk(detector as ParticleDetector, new ModelChoices(request.Profile), _events, _conditions, model => store?.SetFirstModel(model), time);
        if (denoiser is SpectralDenoiser spectral)
        {
            _denoisers = new DenoiserDesk(spectral, _events, _conditions, first => store?.SetFirstDenoiser(first), ended, time);
            _adaptation = Adaptation(request, store, pool, _denoisers, out _adaptsNot);
        }

        _host = new AnalysisHost(
            request.Input,
            pool,
            detector,
            Trackers.Create(request.Profile),
            new LiveSink(store, _publisher, () => _denoisers?.Unsupported, ConcludeAsync),
            new AnalysisHostOptions
            {
                Live = true,
                Taps = new LiveTaps { Store = store, Publisher = _publisher, Conditions = _conditions, Adaptation = _adaptation },
                Models = _models,
                Denoiser = denoiser,
                DenoiserChanges = _denoisers,
                DetectsInDenoised = denoiser is not null,
                WithDenoised = denoiser is not null,
                Alerts = _watch,
            },
            time,
            logger);
        _board = new StatusBoard(session, request.Input.Source.Info, _models, _host, store, _conditions, _publisher, denoiser, _denoisers, () => _adaptation?.Progress ?? _adaptsNot, _watch, time);
        Operator = new LiveOperator(session, store, _conditions, _events, _models, _board.Read, time);
    }

    private LiveOperator Operator { get; }

    /// <summary>Runs the session to its end.</summary>
    /// <param name="request">What it is to do.</param>
    /// <param name="cancellationToken">Ends it: it drains, closes its files and reports.</param>
    /// <exception cref="InputException">A port or the folder cannot be had.</exception>
    public static async Task<SessionReport> RunAsync(LiveRequest request, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        using var loggers = ConsoleLog.Create();
        BroadcastServer.DemandFree(request.Settings.Broadcast);
        using var pool = new FramePool();
        using var detector = Detectors.Create(request.Profile, request.Input, live: true);
        using var denoiser = Denoisers.Create(request.Profile, pool);
        using var ended = new CancellationTokenSource();
        await using var store = Open(request);
        var session = store?.Id ?? $"live-{time.GetUtcNow():yyyyMMdd-HHmmss}";
        await using var live = new LiveHost(request, store, session, pool, detector, denoiser, ended, loggers.CreateLogger("LiveLtem.Pipeline"), time);
        var catalog = request.Settings.Record is { } root ? new SessionCatalog(root) : null;
        await using var server = await BroadcastServer.StartAsync(request.Settings.Broadcast, live.Operator, catalog, loggers, cancellationToken).ConfigureAwait(false);
        return await live.PlayAsync(server, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes and tells what still waits; whoever could ask for more is gone by then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_watch is not null)
        {
            await _watch.DisposeAsync().ConfigureAwait(false);
        }

        await _events.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<SessionReport> PlayAsync(BroadcastServer server, CancellationToken cancellationToken)
    {
        _publisher.To = server.Publisher;
        _events.TellTo(server.Publisher);
        if (_store is not null)
        {
            _store.Changed += OnRecordingChanged;
            OnRecordingChanged(_store.Recording);
        }

        var kept = _store is null ? string.Empty : $"; recorded to {_store.Folder}";
        Console.Error.WriteLine($"liveltem: {_request.Title}: viewer at {server.WebUrl} (Ctrl-C ends the session){kept}");
        server.SetReady(false, "learning from the first frames");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ticking = new CancellationTokenSource();
        using var stopping = end.Token.Register(() => Console.Error.WriteLine("liveltem: stopping: what is on its way is finished, then the session is closed and its tables are written"));
        var running = RunToEndAsync(end.Token);
        var telling = TellStatusAsync(ticking.Token);
        var announcing = AnnounceAsync(server, running, end);
        using var adaptingEnd = CancellationTokenSource.CreateLinkedTokenSource(end.Token, _ended.Token);
        var adapting = _adaptation?.RunAsync(adaptingEnd.Token) ?? Task.CompletedTask;
        try
        {
            var monitor = new LiveMonitor(_host, _time);
            await (Console.IsErrorRedirected ? monitor.WriteLinesAsync(running) : monitor.ShowPanelAsync(running, _request.Title)).ConfigureAwait(false);
            return await running.ConfigureAwait(false);
        }
        finally
        {
            _denoisers?.End();
            await adapting.ConfigureAwait(false);
            await _models.EndAsync().ConfigureAwait(false);
            await ticking.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(false);
            await announcing.ConfigureAwait(false);
            server.SetReady(false, "the session has ended");
            _publisher.OnStatus(_board.Read());
        }
    }

    // None, with a line that says why, where the profile does not ask for it or it cannot be had.
    private static LiveAdaptation? Adaptation(LiveRequest request, SessionStore? store, FramePool pool, DenoiserDesk desk, out string? why)
    {
        var info = request.Input.Source.Info;
        var options = request.Profile.Denoise;
        var card = options.Adapts ? Denoisers.CardFile(request.Profile) : null;
        why = card is null ? null : DenoiseTraining.TooLittle(options.AdaptFrames, info.Height, info.Width) ?? DenoiseTraining.Missing;
        if (why is not null)
        {
            Console.Error.WriteLine($"liveltem: {why}");
        }

        return card is null || why is not null
            ? null
            : new LiveAdaptation(options, card, desk, (json, network) => store?.KeepDenoiser(network, json), DenoiseTraining.RunAsync, pool);
    }

    private async Task<SessionReport> RunToEndAsync(CancellationToken cancellationToken)
    {
        var report = await _host.RunAsync(cancellationToken).ConfigureAwait(false);
        _board.State = report.Pipeline.Fault is null ? "ended" : "failed";
        TellFault(report.Pipeline);
        return report;
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
            IsLive = request.Input.NumbersStartAnywhere,
            FrameTimeTyped = request.Input.FrameTimeTyped,
            SourceMetadata = info.Metadata.ToDictionary(fact => fact.Key, fact => JsonSerializer.Serialize(fact.Value)),
            Calibration = request.Input.Calibration,
            ProfileName = request.Profile.Name,
            ProfileText = request.Profile.Text,
            Version = typeof(LiveHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0",
        }, new SessionStoreOptions { Analyses = request.Profile.Analysis });
    }

    // Says once that the session is ready, when it has learnt from the first frames; one that ends before never was.
    private async Task AnnounceAsync(BroadcastServer server, Task running, CancellationTokenSource end)
    {
        await _host.Ready.ConfigureAwait(false);
        if (running.IsCompleted)
        {
            return;
        }

        if (_host.Doubt is { } doubt)
        {
            Console.Error.WriteLine($"liveltem: {doubt}");
        }

        _board.State = "live";
        server.SetReady(true);
        Console.Out.WriteLine(JsonSerializer.Serialize(new
        {
            ready = true,
            web = server.WebUrl.ToString(),
            grpc = server.GrpcUrl.ToString(),
            zmq = server.ZmqEndpoint,
            session = _store?.Folder,
        }));
        if (_request.Length is { } length)
        {
            end.CancelAfter(length);
        }
    }

    private async Task TellStatusAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(StatusEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                _board.Tick();
                _publisher.OnStatus(_board.Read());
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session is over.
        }
    }

    // Everything was delivered: what the session's report tells besides its tables, before its files are closed.
    private async Task ConcludeAsync()
    {
        if (_watch is not null)
        {
            await _watch.CompleteAsync().ConfigureAwait(false);
        }

        TellFault(_host.Status);
        _events.Alerts.Finish();
        _events.Flush();
        if (_store is not null)
        {
            KeepFacts(_store);
        }
    }

    private void KeepFacts(SessionStore store)
    {
        if (_denoisers?.Honesty is { } honesty)
        {
            store.SetFact(ReportNotes.Trust, $"version {_denoisers.Now.Version} of the denoiser, {honesty.Describe()}");
        }

        if (_adaptation?.Progress is { } adapted)
        {
            store.SetFact("Denoiser adapted", adapted);
        }

        if (_watch?.Losses.Describe() is { } unseen)
        {
            store.SetFact("Alerts", unseen);
        }

        store.SetAlertsMissing(_watch?.Missing ?? Watches.AllOff);
        store.SetDoseRelativeErr(_host.DoseStatement.RelativeErr);
        if (_host.Figures.Processed > 0)
        {
            store.SetFact("Detector", _host.Learnt);
        }

        if (_host.HotPixels is > 0 and var count)
        {
            store.SetFact("Hot pixels replaced in every frame", count.ToString(CultureInfo.InvariantCulture));
        }

        if (BeamEffect.Of(_host.DoseStatement, _conditions.Calibration, _host.Figures.Last?.DoseEPerA2) is { } effect)
        {
            store.SetFact(DoseText.Radiolysis, effect.Text);
        }

        if (_host.DoseStatement.Assumptions is { Count: > 0 } taken)
        {
            store.SetFact("Dose", string.Join("; ", taken));
        }
    }

    private void OnRecordingChanged(RecordingStatus status)
    {
        _events.Add(new RecordingChange { Time = _time.GetUtcNow(), Frame = _conditions.LastFrame, State = status.State, Reason = status.Problem });
        if (status.State == RecordingState.Failed)
        {
            Raise(
                AlertKind.DiskSpace,
                $"frames are no longer recorded: {status.Problem ?? "the disk does not take them"}; make room and start the recording again",
                status.DiskFreeBytes,
                status.DiskFreeBytes is null ? null : "bytes");
        }
        else
        {
            _events.Alerts.Clear(AlertKind.DiskSpace.Name, _conditions.LastFrame);
        }
    }

    // A session that broke: told where its log is still open, and where it broke on the way out, afterwards. It stays one alert.
    private void TellFault(PipelineReport pipeline)
    {
        if (pipeline.Fault is { } fault)
        {
            Raise(AlertKind.SourceLost, $"the session ended: {fault.Message}", null, null);
        }
    }

    private void Raise(AlertKind kind, string message, double? value, string? unit)
    {
        var rule = _request.Profile.Alerts.For(kind);
        if (!_request.Profile.Alerts.Enabled || !rule.Enabled)
        {
            return;
        }

        _events.Alerts.Raise(kind.Name, new SessionAlert
        {
            Id = 0,
            Kind = kind.Name,
            Severity = rule.Severity,
            State = AlertBook.Raised,
            Frame = _conditions.LastFrame,
            Value = value,
            Unit = unit,
            Message = message,
        });
    }
}
