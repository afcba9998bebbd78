using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Selection;

/// <summary>The frames of a range, with the numbers that they have in their source.</summary>
/// <remarks>A file skips the others unread; any other source is stopped after the last.</remarks>
public sealed class RangeSource : IFrameSource
{
    private readonly IFrameSource _inner;
    private readonly FrameRange _range;

    /// <summary>Wraps a source, which it then owns.</summary>
    /// <exception cref="InputException">The source has no frame in the range.</exception>
    public RangeSource(IFrameSource inner, FrameRange range)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(range);
        var total = inner.Info.Frames;
        if (range.Count(total) == 0)
        {
            throw new InputException($"--frames {range.Start}:{range.End}: {inner.Info.Name} has {total} frames, 0 to {total - 1}");
        }

        _inner = inner;
        _range = range;
        Info = inner.Info with { Frames = range.Count(total) };
        (inner as ISeekableSource)?.Restrict(range);
    }

    /// <inheritdoc/>
    public SourceInfo Info { get; }

    /// <inheritdoc/>
    public bool IsLive => _inner.IsLive;

    /// <inheritdoc/>
    public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var last = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writer = new MappingWriter(
            output,
            frame => _range.Contains(frame.Number) ? frame.Share() : null,
            number =>
            {
                if (number + 1 >= (_range.End ?? long.MaxValue))
                {
                    last.Cancel();
                }
            });
        try
        {
            await _inner.RunAsync(pool, writer, last.Token);
        }
        catch (OperationCanceledException) when (last.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The last frame of the range is out: that is the end, not a cancellation.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
