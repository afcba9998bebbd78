using System.Globalization;
using LiveLtem.HardwareSim;

namespace LiveLtem.App.Tests.Verbs;

/// <summary>The map of dose on the specimen from pixels: a simulated crystal that drifts and whose stage jumps, against the true way of its cell.</summary>
public sealed class DoseMapTests
{
    private const int Frames = 90;
    private const int Side = 256;

    [Theory]
    [InlineData(402)]
    [InlineData(403)]
    public async Task The_map_is_right_under_drift_and_a_jump_of_the_stage(long seed)
    {
        using var folder = new TempFolder();
        var address = $"sim:fault-drift-jump?size={Side}&frames={Frames}&seed={seed}&drift=0.15";
        var run = await ProgramRun.RunAsync("analyze", address, "--out", folder.File("out"), "--dose-per-frame-e-A2", "2", "--model", "none");
        Assert.True(run.ExitCode == 0, run.Error);

        var cells = Rows(folder.File("out/dose_map.csv"));
        var views = Truth(seed);
        var pixelNm = views.PixelNm;
        const double All = 2.0 * Frames;
        var (total, part, off) = (0.0, 0, 0.0);
        foreach (var cell in cells)
        {
            total += cell[3];
            var (u, v) = ((cell[1] / pixelNm) - 0.5, (cell[2] / pixelNm) - 0.5);
            var (least, most) = (0.0, 0.0);
            foreach (var (x, y) in views.Offsets)
            {
                // Distance from the border of the frame, px, positive inside: a cell reaches 2 px to each side, and the drift is known to 1.5 px.
                var distance = Math.Min(Math.Min(u + x, Side - 1 - u - x), Math.Min(v + y, Side - 1 - v - y));
                least += distance > 3.5 ? 2 : 0;
                most += distance > -3.5 ? 2 : 0;
            }

            off = Math.Max(off, Math.Max(least - cell[3], cell[3] - most) / All);
            part += most < 0.9 * All && least > 0.1 * All ? 1 : 0;
        }

        // All the dose is somewhere; a cell is 4 px square, 64 x 64 of them in view.
        Assert.Equal(1, total / (64 * 64) / All, 0.02);
        Assert.True(part > 50, $"{part} cells were lit for a part only");
        Assert.True(off < 0.02, $"a cell is off by {off:P1} of the dose");
    }

    [Fact]
    public async Task Particles_that_were_there_from_the_beginning_have_the_dose_of_the_movie()
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync("analyze", "sim:crystal?size=192&frames=30&seed=404", "--out", folder.File("out"), "--dose-per-frame-e-A2", "2", "--model", "none");
        Assert.True(run.ExitCode == 0, run.Error);

        var rows = Rows(folder.File("out/particle_dose.csv"));
        var whole = rows.Where(row => row[1] == 0 && row[2] == 29).ToList();
        Assert.True(whole.Count > 5, $"{whole.Count} of {rows.Count}");

        // The dose of a frame goes with its counts, whose noise is under 1 %.
        Assert.All(whole, row => Assert.Equal(1, row[5] / 60, 0.01));
        Assert.Contains("particle_dose.csv", File.ReadAllText(folder.File("out/report.html")), StringComparison.Ordinal);
        Assert.Contains("takes the field of view as lit", File.ReadAllText(folder.File("out/report.html")), StringComparison.Ordinal);
    }

    private static (double PixelNm, List<(double X, double Y)> Offsets) Truth(long seed)
    {
        var simulator = new Simulator("fault-drift-jump", new SceneOptions { Seed = seed, SizePx = Side, DriftPxPerFrame = 0.15 });
        var pixels = new byte[simulator.FrameBytes];
        var offsets = new List<(double X, double Y)>();
        for (var frame = 0; frame < Frames; frame++)
        {
            var shown = simulator.Next(pixels);
            offsets.Add((shown.DriftXPx, shown.DriftYPx));
        }

        var (x0, y0) = offsets[0];
        return (simulator.Scene.Settings.PixelSizeNm, offsets.ConvertAll(at => (at.X - x0, at.Y - y0)));
    }

    private static List<double[]> Rows(string file) =>
        [.. File.ReadLines(file).Skip(1).Select(line => line.Split(',').Select(text => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture)).ToArray())];
}
