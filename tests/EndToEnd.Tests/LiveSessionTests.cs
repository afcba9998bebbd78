using System.Globalization;
using System.Net;
using System.Text.Json;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;
using LiveLtem.Testing.Browser;

namespace LiveLtem.EndToEnd.Tests;

/// <summary>The live session from outside: its process, ports, signals and the folder it leaves.</summary>
public sealed class LiveSessionTests : IDisposable
{
    private const string Crystal = "sim:crystal?size=160&cnr=2&fps=20&particles=9&seed=5";
    private const string Faults = "sim:faults?size=160&fps=25&particles=9&seed=373";
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task It_is_ready_after_its_warm_up_records_what_comes_and_closes_on_a_signal()
    {
        await using var live = LiveProcess.Start("run", "--source", Crystal, "--record", _folder.Root);
        await live.WebAsync();
        Assert.Equal(HttpStatusCode.OK, await live.StatusOfAsync("healthz"));
        if (await live.StatusOfAsync("readyz") == HttpStatusCode.OK)
        {
            await live.ReadyAsync().WaitAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        }

        var ready = await live.ReadyAsync();
        Assert.Equal(HttpStatusCode.OK, await live.StatusOfAsync("readyz"));
        Assert.StartsWith("tcp://127.0.0.1:", ready.GetProperty("zmq").GetString(), StringComparison.Ordinal);
        var folder = ready.GetProperty("session").GetString()!;

        var (said, note) = await live.PostAsync("api/annotate", new { text = " the beam was moved ", x = 10.5, y = 20 });
        Assert.Equal((HttpStatusCode.OK, "the beam was moved"), (said, note.GetProperty("text").GetString()));
        var (changed, segment) = await live.PostAsync("api/conditions", new { pixel_size_nm = 0.75, note = "higher magnification" });
        Assert.Equal((HttpStatusCode.OK, 1), (changed, segment.GetProperty("segment").GetInt32()));
        var (refused, why) = await live.PostAsync("api/conditions", new { transmission = 3 });
        Assert.Equal((HttpStatusCode.BadRequest, "transmission 3: give 1E-09 to 1 (a fraction)"), (refused, why.GetProperty("error").GetString()));

        var status = await live.UntilAsync(s => s.GetProperty("segment").GetInt32() == 1 && s.GetProperty("ledger").GetProperty("processed").GetInt64() > 20);
        Assert.Equal("live", status.GetProperty("state").GetString());
        Assert.Equal(0.75, status.GetProperty("calibration").GetProperty("pixel_size_nm").GetProperty("value").GetDouble());
        Assert.True(status.GetProperty("particles").GetInt32() > 0);

        await live.SignalAsync("TERM");
        Assert.True(await live.EndAsync() == 0, live.Said);
        var (code, verdict) = await SessionAsync("verify", folder);
        Assert.True(code == 0, verdict.ToString());
        var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "session.json"))).RootElement;
        Assert.Equal("closed", summary.GetProperty("state").GetString());
        Assert.Equal(2, summary.GetProperty("segments").GetArrayLength());
        Assert.True(File.Exists(Path.Combine(folder, "report.html")), live.Said);
        Assert.Equal(verdict.GetProperty("received").GetInt64(), verdict.GetProperty("verified").GetInt64());
    }

    [Fact]
    public async Task A_killed_session_keeps_every_frame_whose_write_had_returned()
    {
        await using var live = LiveProcess.Start("run", "--source", Crystal, "--record", _folder.Root);
        var folder = (await live.ReadyAsync()).GetProperty("session").GetString()!;
        var before = await live.UntilAsync(status => status.GetProperty("recording").GetProperty("frames").GetInt64() > 30);
        await live.SignalAsync("KILL");
        await live.EndAsync();

        await using (var repair = LiveProcess.StartPlain("sessions", "repair", folder))
        {
            Assert.True(await repair.EndAsync() == 0, repair.Said);
        }

        var (code, verdict) = await SessionAsync("verify", folder);
        Assert.True(code == 0, verdict.ToString());
        Assert.True(verdict.GetProperty("verified").GetInt64() >= before.GetProperty("recording").GetProperty("frames").GetInt64(), verdict.ToString());
    }

    [Fact]
    public async Task Alerts_are_raised_and_cleared_while_frames_run_and_a_killed_session_has_all_that_were_told()
    {
        await using var live = LiveProcess.Start("run", "--source", Faults, "--record", _folder.Root, "--pixel-size-nm", "1.5", "--calibrated-on", "2020-02-29");
        var folder = (await live.ReadyAsync()).GetProperty("session").GetString()!;
        var told = new List<JsonElement>();
        while (told.Select(Kind).Distinct().Count() < 5 || told.Count(happening => State(happening) == "cleared") < 4)
        {
            var after = told.Count == 0 ? 0 : told[^1].GetProperty("id").GetInt64();
            told.AddRange((await live.GetAsync($"api/events?after={after}")).EnumerateArray());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        var status = await live.GetAsync("api/status");
        Assert.Contains(status.GetProperty("alerts_missing").EnumerateArray(), rule => rule.GetString() == "dose_rate_high: no limit is set (alerts.dose_rate_high.threshold)");
        await live.SignalAsync("KILL");
        await live.EndAsync();
        await using (var repair = LiveProcess.StartPlain("sessions", "repair", folder))
        {
            Assert.True(await repair.EndAsync() == 0, repair.Said);
        }

        var kept = new SessionCatalog(_folder.Root).Events(Path.GetFileName(folder), 0);
        Assert.Equal(Enumerable.Range(1, kept.Count).Select(number => (long)number), kept.Select(happening => happening.Id));
        Assert.True(kept.Count >= told.Count);
        foreach (var (happening, log) in told.Zip(kept))
        {
            if (Kind(happening) is { } kind)
            {
                var alert = ((AlertChange)log).Alert;
                var said = happening.GetProperty("alert");
                Assert.Equal((alert.Kind, alert.State, alert.Id, alert.Frame), (kind, State(happening), said.GetProperty("id").GetInt64(), said.GetProperty("frame").GetInt64()));
            }
        }

        Assert.Contains(kept, happening => happening is AlertChange { Alert: { Kind: "calibration_expired", State: "raised", Frame: 0 } });
        var size = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "session.json"))).RootElement.GetProperty("segments")[0].GetProperty("calibration").GetProperty("pixel_size_nm");
        Assert.StartsWith("2020-02-29T00:00:00", size.GetProperty("date").GetString(), StringComparison.Ordinal);

        // The faults begin at the same frames of every hundred.
        var alerts = kept.OfType<AlertChange>().Select(change => change.Alert).Where(alert => alert.State == "raised").ToList();
        Assert.Contains(alerts, alert => alert is { Kind: "frames_repeated", Frame: 25 or 125 or 225 });
        Assert.Contains(alerts, alert => alert is { Kind: "beam_blank", Frame: 33 or 133 or 233 });

        static string? Kind(JsonElement happening) => happening.TryGetProperty("alert", out var alert) ? alert.GetProperty("kind").GetString() : null;
        static string? State(JsonElement happening) => happening.TryGetProperty("alert", out var alert) ? alert.GetProperty("state").GetString() : null;
    }

    [Fact]
    public async Task A_full_disk_raises_an_alert_while_the_view_goes_on_and_what_was_recorded_stays()
    {
        await using var disk = await SmallDisk.MountAsync(_folder.Root, "44m");
        await using var live = LiveProcess.Start("run", "--source", Crystal, "--record", _folder.Root);
        var folder = (await live.ReadyAsync()).GetProperty("session").GetString()!;
        disk.Fill(leave: 2 << 20);
        var failed = await live.UntilAsync(status => status.GetProperty("recording").GetProperty("state").GetString() == "failed");
        var processed = failed.GetProperty("ledger").GetProperty("processed").GetInt64();
        await live.UntilAsync(status => status.GetProperty("ledger").GetProperty("processed").GetInt64() > processed + 10);
        var events = await live.GetAsync("api/events?after=0");
        var alert = Assert.Single(
            events.EnumerateArray(),
            item => item.GetProperty("kind").GetString() == "alert" && item.GetProperty("alert").GetProperty("kind").GetString() == "disk_space").GetProperty("alert");
        Assert.Equal(("disk_space", "raised"), (alert.GetProperty("kind").GetString(), alert.GetProperty("state").GetString()));

        disk.Free();
        var (on, _) = await StartRecordingAsync(live);
        Assert.Equal(HttpStatusCode.OK, on);
        await live.UntilAsync(status => status.GetProperty("recording").GetProperty("state").GetString() == "on");
        await live.SignalAsync("TERM");
        Assert.True(await live.EndAsync() == 0, live.Said);
        var (code, verdict) = await SessionAsync("verify", folder);
        Assert.True(code == 0, verdict.ToString());
    }

    [Fact]
    public async Task A_session_analysed_again_gives_the_tables_of_the_recording_byte_for_byte()
    {
        var movie = _folder.File("movie");
        await using (var simulate = LiveProcess.StartPlain("simulate", "crystal", "--out", movie, "--frames", "40", "--size", "160", "--particles", "9", "--cnr", "2"))
        {
            Assert.True(await simulate.EndAsync() == 0, simulate.Said);
        }

        var recording = Path.Combine(movie, "movie.mrc");
        string folder;
        await using (var live = LiveProcess.Start("replay", recording, "--fps", "40", "--record", _folder.File("sessions"), "--json"))
        {
            Assert.True(await live.EndAsync() == 0, live.Said);
            folder = Directory.GetDirectories(_folder.File("sessions")).Single();
            var end = JsonDocument.Parse(live.Output[^1]).RootElement;
            Assert.Equal((40, 40, 0), (end.GetProperty("received").GetInt32(), end.GetProperty("recorded").GetInt32(), end.GetProperty("lost").GetInt32()));
        }

        var tables = new List<string>();
        foreach (var (source, name) in ((string, string)[])[(recording, "file"), (folder, "session"), (folder, "again")])
        {
            await using var analyze = LiveProcess.StartPlain("analyze", source, "--out", _folder.File(name), "--frame-time-s", "0.1");
            Assert.True(await analyze.EndAsync() == 0, analyze.Said);
            tables.Add(File.ReadAllText(Path.Combine(_folder.File(name), "tracks.csv")));
        }

        Assert.True(tables[0].Length > 10_000);
        Assert.Equal(tables[0], tables[1]);
        Assert.Equal(tables[1], tables[2]);
    }

    [Fact]
    public async Task The_model_changes_while_frames_run_and_a_second_analysis_changes_it_at_the_same_frames()
    {
        string folder;
        long off, on;
        await using (var live = LiveProcess.Start("run", "--source", Crystal, "--record", _folder.File("sessions")))
        {
            folder = (await live.ReadyAsync()).GetProperty("session").GetString()!;
            var before = await live.UntilAsync(status => status.GetProperty("ledger").GetProperty("processed").GetInt64() > 15);
            Assert.Equal(("segment", "segment"), (before.GetProperty("detector").GetString(), before.GetProperty("model").GetProperty("name").GetString()));
            Assert.Equal("CPU", before.GetProperty("model").GetProperty("provider").GetString());
            var (unknown, why) = await live.PostAsync("api/model", new { name = "../segment" });
            Assert.Equal(HttpStatusCode.BadRequest, unknown);
            Assert.StartsWith("model '../segment': there is none of that name; choose one of auto, none,", why.GetProperty("error").GetString(), StringComparison.Ordinal);

            off = await ChooseAsync(live, "none");
            var (again, same) = await live.PostAsync("api/model", new { name = "none" });
            Assert.Equal((HttpStatusCode.OK, off), (again, same.GetProperty("first_frame").GetInt64()));
            await live.UntilAsync(status => status.GetProperty("ledger").GetProperty("last").GetInt64() > off + 10);
            Assert.Equal("classical", (await live.GetAsync("api/status")).GetProperty("detector").GetString());
            on = await ChooseAsync(live, "auto");
            var after = await live.UntilAsync(status => status.GetProperty("ledger").GetProperty("last").GetInt64() > on + 10);
            Assert.Equal("segment", after.GetProperty("detector").GetString());
            Assert.True(on > off + 10);
            Assert.True(after.GetProperty("particles").GetInt32() > 0);

            var changes = (await live.GetAsync("api/events?after=0")).EnumerateArray().Where(item => item.GetProperty("kind").GetString() == "model").ToList();
            Assert.Equal([("none", off), ("segment", on)], changes.Select(item => (item.GetProperty("name").GetString()!, item.GetProperty("first_frame").GetInt64())));
            Assert.All(changes, item => Assert.True(item.GetProperty("frame").GetInt64() >= item.GetProperty("first_frame").GetInt64()));
            await live.SignalAsync("TERM");
            Assert.True(await live.EndAsync() == 0, live.Said);
        }

        var (code, verdict) = await SessionAsync("verify", folder);
        Assert.True(code == 0, verdict.ToString());
        Assert.Equal(verdict.GetProperty("received").GetInt64(), verdict.GetProperty("verified").GetInt64());
        var models = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "session.json"))).RootElement.GetProperty("models");
        Assert.Equal(["segment", "none", "segment"], models.EnumerateArray().Select(model => model.GetProperty("name").GetString()));
        Assert.Equal(64, models[0].GetProperty("sha256").GetString()!.Length);
        Assert.Equal(JsonValueKind.Null, models[0].GetProperty("first_frame").ValueKind);

        var tables = new List<string>();
        foreach (var name in (string[])["one", "two"])
        {
            await using var analyze = LiveProcess.StartPlain("analyze", folder, "--out", _folder.File(name));
            Assert.True(await analyze.EndAsync() == 0, analyze.Said);
            tables.Add(File.ReadAllText(Path.Combine(_folder.File(name), "tracks.csv")));
            Assert.Contains($"none from frame {off}, segment from frame {on}", File.ReadAllText(Path.Combine(_folder.File(name), "report.html")), StringComparison.Ordinal);
        }

        Assert.Equal(tables[0], tables[1]);
        await using var plain = LiveProcess.StartPlain("analyze", folder, "--out", _folder.File("plain"), "--model", "segment");
        Assert.True(await plain.EndAsync() == 0, plain.Said);
        var unchanged = File.ReadAllLines(Path.Combine(_folder.File("plain"), "tracks.csv"));
        var changed = tables[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Before(unchanged, off), Before(changed, off));
        Assert.NotEqual(unchanged, changed);

        static string[] Before(string[] lines, long frame) =>
            [.. lines.Skip(1).Where(line => long.Parse(line.Split(',')[0], CultureInfo.InvariantCulture) < frame - 40)];
    }

    [Fact]
    public async Task The_viewer_shows_a_live_session_and_has_nothing_to_complain_of()
    {
        Assert.SkipWhen(Chromium.Path is null, $"no Chromium: apt-get install chromium, or set {Chromium.Variable}");
        await using var live = LiveProcess.Start("run", "--source", Crystal, "--no-record");
        await live.ReadyAsync();
        await using var chromium = await Chromium.StartAsync(TestContext.Current.CancellationToken);
        await using var page = await chromium.OpenAsync(1180, 820, TestContext.Current.CancellationToken);
        await page.GoToAsync(await live.WebAsync());
        await page.UntilAsync("document.getElementById('link').textContent.includes('connected') && Number(document.getElementById('frame-number').textContent) > 0");
        var first = await page.EvaluateAsync<string>("document.getElementById('frame-number').textContent");
        await page.UntilAsync($"Number(document.getElementById('frame-number').textContent) > {first} + 10");
        await page.UntilAsync("Number(document.getElementById('overlay-age').dataset.behind) < 40");
        Assert.Empty(page.Complaints);
        Assert.All(page.Requests, request => Assert.Contains("127.0.0.1", request, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("refuses to listen on 0.0.0.0", "--bind", "0.0.0.0")]
    [InlineData("contradict each other", "--record", "x", "--no-record")]
    [InlineData("--web-port", "--web-port", "70000")]
    [InlineData("--calibrated-on 31.3.2026: give a day as 2026-03-31", "--calibrated-on", "31.3.2026")]
    public async Task Options_that_cannot_be_meant_are_one_line(string expected, params string[] options)
    {
        await using var live = LiveProcess.StartPlain(["run", "--source", Crystal, .. options]);
        Assert.Equal(2, await live.EndAsync());
        var line = Assert.Single(live.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_is_named_with_the_option_that_mends_it()
    {
        await using var first = LiveProcess.Start("run", "--source", Crystal, "--no-record");
        var port = (await first.WebAsync()).Port;
        await using var second = LiveProcess.StartPlain("run", "--source", Crystal, "--no-record", "--web-port", $"{port}", "--grpc-port", "0", "--zmq-port", "0");
        Assert.Equal(2, await second.EndAsync());
        Assert.Contains($"port {port} is taken by another program: choose another with --web-port", second.Said, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<long> ChooseAsync(LiveProcess live, string model)
    {
        var (code, body) = await live.PostAsync("api/model", new { name = model });
        Assert.True(code == HttpStatusCode.OK, body.ToString());
        return body.GetProperty("first_frame").GetInt64();
    }

    private static async Task<(HttpStatusCode Code, JsonElement Body)> StartRecordingAsync(LiveProcess live)
    {
        // There is room again as soon as the store has looked; until then it says that there is none.
        while (true)
        {
            var reply = await live.PostAsync("api/recording", new { on = true });
            if (reply.Code == HttpStatusCode.OK)
            {
                return reply;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(int Code, JsonElement Report)> SessionAsync(string verb, string folder)
    {
        await using var run = LiveProcess.StartPlain("sessions", verb, folder, "--json");
        var code = await run.EndAsync();
        return (code, JsonDocument.Parse(string.Join('\n', run.Output)).RootElement.Clone());
    }
}
