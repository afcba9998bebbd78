using System.Runtime.CompilerServices;
using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.App.Hosting;

/// <summary>Reads the frames of a recording one after another, outside of a pipeline.</summary>
internal static class FrameReading
{
    private const int Ahead = 4;

    /// <summary>The frames in order; each is given back when the next one is asked for.</summary>
    /// <param name="source">Stays the caller's.</param>
    /// <param name="pool">Where frames come from.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<Frame> ReadAsync(IFrameSource source, FramePool pool, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<Frame>(Ahead);
        var reading = RunAsync(source, pool, channel.Writer, stop.Token);
        try
        {
            await foreach (var frame in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                using (frame)
                {
                    yield return frame;
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            while (channel.Reader.TryRead(out var left))
            {
                left.Dispose();
            }

            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (channel.Reader.TryRead(out var left))
            {
                left.Dispose();
            }
        }
    }

    private static async Task RunAsync(IFrameSource source, FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        Exception? failed = null;
        try
        {
            await source.RunAsync(pool, output, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            failed = error;
        }
        finally
        {
            // Handed on to the reader, who throws it.
            output.TryComplete(failed);
        }
    }
}
