using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Protos;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using Microsoft.Extensions.Logging.Abstractions;
using NetMQ.Sockets;

namespace LiveLtem.Broadcast.Tests;

public sealed class ServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.168.1.5")]
    [InlineData("::")]
    [InlineData("microscope-pc")]
    public async Task Beyond_this_machine_it_refuses_to_listen_and_says_why(string address)
    {
        var error = await Assert.ThrowsAsync<InputException>(() => StartAsync(new BroadcastOptions { Bind = address, WebPort = 0, GrpcPort = 0, ZmqPort = 0 }));
        Assert.Contains(address, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokens and TLS", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("--web-port")]
    [InlineData("--grpc-port")]
    [InlineData("--zmq-port")]
    public async Task A_taken_port_is_named_with_the_option_that_changes_it(string option)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var free = new BroadcastOptions { WebPort = 0, GrpcPort = 0, ZmqPort = 0 };
        var error = await Assert.ThrowsAsync<InputException>(() => StartAsync(option switch
        {
            "--web-port" => free with { WebPort = port },
            "--grpc-port" => free with { GrpcPort = port },
            _ => free with { ZmqPort = port },
        }));
        Assert.Equal($"port {port} is taken by another program: choose another with {option} (0 is any free one)", error.Message);
    }

    [Theory]
    [InlineData(8080, 8080, 5556, "asked for twice")]
    [InlineData(-1, 0, 0, "--web-port -1")]
    [InlineData(0, 70000, 0, "--grpc-port 70000")]
    public async Task Ports_that_cannot_be_are_refused(int web, int grpc, int zmq, string problem)
    {
        var error = await Assert.ThrowsAsync<InputException>(() => StartAsync(new BroadcastOptions { WebPort = web, GrpcPort = grpc, ZmqPort = zmq }));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_listens_on_ipv6_loopback_too()
    {
        await using var server = await StartAsync(new BroadcastOptions { Bind = "::1", WebPort = 0, GrpcPort = 0, ZmqPort = 0 });
        using var http = new HttpClient();
        Assert.Equal("ok", await http.GetStringAsync(new Uri(server.WebUrl, "/healthz"), Token));
        Assert.StartsWith("tcp://[::1]:", server.ZmqEndpoint, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_stops_although_readers_on_every_port_have_stalled_and_gives_every_frame_back()
    {
        await using var running = await Running.StartAsync();
        using var subscriber = new SubscriberSocket();
        subscriber.Options.ReceiveHighWatermark = 1;
        subscriber.Connect(running.Server.ZmqEndpoint);
        subscriber.SubscribeToAnyTopic();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var overlays = new Live.LiveClient(channel).Overlays(new OverlaysRequest(), cancellationToken: Token);
        await overlays.ResponseHeadersAsync;
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        await Running.UntilAsync(() => ((LiveHub)running.Server.Publisher).Wanted(Topic.Event) && running.Server.Publisher.Subscribers.Any(reader => reader.Kind == "zmq"));
        Assert.Equal(["grpc", "web", "zmq"], running.Server.Publisher.Subscribers.Select(reader => reader.Kind).Order(StringComparer.Ordinal));
        for (var number = 0; number < 300; number++)
        {
            using var frame = Samples.Frame(running.Pool, number, 512, 512);
            running.Server.Publisher.OnPreview(frame);
            running.Server.Publisher.OnReport(Samples.Report(number, 100));
        }

        await running.Server.DisposeAsync();
        running.Publish(1000); // a session that still tells something does no harm
        Assert.Empty(running.Server.Publisher.Subscribers);
    }

    private static async Task<BroadcastServer> StartAsync(BroadcastOptions options) =>
        await BroadcastServer.StartAsync(options, new FakeOperator(), null, NullLoggerFactory.Instance, Token);
}
