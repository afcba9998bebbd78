using System.Buffers;
using System.Net;
using System.Net.Sockets;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using Microsoft.Extensions.Logging;

namespace LiveLtem.Broadcast.ZeroMq;

/// <summary>The public ZeroMQ port: lets subscribers through to the socket and keeps everything else away from it.</summary>
/// <remarks>For each subscriber the socket makes a connection of its own to here, so the socket itself never listens. Bytes to the subscriber pass as
/// they are; bytes from it pass the <see cref="ZmtpInspector"/>. A subscriber that stops reading stops its own two connections only.</remarks>
internal sealed class ZeroMqGate : IAsyncDisposable
{
    private const int MostConnections = 512;
    private const int Backlog = 256;
    private const int DownBuffer = 128 << 10;
    private const int UpBuffer = 2048;
    private static readonly TimeSpan IntroductionLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(2);

    private readonly Func<string, Task> _connect;
    private readonly Func<string, Task> _disconnect;
    private readonly ILogger _logger;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _cutOff = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;
    private int _subscribers;

    /// <summary>Listens.</summary>
    /// <param name="address">Loopback.</param>
    /// <param name="port">0 for any.</param>
    /// <param name="connect">Has the socket connect to an endpoint.</param>
    /// <param name="disconnect">Has it forget that endpoint; done when it has, or is closed.</param>
    /// <param name="logger">Where trouble is told.</param>
    /// <exception cref="InputException">The port cannot be had.</exception>
    public ZeroMqGate(IPAddress address, int port, Func<string, Task> connect, Func<string, Task> disconnect, ILogger logger)
    {
        _connect = connect;
        _disconnect = disconnect;
        _logger = logger;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(new IPEndPoint(address, port));
            _listener.Listen(Backlog);
        }
        catch (SocketException error)
        {
            _listener.Dispose();
            _cutOff.Dispose();
            throw error.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? BroadcastServer.PortTaken(port, "--zmq-port", error)
                : new InputException($"cannot listen on port {port}: {error.Message}; choose another with --zmq-port", error);
        }

        Endpoint = $"tcp://{_listener.LocalEndPoint}";
        _accepting = AcceptAsync();
    }

    /// <summary>Where subscribers connect.</summary>
    public string Endpoint { get; }

    /// <summary>Subscribers that are through.</summary>
    public int Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>Takes no more in, lets the connections finish what the socket still sends, then cuts them.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        _cutOff.CancelAfter(FarewellLimit);
        Task[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        _cutOff.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                continue; // it went before it was let in
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return; // the listener was closed
            }

            lock (_gate)
            {
                if (_connections.Count >= MostConnections)
                {
                    client.Dispose();
                    continue;
                }

                var serving = Task.Run(() => ServeAsync(client));
                _connections.Add(serving);
                serving.ContinueWith(Forget, TaskScheduler.Default);
            }
        }
    }

    private void Forget(Task serving)
    {
        lock (_gate)
        {
            _connections.Remove(serving);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var _ = client;
        var name = client.RemoteEndPoint?.ToString() ?? "?";
        try
        {
            client.NoDelay = true;
            var inspector = new ZmtpInspector(name);
            using var passed = new PooledBuffer();
            using var introduction = CancellationTokenSource.CreateLinkedTokenSource(_cutOff.Token);
            introduction.CancelAfter(IntroductionLimit);

            // The socket is bothered only once the other side speaks like a ZeroMQ peer.
            await ReadSignatureAsync(client, inspector, passed, introduction.Token).ConfigureAwait(false);
            await RelayAsync(client, inspector, passed, name, introduction.Token).ConfigureAwait(false);
        }
        catch (FrameFormatException error)
        {
            _logger.ReaderRefused("zmq", name, error.Message);
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It went, or said nothing for too long.
        }
        catch (Exception error)
        {
            // One connection must not take the others with it.
            _logger.ConnectionFailed(name, error);
        }
    }

    private static async Task ReadSignatureAsync(Socket client, ZmtpInspector inspector, PooledBuffer passed, CancellationToken cancellationToken)
    {
        var buffer = new byte[ZmtpInspector.SignatureLength];
        while (passed.Length < ZmtpInspector.SignatureLength)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(0, ZmtpInspector.SignatureLength - passed.Length), cancellationToken).ConfigureAwait(false);
            inspector.Take(count > 0 ? buffer.AsSpan(0, count) : throw new IOException("gone"), passed);
        }
    }

    private async Task RelayAsync(Socket client, ZmtpInspector inspector, PooledBuffer passed, string name, CancellationToken introduction)
    {
        // The place of meeting stays ours until the socket has forgotten it: a second subscriber given the same port meanwhile would be met by the
        // first one's connection, which still tries to come back, and be thrown out with it.
        using var meeting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        meeting.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        meeting.Listen(1);
        var endpoint = $"tcp://{meeting.LocalEndPoint}";
        await _connect(endpoint).WaitAsync(introduction).ConfigureAwait(false); // a socket that is being closed never answers
        try
        {
            using var inner = await meeting.AcceptAsync(introduction).ConfigureAwait(false);
            inner.NoDelay = true;
            await inner.SendAsync(passed.Memory, introduction).ConfigureAwait(false);
            Interlocked.Increment(ref _subscribers);
            _logger.ReaderCame("zmq", name);
            try
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(_cutOff.Token);
                var down = DownAsync(inner, client, stop.Token);
                var up = UpAsync(client, inner, inspector, introduction, stop.Token);
                var first = await Task.WhenAny(down, up).ConfigureAwait(false);
                await stop.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(down, up).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
                await first.ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _subscribers);
            }
        }
        finally
        {
            await _disconnect(endpoint).ConfigureAwait(false);
        }
    }

    // From the socket to the subscriber: as it is.
    private static async Task DownAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DownBuffer);
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // From the subscriber to the socket: only what the inspector lets through, and the introduction within its time.
    private static async Task UpAsync(Socket from, Socket to, ZmtpInspector inspector, CancellationToken introduction, CancellationToken cancellationToken)
    {
        var buffer = new byte[UpBuffer];
        using var passed = new PooledBuffer();
        while (true)
        {
            var limit = inspector.IsReady ? cancellationToken : introduction;
            var count = await from.ReceiveAsync(buffer.AsMemory(), limit).ConfigureAwait(false);
            if (count == 0)
            {
                return;
            }

            passed.Clear();
            inspector.Take(buffer.AsSpan(0, count), passed);
            for (var sent = 0; sent < passed.Length;)
            {
                sent += await to.SendAsync(passed.Memory[sent..], cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
