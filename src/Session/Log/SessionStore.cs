using System.Globalization;
using System.Security.Cryptography;
using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Log;

/// <summary>How a session is kept.</summary>
public sealed record SessionStoreOptions
{
    /// <summary>Whether raw frames are kept from the first on.</summary>
    public bool Record { get; init; } = true;

    /// <summary>Space kept back on the session's disk while frames are recorded, bytes, >= 0: with it a session on a full disk can still be closed.</summary>
    public long ReserveBytes { get; init; } = 16 << 20;

    /// <summary>How often what was written is handed to the disk, against a power failure.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether the tables and the report are written into the session's folder when it is closed.</summary>
    public bool WriteResults { get; init; } = true;

    /// <summary>What is worked out of the tracks for those tables; by default nothing.</summary>
    public AnalysisPlan Analyses { get; init; } = AnalysisPlan.None;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Keeps one session in a folder of its own: raw frames as they come, everything derived within half a second.</summary>
/// <remarks>docs/sessions.md has the format of every file and what is guaranteed. Memory needed does not grow with the session.</remarks>
public sealed class SessionStore : ISessionStore
{
    private readonly SessionStoreOptions _options;
    private readonly FileStream _lock;
    private readonly SpaceReserve _reserve;
    private readonly FrameLog _frames;
    private readonly DerivedLog _derived;
    private readonly Lock _manifestGate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _flushing;
    private SessionManifest _manifest;
    private string? _manifestProblem;
    private bool _closed;

    private SessionStore(string folder, SessionManifest manifest, SessionStoreOptions options)
    {
        _options = options;
        _manifest = manifest;
        Folder = folder;
        _lock = SessionLock.Take(folder) ?? throw new IOException($"{folder} is in use by another process");
        try
        {
            _reserve = new SpaceReserve(folder, options.ReserveBytes);
            ManifestFile.Write(folder, manifest);
            _frames = new FrameLog(folder, manifest.Id, manifest.Description.Calibration.PixelSizeNm?.Value, _reserve, options.Time);
            _frames.ShapeKnown += shape => Update(manifest => manifest with { Shape = shape });
            _derived = new DerivedLog(Path.Combine(folder, SessionFiles.Database), _frames, _reserve);
        }
        catch
        {
            _frames?.Dispose();
            _lock.Dispose();
            throw;
        }

        _derived.SetSetting(SessionFiles.Manifest, manifest.Write());
        _flushing = FlushAsync();
    }

    /// <inheritdoc/>
    public event Action<RecordingStatus>? Changed
    {
        add => _frames.Changed += value;
        remove => _frames.Changed -= value;
    }

    /// <inheritdoc/>
    public string Id => _manifest.Id;

    /// <inheritdoc/>
    public string Folder { get; }

    /// <inheritdoc/>
    public RecordingStatus Recording => _frames.Status;

    /// <summary>What keeps results from being written, or null; raw frames do not depend on it.</summary>
    public string? Problem => _derived.Problem ?? Volatile.Read(ref _manifestProblem);

    /// <summary>Starts a session in a new folder.</summary>
    /// <param name="root">Folder of all sessions; made where it is missing.</param>
    /// <param name="description">What the session is.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InputException">The folder cannot be made or written to.</exception>
    public static SessionStore Create(string root, SessionDescription description, SessionStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(description);
        options ??= new SessionStoreOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.ReserveBytes, nameof(options));
        var started = options.Time.GetUtcNow();
        SessionStore? store = null;
        try
        {
            var folder = NewFolder(Path.GetFullPath(root), started);
            store = new SessionStore(
                folder,
                new SessionManifest
                {
                    Id = Path.GetFileName(folder),
                    State = SessionManifest.Recording,
                    Started = started,
                    Description = description,
                    Segments = [new SessionSegment(0, null, description.Calibration)],
                },
                options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
        {
            throw new InputException($"cannot record a session in {root}: {IoReason.Of(error)}; name another folder with --record", error);
        }

        if (options.Record)
        {
            store.SetRecording(true);
        }

        return store;
    }

    /// <inheritdoc/>
    public void Append(Frame frame, GaugeReading gauge)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _frames.Append(frame, gauge);
    }

    /// <inheritdoc/>
    public RecordingStatus SetRecording(bool on) => _frames.SetRecording(on);

    /// <inheritdoc/>
    public SessionEvent Add(SessionEvent happening)
    {
        ArgumentNullException.ThrowIfNull(happening);
        return Add([happening])[0];
    }

    /// <inheritdoc/>
    public IReadOnlyList<SessionEvent> Add(IReadOnlyList<SessionEvent> happenings)
    {
        ArgumentNullException.ThrowIfNull(happenings);
        var kept = _derived.Add(happenings);
        foreach (var happening in kept)
        {
            KeepInManifest(happening);
        }

        return kept;
    }

    private void KeepInManifest(SessionEvent kept)
    {
        if (kept is ConditionsChange change)
        {
            var segment = new SessionSegment(change.Segment, change.FirstFrame, change.Calibration, change.PriorDoseEPerA2, change.Note);
            Update(manifest => manifest with { Segments = [.. manifest.Segments, segment] });
        }
        else if (kept is ModelChange { Model: var model })
        {
            Update(manifest => manifest with { Description = manifest.Description with { Models = [.. manifest.Description.Models, model] } });
        }
        else if (kept is DenoiserChange { Denoiser: var denoiser })
        {
            Update(manifest => manifest with { Description = manifest.Description with { Denoisers = [.. manifest.Description.Denoisers, denoiser] } });
        }
    }

    /// <summary>Keeps what takes the noise off the session's frames from the beginning. Thread-safe.</summary>
    public void SetFirstDenoiser(DenoiserInUse denoiser)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        Update(manifest => manifest with { Description = manifest.Description with { Denoisers = [denoiser, .. manifest.Description.Denoisers] } });
    }

    /// <summary>Keeps the files of a denoiser that was adapted to this session, for a re-analysis. Thread-safe.</summary>
    /// <param name="files">Copied into the session's folder under their own names.</param>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public void KeepDenoiser(params ReadOnlySpan<string> files)
    {
        var folder = SessionSource.DenoiserFolder(Folder);
        System.IO.Directory.CreateDirectory(folder);
        foreach (var file in files)
        {
            // Under another name first: a file of the right name is whole.
            var whole = Path.Combine(folder, Path.GetFileName(file));
            File.Copy(file, whole + ".tmp", overwrite: true);
            File.Move(whole + ".tmp", whole, overwrite: true);
        }
    }

    /// <summary>Keeps what segments the session's frames from the beginning, once that is known. Thread-safe.</summary>
    public void SetFirstModel(ModelInUse model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Update(manifest => manifest with { Description = manifest.Description with { Models = [model, .. manifest.Description.Models] } });
    }

    /// <summary>Keeps how the session is analysed, for its report: the detector, what it learnt. Thread-safe; a later text takes the place of an earlier one.</summary>
    /// <param name="name">What it is about: <c>Detector</c>.</param>
    /// <param name="text">The fact.</param>
    public void SetFact(string name, string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(text);
        Update(manifest => manifest with { Facts = new Dictionary<string, string>(manifest.Facts) { [name] = text } });
    }

    /// <summary>Keeps which rules for alerts could not be evaluated and why, one line each. Thread-safe.</summary>
    public void SetAlertsMissing(IReadOnlyList<string> missing)
    {
        ArgumentNullException.ThrowIfNull(missing);
        Update(manifest => manifest with { AlertsMissing = missing });
    }

    /// <summary>Keeps the relative 1-sigma error of the dose, for the figures; null where nobody stated one. Thread-safe.</summary>
    public void SetDoseRelativeErr(double? err) => Update(manifest => manifest with { DoseRelativeErr = err });

    /// <inheritdoc/>
    public IReadOnlyList<SessionEvent> EventsAfter(long afterId) => _derived.EventsAfter(afterId);

    /// <inheritdoc/>
    public void OnFrame(FrameRow row) => _derived.Add(row);

    /// <inheritdoc/>
    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(tracks);
        _derived.Add(tracks, row);
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            await CloseAsync(SessionManifest.Closed).ConfigureAwait(false);
            if (_options.WriteResults)
            {
                await WriteResultsAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the session; without <see cref="CompleteAsync"/> it counts as interrupted, and everything that came is kept.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_closed)
        {
            await CloseAsync(SessionManifest.Interrupted).ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private static string NewFolder(string root, DateTimeOffset started)
    {
        const int Tries = 100;
        System.IO.Directory.CreateDirectory(root);
        for (var i = 0; i < Tries; i++)
        {
            var stamp = started.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
            var folder = Path.Combine(root, $"{stamp}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}");
            if (!Path.Exists(folder))
            {
                System.IO.Directory.CreateDirectory(folder);
                return folder;
            }
        }

        throw new IOException($"{root} holds too many sessions of this second");
    }

    private async Task FlushAsync()
    {
        using var timer = new PeriodicTimer(_options.FlushInterval, _options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                _frames.Flush();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The session ends.
        }
    }

    private async Task CloseAsync(string state)
    {
        _closed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _flushing.ConfigureAwait(false);
        _frames.Flush();
        _reserve.Release();
        await _derived.DisposeAsync().ConfigureAwait(false);
        var recording = _frames.Status;
        Update(manifest => manifest with
        {
            State = state,
            Ended = _options.Time.GetUtcNow(),
            Counts = (recording.Frames + recording.NotRecorded, recording.Frames),
            Notes = [.. manifest.Notes, .. Losses(recording)],
        });
        _frames.Dispose();
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private IEnumerable<string> Losses(RecordingStatus recording)
    {
        if (recording.Problem is { } problem)
        {
            yield return $"the recording stopped by itself: {problem}";
        }

        if (_frames.Unindexed > 0)
        {
            yield return $"{_frames.Unindexed} received frames left not even a record";
        }

        if (_derived.Lost > 0)
        {
            yield return $"{_derived.Lost} rows of results could not be written: {_derived.Problem ?? "the disk was full"}";
        }
    }

    private async Task WriteResultsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SessionExport.WriteAsync(Folder, Folder, _options.Analyses, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InputException or UnauthorizedAccessException or OperationCanceledException)
        {
            // The session itself is closed and whole; its tables can be made whenever there is room.
            Update(manifest => manifest with { Notes = [.. manifest.Notes, $"tables and report could not be written ({error.Message}): 'liveltem sessions export' makes them"] });
        }
    }

    /// <summary>Changes session.json, and the copy of it in the database.</summary>
    private void Update(Func<SessionManifest, SessionManifest> change)
    {
        lock (_manifestGate)
        {
            _manifest = change(_manifest);
            Volatile.Write(ref _manifestProblem, TryWriteManifest());
            if (!_closed)
            {
                _derived.SetSetting(SessionFiles.Manifest, _manifest.Write());
            }
        }
    }

    private string? TryWriteManifest()
    {
        for (var retry = false; ; retry = true)
        {
            try
            {
                ManifestFile.Write(Folder, _manifest);
                return null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (retry)
                {
                    return $"{Folder}/{SessionFiles.Manifest} cannot be written: {IoReason.Of(error)}";
                }

                _reserve.Release();
            }
        }
    }
}
