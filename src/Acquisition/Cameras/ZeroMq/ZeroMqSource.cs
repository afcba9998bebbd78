using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>Frames that any program sends over ZeroMQ, by the protocol in README.md: <c>zmq://HOST:PORT</c>.</summary>
/// <remarks>Known with the first sound message, which is kept until <see cref="RunAsync"/>. It ends with the sender's end message. A message that is not
/// what it should be is passed over: the first of each kind is told, all are counted. A sender that went away is waited for.</remarks>
public sealed class ZeroMqSource : IFrameSource, IDelayedSource
{
    // How long a stop may be unheard while nothing comes.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(10);
    private readonly ZeroMqAddress _address;
    private readonly SourceOptions _options;
    private readonly PassedOver _passedOver;
    private readonly FrameNumbering _numbering = new();
    private ZeroMqReceiver? _receiver;
    private SourceInfo? _info;
    private CameraHeader _first;
    private bool _firstWaits;
    private bool _factsChanged;
    private bool _factIgnored;
    private long _lastReceived;
    private bool _silenceTold;

    /// <summary>Takes the address; nothing is opened yet.</summary>
    /// <param name="address">As <see cref="ZeroMqAddress"/> describes it.</param>
    /// <param name="options">Clock and log.</param>
    /// <exception cref="InputException">The address is at fault.</exception>
    public ZeroMqSource(string address, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _address = ZeroMqAddress.Parse(address);
        _options = options;
        _passedOver = new PassedOver(_address.Text, options.Logger);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Nothing has come yet: await <see cref="WaitUntilKnownAsync"/> first.</exception>
    public SourceInfo Info => _info ?? throw new InvalidOperationException($"nothing is known of {_address.Text} before its first frame");

    /// <summary>True for a PUB socket, which leaves out what is not read in time; a PUSH socket waits.</summary>
    public bool IsLive => _address.Pattern == ZeroMqPattern.Sub;

    /// <summary>Messages that were passed over because something was wrong with them.</summary>
    public long FramesPassedOver => _passedOver.Count;

    /// <inheritdoc/>
    /// <exception cref="InputException">The host is not known, the port is taken, or the series ended before its first frame.</exception>
    public Task WaitUntilKnownAsync(CancellationToken cancellationToken) => Task.Run(() => WaitForFirstAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="InputException">As <see cref="WaitUntilKnownAsync"/>.</exception>
    public Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(output);

        // Receiving blocks, so it has a thread of the pool to itself and not the caller's.
        return Task.Run(() => DeliverAllAsync(pool, output, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _receiver?.Dispose();
        _receiver = null;
        return ValueTask.CompletedTask;
    }

    private async Task WaitForFirstAsync(CancellationToken cancellationToken)
    {
        var receiver = _receiver ??= await ZeroMqReceiver.OpenAsync(_address, cancellationToken);
        while (_info is null)
        {
            var header = NextSound(receiver, cancellationToken);
            if (!header.IsEnd)
            {
                _first = header;
                _firstWaits = true;
                _info = Describe(header, CameraHeaderDecoder.Name(receiver.Header));
            }
            else if (!IsLive)
            {
                throw new FrameFormatException(_address.Text, "the sender ended its series before the first frame");
            }
        }
    }

    private async Task DeliverAllAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        await WaitForFirstAsync(cancellationToken);
        var receiver = _receiver!;
        var series = new Series();
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var header = _firstWaits ? _first : NextSound(receiver, cancellationToken);
                _firstWaits = false;
                if (header.IsEnd)
                {
                    TellLosses(header.Frames, series);
                    return;
                }

                if (!Matches(header) || !Place(header, series, receiver.ReceivedTimestamp, out var frameHeader))
                {
                    continue;
                }

                TellFacts(header);
                using var draft = pool.Rent(header.Height, header.Width, header.Type);
                receiver.Pixels.CopyTo(draft.Bytes);
                await output.WriteOrDisposeAsync(draft.Publish(frameHeader), cancellationToken);
                series.Came++;
            }
        }
        finally
        {
            _passedOver.TellTotal();
        }
    }

    /// <summary>The next message whose header is sound and whose pixels are as many as it says; they are in the receiver.</summary>
    private CameraHeader NextSound(ZeroMqReceiver receiver, CancellationToken cancellationToken)
    {
        var clock = _options.TimeProvider;
        var since = clock.GetTimestamp();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!receiver.TryReceive(Slice, clock))
            {
                if (_info is not null && !_silenceTold && clock.GetElapsedTime(since) >= SilenceLimit)
                {
                    _silenceTold = true;
                    _options.Logger.CameraSilent(_address.Text, SilenceLimit.TotalSeconds);
                }

                continue;
            }

            if (CameraHeaderDecoder.TryDecode(receiver.Header, out var header, out var fault) && IsWhole(receiver, header, ref fault))
            {
                _silenceTold = false;
                return header;
            }

            _passedOver.Add(header.Number, fault);
        }
    }

    private static bool IsWhole(ZeroMqReceiver receiver, CameraHeader header, ref HeaderFault fault)
    {
        const int Parts = 2;
        if (header.IsEnd || (receiver.Parts == Parts && receiver.Pixels.Length == header.PixelBytes))
        {
            return true;
        }

        fault = receiver.Parts != Parts
            ? new HeaderFault("message", $"found {receiver.Parts} parts; allowed: {Parts}, the header and the pixels")
            : new HeaderFault("pixels", $"found {receiver.Pixels.Length} bytes; {header.Shape} has {header.PixelBytes}");
        return false;
    }

    private SourceInfo Describe(CameraHeader header, string? camera)
    {
        var metadata = new Dictionary<string, object> { ["pattern"] = _address.Pattern == ZeroMqPattern.Sub ? "sub" : "pull" };
        if (camera is not null)
        {
            metadata["camera"] = camera;
        }

        return new SourceInfo
        {
            NumbersTellLosses = true,
            Name = _address.Text,
            Format = "ZeroMQ",
            Height = header.Height,
            Width = header.Width,
            Type = header.Type,
            Calibration = header.Facts.ToCalibration(camera ?? "camera"),
            Metadata = metadata,
            Warnings = header.Ignored is { } ignored ? [$"{ignored.Field}: {ignored.Problem}; it counts as not known"] : [],
        };
    }

    private bool Matches(CameraHeader header)
    {
        if (header.Height == Info.Height && header.Width == Info.Width && header.Type == Info.Type)
        {
            return true;
        }

        _passedOver.Add(header.Number, new HeaderFault("shape", $"found {header.Shape}; the session's frames are {_first.Shape}: start a new session for another size"));
        return false;
    }

    /// <summary>The frame's number and time in the session; false where it has no place there.</summary>
    private bool Place(CameraHeader header, Series series, long received, out FrameHeader placed)
    {
        placed = default;
        var before = series.LastNumber;
        switch (_numbering.Take(header.Number, out var number))
        {
            case NumberVerdict.Repeated:
                _passedOver.Add(header.Number, new HeaderFault("frame", "found the number of the frame before; it came twice"));
                return false;
            case NumberVerdict.Late:
                _passedOver.Add(header.Number, new HeaderFault("frame", $"found it after frame {before}; frames come in rising order"));
                return false;
            case NumberVerdict.Restarted:
                _options.Logger.CameraRestarted(_address.Text, before, header.Number, number);
                series.Restart(_options.TimeProvider.GetElapsedTime(_lastReceived, received));
                break;
        }

        _lastReceived = received;
        series.LastNumber = header.Number;
        placed = new FrameHeader { Number = number, ReceivedTimestamp = received, SourceTimeS = series.TimeS(header.TimeS) };
        return true;
    }

    private void TellFacts(CameraHeader header)
    {
        if (header.Ignored is { } ignored && !_factIgnored)
        {
            _factIgnored = true;
            _options.Logger.CameraFactIgnored(_address.Text, header.Number, ignored.Field, ignored.Problem);
        }

        if (header.Facts != _first.Facts && !_factsChanged)
        {
            _factsChanged = true;
            _options.Logger.CameraFactsChanged(_address.Text, header.Number);
        }
    }

    private void TellLosses(long? sent, Series series)
    {
        if (sent is { } promised && promised != series.Came)
        {
            _options.Logger.CameraFramesLost(_address.Text, promised, series.Came, promised > series.Came ? $"{promised - series.Came} are lost" : "its count is wrong");
        }
    }

    /// <summary>What one start of the sender sent.</summary>
    private sealed class Series
    {
        private double? _startS;
        private double _offsetS;
        private double _lastS;

        /// <summary>Frames delivered.</summary>
        public long Came { get; set; }

        /// <summary>The sender's number of the newest one.</summary>
        public long LastNumber { get; set; } = -1;

        /// <summary>Another series begins that long after the last frame.</summary>
        public void Restart(TimeSpan pause)
        {
            _offsetS = _lastS + pause.TotalSeconds;
            _startS = null;
            Came = 0;
        }

        /// <summary>Seconds from the session's first frame, by the camera's clock.</summary>
        public double? TimeS(double? own)
        {
            if (own is not { } time)
            {
                return null;
            }

            _startS ??= time;
            _lastS = time - _startS.Value + _offsetS;
            return _lastS;
        }
    }
}
