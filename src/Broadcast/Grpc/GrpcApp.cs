using System.Net;
using Grpc.HealthCheck;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Web;
using LiveLtem.Core.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>The gRPC services: on a port of their own (HTTP/2 without TLS), and for browsers on the web port.</summary>
internal sealed class GrpcApp
{
    private const int LargestRequest = ApiEndpoints.LargestBody;
    private static readonly string[] Served = ["", "liveltem.v1.Live", "liveltem.v1.Operator", "liveltem.v1.Sessions"];
    private readonly HealthServiceImpl _health = new();
    private readonly LiveService _live;
    private readonly OperatorService _operator;
    private readonly SessionsService _sessions;
    private readonly FaultInterceptor _faults;

    public GrpcApp(LiveHub hub, IOperator @operator, ISessionCatalog? catalog, Readiness readiness, ILogger logger, CancellationToken cutOff)
    {
        _live = new LiveService(hub, @operator, new StreamGate(hub, logger, cutOff));
        _operator = new OperatorService(@operator);
        _sessions = new SessionsService(new SessionsService.Shelf(catalog));
        _faults = new FaultInterceptor(logger);
        readiness.Changed += Tell;
        Tell(readiness.Now);
    }

    /// <summary>Builds the server of the gRPC port; it is not started yet.</summary>
    public WebApplication Build(IPAddress address, int port, ILoggerFactory loggers)
    {
        var builder = KestrelHost.CreateBuilder(address, port, HttpProtocols.Http2, loggers);
        AddServices(builder.Services, alone: true);
        var app = builder.Build();
        app.Use(static (context, next) =>
        {
            if (RequestGuard.Refusal(context.Request) is null)
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
        app.UseRouting();
        Map(app);
        return app;
    }

    /// <summary>Adds what the services need to run in a server.</summary>
    /// <param name="services">The server's.</param>
    /// <param name="alone">Whether the server has nothing but them: then it answers for unknown services too.</param>
    public void AddServices(IServiceCollection services, bool alone)
    {
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = LargestRequest;
            options.IgnoreUnknownServices = !alone;
            options.Interceptors.Add<FaultInterceptor>();
        });
        services.AddGrpcReflection();
        services.AddSingleton(_live).AddSingleton(_operator).AddSingleton(_sessions).AddSingleton(_health).AddSingleton(_faults);
    }

    /// <summary>Adds the services to the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<LiveService>();
        routes.MapGrpcService<OperatorService>();
        routes.MapGrpcService<SessionsService>();
        routes.MapGrpcService<HealthServiceImpl>();
        routes.MapGrpcReflectionService();
    }

    private void Tell(Readiness.State state)
    {
        foreach (var service in Served)
        {
            _health.SetStatus(service, state.Ready ? ServingStatus.Serving : ServingStatus.NotServing);
        }
    }
}
