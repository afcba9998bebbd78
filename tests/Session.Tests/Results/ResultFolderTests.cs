using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Session.Results;

namespace LiveLtem.Session.Tests.Results;

public sealed class ResultFolderTests : IDisposable
{
    private static readonly SourceInfo Source = new() { Name = "run7.mrc", Format = "MRC", Height = 64, Width = 96, Type = PixelType.UInt16, Frames = 3 };

    private readonly TempFolder _folder = new();

    private string Out => _folder.File("new/out");

    [Fact]
    public async Task A_finished_folder_holds_whole_tables_and_no_partial_file()
    {
        await using (var results = await StartAsync())
        {
            Deliver(results, 3);
            Assert.False(File.Exists(Path.Combine(Out, "tracks.csv")));
            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(4, File.ReadAllLines(Path.Combine(Out, "frames.csv")).Length);
        Assert.Equal(7, File.ReadAllLines(Path.Combine(Out, "tracks.csv")).Length);
        Assert.Equal("", File.ReadAllText(Path.Combine(Out, "alerts.jsonl")));
        Assert.True(File.Exists(Path.Combine(Out, "tracks.parquet")));
        Assert.Empty(Directory.GetFiles(Out, "*.partial.*"));
    }

    [Fact]
    public async Task A_session_that_broke_keeps_what_was_delivered()
    {
        await using (var results = await StartAsync())
        {
            Deliver(results, 2);
        }

        Assert.Equal(3, File.ReadAllLines(Path.Combine(Out, "frames.csv")).Length);
        Assert.True(File.Exists(Path.Combine(Out, "frames.parquet")));
    }

    [Fact]
    public async Task An_earlier_run_is_replaced_and_other_files_stay()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "overlay.mp4"), "old");
        File.WriteAllText(Path.Combine(Out, "tracks.csv"), "old");
        File.WriteAllText(Path.Combine(Out, "notes.txt"), "mine");
        await using (var results = await StartAsync())
        {
            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        Assert.False(File.Exists(Path.Combine(Out, "overlay.mp4")));
        Assert.Single(File.ReadAllLines(Path.Combine(Out, "tracks.csv")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Out, "notes.txt")));
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_folder_is_refused()
    {
        Directory.CreateDirectory(_folder.File("new"));
        File.WriteAllText(Out, "");
        var error = await Assert.ThrowsAsync<InputException>(StartAsync);
        Assert.Contains("is a file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused_in_one_line()
    {
        File.WriteAllText(_folder.File("new"), "a file where a folder has to go");
        var error = await Assert.ThrowsAsync<InputException>(StartAsync);
        Assert.StartsWith("cannot write to", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_figure_is_there_and_says_why_it_is_null()
    {
        await using (var results = await StartAsync())
        {
            results.OnFrame(Some.BareRow(0));
            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        var figures = JsonNode.Parse(File.ReadAllText(Path.Combine(Out, "analysis.json")))!.AsObject();
        var notes = figures["analysis_notes"]!.AsObject();
        Assert.Equal(
            ["lattice", "msd", "pairs", "etch", "growth", "nucleation", "interface", "states", "dose", "analysis_notes", "enough_yet"],
            figures.Select(pair => pair.Key));
        foreach (var (analysis, names) in figures.Where(pair => pair.Key is not ("analysis_notes" or "enough_yet")))
        {
            foreach (var (name, value) in names!.AsObject())
            {
                Assert.Null(value);
                Assert.NotEqual("", (string?)notes[analysis]![name] ?? "");
            }
        }

        Assert.Contains("--counts-per-electron", (string?)notes["dose"]!["fluence_e_A2"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dose_figures_are_known_where_the_frames_have_a_dose()
    {
        await using (var results = await StartAsync(new Calibration { DosePerFrameEPerA2 = new Calibrated(0.5, "--dose-per-frame-e-A2") }))
        {
            results.DoseRelativeErr = () => 0.1;
            Deliver(results, 4);
            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        var dose = JsonNode.Parse(File.ReadAllText(Path.Combine(Out, "analysis.json")))!["dose"]!;
        Assert.Equal("specimen", (string?)dose["specimen_or_camera"]);
        Assert.Equal(4 * 0.617283945, (double)dose["fluence_e_A2"]!["value"]!, 1e-9);
        Assert.Equal(0.4 * 0.617283945, (double)dose["fluence_e_A2"]!["err"]!, 1e-9);
        Assert.Equal("e-/A^2", (string?)dose["fluence_e_A2"]!["unit"]);
        Assert.Equal(12.3456789, (double)dose["rate_e_A2_s"]!["value"]!, 1e-9);
        Assert.Equal(4, (int)dose["rate_e_A2_s"]!["n"]!);
    }

    public void Dispose() => _folder.Dispose();

    private static void Deliver(ResultFolder results, int frames)
    {
        for (var i = 0; i < frames; i++)
        {
            results.OnFrame(Some.Row(i));
            results.OnTracks(Some.Tracks(i, Some.Point(i, 0, Some.Fit(10, 20)), Some.Point(i, 1, Some.Fit(30, 40))), Some.Row(i));
        }
    }

    private Task<ResultFolder> StartAsync() => StartAsync(Calibration.Unknown);

    private Task<ResultFolder> StartAsync(Calibration calibration) =>
        ResultFolder.CreateAsync(new ResultFolderOptions { Path = Out, Source = Source, Calibration = calibration });
}
