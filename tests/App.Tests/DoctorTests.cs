using LiveLtem.App.Diagnosis;

namespace LiveLtem.App.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task On_a_machine_that_runs_the_tests_the_main_job_can_run()
    {
        var findings = await new Doctor(_folder.Root).ExamineAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(findings, finding => finding.State == FindingState.Fault);
        Assert.All(findings, finding => Assert.True(finding.State == FindingState.Ok || finding.Advice is not null, $"{finding.Name} says what is wrong but not what to do"));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_a_fault_with_advice()
    {
        var findings = await new Doctor(_folder.File("missing")).ExamineAsync(TestContext.Current.CancellationToken);
        var disk = Assert.Single(findings, finding => finding.State == FindingState.Fault);
        Assert.Equal("Disk", disk.Name);
        Assert.Equal($"cannot write to {_folder.File("missing")}: there is no such folder", disk.Found);
        Assert.Contains("--dir", disk.Advice, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
