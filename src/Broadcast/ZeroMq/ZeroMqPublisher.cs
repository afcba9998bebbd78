using System.Net;
using System.Text;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using Microsoft.Extensions.Logging;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.Broadcast.ZeroMq;

/// <summary>Publishes on ZeroMQ, multipart <c>[topic, header, payload]</c>, from a thread of its own.</summary>
/// <remarks>An XPUB socket: it says what is subscribed to, so a topic that nobody wants costs nothing. A subscriber that stops reading fills its own
/// kernel buffers, then the socket's queue for it up to <see cref="HighWaterMark"/> messages, then loses messages; the gaps in <c>seq</c> tell it how
/// many. NetMQ's context is the process's own and stays: others may use it, and its threads end with the process.</remarks>
internal sealed class ZeroMqPublisher : IAsyncDisposable
{
    /// <summary>Messages kept for one slow subscriber. Frames are among them, so this bounds its memory.</summary>
    public const int HighWaterMark = 64;

    private const int LongestIncoming = 1024;
    private const int MostInARow = 64;
    private static readonly TimeSpan LastMessagesLimit = TimeSpan.FromMilliseconds(500);
    private static readonly byte[][] TopicBytes = [.. Enum.GetValues<Topic>().Select(topic => Encoding.ASCII.GetBytes(topic.Name()))];

    private readonly LiveHub _hub;
    private readonly ILogger _logger;
    private readonly ZeroMqGate _gate;
    private readonly Mailbox _mailbox;
    private readonly Subscriptions _subscriptions = new();
    private readonly XPublisherSocket _socket = new();
    private readonly NetMQQueue<bool> _signals = new();
    private readonly NetMQQueue<Action> _commands = new();
    private readonly NetMQPoller _poller;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _signalled;
    private bool _stopped;
    private Msg _incoming;

    /// <summary>Listens and begins to publish.</summary>
    /// <exception cref="InputException">The port cannot be had.</exception>
    public ZeroMqPublisher(LiveHub hub, IPAddress address, int port, ILogger logger)
    {
        ZeroMqBuffers.Install();
        _hub = hub;
        _logger = logger;
        _socket.Options.SendHighWatermark = HighWaterMark;
        _socket.Options.MaxMsgSize = LongestIncoming;

        // While it runs, a subscriber that went is forgotten at once: with messages left for it, the socket would go on looking for it at a place where
        // somebody else may be met by then.
        _socket.Options.Linger = TimeSpan.Zero;
        _mailbox = new Mailbox("zmq", Describe, Enum.GetValues<Topic>(), Wake);
        foreach (var topic in Enum.GetValues<Topic>())
        {
            _mailbox.SetWanted(topic, false);
        }

        _incoming.InitEmpty();
        _socket.ReceiveReady += (_, _) => ReadSubscriptions();
        _signals.ReceiveReady += (_, _) => SendWaiting();
        _commands.ReceiveReady += (_, _) => RunCommand();
        _poller = [_socket, _signals, _commands];
        try
        {
            _gate = new ZeroMqGate(address, port, ConnectAsync, DisconnectAsync, logger);
        }
        catch (InputException)
        {
            CloseSockets();
            throw;
        }

        _hub.Add(_mailbox);
        _thread = new Thread(_poller.Run) { Name = "liveltem-zmq", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where subscribers connect, with the port in use: <c>tcp://127.0.0.1:5556</c>.</summary>
    public string Endpoint => _gate.Endpoint;

    /// <summary>Sends what waits, then closes the socket and the port.</summary>
    public async ValueTask DisposeAsync()
    {
        _hub.Remove(_mailbox);
        _mailbox.Complete();
        if (!_thread.Join(LastMessagesLimit))
        {
            _poller.Stop();
            _thread.Join();
        }

        Volatile.Write(ref _stopped, true);
        _mailbox.Dispose();
        CloseSockets();
        await _gate.DisposeAsync().ConfigureAwait(false);
    }

    // A publisher cannot tell its subscribers apart: they have one count, of what was handed to the socket.
    private string? Describe() => _gate.Subscribers switch
    {
        0 => null,
        1 => "1 subscriber",
        var many => $"{many} subscribers",
    };

    private void CloseSockets()
    {
        _poller.Dispose();
        _signals.Dispose();
        _commands.Dispose();
        _socket.Options.Linger = LastMessagesLimit;
        _socket.Dispose();
        _incoming.Close();
        _closed.TrySetResult();
    }

    // Runs on the thread that publishes: many calls in a row make one signal.
    private void Wake()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            _signals.Enqueue(true);
        }
    }

    private Task ConnectAsync(string endpoint) => CommandAsync(() => _socket.Connect(endpoint));

    // A socket that is closed has forgotten everything.
    private async Task DisconnectAsync(string endpoint) => await Task.WhenAny(CommandAsync(() => _socket.Disconnect(endpoint)), _closed.Task).ConfigureAwait(false);

    private Task CommandAsync(Action command)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Command(() =>
        {
            try
            {
                command();
            }
            finally
            {
                done.SetResult();
            }
        });
        return done.Task;
    }

    // The socket belongs to its thread.
    private void Command(Action command)
    {
        if (!Volatile.Read(ref _stopped))
        {
            _commands.Enqueue(command);
        }
    }

    private void RunCommand()
    {
        if (!_commands.TryDequeue(out var command, TimeSpan.Zero))
        {
            return;
        }

        try
        {
            command();
        }
        catch (Exception error)
        {
            _logger.SocketCommandFailed(error);
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
        // Encoded before the first part goes: a message that cannot be encoded leaves no half message behind.
        if (message is FrameMessage frame)
        {
            var header = frame.FullHeader;
            var pixels = frame.Frame.Bytes;
            SendTopic(message.Topic);
            SendPart(header, more: true);
            SendPart(pixels, more: false);
        }
        else
        {
            var bytes = message.Bytes;
            SendTopic(message.Topic);
            SendPart(bytes.Header, more: true);
            SendPart(bytes.Payload, more: false);
        }
    }

    private void SendTopic(Topic topic)
    {
        var bytes = TopicBytes[(int)topic];
        var part = new Msg();
        part.InitGC(bytes, bytes.Length);
        _socket.TrySend(ref part, TimeSpan.Zero, more: true);
    }

    private void SendPart(ReadOnlySpan<byte> bytes, bool more)
    {
        var part = new Msg();
        part.InitPool(bytes.Length);
        bytes.CopyTo(part.Slice());
        _socket.TrySend(ref part, TimeSpan.Zero, more);
    }
}
