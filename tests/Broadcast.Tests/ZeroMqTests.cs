using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.Broadcast.Tests;

public sealed class ZeroMqTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact(Timeout = 60_000)]
    public async Task A_subscriber_decodes_every_topic()
    {
        await using var running = await Running.StartAsync();
        using var subscriber = new SubscriberSocket();
        subscriber.Connect(running.Server.ZmqEndpoint);
        subscriber.SubscribeToAnyTopic();
        await Running.UntilAsync(() => Hub(running).Wanted(Topic.Event));
        running.Publish(7);
        running.Operator.Add(Samples.Events()[3]);
        var topics = new Dictionary<string, (IDictionary<object, object?> Header, byte[] Payload)>();
        while (topics.Count < 9)
        {
            var parts = Receive(subscriber);
            Assert.Equal(3, parts.FrameCount);
            var header = (IDictionary<object, object?>)LiveMessage.Any(parts[1].ToByteArray())!;
            Assert.Equal(1L, Convert.ToInt64(header["seq"]));
            topics.Add(parts[0].ConvertToString(), (header, parts[2].ToByteArray()));
        }

        Assert.Equal(["alert", "denoised", "dose", "event", "frame", "overlay", "status", "tracks", "unsupported"], topics.Keys.Order(StringComparer.Ordinal));
        var (frameHeader, pixels) = topics["frame"];
        Assert.Equal([64, 96], ((object?[])frameHeader["shape"]!).Select(value => Convert.ToInt32(value)));
        Assert.Equal("raw", frameHeader["encoding"]);
        Assert.Equal(7, BitConverter.ToUInt16(pixels, 0));
        Assert.Equal(8, BitConverter.ToUInt16(pixels, 2));
        Assert.True(Convert.ToInt64(frameHeader["t_received_unix_ns"]) <= Convert.ToInt64(frameHeader["t_unix_ns"]));
        var (denoisedHeader, denoised) = topics["denoised"];
        Assert.Equal("float32", denoisedHeader["dtype"]);
        Assert.Equal([64, 96], ((object?[])denoisedHeader["shape"]!).Select(value => Convert.ToInt32(value)));
        Assert.Equal(8.5f, BitConverter.ToSingle(denoised, 4));

        // Everything that was made of a denoised picture says of which version.
        Assert.Equal(2L, Convert.ToInt64(denoisedHeader["denoiser_version"]));
        Assert.Equal(2L, Convert.ToInt64(topics["unsupported"].Header["denoiser_version"]));
        Assert.Equal(2L, Convert.ToInt64(topics["tracks"].Header["denoiser_version"]));
        Assert.Equal(2L, Convert.ToInt64(topics["overlay"].Header["denoiser_version"]));
        Assert.Equal(1L, Convert.ToInt64(topics["status"].Header["denoiser_version"]));
        Assert.False(frameHeader.ContainsKey("denoiser_version"));
        var mask = (IDictionary<object, object?>)LiveMessage.Any(topics["unsupported"].Payload)!;
        Assert.Equal([5, 2, 100, 1], ((object?[])mask["runs"]!).Select(value => Convert.ToInt32(value)));
        foreach (var (topic, (_, payload)) in topics.Where(pair => pair.Key is not ("frame" or "denoised")))
        {
            Assert.True(LiveMessage.Any(payload) is IDictionary<object, object?> { Count: > 2 }, topic);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_topic_that_nobody_subscribed_to_is_not_sent_but_counted()
    {
        await using var running = await Running.StartAsync();
        using var subscriber = new SubscriberSocket();
        subscriber.Connect(running.Server.ZmqEndpoint);
        running.Publish(0);
        subscriber.Subscribe("do");
        await Running.UntilAsync(() => Hub(running).Wanted(Topic.Dose));
        Assert.False(Hub(running).Wanted(Topic.Frame));
        Assert.False(Hub(running).Wanted(Topic.Status));
        running.Publish(1);
        var parts = Receive(subscriber);
        Assert.Equal("dose", parts[0].ConvertToString());
        Assert.Equal(2L, Convert.ToInt64(((IDictionary<object, object?>)LiveMessage.Any(parts[1].ToByteArray())!)["seq"]));
        subscriber.Unsubscribe("do");
        await Running.UntilAsync(() => !Hub(running).Wanted(Topic.Dose));
    }

    private static LiveHub Hub(Running running) => (LiveHub)running.Server.Publisher;

    private static NetMQMessage Receive(SubscriberSocket subscriber)
    {
        var parts = new NetMQMessage();
        Assert.True(subscriber.TryReceiveMultipartMessage(Patience, ref parts), "nothing came");
        return parts!;
    }
}
