using LiveLtem.Core;

namespace LiveLtem.Dose.Alerts;

/// <summary>What a live watch could not look at because it was behind.</summary>
/// <param name="Pictures">Frames whose picture was not looked at; their counts, times, dose and tracks were.</param>
/// <param name="Tracks">Analysed frames whose particles were not looked at.</param>
/// <param name="Frames">Frames of which nothing was looked at.</param>
public readonly record struct WatchLosses(long Pictures, long Tracks, long Frames)
{
    /// <summary>One line for people, or null where nothing was left out.</summary>
    public string? Describe() => this == default
        ? null
        : FormattableString.Invariant($"alerts were behind and did not look at the pictures of {Pictures} frames, the particles of {Tracks}, anything of {Frames}");
}

/// <summary>Watches a live session beside its pipeline: one queue in the order of the calls, worked by a thread of its own, so that no frame ever waits for an alert.</summary>
/// <remarks>
/// Pictures wait as leases, particles as references, both together up to a number of bytes. What there is no room for is not looked at, is counted in <see cref="Losses"/>, and
/// the frame still counts for every rule that needs its counts and times only. Thread-safe as <see cref="IAlertWatch"/> says.
/// </remarks>
public sealed class LiveAlertWatch : IAlertWatch, IAsyncDisposable
{
    /// <summary>Bytes of pictures and particles that may wait; a single frame may be larger.</summary>
    public const long MostBytes = 64L << 20;

    /// <summary>Calls that may wait.</summary>
    public const int MostCalls = 16_384;

    private const long BytesOfAPoint = 256;
    private const int LookAtMissingEvery = 64;
    private readonly AlertWatch _watch;
    private readonly object _gate = new();
    private readonly Queue<Call> _waiting = new();

    // Whether a frame was taken in when it was received: what comes of it later goes the same way.
    private readonly Queue<bool> _toAccount = new();
    private readonly Queue<bool> _toAnalyse = new();
    private readonly Task _working;
    private IReadOnlyList<string> _missing;
    private WatchLosses _losses;
    private long _bytes;
    private long _worked;
    private bool _completed;
    private bool _abandoned;

    /// <summary>Begins to watch.</summary>
    /// <param name="watch">What looks; called from this watch's thread only.</param>
    public LiveAlertWatch(AlertWatch watch)
    {
        ArgumentNullException.ThrowIfNull(watch);
        _watch = watch;
        _missing = watch.Missing;
        _working = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private enum What
    {
        Look,
        Accounted,
        Analysed,
        AnalysedUnseen,
        LeftOut,
        Begin,
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Missing => Volatile.Read(ref _missing);

    /// <summary>What was not looked at so far. Thread-safe.</summary>
    public WatchLosses Losses
    {
        get
        {
            lock (_gate)
            {
                return _losses;
            }
        }
    }

    /// <inheritdoc/>
    public void Look(Frame frame, GaugeReading gauge)
    {
        ArgumentNullException.ThrowIfNull(frame);
        lock (_gate)
        {
            var taken = !_completed && _waiting.Count < MostCalls;
            _toAccount.Enqueue(taken);
            _toAnalyse.Enqueue(taken);
            if (!taken)
            {
                _losses = _losses with { Frames = _losses.Frames + 1 };
                return;
            }

            var bytes = (long)frame.Bytes.Length;
            var seen = HasRoom(bytes);
            if (!seen)
            {
                _losses = _losses with { Pictures = _losses.Pictures + 1 };
            }

            Put(new Call { What = What.Look, Gauge = gauge, Frame = seen ? frame.Share() : null, Bytes = seen ? bytes : 0 });
        }
    }

    /// <inheritdoc/>
    public void Accounted(FrameDose dose)
    {
        lock (_gate)
        {
            if (_toAccount.Dequeue())
            {
                Put(new Call { What = What.Accounted, Dose = dose });
            }
        }
    }

    /// <inheritdoc/>
    public void Analysed(FrameRow row, FrameTracks tracks)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(tracks);
        lock (_gate)
        {
            if (!_toAnalyse.Dequeue())
            {
                return;
            }

            var bytes = BytesOfAPoint * tracks.Points.Count;
            if (HasRoom(bytes))
            {
                Put(new Call { What = What.Analysed, Row = row, Tracks = tracks, Bytes = bytes });
                return;
            }

            _losses = _losses with { Tracks = _losses.Tracks + 1 };
            Put(new Call { What = What.AnalysedUnseen });
        }
    }

    /// <inheritdoc/>
    public void LeftOut(FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        lock (_gate)
        {
            if (_toAnalyse.Dequeue())
            {
                Put(new Call { What = What.LeftOut, Row = row });
            }
        }
    }

    /// <inheritdoc/>
    public void Begin(Calibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        lock (_gate)
        {
            Put(new Call { What = What.Begin, Calibration = calibration });
        }
    }

    /// <summary>Nothing more comes: done once everything that waits was looked at.</summary>
    public Task CompleteAsync()
    {
        lock (_gate)
        {
            _completed = true;
            Monitor.PulseAll(_gate);
        }

        return _working;
    }

    /// <summary>Ends the watch; what still waits is not looked at.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _abandoned = true;
        }

        await CompleteAsync().ConfigureAwait(false);
    }

    private bool HasRoom(long bytes) => _bytes == 0 || _bytes + bytes <= MostBytes;

    // Inside the lock.
    private void Put(in Call call)
    {
        if (_completed)
        {
            call.Frame?.Dispose();
            return;
        }

        _bytes += call.Bytes;
        _waiting.Enqueue(call);
        Monitor.Pulse(_gate);
    }

    private void Work()
    {
        var at = "the beginning";
        try
        {
            while (TryTake(out var call))
            {
                using (call.Frame)
                {
                    at = Place(call) ?? at;
                    Do(call);
                }

                lock (_gate)
                {
                    _bytes -= call.Bytes;
                }
            }

            Volatile.Write(ref _missing, _watch.Missing);
        }
        catch (Exception error)
        {
            // The session goes on without its alerts, and says so.
            Volatile.Write(ref _missing, [$"all: looking for alerts ended at {at}, by a fault of the program: {error.Message}"]);
        }

        Release();
    }

    private static string? Place(in Call call) => call.What switch
    {
        What.Look => $"frame {call.Gauge.Header.Number}",
        What.Accounted => $"frame {call.Dose.Gauge.Header.Number}",
        _ => call.Row is { } row ? $"frame {row.Frame}" : null,
    };

    private bool TryTake(out Call call)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_completed)
            {
                Monitor.Wait(_gate);
            }

            call = default;
            return !_abandoned && _waiting.TryDequeue(out call);
        }
    }

    private void Do(in Call call)
    {
        switch (call.What)
        {
            case What.Look when call.Frame is { } frame:
                _watch.Look(frame, call.Gauge);
                break;
            case What.Look:
                _watch.LookAway(call.Gauge);
                break;
            case What.Accounted:
                _watch.Accounted(call.Dose);
                break;
            case What.Analysed:
                _watch.Analysed(call.Row!, call.Tracks!);
                break;
            case What.AnalysedUnseen:
                _watch.Pass();
                break;
            case What.LeftOut:
                _watch.LeftOut(call.Row!);
                break;
            default:
                _watch.Begin(call.Calibration!);
                break;
        }

        if (_worked++ % LookAtMissingEvery == 0)
        {
            Volatile.Write(ref _missing, _watch.Missing);
        }
    }

    private void Release()
    {
        lock (_gate)
        {
            _completed = true;
            while (_waiting.TryDequeue(out var call))
            {
                call.Frame?.Dispose();
            }
        }
    }

    private readonly record struct Call
    {
        public required What What { get; init; }

        public Frame? Frame { get; init; }

        public GaugeReading Gauge { get; init; }

        public FrameDose Dose { get; init; }

        public FrameRow? Row { get; init; }

        public FrameTracks? Tracks { get; init; }

        public Calibration? Calibration { get; init; }

        public long Bytes { get; init; }
    }
}
