using System.Net;
using LiveLtem.Broadcast.Grpc;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace LiveLtem.Broadcast.Web;

/// <summary>The web port: viewer, WebSocket, JSON endpoints, gRPC-web.</summary>
internal sealed class WebApp
{
    /// <summary>Viewers at a time.</summary>
    public const int MostViewers = 64;

    // A ping now and then finds viewers that are gone for good; one whose tab sleeps may sleep long.
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan GoneAfter = TimeSpan.FromMinutes(10);

    private readonly LiveHub _hub;
    private readonly IOperator _operator;
    private readonly ISessionCatalog? _catalog;
    private readonly Readiness _readiness;
    private readonly GrpcApp _grpc;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _cutOff;
    private int _viewers;
    private long _numbers;

    /// <param name="hub">Where messages come from.</param>
    /// <param name="operator">Takes the commands.</param>
    /// <param name="catalog">Kept sessions, or null.</param>
    /// <param name="readiness">For <c>/readyz</c>.</param>
    /// <param name="grpc">The services, which browsers reach by gRPC-web.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where trouble is told.</param>
    /// <param name="cutOff">Ends viewers that do not end by themselves.</param>
    public WebApp(
        LiveHub hub, IOperator @operator, ISessionCatalog? catalog, Readiness readiness, GrpcApp grpc, TimeProvider time, ILogger logger,
        CancellationToken cutOff)
    {
        _hub = hub;
        _operator = @operator;
        _catalog = catalog;
        _readiness = readiness;
        _grpc = grpc;
        _time = time;
        _logger = logger;
        _cutOff = cutOff;
    }

    /// <summary>Builds the server; it is not started yet.</summary>
    public WebApplication Build(IPAddress address, int port, ILoggerFactory loggers)
    {
        var builder = KestrelHost.CreateBuilder(address, port, HttpProtocols.Http1, loggers);
        _grpc.AddServices(builder.Services, alone: false);
        var app = builder.Build();
        app.Use(AnswerFaultsAsync);
        app.Use(RequestGuard.InvokeAsync);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = PingEvery, KeepAliveTimeout = GoneAfter });
        app.UseRouting();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        GrpcApp.Map(app);
        new ApiEndpoints(_operator, _catalog, _readiness).Map(app);
        app.Map("/live", LiveAsync);
        app.MapMethods("{**path}", [HttpMethods.Get, HttpMethods.Head], FileAsync);
        return app;
    }

    private async Task LiveAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw new InputException("/live is a WebSocket: connect with ws://");
        }

        var name = $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort} #{Interlocked.Increment(ref _numbers)}";
        if (Interlocked.Increment(ref _viewers) > MostViewers)
        {
            Interlocked.Decrement(ref _viewers);
            _logger.ReaderRefused("web", name, "too many viewers");
            throw new BadHttpRequestException($"there are {MostViewers} viewers already: close one", StatusCodes.Status503ServiceUnavailable);
        }

        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
            using var viewer = new LiveSocket(socket, name, _hub, _operator, _time);
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(_cutOff, context.RequestAborted);
            _logger.ReaderCame("web", name);
            try
            {
                await viewer.RunAsync(gone.Token).ConfigureAwait(false);
            }
            finally
            {
                _hub.Remove(viewer.Mailbox);
                _logger.ReaderLeft("web", name, viewer.Mailbox.Sent, viewer.Mailbox.Dropped);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _viewers);
        }
    }

    private static async Task FileAsync(HttpContext context)
    {
        if (!await ViewerFiles.TrySendAsync(context).ConfigureAwait(false))
        {
            throw new BadHttpRequestException("there is nothing here; see docs/wire.md for what there is", StatusCodes.Status404NotFound);
        }
    }

    private async Task AnswerFaultsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed })
            {
                await JsonReply.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} does nothing here; see docs/wire.md").ConfigureAwait(false);
            }
        }
        catch (InputException error) when (!context.Response.HasStarted)
        {
            await JsonReply.ErrorAsync(context, StatusCodes.Status400BadRequest, error.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            await JsonReply.ErrorAsync(context, error.StatusCode, error.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Who asked is gone.
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            _logger.RequestFailed(context.Request.Method, context.Request.Path, error);
            await JsonReply.ErrorAsync(context, StatusCodes.Status500InternalServerError, $"it failed here: {error.Message}").ConfigureAwait(false);
        }
    }
}
