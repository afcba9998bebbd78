using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.App.Hosting;

/// <summary>Plays a recording as if it were live: each frame leaves at its time, whether anyone is ready or not.</summary>
/// <remarks>Frames get the receive time at which they leave. In a loop the numbers and times go on, as a camera's would.</remarks>
internal sealed class PacedSource : IFrameSource
{
    private const int ReadAhead = 8;
    private readonly Func<IFrameSource> _open;
    private readonly double? _fps;
    private readonly double _frameTimeS;
    private readonly bool _loop;
    private readonly TimeProvider _time;
    private IFrameSource? _first;

    /// <summary>Opens the recording; it is opened again for each round.</summary>
    /// <param name="open">Opens the recording from its start.</param>
    /// <param name="fps">Frames a second, > 0, or null for the recording's own pace.</param>
    /// <param name="fallbackFps">The pace of a recording that has no times.</param>
    /// <param name="loop">Whether to start again at the end.</param>
    /// <param name="time">The clock.</param>
    public PacedSource(Func<IFrameSource> open, double? fps, double fallbackFps, bool loop, TimeProvider time)
    {
        _open = open;
        _fps = fps;
        _loop = loop;
        _time = time;
        _first = open();
        Info = _first.Info with { Frames = loop ? null : _first.Info.Frames };
        _frameTimeS = fps is { } rate ? 1 / rate : Info.Calibration.FrameTimeS?.Value ?? (1 / fallbackFps);
    }

    /// <inheritdoc/>
    public SourceInfo Info { get; }

    /// <inheritdoc/>
    public bool IsLive => true;

    /// <summary>Frames a second at which it plays, where the recording's own times do not say otherwise.</summary>
    public double FramesPerSecond => 1 / _frameTimeS;

    /// <inheritdoc/>
    public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        var pace = new Pace(_time.GetTimestamp());
        do
        {
            var source = Interlocked.Exchange(ref _first, null) ?? _open();
            await using (source.ConfigureAwait(false))
            {
                pace.StartRound(_frameTimeS);
                await PlayAsync(source, pool, output, pace, cancellationToken).ConfigureAwait(false);
            }
        }
        while (_loop && pace.Frames > 0);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _first, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task PlayAsync(IFrameSource source, FramePool pool, ChannelWriter<Frame> output, Pace pace, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = Channel.CreateBounded<Frame>(ReadAhead);
        var reading = Task.Run(
            async () =>
            {
                try
                {
                    await source.RunAsync(pool, ahead.Writer, stop.Token).ConfigureAwait(false);
                }
                finally
                {
                    ahead.Writer.Complete();
                }
            },
            CancellationToken.None);
        try
        {
            await foreach (var frame in ahead.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                using (frame)
                {
                    var header = pace.Next(frame.Header, _fps is null, _frameTimeS, out var due);
                    if (due - _time.GetElapsedTime(pace.Started) is { Ticks: > 0 } early)
                    {
                        await Task.Delay(early, _time, cancellationToken).ConfigureAwait(false);
                    }

                    await output.WriteAsync(frame.Share(header with { ReceivedTimestamp = _time.GetTimestamp() }), cancellationToken).ConfigureAwait(false);
                }
            }

            await reading.ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }
        finally
        {
            while (ahead.Reader.TryRead(out var left))
            {
                left.Dispose();
            }
        }
    }

    /// <summary>When each frame is due, over all rounds.</summary>
    private sealed class Pace(long started)
    {
        private long _numberOffset;
        private double _timeOffsetS;
        private long _firstNumber;
        private double? _firstTimeS;
        private long _lastNumber = -1;
        private double _lastTimeS;

        public long Started => started;

        /// <summary>Frames of this round.</summary>
        public long Frames { get; private set; }

        public void StartRound(double frameTimeS)
        {
            _timeOffsetS = _lastNumber < 0 ? 0 : _lastTimeS + frameTimeS;
            _numberOffset = _lastNumber + 1;
            Frames = 0;
        }

        /// <summary>The frame's header in the endless movie, and when it is due after the start.</summary>
        public FrameHeader Next(FrameHeader header, bool ownTimes, double frameTimeS, out TimeSpan due)
        {
            if (Frames++ == 0)
            {
                _firstNumber = header.Number;
                _firstTimeS = header.SourceTimeS;
            }

            var inRoundS = ownTimes && header.SourceTimeS - _firstTimeS is { } own ? own : (header.Number - _firstNumber) * frameTimeS;
            _lastTimeS = _timeOffsetS + inRoundS;
            _lastNumber = _numberOffset + header.Number - _firstNumber;
            due = TimeSpan.FromSeconds(_lastTimeS);
            return header with { Number = _lastNumber, SourceTimeS = header.SourceTimeS is null && ownTimes ? null : _lastTimeS };
        }
    }
}
