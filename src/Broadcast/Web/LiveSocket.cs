using System.Buffers;
using System.Net.WebSockets;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Web;

/// <summary>One viewer on <c>/live</c>.</summary>
/// <remarks>Frames go out only while fewer than <see cref="FramesInFlight"/> are unacknowledged, so a slow browser gets fewer frames and never old ones.
/// Everything else goes through the bounded mailbox. Nothing here is ever waited for by the session.</remarks>
internal sealed class LiveSocket : IDisposable
{
    /// <summary>Frames that may be sent and not yet acknowledged.</summary>
    public const int FramesInFlight = 2;

    private const int LongestMessage = 4096;
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(1);
    private static readonly byte[] Hello = "hello"u8.ToArray();
    private static readonly Topic[] AllTopics = Enum.GetValues<Topic>();

    private readonly WebSocket _socket;
    private readonly LiveHub _hub;
    private readonly IOperator _operator;
    private readonly TimeProvider _time;
    private readonly AsyncSignal _signal = new();
    private readonly ITimer _pace;
    private readonly Lock _gate = new();
    private readonly Queue<long> _inFlight = new();
    private long _frameDue;
    private Topic _picture = Topic.Frame;
    private bool _paused;
    private bool _leaving;
    private double? _maxFps;
    private int _maxSide = int.MaxValue;
    private long _lastEvent;
    private long _lastAlert;

    public LiveSocket(WebSocket socket, string name, LiveHub hub, IOperator @operator, TimeProvider time)
    {
        _socket = socket;
        _hub = hub;
        _operator = @operator;
        _time = time;
        Mailbox = new Mailbox("web", () => name, AllTopics, _signal.Set);
        Mailbox.SetWanted(Topic.Denoised, false);
        Mailbox.SetWanted(Topic.Unsupported, false);
        _pace = time.CreateTimer(_ => _signal.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Mailbox Mailbox { get; }

    /// <summary>Serves the viewer until it goes, the session ends, or <paramref name="cancellationToken"/> cuts it off.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stopSending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopReceiving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendAllAsync(stopSending.Token);
        var receiving = ReceiveAllAsync(stopReceiving.Token);
        var complaint = await Task.WhenAny(sending, receiving).ConfigureAwait(false) == receiving ? await receiving.ConfigureAwait(false) : null;

        // A message cut in the middle would break the connection before the good-bye: what is on its way may finish, within reason.
        Volatile.Write(ref _leaving, true);
        _signal.Set();
        stopSending.CancelAfter(FarewellLimit);
        await sending.ConfigureAwait(false);
        await CloseAsync(complaint ?? new Farewell(WebSocketCloseStatus.EndpointUnavailable, "the session has ended"), cancellationToken).ConfigureAwait(false);
        stopReceiving.CancelAfter(FarewellLimit);
        await receiving.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pace.Dispose();
        Mailbox.Dispose();
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await GreetAsync(cancellationToken).ConfigureAwait(false);
            while (!Volatile.Read(ref _leaving))
            {
                var ended = Mailbox.Completed; // asked first: what came before the end is still in there
                using var message = Mailbox.TryTake(FrameIsDue());
                if (message is not null)
                {
                    await SendAsync(message, cancellationToken).ConfigureAwait(false);
                }
                else if (ended)
                {
                    return;
                }
                else
                {
                    await _signal.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cut off, or the viewer went.
        }
        catch (WebSocketException)
        {
            // The viewer went without a word; the receiving side sees it too.
        }
    }

    // A newcomer gets what it missed, then what is new. Its mailbox takes messages in already, so nothing falls between the two.
    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        _hub.Add(Mailbox);
        var status = _operator.Status;
        await SendOnceAsync(Hello, new MessageStamp(_hub.Session, null, null, _hub.NowUnixNs), status, WriteHello, cancellationToken).ConfigureAwait(false);
        await SendOnceAsync(Topic.Status.Utf8().ToArray(), Again(status.Pipeline.Ledger.Last), status, StatusLayout.WriteStatus, cancellationToken).ConfigureAwait(false);
        var past = _operator.EventsAfter(0);
        foreach (var happening in past)
        {
            await SendEventAsync(happening, cancellationToken).ConfigureAwait(false);
        }

        foreach (var change in past.OfType<AlertChange>().GroupBy(change => change.Alert.Id).Select(transitions => transitions.Last()))
        {
            await SendAlertAsync(change, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask SendEventAsync(SessionEvent happening, CancellationToken cancellationToken)
    {
        await SendOnceAsync(Topic.Event.Utf8().ToArray(), Again(happening.Frame), happening, EventLayout.WriteEvent, cancellationToken).ConfigureAwait(false);
        _lastEvent = happening.Id;
    }

    private ValueTask SendAlertAsync(AlertChange change, CancellationToken cancellationToken) =>
        SendOnceAsync(Topic.Alert.Utf8().ToArray(), Again(change.Frame), change, LiveHub.WriteAlert, cancellationToken);

    // The mailbox of a slow viewer threw events away: an alert whose end it never heard of would stand on its screen for good. The session has them.
    private async ValueTask SendMissedAsync(long before, CancellationToken cancellationToken)
    {
        foreach (var happening in _operator.EventsAfter(_lastEvent).TakeWhile(missed => missed.Id < before))
        {
            if (happening is AlertChange change && change.Id > _lastAlert)
            {
                await SendAlertAsync(change, cancellationToken).ConfigureAwait(false);
            }

            await SendEventAsync(happening, cancellationToken).ConfigureAwait(false);
        }
    }

    private MessageStamp Again(long? frame) => new(_hub.Session, null, frame, _hub.NowUnixNs);

    private static void WriteHello(ref MessagePackWireWriter writer, SessionStatus status)
    {
        writer.BeginMap(6);
        writer.Field("v"u8, Envelope.SchemaVersion);
        writer.Field("session"u8, status.Session);
        writer.Field("source"u8, status.Source);
        writer.Field("height"u8, status.Height);
        writer.Field("width"u8, status.Width);
        writer.Field("dtype"u8, status.Dtype);
        writer.EndMap();
    }

    private async ValueTask SendOnceAsync<T>(byte[] topic, MessageStamp stamp, T content, PayloadWriter<T> write, CancellationToken cancellationToken)
    {
        using var bytes = Envelope.Encode(topic, stamp, content, write);
        await _socket.SendAsync(bytes.Whole, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask SendAsync(WireMessage message, CancellationToken cancellationToken)
    {
        // An alert is published just before the event that it is; the numbers of events have no gaps.
        var number = message switch
        {
            MapMessage<SessionEvent> happening => happening.Content.Id,
            MapMessage<AlertChange> change => change.Content.Id,
            _ => (long?)null,
        };
        if (number <= _lastEvent)
        {
            return; // told on connecting, or with what was missed
        }

        if (number > _lastEvent + 1)
        {
            await SendMissedAsync(number.Value, cancellationToken).ConfigureAwait(false);
        }

        WireBytes bytes;
        switch (message)
        {
            case FrameMessage frame:
                bytes = frame.Binned(FrameBinning.BinFor(frame.Frame.Height, frame.Frame.Width, Volatile.Read(ref _maxSide)));
                lock (_gate)
                {
                    _inFlight.Enqueue(frame.Stamp.Seq!.Value);
                    Paced();
                }

                break;
            case MapMessage<SessionEvent> { Content.Id: var id }:
                _lastEvent = id;
                bytes = message.Bytes;
                break;
            case MapMessage<AlertChange> { Content.Id: var id }:
                _lastAlert = id;
                bytes = message.Bytes;
                break;
            default:
                bytes = message.Bytes;
                break;
        }

        await _socket.SendAsync(bytes.Whole, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
    }

    // True where a frame may be sent now. Where one waits for its time only, the timer will wake the loop.
    private bool FrameIsDue()
    {
        lock (_gate)
        {
            if (_inFlight.Count >= FramesInFlight)
            {
                return false;
            }

            var wait = _maxFps is null ? TimeSpan.Zero : _time.GetElapsedTime(_time.GetTimestamp(), _frameDue);
            if (wait <= TimeSpan.Zero)
            {
                return true;
            }

            if (Mailbox.Holds(_picture))
            {
                _pace.Change(wait, Timeout.InfiniteTimeSpan);
            }

            return false;
        }
    }

    // The next frame is due one interval after this one was due, so that the mean rate is the one asked for; time lost beyond half an
    // interval is not made up.
    private void Paced()
    {
        if (_maxFps is { } fps)
        {
            var interval = (long)(_time.TimestampFrequency / fps);
            _frameDue = Math.Max(_frameDue, _time.GetTimestamp() - (interval / 2)) + interval;
        }
    }

    private async Task<Farewell?> ReceiveAllAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LongestMessage);
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == LongestMessage)
                    {
                        return new Farewell(WebSocketCloseStatus.MessageTooBig, $"a message has at most {LongestMessage} bytes");
                    }

                    part = await _socket.ReceiveAsync(buffer.AsMemory(length, LongestMessage - length), cancellationToken).ConfigureAwait(false);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return new Farewell(WebSocketCloseStatus.NormalClosure, "");
                }

                if (part.MessageType != WebSocketMessageType.Text)
                {
                    return new Farewell(WebSocketCloseStatus.InvalidMessageType, "messages to the server are JSON text");
                }

                Apply(ViewerMessage.Parse(buffer.AsSpan(0, length)));
            }
        }
        catch (InputException error)
        {
            return new Farewell(WebSocketCloseStatus.InvalidPayloadData, error.Message);
        }
        catch (WebSocketException)
        {
            return null; // gone without a word
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Apply(ViewerMessage message)
    {
        switch (message)
        {
            case ViewerMessage.Want want:
                lock (_gate)
                {
                    _maxFps = want.FrameMaxFps ?? _maxFps;
                }

                Volatile.Write(ref _maxSide, want.FrameMaxSide ?? _maxSide);
                Show(want.Picture ?? _picture, _paused);
                break;
            case ViewerMessage.Ack ack:
                lock (_gate)
                {
                    while (_inFlight.TryPeek(out var oldest) && oldest <= ack.Seq)
                    {
                        _inFlight.Dequeue();
                    }
                }

                break;
            case ViewerMessage.Pause pause:
                Show(_picture, pause.On);
                break;
        }

        _signal.Set();
    }

    private void Show(Topic picture, bool paused)
    {
        lock (_gate)
        {
            if (picture != _picture)
            {
                // Numbers count by topic: what is on its way of the other one must not hold this one back.
                _inFlight.Clear();
            }

            (_picture, _paused) = (picture, paused);
        }

        Mailbox.SetWanted(Topic.Frame, picture == Topic.Frame && !paused);
        Mailbox.SetWanted(Topic.Denoised, picture == Topic.Denoised && !paused);
        Mailbox.SetWanted(Topic.Unsupported, picture == Topic.Denoised && !paused);
    }

    private async Task CloseAsync(Farewell farewell, CancellationToken cancellationToken)
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return;
        }

        try
        {
            await _socket.CloseOutputAsync(farewell.Status, farewell.Text, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException)
        {
            // It went while we said good-bye.
        }
    }

    private sealed record Farewell(WebSocketCloseStatus Status, string Text)
    {
        private const int LongestReason = 120; // the protocol allows 123 bytes

        public string Text { get; } = Text.Length <= LongestReason && System.Text.Ascii.IsValid(Text) ? Text : Clip(Text);

        private static string Clip(string text)
        {
            var plain = new string([.. text.Select(c => char.IsAscii(c) && !char.IsControl(c) ? c : '?')]);
            return plain.Length <= LongestReason ? plain : plain[..LongestReason];
        }
    }
}
