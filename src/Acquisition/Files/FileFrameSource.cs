using System.Threading.Channels;
using LiveLtem.Acquisition.Selection;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files;

/// <summary>Delivers the frames that a reader finds, in stored order, numbered from 0.</summary>
public sealed class FileFrameSource : IFrameSource, ISeekableSource
{
    private readonly IFrameReader _reader;
    private readonly SourceOptions _options;
    private FrameRange _range = FrameRange.All;

    /// <summary>Creates the source; it owns the reader.</summary>
    public FileFrameSource(IFrameReader reader, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(options);
        _reader = reader;
        _options = options;
        foreach (var warning in reader.Info.Warnings)
        {
            options.Logger.SourceWarning(reader.Info.Name, warning);
        }
    }

    /// <inheritdoc/>
    public SourceInfo Info => _reader.Info;

    /// <inheritdoc/>
    public bool IsLive => false;

    /// <inheritdoc/>
    public void Restrict(FrameRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        _range = range;
    }

    /// <inheritdoc/>
    public Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(output);

        // Reading blocks, so it has a thread of the pool to itself and not the caller's.
        return Task.Run(() => ReadAllAsync(pool, output, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ReadAllAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        var clock = _options.TimeProvider;
        var end = _range.End ?? long.MaxValue;
        var lastGrowth = clock.GetTimestamp();
        for (var index = _range.Start; index < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var draft = _reader.TryRead(index, pool, out var sourceTimeS);
            if (draft is null)
            {
                if (!_options.Follow)
                {
                    if (index < Info.Frames)
                    {
                        _options.Logger.EndedEarly(Info.Name, index, Info.Frames.Value);
                    }

                    return;
                }

                if (clock.GetElapsedTime(lastGrowth) >= _options.FollowIdle)
                {
                    _options.Logger.FollowEnded(Info.Name, index);
                    return;
                }

                await Task.Delay(_options.PollInterval, clock, cancellationToken);
                continue;
            }

            var frame = draft.Publish(new FrameHeader { Number = index, ReceivedTimestamp = clock.GetTimestamp(), SourceTimeS = sourceTimeS });
            await output.WriteOrDisposeAsync(frame, cancellationToken);
            lastGrowth = clock.GetTimestamp();
            index++;
        }
    }
}
