using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveLtem.Core.Pipeline;

/// <summary>How a pipeline behaves when things go wrong.</summary>
public sealed record PipelineOptions
{
    /// <summary>Failed frames in a row after which a stage counts as broken.</summary>
    public int MaxFailuresInARow { get; init; } = 50;

    /// <summary>How long a stopped session may take to finish what is on its way, before it is cut short.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True in a live session: an edge that fills up is logged. Offline a full edge is the normal state.</summary>
    public bool WatchEdges { get; init; }
}

/// <summary>How a run ended.</summary>
public enum PipelineOutcome
{
    /// <summary>The source came to its end and everything was dealt with.</summary>
    Finished,

    /// <summary>It was asked to stop, and drained.</summary>
    Stopped,

    /// <summary>It did not drain in time; what was left was skipped.</summary>
    CutShort,

    /// <summary>The source or a stage broke; what came before was dealt with.</summary>
    Faulted,
}

/// <summary>What a pipeline has done, while it runs or at its end.</summary>
public sealed record PipelineReport
{
    /// <summary>How it ended, or null while it runs.</summary>
    public PipelineOutcome? Outcome { get; init; }

    /// <summary>What broke, or null.</summary>
    public Exception? Fault { get; init; }

    /// <summary>Every frame accounted for.</summary>
    public required LedgerTotals Ledger { get; init; }

    /// <summary>The stages in the order in which they were added.</summary>
    public required IReadOnlyList<StageStatus> Stages { get; init; }

    /// <summary>The edges in the order in which they were added.</summary>
    public required IReadOnlyList<EdgeStatus> Edges { get; init; }
}

/// <summary>A pipeline: edges, the stages between them, and the source that feeds it. Built once, run once.</summary>
/// <remarks>Stopping flows downstream: the source ends, its edge completes, each stage drains and completes its own. A stage that throws on a frame
/// loses that frame and goes on; one that throws <see cref="PipelineFaultException"/>, or too often in a row, stops the source, and what the others
/// have still drains.</remarks>
public sealed class PipelineRun
{
    // An edge of a place or two is full as soon as it is used: that says nothing.
    private const int LeastWatched = 8;
    private readonly PipelineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<IEdge> _edges = [];
    private readonly List<IStageNode> _stages = [];
    private (IFrameSource Source, FramePool Pool, Edge<Frame> Output)? _source;
    private Exception? _fault;
    private int _started;

    /// <summary>Creates an empty pipeline.</summary>
    /// <param name="branches">Where frames end: each is accounted for in each of these.</param>
    /// <param name="options">Behaviour when things go wrong.</param>
    /// <param name="time">The clock; the machine's unless a test gives its own.</param>
    /// <param name="logger">Where trouble is told.</param>
    public PipelineRun(FrameBranches branches, PipelineOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
    {
        _options = options ?? new PipelineOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaxFailuresInARow, nameof(options));
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        Ledger = new FrameLedger(branches);
    }

    /// <summary>The account of every frame.</summary>
    public FrameLedger Ledger { get; }

    /// <summary>What it has done so far. Thread-safe once it runs.</summary>
    public PipelineReport Status => new()
    {
        Ledger = Ledger.Totals(),
        Stages = [.. _stages.Select(stage => stage.Status)],
        Edges = [.. _edges.Select(edge => edge.Status)],
    };

    /// <summary>Adds an edge.</summary>
    /// <param name="name">Unique; it is what people see.</param>
    /// <param name="policy">What happens when it is full.</param>
    /// <param name="capacity">Items it holds, > 0; a <see cref="EdgePolicy.Latest"/> edge holds one whatever is asked.</param>
    /// <param name="branches">The branches that lie behind it.</param>
    public Edge<T> AddEdge<T>(string name, EdgePolicy policy, int capacity, FrameBranches branches)
        where T : class, IFrameItem
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        if (_edges.Any(edge => edge.Name == name))
        {
            throw new ArgumentException($"there is an edge {name} already", nameof(name));
        }

        if ((branches & ~Ledger.Branches) != 0)
        {
            throw new ArgumentException($"the pipeline has no branch {branches & ~Ledger.Branches}", nameof(branches));
        }

        var edge = new Edge<T>(name, policy, capacity, branches, Ledger, _time, _options.WatchEdges && capacity >= LeastWatched ? _logger : null);
        _edges.Add(edge);
        return edge;
    }

    /// <summary>Sets the one source; its frames count as received when they are taken from <paramref name="output"/>.</summary>
    /// <param name="source">Stays the caller's to dispose.</param>
    /// <param name="pool">Where its frames come from.</param>
    /// <param name="output">A waiting edge: the stage behind it sees every received frame.</param>
    public void SetSource(IFrameSource source, FramePool pool, Edge<Frame> output)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(output);
        if (output.Policy != EdgePolicy.Wait)
        {
            throw new ArgumentException("frames may not be dropped before they are counted: the source's edge waits", nameof(output));
        }

        Join(null, output);
        output.IsIntake = true;
        _source = (source, pool, output);
    }

    /// <summary>Adds a stage that takes one item after the other.</summary>
    public void AddStage<TIn, TOut>(string name, Edge<TIn> input, Edge<TOut> output, IStage<TIn, TOut> stage)
        where TIn : class, IFrameItem
        where TOut : class, IFrameItem
    {
        ArgumentNullException.ThrowIfNull(stage);
        Join(input, output);
        Add(new SequentialNode<TIn, TOut>(name, input, output, stage, _time));
    }

    /// <summary>Adds a stage that works on several items at once; its output leaves in the order of its input.</summary>
    /// <param name="name">Unique; it is what people see.</param>
    /// <param name="input">Where items come from.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="function">Thread-safe and pure. Takes the item over when it returns; where it throws, the pipeline gives the item back.</param>
    /// <param name="workers">Items worked on at once, > 0.</param>
    public void AddParallelStage<TIn, TOut>(string name, Edge<TIn> input, Edge<TOut> output, Func<TIn, TOut> function, int workers)
        where TIn : class, IFrameItem
        where TOut : class, IFrameItem
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers);
        Join(input, output);
        Add(new ParallelNode<TIn, TOut>(name, input, output, function, workers, _time));
    }

    /// <summary>Adds a fork: every frame goes to each of the edges, each with a lease of its own.</summary>
    public void AddFanOut(string name, Edge<Frame> input, params IReadOnlyList<Edge<Frame>> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentOutOfRangeException.ThrowIfZero(outputs.Count, nameof(outputs));
        Join(input, null);
        foreach (var output in outputs)
        {
            Join(null, output);
        }

        Add(new FanOutNode(name, input, outputs, _time));
    }

    /// <summary>Adds the end of a branch.</summary>
    /// <param name="name">Unique; it is what people see.</param>
    /// <param name="input">Where items come from; its branches are delivered here.</param>
    /// <param name="consume">Reads the item, which the pipeline gives back after it.</param>
    /// <param name="complete">Called once after the last item, unless the sink broke or the session was cut short.</param>
    public void AddSink<TIn>(string name, Edge<TIn> input, Action<TIn> consume, Func<CancellationToken, ValueTask>? complete = null)
        where TIn : class, IFrameItem
    {
        ArgumentNullException.ThrowIfNull(consume);
        Join(input, null);
        Add(new SinkNode<TIn>(name, input, consume, complete, _time));
    }

    /// <summary>Runs until the source has ended and everything has drained.</summary>
    /// <param name="cancellationToken">Stops the source; what is on its way is still dealt with, for as long as <see cref="PipelineOptions.DrainTimeout"/> allows.</param>
    /// <returns>How it ended. Nothing that a source or stage throws leaves here as an exception.</returns>
    /// <exception cref="InvalidOperationException">It ran already, or an edge has no reader or no writer.</exception>
    public async Task<PipelineReport> RunAsync(CancellationToken cancellationToken)
    {
        Check();
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("a pipeline runs once");
        }

        // Not disposed: a source that does not listen may still hold the token when the run is over. Without a timer it holds nothing.
        var stop = new CancellationTokenSource();
        using var hard = new CancellationTokenSource();
        using var stopping = cancellationToken.Register(static state => ((CancellationTokenSource)state!).Cancel(), stop);
        var run = new RunContext(_options, Ledger, _time, _logger, fault => Stop(stop, fault), hard.Token);
        var stages = Task.WhenAll(_stages.Select(stage => Task.Run(() => RunStageAsync(stage, run), CancellationToken.None)));
        var everything = Task.WhenAll(Task.Run(() => RunSourceAsync(stop), CancellationToken.None), stages);
        var cutShort = !await EndsInTimeAsync(everything, stop.Token).ConfigureAwait(false);
        if (cutShort)
        {
            PipelineLog.CutShort(_logger, _options.DrainTimeout.TotalSeconds);
            await hard.CancelAsync().ConfigureAwait(false);

            // Nothing more is read from the source, so that one that waits to write is freed; one that does not listen at all is left behind.
            ((IEdge)_source!.Value.Output).Complete();
            await stages.ConfigureAwait(false);
            if (!everything.IsCompleted && await Task.WhenAny(everything, Task.Delay(_options.DrainTimeout, _time, CancellationToken.None)).ConfigureAwait(false) != everything)
            {
                PipelineLog.SourceDeaf(_logger, _source.Value.Source.Info.Name);
            }
        }

        foreach (var edge in _edges)
        {
            edge.Release(SkipReasons.Stopped);
        }

        return Status with
        {
            Outcome = _fault is not null ? PipelineOutcome.Faulted
                : cutShort ? PipelineOutcome.CutShort
                : cancellationToken.IsCancellationRequested ? PipelineOutcome.Stopped
                : PipelineOutcome.Finished,
            Fault = _fault,
        };
    }

    private async Task RunSourceAsync(CancellationTokenSource stop)
    {
        var (source, pool, output) = _source!.Value;
        try
        {
            await source.RunAsync(pool, output.Writer, stop.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ChannelClosedException && stop.IsCancellationRequested)
        {
            // Stopped, not failed.
        }
        catch (Exception error)
        {
            Stop(stop, error);
        }
        finally
        {
            ((IEdge)output).Complete();
        }
    }

    private static async Task RunStageAsync(IStageNode stage, RunContext run)
    {
        try
        {
            await stage.RunAsync(run).ConfigureAwait(false);
        }
        catch (Exception bug)
        {
            run.Break(stage.Name, bug);
        }
    }

    private void Stop(CancellationTokenSource stop, Exception fault)
    {
        Interlocked.CompareExchange(ref _fault, fault, null);
        stop.Cancel();
    }

    /// <summary>True where everything ended by itself or within the time-out after a stop.</summary>
    private async Task<bool> EndsInTimeAsync(Task everything, CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (stop.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped))
        {
            await Task.WhenAny(everything, stopped.Task).ConfigureAwait(false);
        }

        return everything.IsCompleted
            || await Task.WhenAny(everything, Task.Delay(_options.DrainTimeout, _time, CancellationToken.None)).ConfigureAwait(false) == everything;
    }

    private void Add(IStageNode stage)
    {
        ArgumentException.ThrowIfNullOrEmpty(stage.Name);
        if (_stages.Any(other => other.Name == stage.Name))
        {
            throw new ArgumentException($"there is a stage {stage.Name} already", nameof(stage));
        }

        _stages.Add(stage);
    }

    private static void Join(IEdge? input, IEdge? output)
    {
        if (input is not null)
        {
            input.HasReader = input.HasReader ? throw new ArgumentException($"edge {input.Name} has a reader already", nameof(input)) : true;
        }

        if (output is not null)
        {
            output.HasWriter = output.HasWriter ? throw new ArgumentException($"edge {output.Name} has a writer already", nameof(output)) : true;
        }
    }

    private void Check()
    {
        if (_source is null)
        {
            throw new InvalidOperationException("the pipeline has no source");
        }

        if (_edges.FirstOrDefault(edge => !edge.HasReader || !edge.HasWriter) is { } loose)
        {
            throw new InvalidOperationException($"edge {loose.Name} has no {(loose.HasReader ? "writer" : "reader")}");
        }
    }
}
