using System.CommandLine;
using LiveLtem.Core;
using LiveLtem.Training.Commands;
using LiveLtem.Training.Running;

namespace LiveLtem.Training.Tests.Commands;

[Collection(TorchTests.Name)]
public sealed class TrainCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("liveltem-command-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named_before_the_training_starts()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Contains($"--out {file}: nothing can be written there", await Refused("--out", file), StringComparison.Ordinal);
        Assert.Contains($"--work {file}: nothing can be written there", await Refused("--out", _folder, "--work", file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_export_or_a_training_taken_up_would_not_heed_is_refused()
    {
        var checkpoint = Path.Combine(_folder, "checkpoint.bin");
        using (var run = TrainingRun.Start(Discs.Header(1)))
        {
            run.Save(checkpoint);
        }

        Assert.Contains("--resume cannot be chosen with --export-only", await Refused("--export-only", checkpoint, "--resume"), StringComparison.Ordinal);
        Assert.Contains("--rate cannot be chosen with --resume", await Refused("--resume", "--rate", "1e-3", "--work", _folder, "--out", _folder), StringComparison.Ordinal);
        Assert.Contains("go on with --resume, start over with --restart", await Refused("--work", _folder), StringComparison.Ordinal);
    }

    private static async Task<string> Refused(params string[] arguments)
    {
        var parsed = new TrainCommand("segment", "").Parse(arguments);
        Assert.Empty(parsed.Errors);
        var error = await Assert.ThrowsAsync<InputException>(
            () => parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken));
        return error.Message;
    }
}
