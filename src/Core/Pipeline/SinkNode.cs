namespace LiveLtem.Core.Pipeline;

/// <summary>The end of a branch: what it has dealt with is delivered.</summary>
internal sealed class SinkNode<TIn>(string name, Edge<TIn> input, Action<TIn> consume, Func<CancellationToken, ValueTask>? complete, TimeProvider time)
    : StageNode<TIn>(name, input, time)
    where TIn : class, IFrameItem
{
    protected override async Task LoopAsync(RunContext run)
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

                Consume(run, item);
            }
        }

        if (complete is null || Broken)
        {
            return;
        }

        try
        {
            await complete(run.Hard).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Break(run, error);
        }
    }

    protected override void CompleteOutputs()
    {
    }

    private void Consume(RunContext run, TIn item)
    {
        var since = run.Time.GetTimestamp();
        try
        {
            consume(item);
        }
        catch (Exception error)
        {
            Counters.Ran(run.Time.GetElapsedTime(since), failed: true);
            Fail(run, item, error);
            return;
        }

        Counters.Ran(run.Time.GetElapsedTime(since), failed: false);
        Counters.Leave(item.Header);
        Succeed();
        run.Ledger.Delivered(Input.Branches, item.Header.Number);
        item.Dispose();
    }
}
