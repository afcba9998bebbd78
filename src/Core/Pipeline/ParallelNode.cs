using System.Threading.Channels;
using System.Threading.Tasks.Sources;

namespace LiveLtem.Core.Pipeline;

/// <summary>Runs a pure function on several items at once; results leave in the order in which the items came.</summary>
/// <remarks>At most <paramref name="workers"/> + 1 items are inside. A place is taken before the item, so that a <see cref="EdgePolicy.Latest"/> edge
/// can drop it for a newer one up to the moment a worker is free.</remarks>
internal sealed class ParallelNode<TIn, TOut>(string name, Edge<TIn> input, Edge<TOut> output, Func<TIn, TOut> function, int workers, TimeProvider time)
    : StageNode<TIn>(name, input, time)
    where TIn : class, IFrameItem
    where TOut : class, IFrameItem
{
    protected override async Task LoopAsync(RunContext run)
    {
        var places = workers + 1;
        var free = Channel.CreateBounded<Place>(places);
        var work = Channel.CreateBounded<Place>(places);
        var order = Channel.CreateBounded<Place>(places);
        for (var i = 0; i < places; i++)
        {
            free.Writer.TryWrite(new Place());
        }

        var tasks = new Task[workers + 1];
        for (var i = 0; i < workers; i++)
        {
            tasks[i] = Task.Run(() => WorkAsync(run, work.Reader), CancellationToken.None);
        }

        tasks[workers] = Task.Run(() => HandOnAsync(run, order.Reader, free.Writer), CancellationToken.None);
        try
        {
            await DispatchAsync(run, free.Reader, work.Writer, order.Writer).ConfigureAwait(false);
        }
        finally
        {
            work.Writer.Complete();
            order.Writer.Complete();
            await Task.WhenAll(tasks).ConfigureAwait(false);
        }
    }

    protected override void CompleteOutputs() => ((IEdge)output).Complete();

    private async Task DispatchAsync(RunContext run, ChannelReader<Place> free, ChannelWriter<Place> work, ChannelWriter<Place> order)
    {
        while (await Input.WaitToTakeAsync(run.Hard).ConfigureAwait(false))
        {
            var place = await free.ReadAsync(run.Hard).ConfigureAwait(false);

            // Waiting for the place gave the edge time to swap its item for a newer one, never to lose it: this is the only reader.
            if (!Input.TryTake(out var item))
            {
                throw new InvalidOperationException($"edge {Input.Name} has a second reader");
            }

            Counters.Take(item);
            place.Enter(item);
            order.TryWrite(place);
            work.TryWrite(place);
        }
    }

    private async Task WorkAsync(RunContext run, ChannelReader<Place> work)
    {
        await foreach (var place in work.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (Broken || run.Hard.IsCancellationRequested)
            {
                place.Leave(null, null, TimeSpan.Zero);
                continue;
            }

            var since = run.Time.GetTimestamp();
            TOut? result = null;
            Exception? failure = null;
            try
            {
                result = function(place.Item);
            }
            catch (Exception error)
            {
                failure = error;
            }

            place.Leave(result, failure, run.Time.GetElapsedTime(since));
        }
    }

    private async Task HandOnAsync(RunContext run, ChannelReader<Place> order, ChannelWriter<Place> free)
    {
        await foreach (var place in order.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await place.Done.ConfigureAwait(false);
            var (item, result, failure, duration) = place.Clear();
            if (failure is not null)
            {
                Counters.Ran(duration, failed: true);
                Fail(run, item, failure);
            }
            else if (result is null)
            {
                Input.Discard(item, SkipReasons.Stopped);
            }
            else
            {
                Counters.Ran(duration, failed: false);
                Succeed();
                await WriteAsync(run, result).ConfigureAwait(false);
            }

            free.TryWrite(place);
        }
    }

    private async ValueTask WriteAsync(RunContext run, TOut result)
    {
        if (Broken)
        {
            output.Discard(result, SkipReasons.Stopped);
            return;
        }

        Counters.Leave(result.Header);
        try
        {
            await output.Writer.WriteAsync(result, run.Hard).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (run.Hard.IsCancellationRequested)
        {
            // The edge gave the item back; go on, so that the others are given back too.
        }
    }

    /// <summary>Room for one item inside; used again and again, so that a frame costs no garbage here.</summary>
    private sealed class Place : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };
        private TIn? _item;
        private TOut? _result;
        private Exception? _failure;
        private TimeSpan _duration;

        public TIn Item => _item!;

        public ValueTask Done => new(this, _done.Version);

        public void Enter(TIn item) => _item = item;

        public void Leave(TOut? result, Exception? failure, TimeSpan duration)
        {
            _result = result;
            _failure = failure;
            _duration = duration;
            _done.SetResult(true);
        }

        public (TIn Item, TOut? Result, Exception? Failure, TimeSpan Duration) Clear()
        {
            var left = (_item!, _result, _failure, _duration);
            (_item, _result, _failure) = (null, null, null);
            _done.Reset();
            return left;
        }

        void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _done.OnCompleted(continuation, state, token, flags);
    }
}
