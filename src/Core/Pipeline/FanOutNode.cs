namespace LiveLtem.Core.Pipeline;

/// <summary>Gives every frame to several edges, each with its own lease.</summary>
internal sealed class FanOutNode(string name, Edge<Frame> input, IReadOnlyList<Edge<Frame>> outputs, TimeProvider time)
    : StageNode<Frame>(name, input, time)
{
    protected override async Task LoopAsync(RunContext run)
    {
        while (await Input.WaitToTakeAsync(run.Hard).ConfigureAwait(false))
        {
            while (Input.TryTake(out var frame))
            {
                var since = run.Time.GetTimestamp();
                Counters.Take(frame);
                using (frame)
                {
                    for (var i = 0; i < outputs.Count; i++)
                    {
                        await GiveAsync(run, frame, i).ConfigureAwait(false);
                    }
                }

                Counters.Ran(run.Time.GetElapsedTime(since), failed: false);
                Counters.Leave(frame.Header);
            }
        }
    }

    protected override void CompleteOutputs()
    {
        foreach (IEdge output in outputs)
        {
            output.Complete();
        }
    }

    private async ValueTask GiveAsync(RunContext run, Frame frame, int to)
    {
        try
        {
            await outputs[to].Writer.WriteAsync(frame.Share(), run.Hard).ConfigureAwait(false);
        }
        catch
        {
            // The edge that was waited for has settled its branch; those after it never saw the frame.
            foreach (var edge in outputs.Skip(to + 1))
            {
                run.Ledger.Skipped(edge.Branches, frame.Number, edge.Name, SkipReasons.Stopped);
            }

            throw;
        }
    }
}
