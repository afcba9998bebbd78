using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Running;

/// <summary>Samples of one step, as the network takes them.</summary>
/// <param name="count">Samples.</param>
/// <param name="size">Side of a picture, px.</param>
/// <param name="layers">1 or 2.</param>
internal sealed class Batch(int count, int size, int layers)
{
    /// <summary>Samples.</summary>
    public int Count => count;

    /// <summary>Pictures, [count, 1, size, size].</summary>
    public byte[] Images { get; } = new byte[count * size * size];

    /// <summary>Maps, [count, layers, 6, size, size].</summary>
    public float[] Maps { get; } = new float[count * layers * MapLayout.PerLayer * size * size];

    /// <summary>By sample, whether the order of its layers is given.</summary>
    public bool[] Ordered { get; } = new bool[count];

    /// <summary>Shape of <see cref="Images"/>.</summary>
    public long[] ImageShape { get; } = [count, 1, size, size];

    /// <summary>Shape of <see cref="Maps"/>.</summary>
    public long[] MapShape { get; } = [count, layers, MapLayout.PerLayer, size, size];
}

/// <summary>Makes the batches of the next steps on threads of its own while the network learns from the last. Step k always gets samples
/// k * batch and on, whatever the number of threads.</summary>
internal sealed class SampleFeed : IAsyncDisposable
{
    private const int Ahead = 2;

    private readonly ISampleSource _source;
    private readonly int _count;
    private readonly Channel<Batch>[] _ready;
    private readonly Channel<Batch>[] _free;
    private readonly Task[] _makers;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _first;

    /// <summary>Starts.</summary>
    /// <param name="source">Where samples come from.</param>
    /// <param name="count">Samples a step.</param>
    /// <param name="makers">Threads.</param>
    /// <param name="firstStep">Step to start with.</param>
    public SampleFeed(ISampleSource source, int count, int makers, long firstStep)
    {
        (_source, _count, _first) = (source, count, firstStep);
        _ready = [.. Enumerable.Range(0, makers).Select(_ => Channel.CreateBounded<Batch>(Ahead))];
        _free = [.. Enumerable.Range(0, makers).Select(_ => Channel.CreateBounded<Batch>(Ahead + 1))];
        foreach (var free in _free)
        {
            for (var i = 0; i <= Ahead; i++)
            {
                free.Writer.TryWrite(new Batch(count, source.Size, source.Layers));
            }
        }

        _makers = [.. Enumerable.Range(0, makers).Select(maker => Task.Run(() => MakeAsync(maker, _stop.Token)))];
    }

    /// <summary>The batch of a step; steps are to be asked for in order. Hand it back with <see cref="Return"/>.</summary>
    public async ValueTask<Batch> TakeAsync(long step, CancellationToken cancellationToken)
    {
        try
        {
            return await _ready[Maker(step)].Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed) when (closed.InnerException is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
            throw;
        }
    }

    /// <summary>Its memory may be used again.</summary>
    public void Return(long step, Batch batch) => _free[Maker(step)].Writer.TryWrite(batch);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_makers).ConfigureAwait(false);
        _stop.Dispose();
    }

    private int Maker(long step) => (int)((step - _first) % _ready.Length);

    private async Task MakeAsync(int maker, CancellationToken cancellationToken)
    {
        var sample = new Sample(_source.Size, _source.Layers);
        try
        {
            for (var step = _first + maker; ; step += _ready.Length)
            {
                var batch = await _free[maker].Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < _count; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    _source.Fill((step * _count) + i, sample);
                    sample.Image.CopyTo(batch.Images, i * sample.Image.Length);
                    sample.Maps.CopyTo(batch.Maps, i * sample.Maps.Length);
                    batch.Ordered[i] = sample.Ordered;
                }

                await _ready[maker].Writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ready[maker].Writer.TryComplete();
        }
        catch (Exception error)
        {
            // Whoever waits for the next batch is told.
            _ready[maker].Writer.TryComplete(error);
        }
    }
}
