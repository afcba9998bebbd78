using System.Diagnostics;

namespace LiveLtem.App.Tests;

/// <summary>The program as its own process, told to stop as a service manager or a shell does.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_stopped_analysis_closes_its_tables_and_ends_well()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        var stop = TestContext.Current.CancellationToken;
        var output = _folder.File("out");
        var program = Path.Combine(AppContext.BaseDirectory, "liveltem.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "analyze", "sim:crystal?frames=100000&size=128", "--out", output])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = process.StandardOutput.ReadToEndAsync(stop);
        // Its first words on stderr are the progress: the session is under way.
        await process.StandardError.ReadLineAsync(stop);
        var rest = process.StandardError.ReadToEndAsync(stop);
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(stop);
        }

        await process.WaitForExitAsync(stop);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {await said} {await rest}");
        Assert.Contains("liveltem: stopping: the frames on their way are finished, then the tables are written\n", await rest, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(output, "tracks.csv")));
        Assert.True(File.Exists(Path.Combine(output, "report.html")));
        Assert.Empty(Directory.GetFiles(output, "*.partial.*"));
    }

    public void Dispose() => _folder.Dispose();
}
