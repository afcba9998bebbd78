using System.Diagnostics;
using System.Text.RegularExpressions;
using LiveLtem.Core;

namespace LiveLtem.App.Development;

/// <summary>Builds the solution and runs its test projects, two at a time.</summary>
/// <param name="root">Folder of <c>LiveLtem.sln</c>.</param>
/// <param name="output">Takes the results.</param>
/// <param name="progress">Takes what is going on.</param>
internal sealed partial class TestRun(string root, TextWriter output, TextWriter progress)
{
    private const int AtOnce = 2;
    private const int TailLength = 4000;
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ProjectLimit = TimeSpan.FromMinutes(12);

    /// <summary>Finds the checkout that this program was built in.</summary>
    /// <exception cref="InputException">The program does not lie in a checkout.</exception>
    public static string FindRoot() => Checkout.TryFind()
        ?? throw new InputException($"test: no {Checkout.Solution} above {AppContext.BaseDirectory}; the tests come with the sources, so run ./liveltem test in a checkout");

    /// <summary>Builds, runs and reports; the last line printed is <c>N passed, N failed, N skipped</c>.</summary>
    /// <param name="filter">Part of the names of the tests to run, or null for all.</param>
    /// <param name="skipsFail">Whether a skipped test makes the run a failure.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>True where tests ran and all is well.</returns>
    public async Task<bool> RunAsync(string? filter, bool skipsFail, CancellationToken cancellationToken)
    {
        await progress.WriteLineAsync("liveltem: building the tests").ConfigureAwait(false);
        var build = await ChildProcess.RunAsync(
            ChildProcess.Dotnet, ["build", Checkout.Solution, "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false"], root, BuildLimit, cancellationToken).ConfigureAwait(false);
        if (build.ExitCode != 0)
        {
            await output.WriteLineAsync(build.Output.TrimEnd()).ConfigureAwait(false);
            throw new InvalidOperationException(build.ExitCode is null ? $"the build took over {BuildLimit.TotalMinutes:0} minutes" : "the build failed: see above");
        }

        var results = new List<TestResult>();
        var scratch = Directory.CreateTempSubdirectory("liveltem-tests-");
        try
        {
            using var turn = new SemaphoreSlim(1);
            await Parallel.ForEachAsync(
                Projects(),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (project, token) =>
                {
                    var result = await RunProjectAsync(project, filter, scratch.FullName, token).ConfigureAwait(false);
                    await turn.WaitAsync(token).ConfigureAwait(false);
                    results.Add(result);
                    await ReportAsync(result).ConfigureAwait(false);
                    turn.Release();
                }).ConfigureAwait(false);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }

        return await SumUpAsync(results, skipsFail).ConfigureAwait(false);
    }

    [GeneratedRegex("\"(?<path>tests[\\\\/][^\"]+\\.Tests\\.csproj)\"")]
    private static partial Regex TestProject();

    private IReadOnlyList<string> Projects()
    {
        var solution = File.ReadAllText(Path.Combine(root, Checkout.Solution));
        return [.. TestProject().Matches(solution).Select(match => Path.Combine(root, match.Groups["path"].Value.Replace('\\', '/')))];
    }

    private static async Task<TestResult> RunProjectAsync(string project, string? filter, string scratch, CancellationToken cancellationToken)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var title = name.Replace("LiveLtem.", "", StringComparison.Ordinal);
        var folder = Path.GetDirectoryName(project)!;
        var report = Path.Combine(scratch, $"{name}.xml");
        List<string> arguments = [Path.Combine(folder, "bin", "Release", "net10.0", $"{name}.dll"), "-noColor", "-noLogo", "-noAutoReporters", "-result-xml", report];
        if (filter is not null)
        {
            arguments.AddRange(["-method", $"*{filter}*"]);
        }

        var started = Stopwatch.GetTimestamp();
        var (exitCode, printed) = await ChildProcess.RunAsync(ChildProcess.Dotnet, arguments, folder, ProjectLimit, cancellationToken).ConfigureAwait(false);
        var timeS = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var tail = printed.Length > TailLength ? printed[^TailLength..] : printed;
        return exitCode is { } code
            ? TestReport.Read(title, report, code, tail, timeS)
            : new TestResult
            {
                Project = title,
                Failures = [new TestOutcome($"{title} hung", $"stopped after {ProjectLimit.TotalMinutes:0} minutes\n{tail}")],
                TimeS = timeS,
            };
    }

    private async Task ReportAsync(TestResult result)
    {
        if (result.Passed + result.Failures.Count + result.Skips.Count == 0)
        {
            return;
        }

        await output.WriteLineAsync(
            $"{result.Project,-24}{result.Passed,6} passed{result.Failures.Count,4} failed{result.Skips.Count,4} skipped{result.TimeS,8:0.0} s").ConfigureAwait(false);
        foreach (var failure in result.Failures)
        {
            await output.WriteLineAsync($"  FAILED {failure.Name}\n    {failure.Text.Trim().ReplaceLineEndings("\n    ")}").ConfigureAwait(false);
        }

        foreach (var skip in result.Skips)
        {
            await output.WriteLineAsync($"  skipped {skip.Name}: {skip.Text.ReplaceLineEndings(" ")}").ConfigureAwait(false);
        }

        await output.FlushAsync().ConfigureAwait(false);
    }

    private async Task<bool> SumUpAsync(List<TestResult> results, bool skipsFail)
    {
        var passed = results.Sum(result => result.Passed);
        var failed = results.Sum(result => result.Failures.Count);
        var skipped = results.Sum(result => result.Skips.Count);
        if (passed + failed == 0)
        {
            await output.WriteLineAsync("no test ran").ConfigureAwait(false);
        }

        if (skipsFail && skipped > 0)
        {
            await output.WriteLineAsync("tests were skipped and none may be (--no-skips): see their reasons above").ConfigureAwait(false);
        }

        await output.WriteLineAsync($"{passed} passed, {failed} failed, {skipped} skipped").ConfigureAwait(false);
        return failed == 0 && passed > 0 && !(skipsFail && skipped > 0);
    }
}
