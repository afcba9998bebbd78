using System.Text.Json.Nodes;
using System.Threading.Channels;
using LiveLtem.Acquisition;
using LiveLtem.Acquisition.Gauge;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Tests.Verbs;

public sealed class SessionsVerbTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_session_analysed_again_gives_the_tables_of_the_movie_it_recorded()
    {
        var movie = await SimulateAsync();
        var session = await RecordAsync(movie, profile: null);

        string[] calibration = ["--pixel-size-nm", "0.3", "--frame-time-s", "0.1", "--dose-per-frame-e-A2", "0.7"];
        var first = await ProgramRun.RunAsync(["analyze", movie, "--out", _folder.File("a"), .. calibration]);
        var second = await ProgramRun.RunAsync(["analyze", session, "--out", _folder.File("b"), .. calibration]);
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(File.ReadAllBytes(_folder.File("a/tracks.csv")), File.ReadAllBytes(_folder.File("b/tracks.csv")));
        Assert.Equal(WithoutLatency(_folder.File("a/frames.csv")), WithoutLatency(_folder.File("b/frames.csv")));
        Assert.True(File.ReadAllLines(_folder.File("a/tracks.csv")).Length > 18, "hardly anything was found in a clear movie");

        // Without anything typed, the session brings what it was recorded with.
        var plain = await ProgramRun.RunAsync("analyze", movie, "--out", _folder.File("c"));
        var again = await ProgramRun.RunAsync("analyze", session, "--out", _folder.File("d"));
        Assert.Equal((0, 0), (plain.ExitCode, again.ExitCode));
        Assert.Equal(File.ReadAllBytes(_folder.File("c/tracks.csv")), File.ReadAllBytes(_folder.File("d/tracks.csv")));

        static IEnumerable<string> WithoutLatency(string file) => File.ReadLines(file).Select(line => line[..line.LastIndexOf(',')]);
    }

    [Fact]
    public async Task A_session_brings_its_own_profile()
    {
        var session = await RecordAsync(await SimulateAsync(), "detector:\n  polarity: sideways\n");
        var run = await ProgramRun.RunAsync("analyze", session, "--out", _folder.File("a"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("line 2: detector.polarity: found sideways", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ProgramRun.RunAsync("analyze", session, "--out", _folder.File("a"), "--profile", "nanocubes")).ExitCode);
    }

    [Fact]
    public async Task Sessions_are_listed_shown_verified_repaired_and_exported()
    {
        var session = await RecordAsync(await SimulateAsync(), profile: null);
        var id = Path.GetFileName(session);
        string[] root = ["--root", _folder.File("sessions")];

        var list = await ProgramRun.RunAsync(["sessions", "list", "--json", .. root]);
        var entry = Assert.Single(JsonNode.Parse(list.Output)!.AsArray())!;
        Assert.Equal((id, "closed", 18), ((string?)entry["id"], (string?)entry["state"], (int)entry["frames"]!));
        Assert.Contains(id, (await ProgramRun.RunAsync(["sessions", "list", .. root])).Output, StringComparison.Ordinal);

        var show = JsonNode.Parse((await ProgramRun.RunAsync(["sessions", "show", id, "--json", .. root])).Output)!;
        Assert.Equal(("annotation", "look", 18), ((string?)show["events"]![0]!["kind"], (string?)show["events"]![0]!["text"], (int)show["received"]!));
        Assert.Contains("remark: look", (await ProgramRun.RunAsync("sessions", "show", session)).Output, StringComparison.Ordinal);

        var verify = await ProgramRun.RunAsync(["sessions", "verify", id, .. root]);
        Assert.Equal((0, $"{id}: 18 frames received, 18 kept, 18 verified: whole\n"), (verify.ExitCode, verify.Output));
        Assert.Equal($"{id}: nothing to repair\n", (await ProgramRun.RunAsync(["sessions", "repair", id, .. root])).Output);

        var export = await ProgramRun.RunAsync(["sessions", "export", id, "--out", _folder.File("tables"), .. root]);
        Assert.Equal(0, export.ExitCode);
        Assert.Equal(2, File.ReadAllLines(_folder.File("tables/frames.csv")).Length);
        Assert.Equal(Path.Combine(session, "report.html"), (await ProgramRun.RunAsync(["sessions", "report", id, .. root])).Output.Trim());
        Assert.True(File.Exists(Path.Combine(session, "report.html")));

        using (var file = File.Open(Path.Combine(session, "frames.mrc"), FileMode.Open))
        {
            file.Position = 2000;
            file.WriteByte(1);
            file.WriteByte(2);
            file.WriteByte(3);
        }

        var damaged = await ProgramRun.RunAsync(["sessions", "verify", id, "--json", .. root]);
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("frame 0 are not those that were received", (string?)JsonNode.Parse(damaged.Output)!["problems"]![0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("verify")]
    [InlineData("repair")]
    [InlineData("report")]
    public async Task A_session_that_is_not_there_gives_one_line_and_exit_code_2(string verb)
    {
        var run = await ProgramRun.RunAsync("sessions", verb, "20200101-000000-abcd", "--root", _folder.Root);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal($"liveltem: there is no session 20200101-000000-abcd in {_folder.Root}; 'liveltem sessions list' names them\n", run.Error);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> SimulateAsync()
    {
        var run = await ProgramRun.RunAsync("simulate", "crystal", "--size", "128", "--frames", "18", "--seed", "4", "--out", _folder.File("movie"));
        Assert.True(run.ExitCode == 0, run.Error);
        return Assert.Single(Directory.GetFiles(_folder.File("movie"), "*.mrc"));
    }

    /// <summary>Records a movie as a live session does.</summary>
    private async Task<string> RecordAsync(string movie, string? profile)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var source = AcquisitionServices.CreateFrameSources().Open(movie);
        using var pool = new FramePool();
        var gauge = new FrameGauge();
        var channel = Channel.CreateUnbounded<Frame>();
        await source.RunAsync(pool, channel.Writer, stop);
        channel.Writer.Complete();
        var description = new SessionDescription
        {
            Source = movie,
            Calibration = source.Info.Calibration,
            ProfileName = "nanoparticles",
            ProfileText = profile ?? "",
            Version = "0.1.0",
        };
        await using var store = SessionStore.Create(_folder.File("sessions"), description, new SessionStoreOptions { WriteResults = false });
        await foreach (var frame in channel.Reader.ReadAllAsync(stop))
        {
            using (frame)
            {
                store.Append(frame, gauge.Read(frame));
            }
        }

        store.Add(new Annotation { Time = DateTimeOffset.UnixEpoch, Text = "look" });
        store.OnFrame(new FrameRow { Frame = 0, MeanCounts = 1, SaturatedFraction = 0, DroppedBefore = 0, Processed = false });
        await store.CompleteAsync(stop);
        return store.Folder;
    }
}
