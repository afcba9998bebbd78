using System.Diagnostics.Metrics;
using System.Threading.Channels;
using LiveLtem.Core.Pipeline;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LiveLtem.Core.Tests.Pipeline;

public sealed class EdgeTests
{
    [Fact]
    public void Waiting_edge_warns_at_three_quarters_and_alarms_when_full_once_each_time_it_fills()
    {
        using var checkedPool = new LeakCheckedPool();
        var log = new ListLogger();
        var time = new FakeTimeProvider();
        var edge = MakeEdge(EdgePolicy.Wait, 8, log, time);
        for (var round = 0; round < 3; round++)
        {
            // Every filling is counted; the log tells of the first, and of the next when it has been quiet for a while.
            time.Advance(TimeSpan.FromSeconds(round == 2 ? 31 : 1));
            for (var i = 0; i < 8; i++)
            {
                Assert.True(edge.Writer.TryWrite(ScriptedSource.MakeFrame(checkedPool.Pool, i)));
                Assert.Equal(i < 5 ? EdgeLevel.Normal : i < 7 ? EdgeLevel.Filling : EdgeLevel.Full, edge.Status.Level);
            }

            // Full and one less, again and again: no second alarm.
            Take(edge);
            Assert.True(edge.Writer.TryWrite(ScriptedSource.MakeFrame(checkedPool.Pool, 8)));
            for (var i = 0; i < 8; i++)
            {
                Take(edge);
            }
        }

        Assert.Equal((3, 3), (edge.Status.Warnings, edge.Status.Alarms));
        Assert.Equal([LogLevel.Warning, LogLevel.Error, LogLevel.Warning, LogLevel.Error], log.Levels);
        Assert.Equal(EdgeLevel.Normal, edge.Status.Level);
        Assert.Equal(27, edge.Status.Written);
    }

    [Fact]
    public async Task Write_to_an_edge_that_has_ended_gives_the_frame_back()
    {
        using var checkedPool = new LeakCheckedPool();
        var edge = MakeEdge(EdgePolicy.Wait, 1);
        ((IEdge)edge).Complete();

        await Assert.ThrowsAsync<ChannelClosedException>(async () =>
            await edge.Writer.WriteAsync(ScriptedSource.MakeFrame(checkedPool.Pool, 1), TestContext.Current.CancellationToken));
        using var refused = ScriptedSource.MakeFrame(checkedPool.Pool, 2);
        Assert.False(edge.Writer.TryWrite(refused));
    }

    [Fact]
    public async Task Cancelled_write_gives_the_frame_back_even_where_there_is_room()
    {
        using var checkedPool = new LeakCheckedPool();
        var edge = MakeEdge(EdgePolicy.Wait, 1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await edge.Writer.WriteAsync(ScriptedSource.MakeFrame(checkedPool.Pool, 1), new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Dropped_frames_are_counted_for_whoever_listens()
    {
        using var checkedPool = new LeakCheckedPool();
        var edge = MakeEdge(EdgePolicy.Latest, 1);
        var counted = new List<(long Frames, object? Edge)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "liveltem.frames.dropped")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, frames, tags, _) =>
        {
            if (tags[0].Value as string == edge.Name)
            {
                counted.Add((frames, tags[0].Value));
            }
        });
        listener.Start();

        for (var i = 0; i < 4; i++)
        {
            Assert.True(edge.Writer.TryWrite(ScriptedSource.MakeFrame(checkedPool.Pool, i)));
        }

        Assert.Equal(3, counted.Sum(measurement => measurement.Frames));
        Assert.Equal(3, edge.Status.Dropped);
        Assert.True(edge.TryTake(out var newest));
        Assert.Equal(3, newest.Number);
        newest.Dispose();
    }

    [Fact]
    public void Histogram_knows_quantiles_to_one_percent()
    {
        var histogram = new LatencyHistogram();
        Assert.Null(histogram.Summarise());
        for (var ms = 1; ms <= 1000; ms++)
        {
            histogram.Record(TimeSpan.FromMilliseconds(ms));
        }

        histogram.Record(TimeSpan.FromMilliseconds(-5));
        var summary = histogram.Summarise()!;

        Assert.Equal(1001, summary.Count);
        Assert.Equal(500, summary.P50Ms, 500 * 0.01);
        Assert.Equal(950, summary.P95Ms, 950 * 0.01);
        Assert.Equal(990, summary.P99Ms, 990 * 0.01);
        Assert.Equal(1000, summary.MaxMs);
        Assert.Equal(500, summary.MeanMs, 1.0);
    }

    private static Edge<Frame> MakeEdge(EdgePolicy policy, int capacity, ILogger? log = null, TimeProvider? time = null) =>
        new($"edge-{Guid.NewGuid()}", policy, capacity, FrameBranches.Analysis, new FrameLedger(FrameBranches.Analysis), time ?? TimeProvider.System, log);

    private static void Take(Edge<Frame> edge)
    {
        Assert.True(edge.TryTake(out var frame));
        frame.Dispose();
    }

    private sealed class ListLogger : ILogger
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);
    }
}
