using LiveLtem.Training.Running;

namespace LiveLtem.Training.Tests.Running;

[Collection(TorchTests.Name)]
public sealed class CollectorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("liveltem-collector-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("stem2-w8-d2-c1", 1)]
    [InlineData("stem2-w8-d1-c1-res-plain", 2)]
    public async Task Garbage_collections_in_the_midst_of_steps_leave_no_trace_in_the_weights(string network, int layers)
    {
        var quiet = await Trained("quiet", network, layers);
        using var stop = new CancellationTokenSource();
        var collections = Task.Run(() => Collect(stop.Token), TestContext.Current.CancellationToken);
        var disturbed = await Trained("disturbed", network, layers);
        await stop.CancelAsync();
        Assert.True(await collections > 100);
        Assert.Equal(quiet, disturbed);
    }

    // Finalizers run as soon as anything is ready for them.
    private static int Collect(CancellationToken cancellationToken)
    {
        var times = 0;
        for (; !cancellationToken.IsCancellationRequested; times++)
        {
            GC.Collect(0);
            GC.WaitForPendingFinalizers();
        }

        return times;
    }

    // The whole of what is kept: weights, their running mean, and the optimiser's state.
    private async Task<byte[]> Trained(string name, string network, int layers)
    {
        var path = Path.Combine(_folder, name);
        using var run = TrainingRun.Start(Discs.Header(40, layers, network));
        await run.GoAsync(
            new Discs(layers: layers, ordered: false), new Discs(layers: layers), path, _ => { }, _ => { }, TestContext.Current.CancellationToken);
        return Weights(path);
    }

    private static byte[] Weights(string checkpoint)
    {
        var (_, tensors) = Checkpoint.Read(checkpoint);
        byte[] weights = [.. tensors.Values.SelectMany(tensor => tensor.bytes.ToArray())];
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }

        return weights;
    }
}
