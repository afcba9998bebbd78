using LiveLtem.Core;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting;

/// <summary>What the session has found so far.</summary>
internal sealed record SessionFigures
{
    /// <summary>Frames whose row is out.</summary>
    public long Rows { get; init; }

    /// <summary>Frames analysed.</summary>
    public long Processed { get; init; }

    /// <summary>Particles in the newest analysed frame.</summary>
    public int? Particles { get; init; }

    /// <summary>Measured points in all.</summary>
    public long Points { get; init; }

    /// <summary>Tracks begun.</summary>
    public int Tracks { get; init; }

    /// <summary>Frames that the camera sent twice.</summary>
    public long Repeated { get; init; }

    /// <summary>Frames with more than a few saturated pixels or none that count.</summary>
    public long Flagged { get; init; }

    /// <summary>Frames that were seen but could not be analysed.</summary>
    public long Unusable { get; init; }

    /// <summary>Why the newest of those could not.</summary>
    public string? WhyUnusable { get; init; }

    /// <summary>Frames that the analysis left out, of those that came when the session was ready.</summary>
    public long LeftOut { get; init; }

    /// <summary>The newest row.</summary>
    public FrameRow? Last { get; init; }
}

/// <summary>Brings together what the gauge saw of every frame, what the analysis made of those it got, and the final tracks that come later,
/// and gives them to the sink in the order of the frames.</summary>
/// <remarks>Thread-safe: the gauge and the end of the analysis call from threads of their own; the sink is called from one at a time.</remarks>
internal sealed class ResultJoiner(IResultSink sink, DoseLedger dose, FrameClock clock, bool wantsImages, bool wantsDenoised, TimeProvider time, IAlertWatch? alerts = null)
{
    private DoseLedger _dose = dose;
    private readonly Lock _gate = new();
    private readonly Queue<FrameDose> _received = new();
    private readonly Queue<Analysed> _analysed = new();
    private readonly Queue<Frame> _denoised = new();
    private readonly Queue<FrameRow> _awaitTracks = new();
    private readonly Queue<FrameTracks> _finished = new();
    private readonly List<FrameDose> _accounted = [];
    private readonly LatencyHistogram _latency = new();
    private LatencyHistogram _recent = new();
    private long _readySince = long.MaxValue;
    private bool _ended;
    private SessionFigures _figures = new();

    /// <summary>What was found so far.</summary>
    public SessionFigures Figures => Volatile.Read(ref _figures);

    /// <summary>Where the dose comes from and what is missing.</summary>
    public DoseStatement DoseStatement
    {
        get
        {
            lock (_gate)
            {
                return _dose.Statement;
            }
        }
    }

    /// <summary>Arrival to result of the frames that came when the session was ready; null where there was none.</summary>
    public LatencySummary? Latency => _latency.Summarise();

    /// <summary>The same, of the results since the last call.</summary>
    public LatencySummary? TakeRecentLatency() => Interlocked.Exchange(ref _recent, new LatencyHistogram()).Summarise();

    /// <summary>Everything is learnt: frames that come from now on do not wait for it, so their latency counts.</summary>
    public void GetReady() => Volatile.Write(ref _readySince, time.GetTimestamp());

    /// <summary>A frame was received.</summary>
    public void AddReceived(GaugeReading gauge)
    {
        lock (_gate)
        {
            _figures = _figures with
            {
                Repeated = _figures.Repeated + (gauge.Repeated ? 1 : 0),
                Flagged = _figures.Flagged + (DoseLedger.IsFlagged(gauge) ? 1 : 0),
            };
            _dose.Add(gauge, clock.TimeS(gauge.Header), _accounted);
            TakeAccounted();
        }
    }

    /// <summary>The frames that are received from now on were taken under other conditions.</summary>
    /// <param name="calibration">What holds from now on.</param>
    /// <param name="priorDoseEPerA2">Dose that the area has already, or null to carry on.</param>
    public void BeginSegment(Calibration calibration, double? priorDoseEPerA2)
    {
        lock (_gate)
        {
            _dose.Complete(_accounted);
            TakeAccounted();
            _dose = DoseLedger.Continue(_dose, calibration, priorDoseEPerA2);
            alerts?.Begin(calibration);
            clock.Change(calibration.FrameTimeS?.Value);
        }
    }

    /// <summary>A frame was denoised, in the order of the frames, before it is analysed.</summary>
    /// <param name="denoised">Stays the caller's.</param>
    public void AddDenoised(Frame denoised)
    {
        if (wantsDenoised)
        {
            lock (_gate)
            {
                _denoised.Enqueue(denoised.Share());
            }
        }
    }

    /// <summary>A frame was analysed, in the order of the frames.</summary>
    /// <param name="frame">Stays the caller's.</param>
    /// <param name="detections">What was found in it.</param>
    /// <param name="tracks">The points as known at once.</param>
    /// <param name="finished">Frames whose points are final by now.</param>
    public void AddAnalysed(Frame frame, FrameDetections detections, FrameTracks tracks, IReadOnlyList<FrameTracks> finished)
    {
        double? latencyMs = null;
        if (frame.Header.ReceivedTimestamp is not 0 and var received)
        {
            var latency = time.GetElapsedTime(received);
            latencyMs = latency.TotalMilliseconds;
            if (CameWhenReady(frame.Header))
            {
                _latency.Record(latency);
                Volatile.Read(ref _recent).Record(latency);
            }
        }

        lock (_gate)
        {
            _analysed.Enqueue(new Analysed(wantsImages ? frame.Share() : null, detections, tracks, latencyMs));
            AddFinished(finished);
            Advance();
        }
    }

    /// <summary>Nothing more will be received or analysed: lets everything out that is still held.</summary>
    public void End(IReadOnlyList<FrameTracks> finished)
    {
        lock (_gate)
        {
            _ended = true;
            _dose.Complete(_accounted);
            AddFinished(finished);
            TakeAccounted();
        }
    }

    /// <summary>Gives back the frames that were kept for the sink; for a session that broke.</summary>
    public void Release()
    {
        lock (_gate)
        {
            while (_analysed.TryDequeue(out var analysed))
            {
                analysed.Image?.Dispose();
            }

            while (_denoised.TryDequeue(out var denoised))
            {
                denoised.Dispose();
            }
        }
    }

    private bool CameWhenReady(FrameHeader header) => header.ReceivedTimestamp >= Volatile.Read(ref _readySince);

    private void AddFinished(IReadOnlyList<FrameTracks> finished)
    {
        foreach (var tracks in finished)
        {
            _finished.Enqueue(tracks);
        }
    }

    private void TakeAccounted()
    {
        foreach (var frame in _accounted)
        {
            _received.Enqueue(frame);
            alerts?.Accounted(frame);
        }

        _accounted.Clear();
        Advance();
    }

    private void Advance()
    {
        try
        {
            while (_received.TryPeek(out var received) && EmitRow(received))
            {
                _received.Dequeue();
            }

            while (_awaitTracks.TryPeek(out var row) && _finished.TryPeek(out var tracks))
            {
                if (tracks.Header.Number != row.Frame)
                {
                    throw new InvalidOperationException($"the tracker finished frame {tracks.Header.Number} where frame {row.Frame} was due");
                }

                _awaitTracks.Dequeue();
                _finished.Dequeue();
                sink.OnTracks(tracks, row);
            }
        }
        catch (Exception error) when (error is not PipelineFaultException)
        {
            throw new PipelineFaultException($"the results cannot be kept: {error.Message}", error);
        }
    }

    /// <summary>Lets out the row of the oldest received frame; false while its analysis is not known to be over.</summary>
    private bool EmitRow(FrameDose received)
    {
        // Both queues hold the frames in the order in which they came: the oldest received frame is either the oldest
        // analysed one, or was left out when a later one is there already.
        if (_analysed.TryPeek(out var analysed) && analysed.Detections.Header.Number == received.Gauge.Header.Number)
        {
            _analysed.Dequeue();
            using (analysed.Image)
            {
                EmitAnalysed(received, analysed);
            }

            return true;
        }

        if (_analysed.Count == 0 && !_ended)
        {
            return false;
        }

        var row = Row(received);
        Emit(row);
        alerts?.LeftOut(row);
        if (CameWhenReady(received.Gauge.Header))
        {
            _figures = _figures with { LeftOut = _figures.LeftOut + 1 };
        }

        return true;
    }

    private void EmitAnalysed(FrameDose received, Analysed analysed)
    {
        var (image, detections, tracks, latencyMs) = analysed;
        var row = Row(received) with
        {
            Snr = detections.Snr,
            Particles = detections.Failure is null ? detections.Particles.Count : null,
            DriftXPx = tracks.DriftXPx,
            DriftYPx = tracks.DriftYPx,
            Processed = true,
            LatencyMs = latencyMs,
            DenoiserVersion = detections.Header.DenoiserVersion,
        };
        Emit(row);
        _awaitTracks.Enqueue(row);
        alerts?.Analysed(row, tracks);
        sink.OnAnalysed(row, detections, tracks);
        if (image is not null)
        {
            sink.OnImage(image, detections, tracks);
        }

        var most = _figures.Tracks;
        foreach (var point in tracks.Points)
        {
            most = Math.Max(most, point.Particle + 1);
        }

        _figures = _figures with
        {
            Processed = _figures.Processed + 1,
            Particles = row.Particles,
            Points = _figures.Points + tracks.Points.Count,
            Tracks = most,
            Unusable = _figures.Unusable + (detections.Failure is null ? 0 : 1),
            WhyUnusable = detections.Failure ?? _figures.WhyUnusable,
        };
    }

    private void Emit(FrameRow row)
    {
        sink.OnFrame(row);
        EmitDenoised(row);
        _figures = _figures with { Rows = _figures.Rows + 1, Last = row };
    }

    // Frames are denoised before they are analysed, so that by the time a row is let out its denoised frame is there or never comes.
    private void EmitDenoised(FrameRow row)
    {
        while (_denoised.TryPeek(out var denoised) && denoised.Number <= row.Frame)
        {
            using (_denoised.Dequeue())
            {
                if (denoised.Number == row.Frame)
                {
                    sink.OnDenoised(denoised);
                }
            }
        }
    }

    private static FrameRow Row(FrameDose received) => new()
    {
        Frame = received.Gauge.Header.Number,
        TimeS = received.TimeS,
        DoseRateEPerA2PerS = received.RateEPerA2PerS,
        DoseEPerA2 = received.DoseEPerA2,
        MeanCounts = received.Gauge.MeanCounts,
        SaturatedFraction = received.Gauge.SaturatedFraction,
        DroppedBefore = received.Gauge.DroppedBefore,
        Processed = false,
    };

    private readonly record struct Analysed(Frame? Image, FrameDetections Detections, FrameTracks Tracks, double? LatencyMs);
}
