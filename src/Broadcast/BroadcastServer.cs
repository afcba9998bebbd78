using System.Net.Sockets;
using LiveLtem.Broadcast.Grpc;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Web;
using LiveLtem.Broadcast.ZeroMq;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace LiveLtem.Broadcast;

/// <summary>Everything through which a session is watched and steered: ZeroMQ, gRPC, WebSocket, JSON and the viewer.</summary>
/// <remarks>Loopback only. Disposing says good-bye to the readers, gives them a moment, and cuts off who does not go.</remarks>
public sealed class BroadcastServer : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);
    private readonly LiveHub _hub;
    private readonly Readiness _readiness = new();
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _cutOff = new();
    private ZeroMqPublisher? _zmq;
    private WebApplication? _web;
    private WebApplication? _grpc;
    private int _disposed;

    private BroadcastServer(string session, TimeProvider time, ILogger logger)
    {
        _hub = new LiveHub(session, time);
        _logger = logger;
    }

    /// <summary>Where the session tells what it does.</summary>
    public ILivePublisher Publisher => _hub;

    /// <summary>The viewer's address, with the port in use.</summary>
    public Uri WebUrl { get; private set; } = null!;

    /// <summary>Where gRPC clients connect (HTTP/2 without TLS), with the port in use.</summary>
    public Uri GrpcUrl { get; private set; } = null!;

    /// <summary>Where ZeroMQ subscribers connect, with the port in use.</summary>
    public string ZmqEndpoint => _zmq!.Endpoint;

    /// <summary>Opens all ports.</summary>
    /// <param name="options">Address and ports.</param>
    /// <param name="operator">Takes what the people ask for; gives the session's id.</param>
    /// <param name="catalog">Kept sessions, or null where none are kept.</param>
    /// <param name="loggers">Where trouble is told; stays the caller's.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <param name="time">The clock; the machine's unless a test gives its own.</param>
    /// <exception cref="InputException">The address is not loopback, or a port cannot be had.</exception>
    public static async Task<BroadcastServer> StartAsync(
        BroadcastOptions options, IOperator @operator, ISessionCatalog? catalog, ILoggerFactory loggers, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(@operator);
        ArgumentNullException.ThrowIfNull(loggers);
        var address = options.Check();
        var clock = time ?? TimeProvider.System;
        var server = new BroadcastServer(@operator.Session, clock, loggers.CreateLogger("LiveLtem.Broadcast"));
        try
        {
            var grpc = new GrpcApp(server._hub, @operator, catalog, server._readiness, server._logger, server._cutOff.Token);
            var web = new WebApp(server._hub, @operator, catalog, server._readiness, grpc, clock, server._logger, server._cutOff.Token);
            server._web = web.Build(address, options.WebPort, loggers);
            server.WebUrl = await KestrelHost.StartAsync(server._web, options.WebPort, "--web-port", cancellationToken).ConfigureAwait(false);
            server._grpc = grpc.Build(address, options.GrpcPort, loggers);
            server.GrpcUrl = await KestrelHost.StartAsync(server._grpc, options.GrpcPort, "--grpc-port", cancellationToken).ConfigureAwait(false);
            server._zmq = new ZeroMqPublisher(server._hub, address, options.ZmqPort, server._logger);
            server._logger.Listening(server.WebUrl.ToString(), server.GrpcUrl.ToString(), server.ZmqEndpoint);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Says whether the session can be used: after warm-up, until it stops.</summary>
    /// <param name="ready">What <c>/readyz</c> and gRPC health answer.</param>
    /// <param name="reason">Why not, for people; null where it is.</param>
    public void SetReady(bool ready, string? reason = null) => _readiness.Set(ready, reason);

    /// <summary>Ends every stream with what still waits for it, then closes the ports.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _readiness.Set(false, "the session has ended");
        _hub.Complete();
        if (_zmq is not null)
        {
            await _zmq.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(StopAsync(_web), StopAsync(_grpc)).ConfigureAwait(false);
        await _cutOff.CancelAsync().ConfigureAwait(false);
        _cutOff.Dispose();
    }

    /// <summary>Finds out whether the ports can be had, before anything else is begun.</summary>
    /// <exception cref="InputException">The address is not loopback, or a port is taken.</exception>
    public static void DemandFree(BroadcastOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var address = options.Check();
        foreach (var (option, port) in ((string, int)[])[("--web-port", options.WebPort), ("--grpc-port", options.GrpcPort), ("--zmq-port", options.ZmqPort)])
        {
            if (port == 0)
            {
                continue;
            }

            using var probe = new TcpListener(address, port);
            try
            {
                probe.Start();
            }
            catch (SocketException error)
            {
                throw PortTaken(port, option, error);
            }
        }
    }

    internal static InputException PortTaken(int port, string option, Exception error) =>
        new($"port {port} is taken by another program: choose another with {option} (0 is any free one)", error);

    private async Task StopAsync(WebApplication? app)
    {
        if (app is null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(StopLimit);
        using var cut = limit.Token.Register(() => _cutOff.Cancel());
        try
        {
            await app.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            _logger.StopCut();
        }

        await app.DisposeAsync().ConfigureAwait(false);
    }
}
