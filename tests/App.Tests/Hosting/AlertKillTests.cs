using System.Diagnostics;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Tests.Hosting;

/// <summary>A process that raises alerts and is killed: what it told and what its log replays make the log, each event once.</summary>
public sealed class AlertKillTests : IDisposable
{
    private const int Kills = 12;
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(40)]
    [InlineData(1000)]
    public async Task An_alert_that_was_written_and_not_told_is_replayed_once(int dieAt)
    {
        var (folder, told) = await RaiseAsync(dieAt, int.MaxValue);
        Assert.Equal(dieAt - 1, told.Count);
        var replayed = Check(folder, told);
        Assert.True(replayed >= 1, "the event whose telling the process did not live to see is in the log");
    }

    [Fact]
    public async Task Killed_at_any_moment_no_alert_that_was_told_is_lost_and_none_is_there_twice()
    {
        var random = new Random(20260711);
        for (var kill = 0; kill < Kills; kill++)
        {
            var (folder, told) = await RaiseAsync(0, random.Next(1, 3000));
            Check(folder, told);
        }
    }

    public void Dispose() => _folder.Dispose();

    // A subscriber heard what was told, lost the connection, and asks the log for what came after the last it heard of.
    private static int Check(string folder, IReadOnlyList<Told> told)
    {
        SessionRecovery.Repair(folder);
        var catalog = new SessionCatalog(Path.GetDirectoryName(folder)!);
        var id = Path.GetFileName(folder);
        var log = catalog.Events(id, 0).Cast<AlertChange>().Select(change => new Told(change.Id, change.Alert.Id, change.Alert.State, change.Alert.Count)).ToList();
        var replayed = catalog.Events(id, told.Count == 0 ? 0 : told[^1].Event).Cast<AlertChange>().Select(change => new Told(change.Id, change.Alert.Id, change.Alert.State, change.Alert.Count)).ToList();

        Assert.Equal(log, [.. told, .. replayed]);
        Assert.Equal(Enumerable.Range(1, log.Count).Select(number => (long)number), log.Select(entry => entry.Event));

        // Each alert is raised first and once, and nothing comes after it was cleared; their numbers have no gap.
        var alerts = log.GroupBy(entry => entry.Alert).ToDictionary(group => group.Key, group => group.Select(entry => entry.State).ToList());
        Assert.Equal(Enumerable.Range(1, alerts.Count).Select(number => (long)number), alerts.Keys.Order());
        Assert.All(alerts.Values, states =>
        {
            Assert.Equal("raised", states[0]);
            Assert.Equal(states.Distinct(), states);
            Assert.DoesNotContain("cleared", states[..^1]);
        });
        Directory.Delete(folder, recursive: true);
        return replayed.Count;
    }

    private async Task<(string Folder, IReadOnlyList<Told> Told)> RaiseAsync(int dieAt, int killAfter)
    {
        var stop = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LiveLtem.AlertRaiser.dll"), _folder.Root, $"{dieAt}"])
        {
            RedirectStandardOutput = true,
        })!;
        var lines = new List<string>();
        while (lines.Count <= killAfter && await process.StandardOutput.ReadLineAsync(stop) is { } line)
        {
            lines.Add(line);
        }

        process.Kill();
        var left = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);

        // The last line may be half of one.
        lines.AddRange(left.Split('\n')[..^1]);
        return (lines[0]["session ".Length..], [.. lines.Skip(1).Select(Told.Parse)]);
    }

    private sealed record Told(long Event, long Alert, string State, long Count)
    {
        public static Told Parse(string line)
        {
            var words = line.Split(' ');
            return new Told(long.Parse(words[1]), long.Parse(words[2]), words[3], long.Parse(words[4]));
        }
    }
}
