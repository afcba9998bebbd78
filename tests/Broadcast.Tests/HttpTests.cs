using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using LiveLtem.Core;

namespace LiveLtem.Broadcast.Tests;

public sealed class HttpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ready_is_told_only_once_the_session_is()
    {
        await using var running = await Running.StartAsync();
        Assert.Equal("ok", await running.Http.GetStringAsync("/healthz", Token));
        using (var before = await running.Http.GetAsync("/readyz", Token))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, before.StatusCode);
            Assert.Equal("warming up", (await Json(before)).GetProperty("reason").GetString());
        }

        running.Server.SetReady(true);
        using var after = await running.Http.GetAsync("/readyz", Token);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.True((await Json(after)).GetProperty("ready").GetBoolean());
    }

    [Fact]
    public async Task The_status_is_the_same_in_json_as_on_the_sockets()
    {
        await using var running = await Running.StartAsync();
        var status = await running.Http.GetFromJsonAsync<JsonElement>("/api/status", Token);
        Assert.Equal("live", status.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("analysed_fps").ValueKind);
        Assert.Equal(4, status.GetProperty("latency_ms").GetProperty("p50").GetDouble());
        Assert.Equal(0.5, status.GetProperty("calibration").GetProperty("pixel_size_nm").GetProperty("value").GetDouble());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("ledger").GetProperty("recorded").ValueKind);
        Assert.Equal(30, status.GetProperty("ledger").GetProperty("processed").GetInt64());
        Assert.Equal("replaced by a newer frame", status.GetProperty("ledger").GetProperty("skipped")[0].GetProperty("why").GetString());
    }

    [Fact]
    public async Task A_remark_is_written_and_can_be_read_back()
    {
        await using var running = await Running.StartAsync();
        using var answer = await running.Http.PostAsJsonAsync("/api/annotate", new { text = "look", frame = 7, x = 1.5, y = 2 }, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var annotation = await Json(answer);
        Assert.Equal("annotation", annotation.GetProperty("kind").GetString());
        Assert.Equal(1, annotation.GetProperty("id").GetInt64());
        var events = await running.Http.GetFromJsonAsync<JsonElement>("/api/events", Token);
        Assert.Equal("look", events[0].GetProperty("text").GetString());
        Assert.Equal(0, (await running.Http.GetFromJsonAsync<JsonElement>("/api/events?after=1", Token)).GetArrayLength());
    }

    [Fact]
    public async Task Recording_and_conditions_can_be_changed()
    {
        await using var running = await Running.StartAsync();
        using var recording = await running.Http.PostAsJsonAsync("/api/recording", new { on = true }, Token);
        Assert.Equal("on", (await Json(recording)).GetProperty("state").GetString());
        Assert.True(running.Operator.Recording);
        using var conditions = await running.Http.PostAsJsonAsync("/api/conditions", new { pixel_size_nm = 0.25, prior_dose_e_A2 = 3.5, note = "zoom" }, Token);
        Assert.Equal(1, (await Json(conditions)).GetProperty("segment").GetInt32());
        Assert.Equal(0.25, running.Operator.LastConditions!.Changed.PixelSizeNm!.Value);
        Assert.Null(running.Operator.LastConditions.Changed.ExposureS);
        Assert.Equal(3.5, running.Operator.LastConditions.PriorDoseEPerA2);
    }

    [Fact]
    public async Task An_alert_is_acknowledged_and_everyone_reads_it()
    {
        await using var running = await Running.StartAsync();
        using var answer = await running.Http.PostAsJsonAsync("/api/acknowledge", new { id = 1 }, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var alert = await Json(answer);
        Assert.Equal((1L, "disk_space", "acknowledged", 2L), (alert.GetProperty("id").GetInt64(), alert.GetProperty("kind").GetString(), alert.GetProperty("state").GetString(), alert.GetProperty("count").GetInt64()));
        var change = Assert.Single((await running.Http.GetFromJsonAsync<JsonElement>("/api/events", Token)).EnumerateArray());
        Assert.Equal(("alert", "acknowledged"), (change.GetProperty("kind").GetString(), change.GetProperty("alert").GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_model_is_chosen_and_the_status_names_it_and_what_else_there_is()
    {
        await using var running = await Running.StartAsync();
        var status = await running.Http.GetFromJsonAsync<JsonElement>("/api/status", Token);
        Assert.Equal("none", status.GetProperty("model").GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("model").GetProperty("sha256").ValueKind);
        Assert.Equal(["auto", "none", "segment"], status.GetProperty("models").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("segment", status.GetProperty("model_pending").GetString());
        Assert.Equal("etching_fast: it needs the pixel size", Assert.Single(status.GetProperty("alerts_missing").EnumerateArray()).GetString());

        using var answer = await running.Http.PostAsJsonAsync("/api/model", new { name = "segment" }, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var model = await Json(answer);
        Assert.Equal(("segment", "CPU", 41L), (model.GetProperty("name").GetString(), model.GetProperty("provider").GetString(), model.GetProperty("first_frame").GetInt64()));
        var change = Assert.Single((await running.Http.GetFromJsonAsync<JsonElement>("/api/events", Token)).EnumerateArray());
        Assert.Equal(("model", "segment", 41L), (change.GetProperty("kind").GetString(), change.GetProperty("name").GetString(), change.GetProperty("first_frame").GetInt64()));
    }

    [Theory]
    [InlineData("/api/annotate", "{\"text\":\"\"}", 400, "a remark has 1 to")]
    [InlineData("/api/annotate", "{\"text\":5}", 400, "text: found 5")]
    [InlineData("/api/annotate", "{\"txt\":\"a\"}", 400, "unknown field txt")]
    [InlineData("/api/annotate", "{\"text\":", 400, "the body is not JSON")]
    [InlineData("/api/annotate", "{\"text\":\"a\",\"x\":1e999}", 400, "x: found 1e999")]
    [InlineData("/api/recording", "{}", 400, "on is missing")]
    [InlineData("/api/acknowledge", "{}", 400, "id is missing: the number of an alert that stands")]
    [InlineData("/api/acknowledge", "{\"id\":9}", 400, "there is no alert 9")]
    [InlineData("/api/acknowledge", "{\"id\":\"all\"}", 400, "id: found")]
    [InlineData("/api/conditions", "{\"pixel_size_nm\":-1}", 400, "pixel_size_nm must be above 0")]
    [InlineData("/api/model", "{}", 400, "name is missing: one of auto, none, segment")]
    [InlineData("/api/model", "{\"name\":\"segmnt\"}", 400, "model segmnt: there is none of that name")]
    [InlineData("/api/model", "{\"model\":\"none\"}", 400, "unknown field model")]
    [InlineData("/api/nothing", "{}", 405, "POST does nothing here")]
    [InlineData("/api/status", "{}", 405, "POST does nothing here")]
    public async Task A_bad_request_is_answered_with_one_clear_line(string path, string body, int status, string problem)
    {
        await using var running = await Running.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await running.Http.PostAsync(path, content, Token);
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        var error = (await Json(answer)).GetProperty("error").GetString()!;
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public async Task A_body_that_is_not_json_or_too_large_is_refused()
    {
        await using var running = await Running.StartAsync();
        using var form = new FormUrlEncodedContent([new("text", "look")]);
        using var first = await running.Http.PostAsync("/api/annotate", form, Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, first.StatusCode);
        using var large = new StringContent($"{{\"text\":\"{new string('a', 100_000)}\"}}", Encoding.UTF8, "application/json");
        using var second = await running.Http.PostAsync("/api/annotate", large, Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, second.StatusCode);
        Assert.Empty(running.Operator.EventsAfter(0));
    }

    [Theory]
    [InlineData("evil.example", null, 403)]
    [InlineData("127.0.0.1.evil.example:80", null, 403)]
    [InlineData("localhost:9000", null, 200)]
    [InlineData("[::1]:9000", null, 200)]
    [InlineData("localhost:9000", "http://localhost:9000", 200)]
    [InlineData("localhost", "http://localhost", 200)]
    [InlineData("localhost:80", "http://localhost", 200)]
    [InlineData("localhost:9000", "http://localhost:9001", 403)]
    [InlineData("localhost:9000", "http://evil.example", 403)]
    [InlineData("localhost:9000", "null", 403)]
    public async Task Only_this_machine_and_its_own_page_are_let_in(string host, string? origin, int status)
    {
        await using var running = await Running.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/status");
        request.Headers.Host = host;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await running.Http.SendAsync(request, Token);
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
    }

    [Fact]
    public async Task A_page_from_elsewhere_cannot_open_the_socket()
    {
        await using var running = await Running.StartAsync();
        using var client = new LiveClient();
        client.Socket.Options.SetRequestHeader("Origin", "http://evil.example");
        client.Socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() =>
            client.Socket.ConnectAsync(new UriBuilder(running.Server.WebUrl) { Scheme = "ws", Path = "/live" }.Uri, Token));
        Assert.Equal(HttpStatusCode.Forbidden, client.Socket.HttpStatusCode);
    }

    [Fact]
    public async Task The_page_comes_with_a_policy_that_lets_nothing_foreign_in()
    {
        await using var running = await Running.StartAsync();
        using var answer = await running.Http.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/");
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var unchanged = await running.Http.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        using var missing = await running.Http.GetAsync("/../../etc/passwd", Token);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Kept_sessions_are_listed()
    {
        await using var running = await Running.StartAsync();
        var sessions = await running.Http.GetFromJsonAsync<JsonElement>("/api/sessions", Token);
        Assert.Equal(2, sessions.GetArrayLength());
        Assert.Equal(JsonValueKind.Null, sessions[0].GetProperty("ended").ValueKind);
        var one = await running.Http.GetFromJsonAsync<JsonElement>($"/api/sessions/{FakeCatalog.Id}", Token);
        Assert.Equal(FakeCatalog.FrameCount, one.GetProperty("frames").GetInt64());
        using var none = await running.Http.GetAsync("/api/sessions/nope", Token);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
}
