using System.Net.WebSockets;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Tests;

public sealed class WebSocketTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_viewer_is_greeted_with_the_session_its_status_and_everything_that_happened()
    {
        await using var running = await Running.StartAsync();
        foreach (var happening in Samples.Events())
        {
            running.Operator.Add(happening);
        }

        using var viewer = await LiveClient.ConnectAsync(running);
        var topics = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            topics.Add((await viewer.ReadAsync())!.Topic);
        }

        Assert.Equal(["hello", "status", "event", "event", "event", "event", "event", "alert"], topics);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_topic_reaches_a_viewer_with_the_names_of_the_tables()
    {
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        running.Publish(7);
        running.Operator.Add(Samples.Events()[3]);
        var messages = new Dictionary<string, LiveMessage>();
        while (messages.Count < 7)
        {
            var message = (await viewer.ReadAsync())!;
            messages.TryAdd(message.Topic, message);
            Assert.Equal(1L, Convert.ToInt64(message.Header["v"]));
            Assert.Equal(running.Operator.Session, message.Header["session"]);
            Assert.Equal(1, message.Seq);
        }

        var frame = messages["frame"];
        Assert.Equal("uint16", frame.Header["dtype"]);
        Assert.Equal(64 * 96 * 2, ((byte[])frame.Payload!).Length);
        Assert.Equal(Samples.Row(7).DoseEPerA2, messages["dose"].Map["dose_e_A2"]);
        Assert.Null(messages["dose"].Map["dose_rate_e_A2_s"]);
        Assert.Equal(
            "frame,particle,x,y,angle_deg,rotation_deg,symmetry,layer,area_px,major_px,minor_px,score,x_err,y_err,angle_err_deg,state,flags,time_s,dose_e_A2",
            string.Join(',', messages["tracks"].Map.Keys));
        Assert.Equal("border|gap", ((object?[])messages["tracks"].Map["flags"]!)[1]);
        var contour = (object?[])((object?[])messages["overlay"].Map["contours"]!)[1]!;
        Assert.Equal(8, ((object?[])contour[2]!).Length);
        Assert.Equal("disk_space", messages["alert"].Map["kind"]);
        Assert.Equal("alert", messages["event"].Map["kind"]);
        Assert.Equal("live", messages["status"].Map["state"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Frames_are_binned_to_the_side_that_the_viewer_asks_for()
    {
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        await viewer.SayAsync("{\"type\":\"want\",\"frame_max_side\":32}");
        LiveMessage? frame = null;
        while (frame is null || !frame.Header["bin"]!.Equals((byte)3))
        {
            running.Publish(1);
            frame = await viewer.ReadAsync("frame");
            await viewer.SayAsync($"{{\"type\":\"ack\",\"seq\":{frame.Seq}}}");
        }

        Assert.Equal([22, 32], ((object?[])frame.Header["shape"]!).Select(value => Convert.ToInt32(value)));
        Assert.Equal([64, 96], ((object?[])frame.Header["full_shape"]!).Select(value => Convert.ToInt32(value)));
        Assert.Equal(22 * 32 * 2, ((byte[])frame.Payload!).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task At_most_two_frames_are_sent_without_an_acknowledgement()
    {
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        for (var number = 0; number < 50; number++)
        {
            running.Publish(number);
            await viewer.ReadAsync("status");
        }

        await viewer.SayAsync("{\"type\":\"ack\",\"seq\":1000000}");
        var frame = await viewer.ReadAsync("frame");
        Assert.Equal(50, frame.Seq);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("{\"type\":\"dance\"}", "unknown type dance")]
    [InlineData("[1]", "must be a JSON object")]
    [InlineData("{", "JSON object such as")]
    [InlineData("{\"type\":\"want\",\"frame_max_fps\":-1}", "frame_max_fps")]
    [InlineData("{\"type\":\"want\",\"picture\":\"painted\"}", "raw or denoised")]
    public async Task A_message_that_makes_no_sense_is_answered_with_the_reason(string text, string reason)
    {
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.SayAsync(text);
        while (await viewer.ReadAsync() is not null)
        {
        }

        Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, viewer.Socket.CloseStatus);
        Assert.Contains(reason, viewer.Socket.CloseStatusDescription, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_paused_viewer_gets_everything_but_frames()
    {
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        await viewer.SayAsync("{\"type\":\"pause\"}");
        await viewer.SayAsync("{\"type\":\"want\",\"frame_max_side\":32}");
        await Running.UntilAsync(() => !((Hub.LiveHub)running.Server.Publisher).Wanted(Wire.Topic.Frame));
        running.Publish(0);
        Assert.Equal("dose", (await viewer.ReadAsync())!.Topic);
        await viewer.SayAsync("{\"type\":\"resume\"}");
        await Running.UntilAsync(() => ((Hub.LiveHub)running.Server.Publisher).Wanted(Wire.Topic.Frame));
        running.Publish(1);
        Assert.Equal(2, (await viewer.ReadAsync("frame")).Seq);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_viewer_gets_the_picture_it_asks_for_and_no_other()
    {
        await using var running = await Running.StartAsync();
        var hub = (Hub.LiveHub)running.Server.Publisher;
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        Assert.False(hub.Wanted(Wire.Topic.Denoised));
        running.Publish(0);
        Assert.Equal(1, (await viewer.ReadAsync("frame")).Seq);
        await viewer.SayAsync("{\"type\":\"want\",\"picture\":\"denoised\"}");
        await Running.UntilAsync(() => hub.Wanted(Wire.Topic.Denoised) && !hub.Wanted(Wire.Topic.Frame));
        for (var number = 1; number <= 3; number++)
        {
            // The raw frame that was never acknowledged does not hold these back.
            running.Publish(number);
            var picture = await viewer.ReadAsync("denoised");
            Assert.Equal("float32", picture.Header["dtype"]);
            Assert.Equal(number + 1, picture.Seq);
            await viewer.SayAsync($"{{\"type\":\"ack\",\"seq\":{picture.Seq}}}");
        }

        await viewer.SayAsync("{\"type\":\"pause\"}");
        await Running.UntilAsync(() => !hub.Wanted(Wire.Topic.Denoised));
        await viewer.SayAsync("{\"type\":\"want\",\"picture\":\"raw\"}");
        await viewer.SayAsync("{\"type\":\"resume\"}");
        await Running.UntilAsync(() => hub.Wanted(Wire.Topic.Frame) && !hub.Wanted(Wire.Topic.Denoised));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_viewer_that_stalls_gets_every_event_and_alert_all_the_same_each_once_and_in_order()
    {
        const int Events = 6000;
        await using var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");

        // More than its mailbox holds and more than the connection takes in while nobody reads.
        var message = new string('x', 4000);
        for (var i = 1; i <= Events; i++)
        {
            running.Operator.Add(i % 3 == 0
                ? new Annotation { Time = DateTimeOffset.UnixEpoch.AddDays(20000), Text = message }
                : new AlertChange { Time = DateTimeOffset.UnixEpoch.AddDays(20000), Alert = Samples.Alert() with { Id = i, Message = message } });
        }

        var mailbox = Assert.Single(running.Server.Publisher.Subscribers, subscriber => subscriber.Kind == "web");
        Assert.True(mailbox.Dropped > 0, "it was too fast for this test to show anything");
        var (events, alerts) = (new List<long>(), new List<long>());
        while (events.Count < Events)
        {
            var told = await viewer.ReadAsync() ?? throw new InvalidOperationException("closed");
            if (told.Topic is "event" or "alert")
            {
                (told.Topic == "event" ? events : alerts).Add(Convert.ToInt64(told.Map["id"]));
            }
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(number => (long)number), events);
        Assert.Equal(Enumerable.Range(1, Events).Select(number => (long)number).Where(number => number % 3 != 0), alerts);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_the_session_is_told_and_what_waited_still_comes()
    {
        var running = await Running.StartAsync();
        using var viewer = await LiveClient.ConnectAsync(running);
        await viewer.ReadAsync("status");
        running.Server.Publisher.OnRow(Samples.Row(3));
        var end = running.DisposeAsync();
        Assert.Equal((byte)3, (await viewer.ReadAsync("dose")).Map["frame"]);
        Assert.Null(await viewer.ReadAsync());
        Assert.Equal("the session has ended", viewer.Socket.CloseStatusDescription);
        await viewer.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        await end;
    }
}
