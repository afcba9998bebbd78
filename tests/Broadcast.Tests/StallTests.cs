using Grpc.Net.Client;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Protos;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core.Live;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.Broadcast.Tests;

/// <summary>Readers that stop reading: the session goes on as if they were not there, and every message is sent or counted as lost.</summary>
public sealed class StallTests
{
    private const int Frames = 4000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_gRPC_reader_that_stalls_is_told_what_it_lost_and_everything_adds_up()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var overlays = new Live.LiveClient(channel).Overlays(new OverlaysRequest(), cancellationToken: Token);
        await overlays.ResponseHeadersAsync;
        for (var number = 0; number < Frames; number++)
        {
            running.Server.Publisher.OnReport(Samples.Report(number, 50));
        }

        var status = running.Server.Publisher.Subscribers.Single();
        Assert.True(status.Dropped > 0, "the reader was meant to stall");
        long received = 0, last = 0, missing = 0, dropped = 0;
        while (last < Frames)
        {
            Assert.True(await overlays.ResponseStream.MoveNext(Token));
            var stamp = overlays.ResponseStream.Current.Stamp;
            missing += stamp.Seq - last - 1;
            last = stamp.Seq;
            received++;
            dropped = stamp.Dropped;
        }

        var after = running.Server.Publisher.Subscribers.Single();
        Assert.Equal(Frames, received + missing);
        Assert.Equal(missing, dropped);
        Assert.Equal((received, missing), (after.Sent, after.Dropped));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_gRPC_reader_that_stalls_loses_no_event()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var events = new Live.LiveClient(channel).Events(new EventsRequest(), cancellationToken: Token);
        await events.ResponseHeadersAsync;
        var text = new string('x', Core.Live.Annotation.LongestText);
        for (var i = 0; i < Frames; i++)
        {
            running.Operator.Annotate(new AnnotationRequest(text));
        }

        Assert.True(running.Server.Publisher.Subscribers.Single().Dropped > 0, "the reader was meant to stall");
        for (var id = 1; id <= Frames; id++)
        {
            Assert.True(await events.ResponseStream.MoveNext(Token));
            Assert.Equal(id, events.ResponseStream.Current.Event.Id);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_viewer_that_stalls_gets_no_more_than_two_frames_and_loses_what_is_counted()
    {
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        for (var number = 0; number < Frames; number++)
        {
            using var frame = Samples.Frame(running.Pool, number, 32, 32);
            running.Server.Publisher.OnPreview(frame);
            running.Server.Publisher.OnReport(Samples.Report(number, 50));
        }

        var seen = new Dictionary<string, (long Count, long Missing, long Last)> { ["frame"] = default, ["overlay"] = default, ["tracks"] = default };
        while (seen["overlay"].Last < Frames || seen["tracks"].Last < Frames)
        {
            var message = (await viewer.ReadAsync())!;
            var (count, missing, last) = seen[message.Topic];
            seen[message.Topic] = (count + 1, missing + message.Seq - last - 1, message.Seq);
        }

        var sent = seen["frame"].Count;
        Assert.InRange(sent, 1, 2);
        await viewer.SayAsync($"{{\"type\":\"ack\",\"seq\":{Frames}}}");
        using (var frame = Samples.Frame(running.Pool, Frames, 32, 32))
        {
            running.Server.Publisher.OnPreview(frame);
        }

        for (long seq = 0; seq < Frames + 1; sent++)
        {
            seq = (await viewer.ReadAsync("frame")).Seq;
        }

        var status = running.Server.Publisher.Subscribers.Single();
        Assert.True(seen["overlay"].Missing > 0, "the viewer was meant to stall");
        Assert.Equal(Frames + 1 - sent + seen["overlay"].Missing + seen["tracks"].Missing, status.Dropped);
        Assert.Equal((3 * Frames) + 1, status.Sent + status.Dropped);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_subscriber_that_stalls_holds_up_no_other_and_finds_its_losses_in_the_numbers()
    {
        await using var running = await Running.StartAsync();
        using var stalled = new SubscriberSocket();
        stalled.Options.ReceiveHighWatermark = 10;
        stalled.Connect(running.Server.ZmqEndpoint);
        stalled.Subscribe("frame");
        using var good = new SubscriberSocket();
        good.Options.ReceiveHighWatermark = 0;
        good.Connect(running.Server.ZmqEndpoint);
        good.Subscribe("dose");
        var hub = (LiveHub)running.Server.Publisher;
        await Running.UntilAsync(() => hub.Wanted(Topic.Frame) && hub.Wanted(Topic.Dose));
        const int Large = 600;
        var doses = 0;
        NetMQMessage? parts = null;
        for (var number = 0; number < Large; number++)
        {
            using (var frame = Samples.Frame(running.Pool, number, 512, 512))
            {
                running.Server.Publisher.OnPreview(frame);
            }

            running.Server.Publisher.OnRow(Samples.Row(number));
            Assert.True(good.TryReceiveMultipartMessage(TimeSpan.FromSeconds(20), ref parts), "the good subscriber was held up");
            Assert.Equal(++doses, Seq(parts!));
        }

        long received = 0, missing = 0, last = 0;
        for (var number = Large; last < hub.Published(Topic.Frame); number++)
        {
            while (stalled.TryReceiveMultipartMessage(TimeSpan.FromMilliseconds(200), ref parts))
            {
                missing += Seq(parts!) - last - 1;
                last = Seq(parts!);
                received++;
                var pixels = parts![2].Buffer;
                Assert.Equal(512 * 512 * 2, parts[2].MessageSize);
                Assert.Equal((ushort)(last - 1), BitConverter.ToUInt16(pixels, 0));
                Assert.Equal((ushort)(last - 1 + (512 * 512) - 1), BitConverter.ToUInt16(pixels, (512 * 512 * 2) - 2));
            }

            if (last < Large)
            {
                // It has caught up with what was kept for it: the next message shows what it lost.
                using var frame = Samples.Frame(running.Pool, number, 512, 512);
                running.Server.Publisher.OnPreview(frame);
            }
            else
            {
                break;
            }
        }

        Assert.True(missing > 0, "the subscriber was meant to stall");
        Assert.Equal(last, received + missing);
    }

    [Fact(Timeout = 120_000)]
    public async Task With_nobody_listening_telling_costs_next_to_nothing()
    {
        await using var running = await Running.StartAsync();
        var publisher = running.Server.Publisher;
        var report = Samples.Report(1, 200);
        var row = Samples.Row(1);
        using var frame = Samples.Frame(running.Pool, 1);
        Tell();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Tell();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Tell()
        {
            publisher.OnPreview(frame);
            publisher.OnReport(report);
            publisher.OnRow(row);
        }
    }

    private static long Seq(NetMQMessage parts) => Convert.ToInt64(((IDictionary<object, object?>)LiveMessage.Any(parts[1].ToByteArray())!)["seq"]);
}
