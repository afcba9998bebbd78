using System.Globalization;
using LiveLtem.Core.Pipeline;
using Spectre.Console;

namespace LiveLtem.App.Hosting;

/// <summary>What a live session looks like at one moment.</summary>
internal sealed record LiveReading
{
    /// <summary>Time since the session began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Frames received a second since the reading before.</summary>
    public required double InPerSecond { get; init; }

    /// <summary>Frames analysed a second since the reading before.</summary>
    public required double ProcessedPerSecond { get; init; }

    /// <summary>Frames received.</summary>
    public required long Received { get; init; }

    /// <summary>Frames that the analysis skipped for newer ones.</summary>
    public required long Skipped { get; init; }

    /// <summary>Frames lost by their numbers.</summary>
    public required long Lost { get; init; }

    /// <summary>Frames that failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Particles and tracks.</summary>
    public required SessionFigures Figures { get; init; }

    /// <summary>Arrival to result in the last second or so, or null before the first.</summary>
    public required LatencySummary? Latency { get; init; }

    /// <summary>The reading on one line.</summary>
    public string Line()
    {
        if (Figures.Processed == 0)
        {
            return Say($"{Elapsed.TotalSeconds,5:F0} s  {InPerSecond,6:F1} frames/s in, learning from the first frames");
        }

        var latency = Latency is { } known ? Say($"latency {known.P50Ms:F1} / {known.P99Ms:F1} ms") : "latency -";
        var dose = Figures.Last?.DoseEPerA2 is { } total ? Say($", dose {total:G4} e-/A^2") : string.Empty;
        return Say($"{Elapsed.TotalSeconds,5:F0} s  {InPerSecond,6:F1} frames/s in, {ProcessedPerSecond,6:F1} analysed, {Skipped} dropped, {Lost} lost, {Figures.Particles ?? 0} particles, {Figures.Tracks} tracks, {latency} (p50 / p99){dose}");
    }

    /// <summary>The reading as a table for a terminal.</summary>
    public Table Panel(string title)
    {
        var table = new Table().Title(Markup.Escape(title)).Border(TableBorder.Rounded).HideHeaders().AddColumns("what", "value");
        table.AddRow("time", Say($"{Elapsed.TotalSeconds:F0} s"));
        table.AddRow("frames in", Say($"{Received}  ({InPerSecond:F1} a second)"));
        table.AddRow("analysed", Say($"{Figures.Processed}  ({ProcessedPerSecond:F1} a second)"));
        table.AddRow("dropped / lost / failed", Say($"{Skipped} / {Lost} / {Failed}"));
        table.AddRow("particles", Say($"{Figures.Particles ?? 0}"));
        table.AddRow("tracks", Say($"{Figures.Tracks}"));
        table.AddRow("latency p50 / p99 / max", Latency is { } known ? Say($"{known.P50Ms:F1} / {known.P99Ms:F1} / {known.MaxMs:F1} ms") : "-");
        table.AddRow("dose", Figures.Last?.DoseEPerA2 is { } total ? Say($"{total:G4} e-/A^2") : "not known");
        return table;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Watches a live session from outside: a line a second, or a table on a terminal.</summary>
internal sealed class LiveMonitor(AnalysisHost host, TimeProvider time)
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LatencyOver = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan PanelEvery = TimeSpan.FromMilliseconds(250);
    private readonly long _started = time.GetTimestamp();
    private long _lastAt = time.GetTimestamp();
    private long _latencyAt = time.GetTimestamp();
    private LatencySummary? _latency;
    private long _lastReceived;
    private long _lastProcessed;

    /// <summary>Reads the session as it stands.</summary>
    public LiveReading Read()
    {
        var status = host.Status;
        var figures = host.Figures;
        var seconds = Math.Max(time.GetElapsedTime(_lastAt).TotalSeconds, 1e-6);
        if (time.GetElapsedTime(_latencyAt) >= LatencyOver)
        {
            _latencyAt = time.GetTimestamp();
            _latency = host.TakeRecentLatency() ?? _latency;
        }

        var analysis = status.Ledger.Of(FrameBranches.Analysis)!;
        var reading = new LiveReading
        {
            Elapsed = time.GetElapsedTime(_started),
            InPerSecond = (status.Ledger.Received - _lastReceived) / seconds,
            ProcessedPerSecond = (figures.Processed - _lastProcessed) / seconds,
            Received = status.Ledger.Received,
            Skipped = analysis.Skipped,
            Lost = status.Ledger.Lost,
            Failed = analysis.Failed,
            Figures = figures,
            Latency = _latency,
        };
        (_lastAt, _lastReceived, _lastProcessed) = (time.GetTimestamp(), status.Ledger.Received, figures.Processed);
        return reading;
    }

    /// <summary>Writes a line a second to stderr until the session ends.</summary>
    public async Task WriteLinesAsync(Task session)
    {
        while (await Task.WhenAny(session, Task.Delay(LineEvery, time)).ConfigureAwait(false) != session)
        {
            Console.Error.WriteLine(Read().Line());
        }
    }

    /// <summary>Shows a table on the terminal until the session ends.</summary>
    public async Task ShowPanelAsync(Task session, string title)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Live(Read().Panel(title))
            .AutoClear(true)
            .StartAsync(async context =>
            {
                while (await Task.WhenAny(session, Task.Delay(PanelEvery, time)).ConfigureAwait(false) != session)
                {
                    context.UpdateTarget(Read().Panel(title));
                }
            })
            .ConfigureAwait(false);
    }
}
