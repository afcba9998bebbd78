using LiveLtem.App.Hosting.Live;
using LiveLtem.Core;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose;
using LiveLtem.Dose.Alerts;
using Microsoft.Extensions.Logging;

namespace LiveLtem.App.Hosting;

/// <summary>How a session runs.</summary>
internal sealed record AnalysisHostOptions
{
    /// <summary>True: the newest frame wins and the source is never held back. False: every frame is analysed, however long it takes.</summary>
    public required bool Live { get; init; }

    /// <summary>Frames segmented at once.</summary>
    public int SegmentWorkers { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether the sink is given the pixels of each analysed frame.</summary>
    public bool WithImages { get; init; }

    /// <summary>Recording, preview and changing conditions of a live session; null where frames are analysed only.</summary>
    public LiveTaps? Taps { get; init; }

    /// <summary>Changes the network between frames; null where it stays.</summary>
    public IModelSwitch? Models { get; init; }

    /// <summary>Takes the noise off every analysed frame; null where frames stay as they are. Stays the caller's.</summary>
    public IFrameDenoiser? Denoiser { get; init; }

    /// <summary>Changes the denoiser between frames; null where it stays.</summary>
    public IDenoiserSwitch? DenoiserChanges { get; init; }

    /// <summary>Whether the detector looks at the denoised frames; else they are for the sink alone.</summary>
    public bool DetectsInDenoised { get; init; }

    /// <summary>Whether the sink is given the denoised frames.</summary>
    public bool WithDenoised { get; init; }

    /// <summary>Watches for what an operator should hear of; null where nobody asks.</summary>
    public IAlertWatch? Alerts { get; init; }

    /// <summary>How long a stopped session may take to finish.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>How a session ended and what it found.</summary>
/// <param name="Pipeline">Frames, stages and edges.</param>
/// <param name="Figures">Particles and tracks.</param>
/// <param name="Dose">Where the dose comes from.</param>
/// <param name="Learnt">One line of what the detector learnt, or null where it saw no frame.</param>
/// <param name="HotPixels">Pixels that were replaced in every frame; null where it saw no frame.</param>
/// <param name="Latency">Arrival to result, of the frames that came when the session was ready; null where there was none.</param>
/// <param name="Elapsed">From start to end.</param>
/// <param name="Warnings">What a person should know of the source before trusting it.</param>
/// <param name="Doubt">Why what was found may be something else than particles; null where nothing says so.</param>
internal sealed record SessionReport(PipelineReport Pipeline, SessionFigures Figures, DoseStatement Dose, string? Learnt, int? HotPixels, LatencySummary? Latency, TimeSpan Elapsed, IReadOnlyList<string> Warnings, string? Doubt = null);

/// <summary>Wires one session: source, gauge, detector, tracker and results.</summary>
/// <remarks>
/// source → [raw] → gauge → [analysis] → prepare → [prepared] → (denoise → [denoised] →) segment (parallel, in order) → [segmented] → measure → [measured] → track.
/// Offline every edge waits and the results do not depend on speed; live the edge <c>analysis</c> keeps the newest frame only.
/// With taps, every frame goes from the gauge through [received] to a fork: [recording] waits for the disk, [analysis] and [preview] keep the newest.
/// Runs once. What it is given stays the caller's to dispose.
/// </remarks>
internal sealed class AnalysisHost
{
    private const int LeastPoolThreads = 8;
    private readonly PipelineRun _run;
    private readonly ResultJoiner _results;
    private readonly IParticleDetector _detector;
    private readonly IParticleTracker _tracker;
    private readonly IResultSink _sink;
    private readonly TimeProvider _time;
    private readonly LiveTaps? _taps;
    private readonly PrepareStage _prepare;
    private readonly IFrameSource _source;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AnalysisHost(
        SessionInput input,
        FramePool pool,
        IParticleDetector detector,
        IParticleTracker tracker,
        IResultSink sink,
        AnalysisHostOptions options,
        TimeProvider? time = null,
        ILogger? logger = null)
    {
        _detector = detector;
        _tracker = tracker;
        _sink = sink;
        _time = time ?? TimeProvider.System;
        _run = new PipelineRun(
            BranchesOf(options.Taps),
            new PipelineOptions { WatchEdges = options.Live, DrainTimeout = options.DrainTimeout },
            _time,
            logger);
        var clock = new FrameClock(input.Calibration.FrameTimeS?.Value, !input.FrameTimeTyped, input.NumbersStartAnywhere);
        _results = new ResultJoiner(sink, new DoseLedger(input.Calibration), clock, options.WithImages, options.WithDenoised, _time, options.Alerts);
        _source = input.Source;
        _taps = options.Taps;
        _prepare = new PrepareStage(detector, input, pool, GetReady, options.Models, options.Denoiser);
        Wire(input.Source, pool, options);
    }

    /// <summary>Done once the detector has learnt what it needs, or the session is over: from here on it keeps up, or says so.</summary>
    public Task Ready => _ready.Task;

    /// <summary>What the detector learnt, one line.</summary>
    public string Learnt => _detector.Describe();

    /// <summary>Why what is found may be something else than particles, so far; null where nothing says so.</summary>
    public string? Doubt
    {
        get
        {
            var seen = Figures;
            return _detector.Doubt(seen.Processed, seen.Points, seen.Tracks);
        }
    }

    /// <summary>Arrival to result of the frames that came when the session was ready; null where there was none.</summary>
    public LatencySummary? Latency => _results.Latency;

    /// <summary>Arrival to result since the last call, of frames that came when the session was ready; null where there was none.</summary>
    public LatencySummary? TakeRecentLatency() => _results.TakeRecentLatency();

    /// <summary>The pipeline as it stands. Thread-safe while it runs.</summary>
    public PipelineReport Status => _run.Status;

    /// <summary>What was found so far. Thread-safe.</summary>
    public SessionFigures Figures => _results.Figures;

    /// <summary>Where the dose comes from so far and what is missing. Thread-safe.</summary>
    public DoseStatement DoseStatement => _results.DoseStatement;

    /// <summary>Pixels that are replaced in every frame; null until the first frames were looked at.</summary>
    public int? HotPixels => _prepare.HotPixels;

    /// <summary>Runs the session to its end; cancelling stops the source and finishes what is on its way.</summary>
    /// <exception cref="PipelineFaultException">The results could not be finished.</exception>
    public async Task<SessionReport> RunAsync(CancellationToken cancellationToken)
    {
        // Stages compute on the pool's threads; with as few as there are cores, a frame's arrival would queue behind a long computation.
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, LeastPoolThreads), completions);

        var since = _time.GetTimestamp();
        var pipeline = await _run.RunAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _tracker.Complete();
            _results.End(_tracker.TakeFinished());
            await _sink.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception) when (pipeline.Fault is not null)
        {
            // The session broke before; that is what must be told, and the sink keeps what it has when it is disposed.
        }
        finally
        {
            _results.Release();
            _ready.TrySetResult();
        }

        var learnt = pipeline.Stages.Any(stage => stage is { Name: StageNames.Segment, Received: > 0 }) ? _detector.Describe() : null;
        return new SessionReport(pipeline, _results.Figures, _results.DoseStatement, learnt, _prepare.HotPixels, _results.Latency, _time.GetElapsedTime(since), _source.Info.Warnings, Figures.Processed > 0 ? Doubt : null);
    }

    private void Wire(IFrameSource source, FramePool pool, AnalysisHostOptions options)
    {
        const FrameBranches analysis = FrameBranches.Analysis;
        var taps = options.Taps;
        var all = BranchesOf(taps);

        // Live, each place in a queue is latency once the analysis is behind; offline it lets stages overlap.
        var depth = options.Live ? 1 : 4;
        var raw = _run.AddEdge<Frame>("raw", EdgePolicy.Wait, options.Live ? 16 : 4, all);
        var gauged = _run.AddEdge<Frame>("analysis", options.Live ? EdgePolicy.Latest : EdgePolicy.Wait, 4, analysis);
        var prepared = _run.AddEdge<Frame>("prepared", EdgePolicy.Wait, depth, analysis);
        var segmented = _run.AddEdge<SegmentedFrame>("segmented", EdgePolicy.Wait, depth, analysis);
        var measured = _run.AddEdge<MeasuredFrame>("measured", EdgePolicy.Wait, depth, analysis);
        _run.SetSource(source, pool, raw);
        if (taps is null)
        {
            _run.AddStage(StageNames.Gauge, raw, gauged, new GaugeStage(_results, null, options.Alerts));
        }
        else
        {
            Fork(source.Info, raw, gauged, taps, options.Alerts);
        }

        _run.AddStage(StageNames.Prepare, gauged, prepared, _prepare);
        if (options.Denoiser is { } denoiser)
        {
            var denoised = _run.AddEdge<DenoisedFrame>("denoised", EdgePolicy.Wait, depth, analysis);
            _run.AddStage(StageNames.Denoise, prepared, denoised, new DenoiseStage(denoiser, _results, options.DetectsInDenoised, options.DenoiserChanges));
            _run.AddParallelStage(StageNames.Segment, denoised, segmented, Segment, options.SegmentWorkers);
        }
        else
        {
            _run.AddParallelStage(StageNames.Segment, prepared, segmented, frame => new SegmentedFrame(frame, _detector.Segment(frame)), options.SegmentWorkers);
        }

        _run.AddStage(StageNames.Measure, segmented, measured, new MeasureStage(_detector));
        _run.AddSink(StageNames.Track, measured, Track);
    }

    private static FrameBranches BranchesOf(LiveTaps? taps) =>
        FrameBranches.Analysis | (taps?.Store is null ? 0 : FrameBranches.Recording) | (taps?.Publisher is null ? 0 : FrameBranches.Preview);

    private void Fork(SourceInfo source, Edge<Frame> raw, Edge<Frame> gauged, LiveTaps taps, IAlertWatch? alerts)
    {
        var received = _run.AddEdge<Frame>("received", EdgePolicy.Wait, 4, BranchesOf(taps));
        _run.AddStage(StageNames.Gauge, raw, received, new GaugeStage(_results, taps, alerts));
        var outputs = new List<Edge<Frame>>();
        if (taps.Store is not null)
        {
            var recording = _run.AddEdge<Frame>("recording", EdgePolicy.Wait, LiveTaps.RecordingDepth(source), FrameBranches.Recording);
            _run.AddSink<Frame>(StageNames.Record, recording, taps.Record);
            outputs.Add(recording);
        }

        outputs.Add(gauged);
        if (taps.Publisher is { } publisher)
        {
            var preview = _run.AddEdge<Frame>("preview", EdgePolicy.Latest, 1, FrameBranches.Preview);
            _run.AddSink<Frame>(StageNames.Show, preview, publisher.OnPreview);
            outputs.Add(preview);
        }

        _run.AddFanOut(StageNames.Share, received, outputs);
    }

    private SegmentedFrame Segment(DenoisedFrame item)
    {
        var segmentation = _detector.Segment(item.Frame, item.Denoised);
        item.Denoised?.Dispose();
        return new SegmentedFrame(item.Frame, segmentation);
    }

    private void GetReady()
    {
        _results.GetReady();
        _taps?.Adaptation?.Begin(_prepare.Corrector!);
        _ready.TrySetResult();
    }

    private void Track(MeasuredFrame item)
    {
        var tracks = _tracker.Track(item.Detections);
        _results.AddAnalysed(item.Frame, item.Detections, tracks, _tracker.TakeFinished());
    }
}

/// <summary>The stages by name, as status, logs and the bench show them.</summary>
internal static class StageNames
{
    public const string Gauge = "gauge";
    public const string Share = "share";
    public const string Record = "record";
    public const string Show = "show";
    public const string Prepare = "prepare";
    public const string Denoise = "denoise";
    public const string Segment = "segment";
    public const string Measure = "measure";
    public const string Track = "track";
}
