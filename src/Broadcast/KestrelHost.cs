using System.Net;
using System.Net.Sockets;
using LiveLtem.Broadcast.Web;
using LiveLtem.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveLtem.Broadcast;

/// <summary>A Kestrel with one port and tight limits, which leaves signals, configuration and the console alone.</summary>
internal static class KestrelHost
{
    private const int MostConnections = 256;
    private static readonly TimeSpan HeadersLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(60);

    public static WebApplicationBuilder CreateBuilder(IPAddress address, int port, HttpProtocols protocols, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<ILoggerFactory>(new QuietLoggers(loggers));
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));

        // The program itself owns Ctrl-C and SIGTERM.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = WebApp.MostViewers;
            // gRPC has a limit of its own, which ends in a clean status; this one would cut the connection under it.
            kestrel.Limits.MaxRequestBodySize = protocols == HttpProtocols.Http2 ? null : ApiEndpoints.LargestBody;
            kestrel.Limits.RequestHeadersTimeout = HeadersLimit;
            kestrel.Limits.KeepAliveTimeout = IdleLimit;

            // A reader that stops reading loses messages; it is not thrown out.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(address, port, endpoint => endpoint.Protocols = protocols);
        });
        return builder;
    }

    /// <summary>Starts and says where it listens.</summary>
    /// <param name="app">The server.</param>
    /// <param name="port">The port asked for.</param>
    /// <param name="option">The option that would change it, for complaints.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="InputException">The port cannot be had.</exception>
    public static async Task<Uri> StartAsync(WebApplication app, int port, string option, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw BroadcastServer.PortTaken(port, option, error);
        }
        catch (SocketException error)
        {
            throw new InputException($"cannot listen on port {port}: {error.Message}; choose another with {option}", error);
        }

        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    // The web server's own chatter, a line for every request, is nothing for an operator's screen.
    private sealed class QuietLoggers(ILoggerFactory inner) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => new QuietLogger(inner.CreateLogger(categoryName));

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
            // The inner one is the program's.
        }
    }

    private sealed class QuietLogger(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
