using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Selection;

/// <summary>Stands between a source and its channel and hands on something made from each frame, with no queue of its own.</summary>
/// <param name="output">Where the results go.</param>
/// <param name="map">Makes a new lease from a frame that it must not dispose; null leaves the frame out.</param>
/// <param name="written">Called after a result was handed on, with the frame's number.</param>
internal sealed class MappingWriter(ChannelWriter<Frame> output, Func<Frame, Frame?> map, Action<long>? written = null) : ChannelWriter<Frame>
{
    public override bool TryWrite(Frame item)
    {
        var number = item.Number;
        var mapped = map(item);
        if (mapped is not null && !output.TryWrite(mapped))
        {
            mapped.Dispose();
            return false;
        }

        item.Dispose();
        written?.Invoke(number);
        return true;
    }

    public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => output.WaitToWriteAsync(cancellationToken);

    public override async ValueTask WriteAsync(Frame item, CancellationToken cancellationToken = default)
    {
        var number = item.Number;
        if (map(item) is { } mapped)
        {
            await output.WriteOrDisposeAsync(mapped, cancellationToken);
        }

        item.Dispose();
        written?.Invoke(number);
    }
}
