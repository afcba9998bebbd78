using Microsoft.Extensions.Logging;

namespace LiveLtem.Core.Pipeline;

/// <summary>What the loops of all stages share while the pipeline runs.</summary>
internal sealed class RunContext(PipelineOptions options, FrameLedger ledger, TimeProvider time, ILogger logger, Action<Exception> stop, CancellationToken hard)
{
    public PipelineOptions Options => options;

    public FrameLedger Ledger => ledger;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Set once draining has taken too long: drop everything.</summary>
    public CancellationToken Hard => hard;

    /// <summary>A stage cannot go on: stops the source; what is on its way drains.</summary>
    public void Break(string stage, Exception error)
    {
        PipelineLog.StageBroke(logger, error, stage);
        stop(error);
    }
}

/// <summary>The loop around one stage: takes, times, counts, hands on, and turns what is thrown into the fate of one frame.</summary>
internal abstract class StageNode<TIn>(string name, Edge<TIn> input, TimeProvider time) : IStageNode
    where TIn : class, IFrameItem
{
    private int _failuresInARow;

    public string Name => name;

    public StageStatus Status => Counters.Status(input.Status);

    protected Edge<TIn> Input => input;

    protected StageCounters Counters { get; } = new(name, time);

    /// <summary>Set once the stage cannot go on: its input is still emptied, so that nobody waits for it.</summary>
    protected bool Broken { get; private set; }

    public async Task RunAsync(RunContext run)
    {
        try
        {
            await LoopAsync(run).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (run.Hard.IsCancellationRequested)
        {
            // Cut short: whatever is left on the edges is given back by the pipeline.
        }
        finally
        {
            CompleteOutputs();
        }
    }

    protected abstract Task LoopAsync(RunContext run);

    protected abstract void CompleteOutputs();

    /// <summary>One item failed: gives it back, says so in the ledger, and stops the session where it is one failure too many.</summary>
    protected void Fail(RunContext run, TIn item, Exception error)
    {
        var number = item.Header.Number;
        var reason = error.Message.ReplaceLineEndings(" ");
        PipelineLog.FrameFailed(run.Logger, name, number, reason);
        run.Ledger.Failed(input.Branches, number, name, reason);
        item.Dispose();
        _failuresInARow++;
        if (error is PipelineFaultException)
        {
            Break(run, error);
        }
        else if (_failuresInARow >= run.Options.MaxFailuresInARow)
        {
            Break(run, new PipelineFaultException($"{name} failed on {_failuresInARow} frames in a row, the last time with: {reason}", error));
        }
    }

    /// <summary>One item went well.</summary>
    protected void Succeed() => _failuresInARow = 0;

    /// <summary>The stage cannot go on.</summary>
    protected void Break(RunContext run, Exception error)
    {
        Broken = true;
        run.Break(name, error);
    }
}

/// <summary>A stage as the pipeline runs it.</summary>
internal interface IStageNode
{
    /// <summary>Name, unique in its pipeline.</summary>
    string Name { get; }

    /// <summary>What it has done so far.</summary>
    StageStatus Status { get; }

    /// <summary>Runs until its input has ended and everything was handed on. Never throws but for a bug.</summary>
    Task RunAsync(RunContext run);
}
