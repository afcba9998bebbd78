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

    [Theory]
    [InlineData(7f, "do not differ from one another")]
    [InlineData(float.NaN, "0 of its 20 frames")]
    public void A_recording_that_holds_nothing_to_learn_is_refused_with_the_reason(float value, string reason)
    {
        using var folder = new TempFolder();
        using (var file = new FileStream(folder.File("flat.mrc"), FileMode.Create, FileAccess.ReadWrite))
        {
            var writer = new MrcWriter(file, 64, 64, PixelType.Float32);
            var pixels = new float[64 * 64];
            pixels.AsSpan().Fill(value);
            for (var i = 0; i < 20; i++)
            {
                writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(pixels.AsSpan()));
            }

            writer.UpdateHeader();
        }

        Assert.Contains(reason, Assert.Throws<InputException>(() => RecordingSamples.Read(folder.File("flat.mrc"), 1, _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_training_that_brings_nothing_ends_early_and_one_that_does_goes_on()
    {
        double[] before = [0.1, 0.3, 0.2, 0.4];
        Assert.False(new Patience(before).IsOver(Patience.FewestSteps - 1, before));
        var none = new Patience(before);
        Assert.True(none.IsOver(Patience.FewestSteps, [0.12, 0.29, 0.19, 0.41]));
        Assert.Contains("gain nothing", none.Reason, StringComparison.Ordinal);
        var some = new Patience(before);
        Assert.False(some.IsOver(Patience.FewestSteps, [0.15, 0.36, 0.24, 0.46]));
        Assert.Null(some.Reason);
    }

    [Fact]
    public void An_impatient_run_stops_where_it_stands()
    {
        using var folder = new TempFolder();
        var samples = Samples(folder);
        using var run = DenoiseRun.Start(Header(samples, 2 * Patience.FewestSteps) with { Options = new TrainingOptions { Steps = 2 * Patience.FewestSteps, Batch = 1, Epoch = Patience.FewestSteps, Threads = 1 } }, null);
        Assert.True(run.Go(samples, null, _ => { }, TestContext.Current.CancellationToken, new Patience([.. run.Gains(samples).Select(gain => gain + 1)])));
        Assert.Equal(Patience.FewestSteps, run.Step);
    }

    [Fact]
    public void The_samples_know_noise_and_motion_in_counts()
    {
        using var folder = new TempFolder();
        var spectrum = Samples(folder).Spectrum;
        Assert.True(spectrum.IsWhole);
        Assert.True(spectrum.Level > 100);
        Assert.InRange(Math.Sqrt(spectrum.Noise[^5]), 1, spectrum.Level);
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
