using CsCheck;
using LiveLtem.Core;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;
using static TorchSharp.torch;

namespace LiveLtem.Training.Tests.Running;

[Collection(TorchTests.Name)]
public sealed class TrainingRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("liveltem-train-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "checkpoint.bin");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_tiny_network_learns_to_find_discs()
    {
        using var run = TrainingRun.Start(Discs.Header(160));
        var epochs = new List<EpochReport>();
        Assert.True(await run.GoAsync(new Discs(), new Discs(seed: 2), Path, _ => { }, epochs.Add, TestContext.Current.CancellationToken));
        Assert.Equal(16, epochs.Count);
        Assert.True(epochs[^1].Loss.Total < 0.5 * epochs[0].Loss.Total, $"loss {epochs[0].Loss.Total} to {epochs[^1].Loss.Total}");
        Assert.InRange(epochs[^1].HeldOut.Iou, 0.8, 1);
        Assert.InRange(epochs[^1].HeldOut.F1, 0.9, 1);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_weights_and_another_seed_others()
    {
        var first = await Trained(Discs.Header(15));
        Assert.Equal(first, await Trained(Discs.Header(15)));
        Assert.NotEqual(first, await Trained(Discs.Header(15, seed: 6)));
    }

    [Fact]
    public async Task A_training_that_was_stopped_and_taken_up_ends_where_it_would_have_ended()
    {
        var whole = await Trained(Discs.Header(25, layers: 2), ordered: false);
        using (var run = TrainingRun.Start(Discs.Header(25, layers: 2)))
        {
            using var stop = new CancellationTokenSource();
            Assert.False(await run.GoAsync(new Discs(layers: 2, ordered: false), new Discs(layers: 2), Path, step => CancelAt(step, stop), _ => { }, stop.Token));
            Assert.Equal(13, run.Step);
        }

        using var again = TrainingRun.Resume(Path);
        Assert.True(await again.GoAsync(new Discs(layers: 2, ordered: false), new Discs(layers: 2), Path, _ => { }, _ => { }, TestContext.Current.CancellationToken));
        Assert.All(whole.Zip(Weights(again.Average)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

        static void CancelAt(long step, CancellationTokenSource stop)
        {
            if (step == 13)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public void A_checkpoint_that_is_missing_damaged_or_something_else_is_named()
    {
        Assert.Contains("no such checkpoint", Assert.Throws<InputException>(() => TrainingRun.Resume(Path)).Message, StringComparison.Ordinal);
        using (var run = TrainingRun.Start(Discs.Header(1)))
        {
            run.Save(Path);
        }

        var bytes = File.ReadAllBytes(Path);
        Gen.Int[0, bytes.Length - 1].Sample(cut => Refused(bytes[..cut]), iter: 30, threads: 1);
        Refused([.. "PNG and so on"u8]);

        void Refused(byte[] damaged)
        {
            File.WriteAllBytes(Path, damaged);
            Assert.Contains("checkpoint.bin", Assert.Throws<InputException>(() => TrainingRun.Resume(Path).Dispose()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_goes_wrong_with_a_sample_ends_the_training_with_its_reason()
    {
        using var run = TrainingRun.Start(Discs.Header(5));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => run.GoAsync(new Broken(), new Discs(), Path, _ => { }, _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal("no ink", error.Message);
    }

    [Fact]
    public async Task A_failure_of_libtorch_is_one_sentence_and_the_training_goes_on_from_its_checkpoint()
    {
        // Pictures of a side that no network of this form takes.
        var odd = new Discs(size: 36);
        using (var run = TrainingRun.Start(Discs.Header(20)))
        {
            var early = await Failure(run);
            Assert.StartsWith("libtorch failed after step 0: ", early.Message, StringComparison.Ordinal);
            Assert.Contains("start again", early.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(Path));
        }

        var whole = await Trained(Discs.Header(20));
        using (var run = TrainingRun.Start(Discs.Header(20)))
        {
            using var stop = new CancellationTokenSource();
            await run.GoAsync(new Discs(), new Discs(), Path, _ => { }, _ => stop.Cancel(), stop.Token);
        }

        using (var run = TrainingRun.Resume(Path))
        {
            var late = await Failure(run);
            Assert.Contains($"{Path} stands at step 10: go on from there with --resume", late.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("frame #", late.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', late.Message);
        }

        using var again = TrainingRun.Resume(Path);
        Assert.True(await again.GoAsync(new Discs(), new Discs(), Path, _ => { }, _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal(whole, Weights(again.Average));

        Task<FailureException> Failure(TrainingRun run) => Assert.ThrowsAsync<FailureException>(
            () => run.GoAsync(odd, new Discs(), Path, _ => { }, _ => { }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_step_gets_the_same_samples_whatever_the_number_of_makers()
    {
        var one = await Images(1, 3);
        Assert.Equal(one, await Images(2, 3));

        static async Task<List<byte[]>> Images(int makers, long first)
        {
            var images = new List<byte[]>();
            await using var feed = new SampleFeed(new Discs(), 2, makers, first);
            for (var step = first; step < first + 5; step++)
            {
                var batch = await feed.TakeAsync(step, TestContext.Current.CancellationToken);
                images.Add([.. batch.Images]);
                feed.Return(step, batch);
            }

            return images;
        }
    }

    [Fact]
    public void The_rate_rises_then_falls_to_a_hundredth()
    {
        var options = new TrainingOptions { Steps = 1000, Rate = 1 };
        Assert.InRange(options.RateAt(0), 0.01, 0.05);
        Assert.Equal(1, options.RateAt(50), 0.03);
        Assert.Equal(0.01, options.RateAt(1000), 1e-9);
        Assert.All(Enumerable.Range(51, 948), step => Assert.True(options.RateAt(step) > options.RateAt(step + 1)));
    }

    private async Task<float[]> Trained(CheckpointHeader header, bool ordered = true)
    {
        using var run = TrainingRun.Start(header);
        await run.GoAsync(new Discs(layers: header.Layers, ordered: ordered), new Discs(layers: header.Layers), Path, _ => { }, _ => { }, TestContext.Current.CancellationToken);
        return Weights(run.Average);
    }

    private static float[] Weights(UNet network) =>
        [.. network.state_dict().Values.Where(tensor => tensor.dtype == ScalarType.Float32).SelectMany(tensor => tensor.detach().contiguous().data<float>().ToArray())];

    private sealed class Broken : ISampleSource
    {
        public int Size => 32;

        public int Layers => 1;

        public void Fill(long index, Sample into) => throw new InvalidOperationException("no ink");
    }
}
