using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace LiveLtem.EndToEnd.Tests;

/// <summary>The examples in the hands of Debian's own Python, on results and a session of the program itself.</summary>
public sealed class ExamplesTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Results_are_read_and_handed_on_to_napari_and_TrackMate()
    {
        await NeedAsync("numpy");
        var (movie, results) = (_folder.File("sim"), _folder.File("results"));
        await RunAsync("simulate", "crystal", "--size", "320", "--frames", "24", "--seed", "3", "--out", movie);
        var recording = Directory.GetFiles(movie).Single(file => Path.GetExtension(file) is ".mrc");
        await RunAsync("analyze", recording, "--out", results, "--profile", "nanocubes", "--pixel-size-nm", "1.5", "--frame-time-s", "0.1");

        var lattice = await ExampleAsync("lattice.py", results);
        Assert.Contains("lattice.a1_nm = 7", lattice, StringComparison.Ordinal);
        Assert.Contains("particles in all 24 frames: rms displacement ", lattice, StringComparison.Ordinal);
        var rms = double.Parse(lattice[(lattice.LastIndexOf("displacement ", StringComparison.Ordinal) + 13)..].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(rms, 0.5, 4);

        var said = await ExampleAsync("interop.py", results, "1.5", "0.1");
        var rows = File.ReadAllLines(Path.Combine(results, "tracks.csv")).Length - 1;
        Assert.Contains($"{rows} points of ", said, StringComparison.Ordinal);
        var trackMate = XDocument.Load(Path.Combine(results, "trackmate.xml")).Root!;
        Assert.Equal("nm", (string?)trackMate.Element("Model")!.Attribute("spatialunits"));
        var spots = trackMate.Descendants("Spot").ToDictionary(spot => (int)spot.Attribute("ID")!);
        Assert.Equal(rows, spots.Count);
        Assert.All(trackMate.Descendants("Edge"), edge =>
            Assert.True((int)spots[(int)edge.Attribute("SPOT_SOURCE_ID")!].Attribute("FRAME")! < (int)spots[(int)edge.Attribute("SPOT_TARGET_ID")!].Attribute("FRAME")!));
        var first = File.ReadAllLines(Path.Combine(results, "tracks.csv"))[1].Split(',');
        Assert.Contains(spots.Values, spot => Math.Abs((double)spot.Attribute("POSITION_X")! - (1.5 * double.Parse(first[2], CultureInfo.InvariantCulture))) < 1e-6);
        Assert.Equal(rows + 4, File.ReadAllLines(Path.Combine(results, "trackmate.csv")).Length);
    }

    [Fact]
    public async Task A_live_session_is_followed()
    {
        await NeedAsync("numpy, zmq, msgpack");
        await using var live = LiveProcess.Start("run", "--source", "sim:crystal?size=160&cnr=2&fps=20&particles=9&seed=5", "--no-record");
        var endpoint = (await live.ReadyAsync()).GetProperty("zmq").GetString()!;

        var said = await ExampleAsync("follow.py", endpoint, "5");
        var lines = said.Trim().Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.All(lines, line => Assert.Matches(@"^frame \d+: [1-9]\d* particles, median step (-|\d+\.\d\d px), dose ", line));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task RunAsync(params string[] arguments)
    {
        await using var program = LiveProcess.StartPlain(arguments);
        Assert.True(await program.EndAsync() == 0, program.Said);
    }

    private static async Task<string> ExampleAsync(string name, params string[] arguments)
    {
        var (code, output, error) = await PythonAsync([Path.Combine(Repository.Root, "examples", name), .. arguments]);
        Assert.True(code == 0, output + error);
        return output;
    }

    private static async Task NeedAsync(string modules)
    {
        Assert.SkipUnless(File.Exists(Python), $"there is no {Python}");
        Assert.SkipUnless((await PythonAsync("-c", $"import {modules}")).Code == 0, $"Debian's Python lacks one of {modules}");
    }

    private static async Task<(int Code, string Output, string Error)> PythonAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing is left beside the examples.
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var python = Process.Start(start)!;
        var token = TestContext.Current.CancellationToken;
        var error = python.StandardError.ReadToEndAsync(token);
        var output = await python.StandardOutput.ReadToEndAsync(token);
        await python.WaitForExitAsync(token);
        return (python.ExitCode, output, await error);
    }
}
