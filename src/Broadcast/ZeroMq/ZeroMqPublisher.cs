using System.Net;
using System.Net.Sockets;
using System.Text;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using Microsoft.Extensions.Logging;
using NetMQ;
using NetMQ.Monitoring;
using NetMQ.Sockets;

namespace LiveLtem.Broadcast.ZeroMq;

/// <summary>Publishes on ZeroMQ, multipart <c>[topic, header, payload]</c>, from a thread of its own.</summary>
/// <remarks>An XPUB socket: it says what is subscribed to, so a topic that nobody wants costs nothing. A subscriber that stops reading fills its own
/// kernel buffer, then the socket's queue for it up to <see cref="HighWaterMark"/> messages, then loses messages; the gaps in <c>seq</c> tell it how
/// many. NetMQ's context is the process's own and stays: others may use it, and its threads end with the process.</remarks>
internal sealed class ZeroMqPublisher : IDisposable
{
    /// <summary>Messages kept for one slow subscriber. Frames are among them, so this bounds its memory.</summary>
    public const int HighWaterMark = 64;

    // Subscribers send a greeting and short subscriptions; whoever announces more is cut off before memory is asked for.
    private const int LongestIncoming = 1024;
    private const int MostInARow = 64;
    private const int Backlog = 256;
    private static readonly TimeSpan LastMessagesLimit = TimeSpan.FromMilliseconds(500);
    private static readonly byte[][] TopicBytes = [.. Enum.GetValues<Topic>().Select(topic => Encoding.ASCII.GetBytes(topic.Name()))];

    private readonly LiveHub _hub;
    private readonly ILogger _logger;
    private readonly Mailbox _mailbox;
    private readonly Subscriptions _subscriptions = new();
    private readonly XPublisherSocket _socket = new();
    private readonly NetMQQueue<bool> _signals = new();
    private readonly NetMQMonitor _monitor;
    private readonly NetMQPoller _poller;
    private readonly Thread _thread;
    private int _connections;
    private int _signalled;
    private Msg _incoming;

    /// <summary>Binds and begins to publish.</summary>
    /// <exception cref="InputException">The port is taken.</exception>
    public ZeroMqPublisher(LiveHub hub, IPAddress address, int port, ILogger logger)
    {
        ZeroMqBuffers.Install();
        _hub = hub;
        _logger = logger;
        _socket.Options.SendHighWatermark = HighWaterMark;
        _socket.Options.MaxMsgSize = LongestIncoming;
        _socket.Options.Backlog = Backlog;
        _socket.Options.Linger = LastMessagesLimit;
        _socket.Options.IPv4Only = address.AddressFamily == AddressFamily.InterNetwork;
        _monitor = new NetMQMonitor(_socket, $"inproc://liveltem-{Guid.NewGuid():N}", SocketEvents.Accepted | SocketEvents.Disconnected);
        _monitor.Accepted += (_, _) => Interlocked.Increment(ref _connections);
        _monitor.Disconnected += (_, _) => Interlocked.Decrement(ref _connections);
        _mailbox = new Mailbox("zmq", Describe, Enum.GetValues<Topic>(), Wake);
        foreach (var topic in Enum.GetValues<Topic>())
        {
            _mailbox.SetWanted(topic, false);
        }

        var host = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
        try
        {
            _socket.Bind($"tcp://{host}:{port}");
        }
        catch (NetMQException error)
        {
            _monitor.Dispose();
            _socket.Dispose();
            _signals.Dispose();
            throw error.ErrorCode == ErrorCode.AddressAlreadyInUse
                ? BroadcastServer.PortTaken(port, "--zmq-port", error)
                : new InputException($"cannot listen on {host}:{port}: {error.ErrorCode}; choose another with --zmq-port", error);
        }

        Endpoint = _socket.Options.LastEndpoint!;
        _incoming.InitEmpty();
        _socket.ReceiveReady += (_, _) => ReadSubscriptions();
        _signals.ReceiveReady += (_, _) => SendWaiting();
        _poller = [_socket, _signals];
        _monitor.AttachToPoller(_poller);
        _hub.Add(_mailbox);
        _thread = new Thread(_poller.Run) { Name = "liveltem-zmq", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where subscribers connect, with the port in use: <c>tcp://127.0.0.1:5556</c>.</summary>
    public string Endpoint { get; }

    /// <summary>Sends what waits, then closes the socket.</summary>
    public void Dispose()
    {
        _hub.Remove(_mailbox);
        _mailbox.Complete();
        _thread.Join(LastMessagesLimit);
        if (_poller.IsRunning)
        {
            _poller.Stop();
            _thread.Join();
        }

        _mailbox.Dispose();
        _monitor.Dispose();
        _poller.Dispose();
        _signals.Dispose();
        _socket.Dispose();
        _incoming.Close();
    }

    // A publisher cannot tell its subscribers apart: they have one count, of what was handed to the socket.
    private string? Describe() => Volatile.Read(ref _connections) switch
    {
        <= 0 => null,
        1 => "1 connection",
        var many => $"{many} connections",
    };

    // Runs on the thread that publishes: many calls in a row make one signal.
    private void Wake()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            _signals.Enqueue(true);
        }
    }

    private void ReadSubscriptions()
    {
        for (var i = 0; i < MostInARow && _socket.TryReceive(ref _incoming, TimeSpan.Zero); i++)
        {
            if (!_subscriptions.Apply(_incoming.Slice()))
            {
                continue;
            }

            foreach (var topic in Enum.GetValues<Topic>())
            {
                _mailbox.SetWanted(topic, _subscriptions.Wants(topic));
            }
        }
    }

    private void SendWaiting()
    {
        _signals.TryDequeue(out _, TimeSpan.Zero);
        Volatile.Write(ref _signalled, 0);
        for (var i = 0; i < MostInARow; i++)
        {
            var ended = _mailbox.Completed; // asked first: what came before the end is still in there
            using var message = _mailbox.TryTake();
            if (message is null)
            {
                if (ended)
                {
                    _poller.StopAsync();
                }

                return;
            }

            try
            {
                Send(message);
            }
            catch (Exception error)
            {
                // One message that cannot be sent must not end the thread that sends all others.
                _logger.MessageNotSent(message.Topic.Name(), error);
            }
        }

        Wake(); // more waits; let the subscriptions have their turn
    }

    private void Send(WireMessage message)
    {
        var topic = TopicBytes[(int)message.Topic];
        var part = new Msg();
        part.InitGC(topic, topic.Length);
        _socket.TrySend(ref part, TimeSpan.Zero, more: true);
        if (message is FrameMessage frame)
        {
            SendPart(frame.FullHeader, more: true);
            SendPart(frame.Frame.Bytes, more: false);
        }
        else
        {
            SendPart(message.Bytes.Header, more: true);
            SendPart(message.Bytes.Payload, more: false);
        }
    }

    private void SendPart(ReadOnlySpan<byte> bytes, bool more)
    {
        var part = new Msg();
        part.InitPool(bytes.Length);
        bytes.CopyTo(part.Slice());
        _socket.TrySend(ref part, TimeSpan.Zero, more);
    }
}
