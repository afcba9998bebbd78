using LiveLtem.Core;
using LiveLtem.Core.Mrc;
using LiveLtem.HardwareSim;
using LiveLtem.Inference.Denoise;
using LiveLtem.Inference.Models;
using LiveLtem.Testing;
using LiveLtem.Training.Denoising;
using LiveLtem.Training.Running;

namespace LiveLtem.Training.Tests.Denoising;

[Collection(TorchTests.Name)]
public sealed class DenoiseTrainingTests
{
    [Fact]
    public void A_recording_teaches_and_the_written_network_is_the_trained_one()
    {
        using var folder = new TempFolder();
        var samples = Samples(folder);
        using var run = DenoiseRun.Start(Header(samples, 12), null);
        Assert.Equal(0, run.Judge(samples).Gain);
        Assert.True(run.Go(samples, null, _ => { }, TestContext.Current.CancellationToken));

        var card = DenoiseFolder.Write(folder.File("models"), run, "mine", samples, run.Judge(samples), 0);
        Assert.InRange(card.ExportMaxDifference, 0, 1e-3);
        using var model = DenoiseModel.Load(Path.Combine(folder.File("models"), "mine.json"));
        Assert.Equal("mine", model.Card.Name);

        // What was written is what another training starts from.
        var (network, weights) = DenoiseFolder.Read(Path.Combine(folder.File("models"), "mine.json"));
        using var next = DenoiseRun.Start(Header(samples, 12) with { Network = network }, weights);
        Assert.Equal(run.Judge(samples).Gain, next.Judge(samples).Gain, 1e-6);
        foreach (var tensor in weights.Values)
        {
            tensor.Dispose();
        }
    }

    [Fact]
    public void A_training_that_was_left_goes_on_as_if_it_had_not_been()
    {
        using var folder = new TempFolder();
        var samples = Samples(folder);
        using var whole = DenoiseRun.Start(Header(samples, 4), null);
        whole.Go(samples, null, _ => { }, TestContext.Current.CancellationToken);

        using var stop = new CancellationTokenSource();
        var path = folder.File("checkpoint.bin");
        using (var first = DenoiseRun.Start(Header(samples, 4), null))
        {
            Assert.False(first.Go(samples, path, report => stop.Cancel(), stop.Token));
            Assert.Equal(2, first.Step);
        }

        using var second = DenoiseRun.Resume(path);
        Assert.Equal(2, second.Step);
        Assert.True(second.Go(samples, path, _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal(whole.Judge(samples).Gain, second.Judge(samples).Gain, 1e-9);
    }

    [Fact]
    public void What_is_no_stack_or_too_short_is_refused_with_what_would_do()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("table.csv"), "frame,particle\n");
        var error = Assert.Throws<FrameFormatException>(() => RecordingSamples.Read(folder.File("table.csv"), 1, _ => { }));
        Assert.Contains("liveltem analyze", error.Message, StringComparison.Ordinal);

        Movie(folder.File("short.mrc"), 5);
        Assert.Contains("at least 16 frames", Assert.Throws<InputException>(() => RecordingSamples.Read(folder.File("short.mrc"), 1, _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_samples_of_a_simulated_movie()
    {
        var (first, second) = (SampleMaker.OfMovie(7, 6), SampleMaker.OfMovie(7, 6));
        Assert.Equal(6, first.Length);
        for (var i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i].Channels, second[i].Channels);
            Assert.Equal(first[i].Surprise, second[i].Surprise);
        }
    }

    private static RecordingSamples Samples(TempFolder folder)
    {
        Movie(folder.File("movie.mrc"), 20);
        return RecordingSamples.Read(folder.File("movie.mrc"), 1, _ => { });
    }

    private static void Movie(string path, int frames)
    {
        var simulator = new Simulator("soft", new SceneOptions { SizePx = 64, Cnr = 0.8, Seed = 3 });
        using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);
        var writer = new MrcWriter(file, 64, 64, PixelType.UInt16);
        var pixels = new byte[simulator.FrameBytes];
        for (var i = 0; i < frames; i++)
        {
            simulator.Next(pixels);
            writer.Write(pixels);
        }

        writer.UpdateHeader();
    }

    private static CheckpointHeader Header(RecordingSamples samples, int steps) => new()
    {
        Name = "mine",
        Task = "denoise",
        Network = "stem4-w8-d1-c1-plain",
        Layers = 1,
        Size = samples.Side,
        Step = 0,
        TrainingS = 0,
        Data = samples.Data,
        ParticlePx = new ParticleRange(8, 20, 45),
        Command = "test",
        Options = new TrainingOptions { Steps = steps, Batch = 2, Epoch = 2, Threads = 1 },
    };
}
