using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Session.Results;
using LiveLtem.Testing;
using Xunit;

namespace LiveLtem.Session.Tests.Results;

/// <summary>What becomes of the figures and tables that analyses give.</summary>
public sealed class AnalysisResultsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Figures_tables_and_plots_are_written_as_the_analysis_gives_them()
    {
        var figures = await WriteAsync(new Known(), null);

        var msd = figures["msd"]!;
        Assert.Equal(2.5, (double)msd["D_nm2_s"]!["value"]!);
        Assert.Equal(0.25, (double)msd["D_nm2_s"]!["err"]!);
        Assert.Equal("nm^2/s", (string?)msd["D_nm2_s"]!["unit"]);
        Assert.Equal(7, (int)msd["D_nm2_s"]!["n"]!);
        Assert.Equal(0.1, (double)msd["D_nm2_s"]!["noise_floor"]!);
        Assert.Null(msd["alpha"]);
        Assert.Equal("too short", (string?)figures["analysis_notes"]!["msd"]!["alpha"]);
        Assert.Equal(["lag_frames,lag_s", "1,0.1", "2,"], File.ReadAllLines(Path.Combine(_folder.Root, "out", "msd.csv")));
        Assert.True(File.Exists(Path.Combine(_folder.Root, "out", "msd.parquet")));
        Assert.Contains("msd: D_nm2_s", File.ReadAllText(Path.Combine(_folder.Root, "out", "report.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "the analysis broke off: frame 1: no luck")]
    [InlineData(null, "the analysis broke off: no luck")]
    public async Task An_analysis_that_fails_costs_its_own_figures_only(int? failsAt, string said)
    {
        var figures = await WriteAsync(new Known(), new Failing { At = failsAt });

        Assert.Equal(2.5, (double)figures["msd"]!["D_nm2_s"]!["value"]!);
        Assert.Null(figures["lattice"]!["a1_nm"]);
        Assert.Equal(said, (string?)figures["analysis_notes"]!["lattice"]!["a1_nm"]);
        Assert.Equal(4, File.ReadAllLines(Path.Combine(_folder.Root, "out", "tracks.csv")).Length);
    }

    [Theory]
    [InlineData(0.04, null, 0L, true, "good enough")]
    [InlineData(0.10, 0.21, 300L, false, "go on")]
    [InlineData(0.10, null, 300L, false, "go on")]
    [InlineData(0.10, 0.105, null, true, "more particles")]
    [InlineData(3.0, null, null, false, "over 1000 times")]
    public void What_more_frames_would_do_follows_from_the_error_and_how_it_fell(double err, double? earlier, long? more, bool stop, string advice)
    {
        var enough = Enough.Of(new AnalysisFigure { Name = "k", Value = -1, Err = err }, earlier, frames: 100, asked: 0.05, dosePerFrame: 0.5)!;

        Assert.Equal(err, enough.RelativeErr, 12);
        Assert.Equal(more, enough.FramesMore);
        Assert.Equal(more * 0.5, enough.DoseMoreEPerA2);
        Assert.Equal(stop, enough.Stop);
        Assert.Contains(advice, enough.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_many_frames_are_still_needed_stands_beside_the_figures()
    {
        var enough = (await WriteAsync(new Known(), null))["enough_yet"]!;

        Assert.Equal(0.05, (double)enough["asked_relative_err"]!);
        Assert.Equal(0.1, (double)enough["msd"]!["D_nm2_s"]!["relative_err"]!, 12);
        Assert.Equal(9, (int)enough["msd"]!["D_nm2_s"]!["frames_more"]!);
        Assert.False((bool)enough["stop"]!);
        Assert.Null(enough["msd"]!["alpha"]);
        Assert.Contains("9 more frames", File.ReadAllText(Path.Combine(_folder.Root, "out", "report.html")), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<JsonNode> WriteAsync(params ITrackAnalysis?[] analyses)
    {
        var folder = Path.Combine(_folder.Root, "out");
        await using (var results = await ResultFolder.CreateAsync(new ResultFolderOptions
        {
            Path = folder,
            Source = new SourceInfo { Name = "movie", Format = "MRC", Height = 64, Width = 64, Type = PixelType.UInt16 },
            Calibration = Calibration.Unknown,
            Analyses = [.. analyses.OfType<ITrackAnalysis>()],
        }))
        {
            for (var t = 0; t < 3; t++)
            {
                results.OnFrame(Some.Row(t));
                results.OnTracks(Some.Tracks(t, Some.Point(t, 0, Some.Fit(5, 5))), Some.Row(t));
            }

            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        return JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "analysis.json"), TestContext.Current.CancellationToken))!;
    }

    private sealed class Known : ITrackAnalysis
    {
        public string Name => "msd";

        public void Add(FrameTracks tracks, FrameRow row)
        {
        }

        public AnalysisResult Result() => new()
        {
            Name = Name,
            Figures =
            [
                new AnalysisFigure { Name = "D_nm2_s", Value = 2.5, Err = 0.25, Unit = "nm^2/s", N = 7, NoiseFloor = 0.1 },
                AnalysisFigure.Unknown("alpha", "too short"),
            ],
            Tables = [new AnalysisTable("msd", ["lag_frames", "lag_s"], [[1, 0.1], [2, double.NaN]])],
        };
    }

    private sealed class Failing : ITrackAnalysis
    {
        public int? At { get; init; }

        public string Name => "lattice";

        public void Add(FrameTracks tracks, FrameRow row)
        {
            if (tracks.Header.Number == At)
            {
                throw new InvalidOperationException("no luck");
            }
        }

        public AnalysisResult Result() => throw new InvalidOperationException("no luck");
    }
}
