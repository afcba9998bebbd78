using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Grpc.Reflection.V1Alpha;
using LiveLtem.Broadcast.Protos;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Tests;

public sealed class GrpcTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Every_stream_tells_what_is_published_and_leaves_out_what_is_not_known()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        var live = new Live.LiveClient(channel);
        using var overlays = live.Overlays(new OverlaysRequest(), cancellationToken: Token);
        using var tracks = live.Tracks(new TracksRequest(), cancellationToken: Token);
        using var dose = live.Dose(new DoseRequest(), cancellationToken: Token);
        using var status = live.Status(new StatusRequest(), cancellationToken: Token);
        await Task.WhenAll(overlays.ResponseHeadersAsync, tracks.ResponseHeadersAsync, dose.ResponseHeadersAsync, status.ResponseHeadersAsync);
        Assert.Equal(4, running.Server.Publisher.Subscribers.Count);
        running.Publish(7);

        var overlay = await NextAsync(overlays);
        Assert.Equal(1, overlay.Stamp.Seq);
        Assert.Equal(7, overlay.Stamp.Frame);
        Assert.Equal(running.Operator.Session, overlay.Stamp.Session);
        Assert.Equal(5, overlay.Contours.Count);
        Assert.Equal(8, overlay.Contours[1].Points.Count);
        var points = await NextAsync(tracks);
        Assert.Equal(5, points.Points.Count);
        Assert.False(points.Points[0].HasAngleDeg);
        Assert.Equal(12.5, points.Points[1].AngleDeg);
        Assert.Equal("border|gap", points.Points[1].Flags);
        Assert.False(points.Points[1].HasState);
        var row = (await NextAsync(dose)).Row;
        Assert.Equal(10.5, row.DoseEA2);
        Assert.False(row.HasDoseRateEA2S);
        var first = await NextAsync(status);
        Assert.False(first.Stamp.HasSeq);
        var second = await NextAsync(status);
        Assert.Equal(1, second.Stamp.Seq);
        Assert.Equal("live", second.Status.State);
        Assert.False(second.Status.Ledger.HasRecorded);
        Assert.Null(second.Status.LatencyTotal);
        Assert.Equal(0.5, second.Status.Calibration.PixelSizeNm.Value);
        Assert.Null(second.Status.Calibration.Kv);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0L, new long[] { 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData(3L, new long[] { 4, 5, 6, 7 })]
    [InlineData(null, new long[] { 6, 7 })]
    public async Task Events_are_replayed_from_the_number_asked_for_and_then_go_on(long? after, long[] expected)
    {
        await using var running = await Running.StartAsync();
        foreach (var happening in Samples.Events())
        {
            running.Operator.Add(happening);
        }

        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        var request = new EventsRequest();
        if (after is { } number)
        {
            request.AfterEventId = number;
        }

        using var events = new Live.LiveClient(channel).Events(request, cancellationToken: Token);
        await events.ResponseHeadersAsync;
        running.Operator.Annotate(new AnnotationRequest("one more"));
        running.Operator.Annotate(new AnnotationRequest("and another"));
        var ids = new List<long>();
        while (ids.Count < expected.Length)
        {
            ids.Add((await NextAsync(events)).Event.Id);
        }

        Assert.Equal(expected, ids);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_denoiser_is_told_by_version_in_status_events_and_what_was_found()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        var client = new Live.LiveClient(channel);
        using var status = client.Status(new StatusRequest(), cancellationToken: Token);
        var denoising = (await NextAsync(status)).Status.Denoising;
        Assert.Equal((1, "adapted-1", 13L, 0.25), (denoising.Denoiser.Version, denoising.Denoiser.Name, denoising.Denoiser.FirstFrame, denoising.Denoiser.HeldOutGain));
        Assert.Equal((4.5, 0.002, false), (denoising.Honesty.Umse, denoising.Honesty.UnsupportedFraction, denoising.Honesty.HasUpsnrDb));

        using var tracks = client.Tracks(new TracksRequest(), cancellationToken: Token);
        using var events = client.Events(new EventsRequest(), cancellationToken: Token);
        await tracks.ResponseHeadersAsync;
        await events.ResponseHeadersAsync;
        running.Publish(7);
        running.Operator.Add(Samples.Adapted());
        Assert.Equal(2, (await NextAsync(tracks)).Stamp.DenoiserVersion);
        var change = (await NextAsync(events)).Event.Denoiser;
        Assert.Equal((1, "0badcafe", false), (change.Version, change.Sha256, change.HasHeldOutGainBefore));
    }

    [Fact(Timeout = 60_000)]
    public async Task Alerts_are_replayed_and_told_by_their_event()
    {
        await using var running = await Running.StartAsync();
        foreach (var happening in Samples.Events())
        {
            running.Operator.Add(happening);
        }

        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var alerts = new Live.LiveClient(channel).Alerts(new AlertsRequest { AfterEventId = 1 }, cancellationToken: Token);
        var alert = await NextAsync(alerts);
        Assert.Equal(4, alert.EventId);
        Assert.Equal("disk_space", alert.Alert.Kind);
        Assert.False(alert.Stamp.HasSeq);
        running.Operator.Add(new AlertChange { Time = DateTimeOffset.UnixEpoch, Alert = Samples.Alert() with { State = "cleared" } });
        var cleared = await NextAsync(alerts);
        Assert.Equal("cleared", cleared.Alert.State);
        Assert.Equal(6, cleared.EventId);
    }

    [Fact(Timeout = 60_000)]
    public async Task Commands_reach_the_session_and_bad_ones_come_back_with_one_line()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        var client = new Operator.OperatorClient(channel);
        var annotated = await client.AnnotateAsync(new AnnotateRequest { Text = "look", X = 1.5, Particle = 3 }, cancellationToken: Token);
        Assert.Equal(1, annotated.Event.Id);
        Assert.Equal("look", annotated.Event.Annotation.Text);
        Assert.False(annotated.Event.Annotation.HasY);
        Assert.Equal(Protos.RecordingState.On, (await client.StartRecordingAsync(new StartRecordingRequest(), cancellationToken: Token)).Recording.State);
        Assert.True(running.Operator.Recording);
        await client.StopRecordingAsync(new StopRecordingRequest(), cancellationToken: Token);
        Assert.False(running.Operator.Recording);
        var changed = await client.SetConditionsAsync(new SetConditionsRequest { PixelSizeNm = 0.25, Note = "zoom" }, cancellationToken: Token);
        Assert.Equal(0.25, changed.Event.Conditions.Calibration.PixelSizeNm.Value);
        Assert.Null(running.Operator.LastConditions!.Changed.Kv);

        var acknowledged = await client.AcknowledgeAsync(new AcknowledgeRequest { AlertId = 1 }, cancellationToken: Token);
        Assert.Equal((1L, "acknowledged", "disk_space"), (acknowledged.Alert.Id, acknowledged.Alert.State, acknowledged.Alert.Kind));
        var none = await Assert.ThrowsAsync<RpcException>(async () => await client.AcknowledgeAsync(new AcknowledgeRequest { AlertId = 7 }, cancellationToken: Token));
        Assert.Equal((StatusCode.InvalidArgument, "there is no alert 7: they are numbered from 1 to 1"), (none.StatusCode, none.Status.Detail));

        var chosen = await client.ChooseModelAsync(new ChooseModelRequest { Name = "segment" }, cancellationToken: Token);
        Assert.Equal(("segment", "0badcafe", "CPU", 41L), (chosen.Model.Name, chosen.Model.Sha256, chosen.Model.Provider, chosen.Model.FirstFrame));
        var thresholds = await client.ChooseModelAsync(new ChooseModelRequest { Name = "none" }, cancellationToken: Token);
        Assert.False(thresholds.Model.HasSha256);

        foreach (var attempt in new Func<Task>[]
        {
            async () => await client.ChooseModelAsync(new ChooseModelRequest { Name = "segmnt" }, cancellationToken: Token),
            async () => await client.ChooseModelAsync(new ChooseModelRequest(), cancellationToken: Token),
            async () => await client.AnnotateAsync(new AnnotateRequest(), cancellationToken: Token),
            async () => await client.SetConditionsAsync(new SetConditionsRequest { PixelSizeNm = -1 }, cancellationToken: Token),
            async () => await client.SetConditionsAsync(new SetConditionsRequest { Kv = double.NaN }, cancellationToken: Token),
        })
        {
            var error = await Assert.ThrowsAsync<RpcException>(attempt);
            Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
            Assert.NotEmpty(error.Status.Detail);
            Assert.DoesNotContain('\n', error.Status.Detail);
        }

        var large = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.AnnotateAsync(new AnnotateRequest { Text = new string('a', 1_000_000) }, cancellationToken: Token));
        Assert.Equal(StatusCode.ResourceExhausted, large.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_kept_session_is_read_page_by_page_and_nothing_is_missing()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        var client = new Sessions.SessionsClient(channel);
        var sessions = (await client.ListAsync(new ListRequest(), cancellationToken: Token)).Sessions;
        Assert.Equal(["running", FakeCatalog.Id], sessions.Select(session => session.Id));
        Assert.False(sessions[0].HasEndedUnixNs);

        var rows = new List<long>();
        for (long? from = 0; from is { } next;)
        {
            var page = await client.ReadFramesAsync(new ReadFramesRequest { Id = FakeCatalog.Id, FromFrame = next, Limit = 1000 }, cancellationToken: Token);
            rows.AddRange(page.Rows.Select(row => row.Frame));
            from = page.HasNextFrame ? page.NextFrame : null;
        }

        Assert.Equal(Enumerable.Range(0, FakeCatalog.FrameCount).Select(number => (long)number), rows);

        // A page smaller than a frame's points must still hold whole frames.
        var points = new List<(long Frame, int Particle)>();
        for (long? from = FakeCatalog.FrameCount - 5; from is { } next;)
        {
            var page = await client.ReadTracksAsync(new ReadTracksRequest { Id = FakeCatalog.Id, FromFrame = next, Limit = 7 }, cancellationToken: Token);
            points.AddRange(page.Points.Select(point => (point.Frame, point.Particle)));
            from = page.HasNextFrame ? page.NextFrame : null;
        }

        Assert.Equal(5 * FakeCatalog.PointsPerFrame, points.Distinct().Count());
        Assert.Equal(5, (await client.ReadEventsAsync(new ReadEventsRequest { Id = FakeCatalog.Id }, cancellationToken: Token)).Events.Count);
        var missing = await Assert.ThrowsAsync<RpcException>(async () => await client.GetAsync(new GetRequest { Id = "nope" }, cancellationToken: Token));
        Assert.Equal(StatusCode.NotFound, missing.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Health_says_serving_once_the_session_is_ready()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        var health = new Health.HealthClient(channel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest(), cancellationToken: Token)).Status);
        running.Server.SetReady(true);
        var ready = await health.CheckAsync(new HealthCheckRequest { Service = "liveltem.v1.Live" }, cancellationToken: Token);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, ready.Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Reflection_names_the_services()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name);
        Assert.Superset(new HashSet<string> { "liveltem.v1.Live", "liveltem.v1.Operator", "liveltem.v1.Sessions", "grpc.health.v1.Health" }, names.ToHashSet());
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Token));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_browser_reaches_the_services_over_http_1_on_the_web_port()
    {
        await using var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.WebUrl, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWebText, new HttpClientHandler()),
            HttpVersion = new Version(1, 1),
        });
        var annotated = await new Operator.OperatorClient(channel).AnnotateAsync(new AnnotateRequest { Text = "from a page" }, cancellationToken: Token);
        Assert.Equal("from a page", annotated.Event.Annotation.Text);
        using var dose = new Live.LiveClient(channel).Dose(new DoseRequest(), cancellationToken: Token);
        await dose.ResponseHeadersAsync;
        running.Publish(3);
        Assert.Equal(3, (await NextAsync(dose)).Row.Frame);
    }

    [Fact(Timeout = 60_000)]
    public async Task Streams_end_well_when_the_session_does()
    {
        var running = await Running.StartAsync();
        using var channel = GrpcChannel.ForAddress(running.Server.GrpcUrl);
        using var dose = new Live.LiveClient(channel).Dose(new DoseRequest(), cancellationToken: Token);
        await dose.ResponseHeadersAsync;
        running.Publish(3);
        var end = running.DisposeAsync();
        Assert.Equal(3, (await NextAsync(dose)).Row.Frame);
        Assert.False(await dose.ResponseStream.MoveNext(Token));
        Assert.Equal(StatusCode.OK, dose.GetStatus().StatusCode);
        await end;
    }

    private static async Task<T> NextAsync<T>(AsyncServerStreamingCall<T> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(Token), "the stream ended");
        return call.ResponseStream.Current;
    }
}
