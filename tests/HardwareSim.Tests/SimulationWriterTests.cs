using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.HardwareSim.Tests;

public sealed class SimulationWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("liveltem-sim-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_recording_holds_movie_truth_frames_and_scene_and_repeats_byte_for_byte()
    {
        var options = new SceneOptions { SizePx = 96, Seed = 11 };
        var command = Write("a", "free", options, 4);
        Write("b", "free", options, 4);
        foreach (var file in new[] { "movie.mrc", "truth.csv", "frames_truth.csv" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "a", file)), File.ReadAllBytes(Path.Combine(_folder, "b", file)));
        }

        Assert.Equal(1024 + (4 * 96 * 96 * 2), new FileInfo(Path.Combine(_folder, "a", "movie.mrc")).Length);
        Assert.Contains("--counts-per-electron 16 --dark-level 100", command, StringComparison.Ordinal);
        using var scene = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "a", "scene.json")));
        Assert.Equal(command, scene.RootElement.GetProperty("analyze").GetString());
        Assert.Equal(1.6, scene.RootElement.GetProperty("cnr").GetDouble(), 9);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(_folder, "a", "frames_truth.csv")).Length);
    }

    [Fact]
    public void Truth_scores_perfectly_against_itself()
    {
        Write("t", "layers", new SceneOptions { SizePx = 192 }, 3);
        var truth = PointTable.Read(Path.Combine(_folder, "t", "truth.csv"));
        var report = Scorer.Score(truth, truth);
        Assert.Equal(1, report.Detection.F1);
        Assert.Equal(1, report.LayerAware!.F1);
        Assert.Equal(1, report.Hota!.Hota, 9);
    }

    [Fact]
    public void Lost_frames_had_their_dose_all_the_same()
    {
        Write("d", "fault-dropped", new SceneOptions { SizePx = 64, DosePerFrameEPerA2 = 0.5 }, 60);
        var rows = File.ReadAllLines(Path.Combine(_folder, "d", "frames_truth.csv")).Skip(1).Select(l => l.Split(',')).ToArray();
        foreach (var row in rows)
        {
            Assert.Equal(0.5 * (long.Parse(row[1]) + 1), double.Parse(row[4]), 6);
        }

        Assert.Contains(",dropped", File.ReadAllText(Path.Combine(_folder, "d", "faults.csv")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000_000)]
    public void An_absurd_number_of_frames_is_refused(int frames)
    {
        var error = Assert.Throws<InputException>(() => Write("x", "crystal", new SceneOptions(), frames));
        Assert.Contains("--frames", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_movie_larger_than_the_disk_is_refused_before_anything_is_written()
    {
        var error = Assert.Throws<InputException>(() => Write("big", "crystal", new SceneOptions { SizePx = 4096, Type = PixelType.Float32, Particles = 4 }, 1_000_000));
        Assert.Contains("GB", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "big", "movie.mrc")));
    }

    [Theory]
    [InlineData("file", "it is a file")]
    [InlineData("file/below", "a part of the path is a file")]
    public void A_place_that_cannot_be_written_to_is_told_as_one(string name, string why)
    {
        File.WriteAllText(Path.Combine(_folder, "file"), "x");
        var error = Assert.Throws<InputException>(() => Write(name, "crystal", new SceneOptions { SizePx = 96 }, 2));

        Assert.StartsWith($"--out {Path.Combine(_folder, name)}: cannot be written to: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"{why}; name a folder of yours", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_file_system_without_room_that_takes_no_file_either_is_not_called_full()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "this system has no /proc");
        var error = Assert.Throws<InputException>(() => SimulationWriter.Write("crystal", new SceneOptions { SizePx = 96 }, 2, "/proc/sim", writeClean: false, false, null, CancellationToken.None));

        Assert.DoesNotContain("free", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--out /proc/sim: cannot be written to: ", error.Message, StringComparison.Ordinal);
    }

    private string Write(string name, string scene, SceneOptions options, int frames) =>
        SimulationWriter.Write(scene, options, frames, Path.Combine(_folder, name), writeClean: false, false, null, CancellationToken.None);
}
