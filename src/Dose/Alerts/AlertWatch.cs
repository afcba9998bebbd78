using System.Collections.Concurrent;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>What is watched.</summary>
public sealed record WatchedSession
{
    /// <summary>Calibration at the beginning.</summary>
    public required Calibration Calibration { get; init; }

    /// <summary>Whether the source's numbers leave a gap where frames are lost.</summary>
    public bool NumbersTellLosses { get; init; }

    /// <summary>Whether frames may be left out of the analysis.</summary>
    public bool IsLive { get; init; }

    /// <summary>When it was recorded, or null.</summary>
    public DateTimeOffset? Date { get; init; }
}

/// <summary>Measures every received frame and runs the rules over frames, dose and tracks, on the threads that call.</summary>
/// <remarks>Each rule's alerts depend on its own frames alone, so that the same recording gives the same alerts however the threads run.</remarks>
public sealed class AlertWatch : IAlertWatch
{
    private readonly AlertOptions _options;
    private readonly FrameMonitor _monitor;
    private readonly RadiusSlopes _slopes;
    private readonly List<(AlertRule Rule, RuleState State)> _rules = [];
    private readonly List<AlertRule> _off = [];
    private readonly ConcurrentQueue<FrameSignals> _signals = new();
    private readonly Queue<FrameVerdict> _verdicts = new();

    /// <summary>Begins to watch.</summary>
    /// <param name="options">The rules.</param>
    /// <param name="session">What is watched.</param>
    /// <param name="book">Keeps the alerts.</param>
    public AlertWatch(AlertOptions options, WatchedSession session, AlertBook book)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(session);
        _options = options;
        _monitor = new FrameMonitor(session.Calibration, new MonitorSettings
        {
            BlankBelow = options.For(AlertKind.BeamBlank).Threshold ?? 0.1,
            LeastJumpPx = options.For(AlertKind.DriftJump).Threshold ?? 4,
            LeastBubbleExcess = options.For(AlertKind.Bubble).Threshold ?? 0.1,
            BrightParticles = options.BrightParticles,
        });
        _slopes = new RadiusSlopes(options.WindowFrames);
        foreach (var rule in Rules(session))
        {
            if (!rule.Options.Enabled)
            {
                _off.Add(rule);
                continue;
            }

            rule.Begin(session.Calibration);
            _rules.Add((rule, new RuleState(rule.Options, book, rule.Key)));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Missing =>
    [
        .. _rules.Where(entry => entry.Rule.Missing is not null).Select(entry => $"{entry.Rule.Options.Kind.Name}: {entry.Rule.Missing}").Distinct(),
        .. _off.Select(rule => $"{rule.Options.Kind.Name}: switched off by the profile").Distinct(),
    ];

    /// <inheritdoc/>
    public void Look(Frame frame, GaugeReading gauge) => _signals.Enqueue(_monitor.Read(frame, gauge));

    /// <summary>A frame was received whose picture cannot be looked at: what its gauge says counts all the same.</summary>
    internal void LookAway(GaugeReading gauge) => _signals.Enqueue(_monitor.Pass(gauge));

    /// <inheritdoc/>
    public void Accounted(FrameDose dose)
    {
        if (!_signals.TryDequeue(out var signals))
        {
            throw new InvalidOperationException($"frame {dose.Gauge.Header.Number} was not looked at before its dose was known");
        }

        var frame = new ReceivedFrame(signals, dose);
        var spoilt = signals.Blanked || signals.RepeatOf is not null || DoseLedger.IsFlagged(dose.Gauge);
        _verdicts.Enqueue(new FrameVerdict(spoilt, signals.BeamLevel));
        foreach (var (rule, state) in _rules)
        {
            if (rule.Received(frame) is { } reading)
            {
                state.Judge(reading, dose.Gauge.Header.Number, dose.TimeS);
            }
        }
    }

    /// <inheritdoc/>
    public void Analysed(FrameRow row, FrameTracks tracks)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(tracks);
        var frame = new AnalysedFrame(row, tracks, _verdicts.Dequeue());
        if (row.TimeS is { } time && !frame.Verdict.Spoilt)
        {
            _slopes.Add(tracks.Points, row.Frame, time);
        }

        foreach (var (rule, state) in _rules)
        {
            if (rule.Analysed(frame) is { } reading)
            {
                state.Judge(reading, row.Frame, row.TimeS);
            }
        }
    }

    /// <summary>A frame was analysed whose particles cannot be looked at.</summary>
    internal void Pass() => _verdicts.Dequeue();

    /// <inheritdoc/>
    public void LeftOut(FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        _verdicts.Dequeue();
        foreach (var (rule, state) in _rules)
        {
            if (rule.LeftOut(row) is { } reading)
            {
                state.Judge(reading, row.Frame, row.TimeS);
            }
        }
    }

    /// <inheritdoc/>
    public void Begin(Calibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        _monitor.Begin(calibration.DarkLevel?.Value);
        foreach (var (rule, _) in _rules)
        {
            rule.Begin(calibration);
        }
    }

    private IEnumerable<AlertRule> Rules(WatchedSession session)
    {
        var o = _options;
        yield return new DoseRateRule(o.For(AlertKind.DoseRateHigh));
        yield return new BeamStepRule(o.For(AlertKind.DoseRateStep), o.SettleFrames, _monitor.AcceptBeam);
        var budget = o.For(AlertKind.DoseBudget);
        double[] parts = [.. new[] { budget.Threshold ?? 0.7, 0.9, 1 }.Distinct().Order()];
        for (var i = 0; i < parts.Length; i++)
        {
            yield return new BudgetRule(budget, parts[i], i + 1 < parts.Length ? parts[i + 1] : null, o.BudgetEPerA2);
        }

        yield return new ProjectionRule(o.For(AlertKind.DoseProjection), o.BudgetEPerA2);
        yield return new SnrRule(o.For(AlertKind.SnrLow), o.PositionErrPx);
        yield return new BlankRule(o.For(AlertKind.BeamBlank));
        yield return new SaturationRule(o.For(AlertKind.Saturation));
        yield return new JumpRule(o.For(AlertKind.DriftJump), _monitor);
        yield return new BubbleRule(o.For(AlertKind.Bubble), _monitor);
        yield return new FocusRule(o.For(AlertKind.FocusChange), _monitor, o.SettleFrames);
        yield return new LostRule(o.For(AlertKind.FramesLost), session.NumbersTellLosses);
        yield return new RepeatedRule(o.For(AlertKind.FramesRepeated));
        yield return new LagRule(o.For(AlertKind.AnalysisLag), session.IsLive);
        yield return new EtchingRule(o.For(AlertKind.EtchingFast), _slopes);
        yield return new BeamDrivenRule(o.For(AlertKind.BeamDriven), o.For(AlertKind.DoseRateStep).Threshold ?? 1.25, _slopes, o.WindowFrames);
        yield return new ExpiryRule(o.For(AlertKind.CalibrationExpired), session.Date);
        yield return new CoincidenceRule(o.For(AlertKind.CoincidenceLoss), o.CountingReadoutsPerS, o.CountingAreaPx);
    }
}
