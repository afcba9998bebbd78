using LiveLtem.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveLtem.Broadcast.Tests;

/// <summary>A server on free ports with a session behind it that does not exist.</summary>
internal sealed class Running : IAsyncDisposable
{
    private Running(BroadcastServer server, FakeOperator @operator)
    {
        Server = server;
        Operator = @operator;
        Operator.Publisher = server.Publisher;
    }

    public BroadcastServer Server { get; }

    public FakeOperator Operator { get; }

    public FramePool Pool { get; } = new();

    public HttpClient Http { get; } = new();

    public static async Task<Running> StartAsync()
    {
        var @operator = new FakeOperator();
        var server = await BroadcastServer.StartAsync(
            new BroadcastOptions { WebPort = 0, GrpcPort = 0, ZmqPort = 0 }, @operator, new FakeCatalog(), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        var running = new Running(server, @operator);
        running.Http.BaseAddress = server.WebUrl;
        return running;
    }

    /// <summary>Publishes one of everything that belongs to a frame.</summary>
    public void Publish(long number, int particles = 5)
    {
        using var frame = Samples.Frame(Pool, number);
        Server.Publisher.OnPreview(frame);
        Server.Publisher.OnRow(Samples.Row(number));
        using (var denoised = Samples.Denoised(Pool, number))
        {
            Server.Publisher.OnDenoised(denoised);
        }

        Server.Publisher.OnUnsupported(new UnsupportedMask(number, 64, 96, [5, 2, 100, 1], 2));

        Server.Publisher.OnReport(Samples.Report(number, particles));
        Server.Publisher.OnStatus(Samples.Status());
    }

    /// <summary>Waits until something is so; the test's own time limit ends it otherwise.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        Assert.Equal(0, Pool.Outstanding);
        Pool.Dispose();
    }
}
