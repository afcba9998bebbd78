using System.Runtime.InteropServices;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Core.Mrc;
using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.App.Tests.Verbs;

/// <summary>Calibration from frames of the simulated camera, which spreads electrons' signals over neighbours and in size, reads with noise and has an uneven gain.</summary>
public sealed class CalibrateVerbTests
{
    private const int Side = 256;
    private const int Frames = 40;
    private static readonly DetectorOptions Camera = new() { CountsPerElectron = 12.5 };

    [Fact]
    public async Task Counts_per_electron_dark_transmission_and_gain_come_out_are_kept_and_are_used()
    {
        using var folder = new TempFolder();
        Film(folder.File("dark.mrc"), 0, 1);
        Film(folder.File("flat.mrc"), 20, 2, 160);
        Film(folder.File("specimen.mrc"), 6, 3);
        Film(folder.File("hole.mrc"), 24, 4);
        var run = await ProgramRun.RunAsync(
            "calibrate", "--dark", folder.File("dark.mrc"), "--flat", folder.File("flat.mrc"), "--excess-noise", "0.3", "--specimen", folder.File("specimen.mrc"), "--hole", folder.File("hole.mrc"),
            "--gain-out", folder.File("gain.mrc"), "--camera", "Sim 1", "--kv", "200", "--root", folder.File("kept"), "--json");

        Assert.True(run.ExitCode == 0, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var (counts, err) = Measured(json, "counts_per_electron");
        Assert.InRange(err / counts, 0.002, 0.02);
        Assert.InRange(Math.Abs(counts - 12.5) / err, 0, 3);
        Assert.Equal(12.5, counts, 0.03 * 12.5);
        Assert.Equal(100, Measured(json, "dark_level").Value, 0.1);
        Assert.Equal(0.3 * 12.5, json.RootElement.GetProperty("readout_noise").GetProperty("value").GetDouble(), 0.1 * 0.3 * 12.5);
        Assert.Equal(0.25, Measured(json, "transmission").Value, 0.002);

        var list = await ProgramRun.RunAsync("calibrate", "--list", "--root", folder.File("kept"));
        Assert.Contains("Sim 1 at 200 kV: counts per electron 12.", list.Output, StringComparison.Ordinal);
        Assert.Contains("mean and variance of flat.mrc, 160 frames, today", list.Output, StringComparison.Ordinal);

        var kept = Directory.GetFiles(folder.File("kept")).Single();
        var use = await ProgramRun.RunAsync("analyze", folder.File("flat.mrc"), "--out", folder.File("out"), "--camera", kept, "--pixel-size-nm", "1", "--exposure-s", "0.1", "--frame-time-s", "0.1", "--gain", folder.File("gain.mrc"), "--model", "none");
        Assert.True(use.ExitCode == 0, use.Error);
        Assert.Contains("liveltem: Sim 1 at 200 kV: counts per electron 12.", use.Error, StringComparison.Ordinal);

        // 20 electrons on 100 A^2 in 0.1 s, by the counts per electron that were found.
        var rates = File.ReadLines(folder.File("out/frames.csv")).Skip(1).Select(line => double.Parse(line.Split(',')[2], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(2 * 12.5 / counts, rates.Average(), 0.005 * 2);
    }

    [Theory]
    [InlineData("nothing was asked for")]
    [InlineData("--flat needs --dark", "--flat", "nowhere.mrc")]
    [InlineData("--camera needs --kv", "--counts-per-electron", "16", "--camera", "K3")]
    [InlineData("--specimen and --hole go together", "--specimen", "nowhere.mrc")]
    [InlineData("--gain-out needs --flat", "--gain-out", "g.mrc")]
    [InlineData("--roi 1,2: give X,Y,W,H in px", "--roi", "1,2", "--dark", "100")]
    [InlineData("--kv 0: must be from", "--counts-per-electron", "16", "--camera", "K3", "--kv", "0")]
    public async Task What_cannot_be_meant_is_refused_with_one_line(string message, params string[] arguments)
    {
        var run = await ProgramRun.RunAsync(["calibrate", .. arguments]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Recordings_the_wrong_way_round_and_too_short_ones_are_told()
    {
        using var folder = new TempFolder();
        Film(folder.File("dark.mrc"), 0, 5, 10);
        Film(folder.File("flat.mrc"), 20, 6, 10);
        Film(folder.File("short.mrc"), 20, 7, 4);

        var swapped = await ProgramRun.RunAsync("calibrate", "--dark", folder.File("flat.mrc"), "--flat", folder.File("dark.mrc"));
        Assert.Equal(2, swapped.ExitCode);
        Assert.Contains("were named the right way round", swapped.Error, StringComparison.Ordinal);

        var brief = await ProgramRun.RunAsync("calibrate", "--dark", "100", "--flat", folder.File("short.mrc"));
        Assert.Equal(2, brief.ExitCode);
        Assert.Contains("holds too few frames; at least 8", brief.Error, StringComparison.Ordinal);

        var thick = await ProgramRun.RunAsync("calibrate", "--liquid-nm", "150", "--windows-nm", "100");
        Assert.Equal(0, thick.ExitCode);
        Assert.Contains("transmission: 0.221961", thick.Output, StringComparison.Ordinal);
    }

    private static (double Value, double Err) Measured(JsonDocument json, string name) =>
        (json.RootElement.GetProperty(name).GetProperty("value").GetDouble(), json.RootElement.GetProperty(name).GetProperty("err").GetDouble());

    private static void Film(string file, double electrons, long seed, int frames = Frames)
    {
        // One camera: its gain and hot pixels are those of its own seed; the electrons' chance is another frame number's.
        var detector = new Detector(Camera, 1, Side, Side, 20);
        using var stream = new FileStream(file, FileMode.Create, FileAccess.ReadWrite);
        var writer = new MrcWriter(stream, Side, Side, PixelType.UInt16);
        var plane = new float[Side * Side];
        var counts = new ushort[Side * Side];
        for (var frame = 0; frame < frames; frame++)
        {
            Array.Fill(plane, (float)electrons);
            detector.Expose(plane, (seed * 1000) + frame);
            for (var i = 0; i < counts.Length; i++)
            {
                counts[i] = (ushort)Math.Clamp(plane[i] + 0.5f, 0, ushort.MaxValue);
            }

            writer.Write(MemoryMarshal.AsBytes(counts.AsSpan()));
        }

        writer.UpdateHeader();
    }
}
