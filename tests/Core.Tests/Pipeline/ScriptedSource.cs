using System.Threading.Channels;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core.Tests.Pipeline;

/// <summary>Delivers frames with the numbers it is given; each pixel holds the low byte of the number.</summary>
internal sealed class ScriptedSource(IEnumerable<long> numbers) : IFrameSource
{
    private long _delivered;

    /// <summary>Rows and columns.</summary>
    public int Side { get; init; } = 8;

    /// <summary>Called before each frame.</summary>
    public Func<long, CancellationToken, Task>? Before { get; init; }

    /// <summary>Called with each number after the frame was written.</summary>
    public Action<long>? Written { get; init; }

    /// <summary>Thrown after the last frame, where set.</summary>
    public Exception? Breaks { get; init; }

    public long Delivered => Interlocked.Read(ref _delivered);

    public SourceInfo Info => new() { Name = "script", Format = "test", Height = Side, Width = Side, Type = PixelType.UInt8 };

    public bool IsLive => false;

    public static IEnumerable<long> Endless()
    {
        for (long number = 0; ; number++)
        {
            yield return number;
        }
    }

    public static IEnumerable<long> Count(int frames) => Enumerable.Range(0, frames).Select(i => (long)i);

    public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        foreach (var number in numbers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Before is not null)
            {
                await Before(number, cancellationToken);
            }

            await output.WriteAsync(MakeFrame(pool, number, Side), cancellationToken);
            Interlocked.Increment(ref _delivered);
            Written?.Invoke(number);
        }

        if (Breaks is not null)
        {
            throw Breaks;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static Frame MakeFrame(FramePool pool, long number, int side = 8)
    {
        var draft = pool.Rent(side, side, PixelType.UInt8);
        draft.Bytes.Fill((byte)number);
        return draft.Publish(new FrameHeader { Number = number, ReceivedTimestamp = TimeProvider.System.GetTimestamp() });
    }
}

/// <summary>A stage made of two lambdas.</summary>
internal sealed class LambdaStage(Action<Frame, ICollection<Frame>> process, Action<ICollection<Frame>>? complete = null) : IStage<Frame, Frame>
{
    public int Completed { get; private set; }

    public void Process(Frame item, ICollection<Frame> output) => process(item, output);

    public void Complete(ICollection<Frame> output)
    {
        Completed++;
        complete?.Invoke(output);
    }
}

/// <summary>A pool that must be empty again when the test ends.</summary>
internal sealed class LeakCheckedPool : IDisposable
{
    public FramePool Pool { get; } = new();

    public void Dispose()
    {
        Assert.Equal(0, Pool.Outstanding);
        Pool.Dispose();
    }
}
