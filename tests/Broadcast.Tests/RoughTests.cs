using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Net.Client;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Protos;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Broadcast.ZeroMq;
using Microsoft.Extensions.Logging.Abstractions;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.Broadcast.Tests;

/// <summary>What strangers may send to the ports. Whatever it is, the server lives on and serves a good client.</summary>
public sealed class RoughTests
{
    private static readonly byte[] ZmtpGreeting = Greeting();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Ports => ["web", "grpc", "zmq"];

    [Theory(Timeout = 40_000)]
    [MemberData(nameof(Ports))]
    public async Task Random_bytes_hurt_nobody(string port)
    {
        await using var running = await Running.StartAsync();
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(1, 3000)];
            random.NextBytes(bytes);
            await ThrowAsync(running, port, bytes);
        }

        await ServesAsync(running);
    }

    [Fact(Timeout = 40_000)]
    public async Task Damaged_greetings_and_endless_messages_hurt_no_subscriber()
    {
        await using var running = await Running.StartAsync();
        var random = new Random(11);
        foreach (var bytes in ZmtpNonsense(random))
        {
            await ThrowAsync(running, "zmq", bytes);
        }

        await ServesAsync(running);
    }

    [Fact(Timeout = 40_000)]
    public async Task Subscribers_that_come_and_go_in_the_middle_of_a_message_hurt_nobody()
    {
        await using var running = await Running.StartAsync();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var publishing = Task.Run(
            async () =>
            {
                for (var number = 0; !done.IsCancellationRequested; number++)
                {
                    using (var frame = Samples.Frame(running.Pool, number, 256, 256))
                    {
                        running.Server.Publisher.OnPreview(frame);
                    }

                    running.Server.Publisher.OnRow(Samples.Row(number));
                    await Task.Delay(1, Token);
                }
            },
            Token);
        byte[] introduction = [.. ZmtpGreeting, 4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8, 0, 1, 1];
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (number, token) =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, PortOf(running, "zmq"), token);
            await client.GetStream().WriteAsync(introduction, token);
            var buffer = new byte[1 + (number * 97 % 20_000)];
            await client.GetStream().ReadExactlyAsync(buffer, token);
            client.LingerState = new LingerOption(number % 2 == 0, 0);
        });
        await done.CancelAsync();
        await publishing;
        await ServesAsync(running);
    }

    [Fact(Timeout = 40_000)]
    public async Task A_place_of_meeting_is_given_to_nobody_else_before_the_socket_has_forgotten_it()
    {
        var meetings = new BlockingCollection<(string Endpoint, TcpClient Inner)>();
        var forgotten = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using (var gate = new ZeroMqGate(IPAddress.Loopback, 0, MeetAsync, ForgetAsync, NullLogger.Instance))
        {
            using (var client = new TcpClient())
            {
                await client.ConnectAsync(IPEndPoint.Parse(gate.Endpoint["tcp://".Length..]), Token);
                await client.GetStream().WriteAsync(ZmtpGreeting, Token);
                var (endpoint, inner) = meetings.Take(Token);
                Assert.True(IsTaken(endpoint));
                inner.Dispose();
                await asked.Task.WaitAsync(Token);

                // The socket may come back as long as it has not been told to forget: nobody else may be found here.
                Assert.True(IsTaken(endpoint));
                forgotten.SetResult();
                await Running.UntilAsync(() => !IsTaken(endpoint));
            }
        }

        async Task MeetAsync(string endpoint)
        {
            var inner = new TcpClient();
            await inner.ConnectAsync(IPEndPoint.Parse(endpoint["tcp://".Length..]), Token);
            meetings.Add((endpoint, inner), Token);
        }

        Task ForgetAsync(string endpoint)
        {
            asked.TrySetResult();
            return forgotten.Task;
        }

        static bool IsTaken(string endpoint)
        {
            using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                other.Bind(IPEndPoint.Parse(endpoint["tcp://".Length..]));
                other.Listen();
                return false;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                return true;
            }
        }
    }

    [Theory(Timeout = 40_000)]
    [MemberData(nameof(Ports))]
    public async Task Two_hundred_silent_connections_keep_nobody_out(string port)
    {
        await using var running = await Running.StartAsync();
        var connections = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var client = new TcpClient();
                connections.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, PortOf(running, port), Token);
            }

            await ServesAsync(running);
        }
        finally
        {
            connections.ForEach(client => client.Dispose());
        }
    }

    [Theory(Timeout = 40_000)]
    [InlineData("web")]
    [InlineData("grpc")]
    public async Task A_request_without_end_is_cut_off(string port)
    {
        await using var running = await Running.StartAsync();
        var header = port == "web" ? "POST /api/annotate HTTP/1.1\r\nHost: localhost\r\nX: " : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, PortOf(running, port), Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(header), Token);
        var chunk = new byte[65536];
        Array.Fill(chunk, (byte)'a');
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
            {
                await stream.WriteAsync(chunk, Token);
            }
        });
        await ServesAsync(running);
    }

    [Fact(Timeout = 40_000)]
    public async Task The_sixty_fifth_viewer_is_told_that_there_are_too_many()
    {
        await using var running = await Running.StartAsync();
        var viewers = new List<LiveClient>();
        try
        {
            for (var i = 0; i < 64; i++)
            {
                viewers.Add(await LiveClient.ConnectAsync(running));
            }

            using var late = new LiveClient();
            late.Socket.Options.CollectHttpResponseDetails = true;
            await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() =>
                late.Socket.ConnectAsync(new UriBuilder(running.Server.WebUrl) { Scheme = "ws", Path = "/live" }.Uri, Token));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, late.Socket.HttpStatusCode);
        }
        finally
        {
            viewers.ForEach(viewer => viewer.Dispose());
        }

        await ServesAsync(running);
    }

    /// <summary>A good client on each port gets what is published now.</summary>
    private static async Task ServesAsync(Running running)
    {
        using var subscriber = new SubscriberSocket();
        subscriber.Connect(running.Server.ZmqEndpoint);
        subscriber.Subscribe("dose");
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var dose = new Live.LiveClient(channel).Dose(new DoseRequest(), cancellationToken: Token);
        await dose.ResponseHeadersAsync;
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        await Running.UntilAsync(() => ((LiveHub)running.Server.Publisher).Wanted(Topic.Dose));
        NetMQMessage? parts = null;
        await Running.UntilAsync(() =>
        {
            running.Publish(42);
            return subscriber.TryReceiveMultipartMessage(TimeSpan.FromMilliseconds(20), ref parts);
        });
        Assert.Equal("dose", parts![0].ConvertToString());
        Assert.True(await dose.ResponseStream.MoveNext(Token));
        Assert.Equal(42, dose.ResponseStream.Current.Row.Frame);
        Assert.Equal((byte)42, (await viewer.ReadAsync("dose")).Map["frame"]);
        using var answer = await running.Http.GetAsync("/healthz", Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static int PortOf(Running running, string port) => port switch
    {
        "web" => running.Server.WebUrl.Port,
        "grpc" => running.Server.GrpcUrl.Port,
        _ => new Uri(running.Server.ZmqEndpoint).Port,
    };

    private static async Task ThrowAsync(Running running, string port, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, PortOf(running, port), Token);
        try
        {
            var stream = client.GetStream();
            await stream.WriteAsync(bytes, Token);
            client.Client.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(TimeSpan.FromMilliseconds(50));
            while (await stream.ReadAsync(buffer, limit.Token) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // It hung up on us, or waits for more: both are fine.
        }
    }

    private static byte[] Greeting()
    {
        var greeting = new byte[64];
        greeting[0] = 0xff;
        greeting[9] = 0x7f;
        greeting[10] = 3;
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        return greeting;
    }

    // A right greeting, a right or wrong READY, then all sorts of things.
    private static IEnumerable<byte[]> ZmtpNonsense(Random random)
    {
        byte[] ready = [4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8];
        yield return ZmtpGreeting[..1];
        yield return ZmtpGreeting[..11];
        yield return ZmtpGreeting[..12];
        yield return [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 0, 2];
        yield return [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 2, 0, 0, 0, 1, 1];
        yield return [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
        yield return [.. ZmtpGreeting, .. Large(6, long.MaxValue)];
        yield return [.. ZmtpGreeting, .. Large(2, -1)];
        yield return [.. ZmtpGreeting, .. ready, .. Large(2, 0x7fffffff)];
        yield return [.. ZmtpGreeting, .. ready, .. Large(2, 1 << 20), .. new byte[1 << 20]];
        yield return [.. ZmtpGreeting, .. ready, 0, 0];
        yield return [.. ZmtpGreeting, .. ready, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 9];
        yield return [.. ZmtpGreeting, .. ready, 1, 1, 1, 1, 1, 1, 0, 1, 1];
        yield return [.. ZmtpGreeting, .. ready, 4, 5, 4, .. "PING"u8];
        yield return [.. ZmtpGreeting, .. ready, 4, 0];
        yield return [.. ZmtpGreeting, .. ready, 4, 10, 9, .. "SUBSCRIBE"u8];
        yield return [.. ZmtpGreeting, .. ready, 4, 3, 200, 1, 1];
        yield return [.. ZmtpGreeting, 4, 0];
        yield return [.. ZmtpGreeting, 4, 1, 5];
        yield return [.. ZmtpGreeting, 4, 6, 5, .. "READY"u8];
        yield return [.. ZmtpGreeting, 4, 7, 5, .. "READY"u8, 255];
        yield return [.. ZmtpGreeting, 4, 23, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0x7f, 255, 255, 255];
        yield return [.. ZmtpGreeting, 4, 23, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 255, 255, 255, 255];
        yield return [.. ZmtpGreeting, 4, 6, 5, .. "ERROR"u8];
        yield return [.. ZmtpGreeting, 4, 7, 5, .. "ERROR"u8, 200];
        yield return [.. ZmtpGreeting, .. ready, .. ready];

        // Subscriptions to thousands of different things.
        var storm = new List<byte>([.. ZmtpGreeting, .. ready]);
        for (var i = 0; i < 5000; i++)
        {
            storm.AddRange([0, 5, 1, (byte)(i >> 8), (byte)i, (byte)'f', (byte)'r']);
        }

        yield return [.. storm];
        for (var i = 0; i < 300; i++)
        {
            byte[] whole = [.. ZmtpGreeting, .. ready, 0, 1, 1, 0, 5, 1, .. "dose"u8];
            for (var damage = random.Next(1, 5); damage > 0; damage--)
            {
                whole[random.Next(whole.Length)] = (byte)random.Next(256);
            }

            yield return random.Next(3) == 0 ? whole[..random.Next(1, whole.Length)] : whole;
        }
    }

    private static byte[] Large(byte flags, long length)
    {
        var bytes = new byte[9];
        bytes[0] = flags;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), length);
        return bytes;
    }
}
