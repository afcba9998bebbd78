namespace LiveLtem.Core.Pipeline;

/// <summary>Runs an <see cref="IStage{TIn,TOut}"/>: one item at a time, in order.</summary>
internal sealed class SequentialNode<TIn, TOut>(string name, Edge<TIn> input, Edge<TOut> output, IStage<TIn, TOut> stage, TimeProvider time)
    : StageNode<TIn>(name, input, time)
    where TIn : class, IFrameItem
    where TOut : class, IFrameItem
{
    private readonly List<TOut> _ready = new(4);

    protected override async Task LoopAsync(RunContext run)
    {
        try
        {
            while (await Input.WaitToTakeAsync(run.Hard).ConfigureAwait(false))
            {
                while (Input.TryTake(out var item))
                {
                    Counters.Take(item);
                    if (Broken)
                    {
                        Input.Discard(item, SkipReasons.Stopped);
                        continue;
                    }

                    Process(run, item);
                    await HandOnAsync(run.Hard).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Finish(run);
            DiscardIfBroken();
            await HandOnAsync(run.Hard).ConfigureAwait(false);
        }
    }

    protected override void CompleteOutputs() => ((IEdge)output).Complete();

    private void Process(RunContext run, TIn item)
    {
        var since = run.Time.GetTimestamp();
        Exception? failure = null;
        try
        {
            stage.Process(item, _ready);
        }
        catch (Exception error)
        {
            failure = error;
        }

        Counters.Ran(run.Time.GetElapsedTime(since), failure is not null);
        if (failure is null)
        {
            Succeed();
        }
        else
        {
            Fail(run, item, failure);
            DiscardIfBroken();
        }
    }

    private void Finish(RunContext run)
    {
        try
        {
            stage.Complete(_ready);
        }
        catch (Exception error)
        {
            Break(run, error);
        }
    }

    private async ValueTask HandOnAsync(CancellationToken hard)
    {
        for (var i = 0; i < _ready.Count; i++)
        {
            Counters.Leave(_ready[i].Header);
            try
            {
                await output.Writer.WriteAsync(_ready[i], hard).ConfigureAwait(false);
            }
            catch
            {
                // The one that did not get in was given back by the edge.
                DiscardReady(i + 1);
                throw;
            }
        }

        _ready.Clear();
    }

    /// <summary>What a broken stage still gives is not fit to go on.</summary>
    private void DiscardIfBroken()
    {
        if (Broken)
        {
            DiscardReady(0);
        }
    }

    private void DiscardReady(int from)
    {
        foreach (var item in _ready[from..])
        {
            output.Discard(item, SkipReasons.Stopped);
        }

        _ready.Clear();
    }
}
