namespace LiveLtem.App.Tests.Verbs;

public sealed class AnalyzeVerbTests
{
    private const string Movie = "sim:crystal?size=96&frames=18&cnr=3&particles=4&seed=4";

    [Fact]
    public async Task Two_analyses_give_the_same_bytes_but_for_the_latency()
    {
        using var folder = new TempFolder();
        var first = await ProgramRun.RunAsync("analyze", Movie, "--out", folder.File("a"));
        var second = await ProgramRun.RunAsync("analyze", Movie, "--out", folder.File("b"));

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(File.ReadAllBytes(folder.File("a/tracks.csv")), File.ReadAllBytes(folder.File("b/tracks.csv")));
        Assert.Equal(WithoutLatency(folder.File("a/frames.csv")), WithoutLatency(folder.File("b/frames.csv")));
        var frames = File.ReadAllLines(folder.File("a/frames.csv"));
        Assert.Equal(19, frames.Length);
        Assert.True(File.ReadAllLines(folder.File("a/tracks.csv")).Length > 18, "hardly anything was found in a clear movie");
        Assert.Contains("18 of 18 frames", first.Output, StringComparison.Ordinal);

        static IEnumerable<string> WithoutLatency(string file) => File.ReadLines(file).Select(line => line[..line.LastIndexOf(',')]);
    }

    [Fact]
    public async Task Facets_and_corners_of_a_simulated_etching_recede_as_they_should()
    {
        using var folder = new TempFolder();
        var truth = new HardwareSim.Simulator("etching", new HardwareSim.SceneOptions { Seed = 2 }).Scene.Facts;
        var run = await ProgramRun.RunAsync("analyze", "sim:etching?frames=60&seed=2", "--out", folder.File("a"));

        Assert.True(run.ExitCode == 0, run.Error);
        using var analysis = System.Text.Json.JsonDocument.Parse(File.ReadAllText(folder.File("a/analysis.json")));
        var etch = analysis.RootElement.GetProperty("etch");
        foreach (var name in new[] { "facet_rate_nm_s", "corner_rate_nm_s", "side_rate_nm_s", "end_rate_nm_s" })
        {
            var (value, err) = (etch.GetProperty(name).GetProperty("value").GetDouble(), etch.GetProperty(name).GetProperty("err").GetDouble());
            Assert.InRange((double)truth[name], value - (2.5 * err), value + (2.5 * err));
        }

        // The corners of this one grow sharper: sqrt(2) times the facets' rate would be wrong.
        var corner = etch.GetProperty("corner_rate_nm_s");
        Assert.True(corner.GetProperty("value").GetDouble() + corner.GetProperty("err").GetDouble() < Math.Sqrt(2) * (double)truth["facet_rate_nm_s"]);
        Assert.True(File.ReadAllLines(folder.File("a/etch_contour.csv")).Length > 7);
        Assert.True(File.ReadAllLines(folder.File("a/etch_size.csv")).Length > 20);
    }

    [Fact]
    public async Task Looking_ahead_is_refused_where_nothing_is_denoised()
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync("analyze", Movie, "--out", folder.File("a"), "--offline-denoise");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--offline-denoise: the profile nanoparticles takes no noise off", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("a")));
    }

    [Theory]
    [InlineData("sim:soft?size=256&frames=24&cnr=0.3&seed=392", "lost again after")]
    [InlineData("sim:soft?size=256&frames=24&cnr=0.7&seed=393", "the network sees other particles in the first frames than stand out of them")]
    [InlineData("sim:soft?size=256&frames=24&cnr=0.5&seed=391", "nothing was found in 24 frames")]
    [InlineData("sim:crystal?size=256&frames=24&cnr=0.5&seed=370", null)]
    public async Task What_looks_like_soft_matter_is_told_where_to_go_and_a_noisy_crystal_is_not(string movie, string? doubt)
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync("analyze", movie, "--out", folder.File("a"));
        var report = File.ReadAllText(folder.File("a/report.html"));

        Assert.Equal(0, run.ExitCode);
        foreach (var said in new[] { run.Output, report })
        {
            Assert.Equal(doubt is not null, said.Contains("--profile soft", StringComparison.Ordinal));
            Assert.Contains(doubt ?? "", said, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Range_and_region_choose_what_is_analysed_and_frames_keep_their_numbers()
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync("analyze", Movie, "--out", folder.File("a"), "--frames", "10:14", "--roi", "8,8,80,72");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["10", "11", "12", "13"], File.ReadLines(folder.File("a/frames.csv")).Skip(1).Select(line => line.Split(',')[0]));
        foreach (var line in File.ReadLines(folder.File("a/tracks.csv")).Skip(1))
        {
            Assert.InRange(double.Parse(line.Split(',')[2], System.Globalization.CultureInfo.InvariantCulture), -30, 110);
        }
    }

    [Fact]
    public async Task Denoised_movie_has_a_page_of_float_for_every_frame_in_the_counts_of_the_input()
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync("analyze", Movie, "--out", folder.File("a"), "--write-denoised");

        Assert.True(run.ExitCode == 0, run.Error);
        var stack = File.ReadAllBytes(folder.File("a/denoised.mrc"));
        Assert.Equal((96, 96, 18, 2), (BitConverter.ToInt32(stack, 0), BitConverter.ToInt32(stack, 4), BitConverter.ToInt32(stack, 8), BitConverter.ToInt32(stack, 12)));
        Assert.Equal(1024 + (18 * 96 * 96 * sizeof(float)), stack.Length);
        var rows = File.ReadAllLines(folder.File("a/frames.csv"));
        var column = Array.IndexOf(rows[0].Split(','), "mean_counts");
        for (var page = 0; page < 18; page++)
        {
            var mean = Enumerable.Range(0, 96 * 96).Average(i => (double)BitConverter.ToSingle(stack, 1024 + (((page * 96 * 96) + i) * sizeof(float))));
            var counts = double.Parse(rows[page + 1].Split(',')[column], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(mean / counts, 0.99, 1.01);
        }
    }

    [Theory]
    [InlineData("no such file", "analyze", "/nowhere/run7.mrc", "--out", "OUT")]
    [InlineData("--pixel-size-nm -3: must be a number over 0", "analyze", Movie, "--out", "OUT", "--pixel-size-nm", "-3")]
    [InlineData("--transmission 1.5: must be", "analyze", Movie, "--out", "OUT", "--transmission", "1.5")]
    [InlineData("--frame-time-s NaN: must be", "analyze", Movie, "--out", "OUT", "--frame-time-s", "NaN")]
    [InlineData("--exposure-s 2: longer than the frame time of 1 s", "analyze", Movie, "--out", "OUT", "--frame-time-s", "1", "--exposure-s", "2")]
    [InlineData("/nowhere/dark.mrc", "analyze", Movie, "--out", "OUT", "--dark-level", "/nowhere/dark.mrc")]
    [InlineData("--profile hard: no such profile", "analyze", Movie, "--out", "OUT", "--profile", "hard")]
    [InlineData("model nosuch: no such model or file; there are layers, segment", "analyze", Movie, "--out", "OUT", "--model", "nosuch")]
    [InlineData("--model: name one of layers, segment, none", "analyze", Movie, "--out", "OUT", "--model", "")]
    [InlineData("--frames 9:3", "analyze", Movie, "--out", "OUT", "--frames", "9:3")]
    [InlineData("--roi 0,0,999,10: not inside", "analyze", Movie, "--out", "OUT", "--roi", "0,0,999,10")]
    [InlineData("no such file", "analyze", "positions.csv", "--out", "OUT", "--tracks")]
    [InlineData("--write-masks: is for recordings", "analyze", "positions.csv", "--out", "OUT", "--tracks", "--write-masks")]
    [InlineData("--out", "analyze", Movie)]
    [InlineData("Must be one of: 'auto', 'off'. See 'liveltem link --help'.", "link", "positions.csv", "--out", "OUT", "--drift", "no")]
    [InlineData("sessions: there is no 'foo'; choose one of list, show, verify, repair, export, report. See 'liveltem sessions --help'.", "sessions", "foo")]
    [InlineData("missing for command: 'verify'. See 'liveltem sessions verify --help'.", "sessions", "verify")]
    [InlineData("--pixel-size-nm abc: give a number, with a point for its decimals. See 'liveltem analyze --help'.", "analyze", Movie, "--out", "OUT", "--pixel-size-nm", "abc")]
    [InlineData("--pixel-size-nm 0,35: give a number", "analyze", Movie, "--out", "OUT", "--pixel-size-nm", "0,35")]
    [InlineData("--frames 1,000: give a whole number, without marks between its digits", "simulate", "crystal", "--out", "OUT", "--frames", "1,000")]
    [InlineData("--frames 1.5: give a whole number", "simulate", "crystal", "--out", "OUT", "--frames", "1.5")]
    [InlineData("--size big: give a whole number", "bench", "--size", "big")]
    [InlineData("FILE: is empty. See 'liveltem info --help'.", "info", "")]
    [InlineData("SESSION: is empty. See 'liveltem sessions show --help'.", "sessions", "show", "")]
    [InlineData("--out: is empty. See 'liveltem simulate --help'.", "simulate", "crystal", "--out", "")]
    [InlineData("--truth: is empty", "score", "--truth", "", "--pred", "")]
    [InlineData("--fps 0: give frames a second", "replay", Movie, "--fps", "0")]
    [InlineData("--seconds -1", "demo", "--seconds", "-1")]
    [InlineData("--size 7: give sides", "bench", "--size", "7")]
    [InlineData("model nosuch: no such model or file", "bench", "--size", "64", "--frames", "10", "--model", "nosuch")]
    public async Task Wrong_input_gives_one_line_and_exit_code_2(string expected, params string[] arguments)
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync([.. arguments.Select(argument => argument == "OUT" ? folder.File("out") : argument)]);

        Assert.Equal(2, run.ExitCode);
        var line = Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("liveltem: ", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.Empty(run.Output);
        Assert.False(Directory.Exists(folder.File("out")), "something was written for a wrong command");
    }

    [Fact]
    public async Task Termination_drains_and_leaves_whole_tables()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no SIGTERM");
        using var folder = new TempFolder();

        // Without an end: only the signal stops it.
        using var run = ProgramRun.Start("analyze", "sim:crystal?size=96&cnr=3&particles=4", "--out", folder.File("a"));
        var growing = folder.File("a/frames.partial.csv");
        while (!run.HasEnded && (!File.Exists(growing) || new FileInfo(growing).Length < 500))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await run.TerminateAsync();
        var (exitCode, output, error) = await run.EndAsync();

        Assert.True(exitCode == 0, $"exit code {exitCode}: {error}");
        Assert.Contains("Stopped on request.", output, StringComparison.Ordinal);
        var frames = File.ReadAllLines(folder.File("a/frames.csv"));
        Assert.Equal(Enumerable.Range(0, frames.Length - 1).Select(i => $"{i}"), frames.Skip(1).Select(line => line.Split(',')[0]));
        Assert.True(File.Exists(folder.File("a/tracks.parquet")));
    }

    [Fact]
    public async Task Demo_runs_for_its_time_and_compares_with_the_truth()
    {
        var run = await ProgramRun.RunAsync("demo", "--seconds", "1");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("From arrival to result", run.Output, StringComparison.Ordinal);
        Assert.Contains("Truth: ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_plays_a_movie_once_and_sums_it_up()
    {
        var run = await ProgramRun.RunAsync("replay", Movie, "--fps", "50");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("of 18 frames analysed", run.Output, StringComparison.Ordinal);
    }
}
