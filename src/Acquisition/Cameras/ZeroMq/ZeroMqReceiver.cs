using System.Net;
using System.Net.Sockets;
using LiveLtem.Core;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>The socket: gives one message after the other.</summary>
/// <remarks>Not thread-safe, but bound to no thread. NetMQ's context is the process's own and stays: others may use it.</remarks>
internal sealed class ZeroMqReceiver : IDisposable
{
    // Waiting frames: a PUSH sender is better held back than its frames kept here unseen; a PUB sender's are gone if they do not fit.
    private const int PullHighWaterMark = 4;
    private const int SubHighWaterMark = 128;

    // The parts of a message arrive together; this is for a sender that dies in between.
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(1);
    private readonly NetMQSocket _socket;
    private Msg _header;
    private Msg _pixels;
    private Msg _surplus;

    private ZeroMqReceiver(NetMQSocket socket)
    {
        _socket = socket;
        _header.InitEmpty();
        _pixels.InitEmpty();
        _surplus.InitEmpty();
    }

    /// <summary>The message's first part; valid until the next is asked for.</summary>
    public ReadOnlySpan<byte> Header => _header.Slice();

    /// <summary>The message's second part, empty where there is none; valid until the next is asked for.</summary>
    public ReadOnlySpan<byte> Pixels => Parts > 1 ? _pixels.Slice() : default;

    /// <summary>Parts that the message has.</summary>
    public int Parts { get; private set; }

    /// <summary>When the message was taken from the socket.</summary>
    public long ReceivedTimestamp { get; private set; }

    /// <summary>Opens the socket. That there is a sender is not needed: it is looked for until there is.</summary>
    /// <exception cref="InputException">The host is not known or the port is taken.</exception>
    public static async Task<ZeroMqReceiver> OpenAsync(ZeroMqAddress address, CancellationToken cancellationToken)
    {
        var ip = await ResolveAsync(address, cancellationToken);
        var endpoint = $"tcp://{(ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : ip.ToString())}:{address.Port}";
        ZeroMqBuffers.Install();
        NetMQSocket socket = address.Pattern == ZeroMqPattern.Sub ? new SubscriberSocket() : new PullSocket();
        try
        {
            socket.Options.ReceiveHighWatermark = address.Pattern == ZeroMqPattern.Sub ? SubHighWaterMark : PullHighWaterMark;
            socket.Options.MaxMsgSize = CameraHeaderDecoder.LargestFrame;
            socket.Options.Linger = TimeSpan.Zero;
            socket.Options.IPv4Only = ip.AddressFamily == AddressFamily.InterNetwork;
            if (socket is SubscriberSocket subscriber)
            {
                subscriber.SubscribeToAnyTopic();
            }

            if (address.Bind)
            {
                socket.Bind(endpoint);
            }
            else
            {
                socket.Connect(endpoint);
            }

            return new ZeroMqReceiver(socket);
        }
        catch (NetMQException error)
        {
            socket.Dispose();
            throw new InputException(
                error.ErrorCode == ErrorCode.AddressAlreadyInUse
                    ? $"{address.Text}: port {address.Port} is in use; choose another"
                    : $"{address.Text}: cannot be opened: {error.ErrorCode}",
                error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes the next message.</summary>
    /// <param name="patience">How long to wait for one.</param>
    /// <param name="clock">Gives the time of receipt.</param>
    /// <returns>False where none came.</returns>
    public bool TryReceive(TimeSpan patience, TimeProvider clock)
    {
        if (!_socket.TryReceive(ref _header, patience))
        {
            return false;
        }

        ReceivedTimestamp = clock.GetTimestamp();
        Parts = 1;
        if (_header.HasMore && _socket.TryReceive(ref _pixels, RestLimit))
        {
            Parts = 2;
            for (var more = _pixels.HasMore; more && _socket.TryReceive(ref _surplus, RestLimit); more = _surplus.HasMore)
            {
                Parts++;
            }
        }

        return true;
    }

    public void Dispose()
    {
        _header.Close();
        _pixels.Close();
        _surplus.Close();
        _socket.Dispose();
    }

    private static async Task<IPAddress> ResolveAsync(ZeroMqAddress address, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(address.Host, out var literal))
        {
            return literal;
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(address.Host, cancellationToken);
            return found.FirstOrDefault(ip => ip.AddressFamily == AddressFamily.InterNetwork) ?? found.First();
        }
        catch (Exception error) when (error is SocketException or ArgumentException or InvalidOperationException)
        {
            throw new InputException($"{address.Text}: there is no machine of the name '{address.Host}'; give its name or address", error);
        }
    }
}
