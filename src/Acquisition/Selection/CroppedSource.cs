using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Selection;

/// <summary>The same source, each frame cut to a rectangle.</summary>
public sealed class CroppedSource : IFrameSource, ISeekableSource
{
    private readonly IFrameSource _inner;
    private readonly RegionOfInterest _region;

    /// <summary>Wraps a source, which it then owns.</summary>
    /// <exception cref="InputException">The rectangle is not inside the frame.</exception>
    public CroppedSource(IFrameSource inner, RegionOfInterest region)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(region);
        var info = inner.Info;
        if (!region.IsInside(info.Height, info.Width))
        {
            throw new InputException(
                $"--roi {region.X},{region.Y},{region.Width},{region.Height}: not inside the frame of {info.Width} x {info.Height} px (width x height) of {info.Name}");
        }

        _inner = inner;
        _region = region;
        Info = info with
        {
            Height = region.Height,
            Width = region.Width,
            Metadata = new Dictionary<string, object>(info.Metadata) { ["roi_xywh"] = new[] { region.X, region.Y, region.Width, region.Height } },
        };
    }

    /// <inheritdoc/>
    public SourceInfo Info { get; }

    /// <inheritdoc/>
    public bool IsLive => _inner.IsLive;

    /// <inheritdoc/>
    public void Restrict(FrameRange range)
    {
        // A source that cannot skip is left as it is: the range lets through only its own frames anyway.
        (_inner as ISeekableSource)?.Restrict(range);
    }

    /// <inheritdoc/>
    public Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken) =>
        _inner.RunAsync(pool, new MappingWriter(output, frame => Crop(frame, pool)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private Frame Crop(Frame frame, FramePool pool)
    {
        if (!_region.IsInside(frame.Height, frame.Width))
        {
            throw new FrameFormatException(Info.Name, $"frame {frame.Number} is {frame.Height} x {frame.Width} px: the region is not inside");
        }

        using var cropped = pool.Rent(_region.Height, _region.Width, frame.Type);
        var pixelBytes = frame.Type.BytesPerPixel();
        var rowBytes = _region.Width * pixelBytes;
        for (var row = 0; row < _region.Height; row++)
        {
            var from = (((_region.Y + row) * frame.Width) + _region.X) * pixelBytes;
            frame.Bytes.Slice(from, rowBytes).CopyTo(cropped.Bytes[(row * rowBytes)..]);
        }

        return cropped.Publish(frame.Header);
    }
}
