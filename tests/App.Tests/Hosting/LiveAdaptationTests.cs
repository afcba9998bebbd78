using LiveLtem.Acquisition.Correction;
using LiveLtem.App.Hosting;
using LiveLtem.App.Hosting.Live;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Mrc;
using LiveLtem.HardwareSim;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Tests.Hosting;

/// <summary>A live session's denoiser: adapted beside the session, put on between two frames.</summary>
public sealed class LiveAdaptationTests : IAsyncDisposable
{
    private const int Side = 64;
    private const int Wanted = 12;
    private readonly FramePool _pool = new();
    private readonly TempFolder _folder = new();
    private readonly EventBook _events = new(null, TimeProvider.System);
    private readonly List<DenoiserInUse> _began = [];
    private readonly List<string> _kept = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly SpectralDenoiser _denoiser;
    private readonly DenoiserDesk _desk;
    private readonly Simulator _simulator = new("soft", new SceneOptions { SizePx = Side, Cnr = 0.5, Seed = 2 });
    private DenoiseTrainer _train;
    private long _number;

    public LiveAdaptationTests()
    {
        _denoiser = new SpectralDenoiser(_pool, DenoiseModel.Load(DenoiseCard.General));
        _desk = new DenoiserDesk(_denoiser, _events, new ConditionsBook(Calibration.Unknown), _began.Add, _ended, TimeProvider.System);
        _train = (request, _) => Task.FromResult(new DenoiseTrainingOutcome(Write(request), "better"));
        var first = Enumerable.Range(0, SpectralDenoiser.FirstFrames).Select(_ => Next()).ToList();
        _denoiser.Learn(first);
        first.ForEach(frame => frame.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_adapted_denoiser_serves_from_a_frame_that_the_log_names()
    {
        DenoiseTrainingRequest? asked = null;
        int frames = 0, height = 0;
        _train = (request, _) =>
        {
            asked = request;
            var header = File.ReadAllBytes(request.Frames);
            (height, frames) = (BitConverter.ToInt32(header, 4), BitConverter.ToInt32(header, 8));
            return Task.FromResult(new DenoiseTrainingOutcome(Write(request), "better"));
        };
        var (adaptation, running) = Start();
        Assert.Equal(0, Denoise());
        await OfferUntilAsync(adaptation, () => Denoise() == 1);

        Assert.Equal((Wanted, Wanted, Side, true), (asked!.Count, frames, height, asked.InBackground));
        Assert.Equal(Path.Combine(DenoiseCard.Folder, "general.json"), asked.StartFrom);
        var change = Assert.IsType<DenoiserChange>(Assert.Single(_events.After(0)));
        Assert.Equal((1, "adapted-1", _number - 1), (change.Denoiser.Version, change.Denoiser.Name, change.Denoiser.FirstFrame));
        Assert.Equal(change.Denoiser, _desk.Now);
        Assert.Equal([0], _began.Select(began => began.Version));
        Assert.Equal(["adapted-1.json", "adapted-1.onnx"], _kept);
        Assert.Contains("version 1 from frame", adaptation.Progress, StringComparison.Ordinal);
        await EndAsync(running);
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_the_training_brings_nothing_the_network_stays()
    {
        _train = (_, _) => Task.FromResult(new DenoiseTrainingOutcome(null, "the network stays as it is: nothing gained"));
        var (adaptation, running) = Start();
        await OfferUntilAsync(adaptation, () => adaptation.Progress.Contains("nothing gained", StringComparison.Ordinal));
        Assert.Equal(0, Denoise());
        Assert.Empty(_events.After(0));
        await EndAsync(running);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_training_that_fails_is_told_in_one_line_and_the_network_stays()
    {
        _train = (_, _) => throw new InputException("cannot start 'liveltem':\nno such file");
        var (adaptation, running) = Start();
        await OfferUntilAsync(adaptation, () => running.IsCompleted);
        Assert.Equal("the network stays as it is: adapting it failed: cannot start 'liveltem': no such file", adaptation.Progress);
        Assert.Equal(0, Denoise());
        Assert.Empty(_events.After(0));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_the_session_ends_the_training()
    {
        var began = new TaskCompletionSource();
        _train = async (_, cancellationToken) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("it waits for ever");
        };
        var (adaptation, running) = Start();
        await OfferUntilAsync(adaptation, () => began.Task.IsCompleted);
        _desk.End();
        await running;
        Assert.True(_ended.IsCancellationRequested);
        Assert.Empty(_events.After(0));
    }

    [Fact(Timeout = 60_000)]
    public async Task Other_conditions_begin_it_anew_with_frames_of_theirs_alone()
    {
        var rounds = 0;
        _train = async (request, cancellationToken) =>
        {
            if (++rounds == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return new DenoiseTrainingOutcome(Write(request), "better");
        };
        var (adaptation, running) = Start();
        await OfferUntilAsync(adaptation, () => rounds == 1);
        await OfferUntilAsync(adaptation, () => Denoise() == 1, segment: 1);
        Assert.Equal(2, rounds);
        await EndAsync(running);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_adapts_again_where_the_profile_says_so_from_what_serves()
    {
        var starts = new List<string>();
        _train = (request, _) =>
        {
            starts.Add(Path.GetFileName(request.StartFrom));
            return Task.FromResult(new DenoiseTrainingOutcome(Write(request), "better"));
        };
        var (adaptation, running) = Start(every: 30);
        await OfferUntilAsync(adaptation, () => Denoise() == 2);
        Assert.Equal(["general.json", "adapted-1.json"], starts.Take(2));
        Assert.Equal([1, 2], _events.After(0).OfType<DenoiserChange>().Select(change => change.Denoiser.Version).Take(2));
        await EndAsync(running);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_cannot_be_kept_is_not_put_on()
    {
        var (adaptation, running) = Start(keep: (_, _) => throw new IOException("the disk is full"));
        await OfferUntilAsync(adaptation, () => running.IsCompleted);
        Assert.Contains("the disk is full", adaptation.Progress, StringComparison.Ordinal);
        Assert.Equal(0, Denoise());
    }

    [Fact]
    public void A_denoiser_that_is_asked_for_after_the_end_never_comes_on()
    {
        _desk.End();
        using var prepared = PreparedDenoiser.Load(DenoiseCard.General, 1, Side, Side);
        Assert.True(_desk.PutOnAsync(prepared).IsCanceled);
    }

    [Fact]
    public void Of_large_frames_the_middle_is_kept_free_of_the_cameras_pattern()
    {
        const int wide = FrameStack.LargestSide + 10;
        using var file = new FileStream(_folder.File("stack.mrc"), FileMode.Create, FileAccess.ReadWrite);
        using var draft = _pool.Rent(20, wide, PixelType.UInt8);
        for (var i = 0; i < 20 * wide; i++)
        {
            draft.Pixels<byte>()[i] = (byte)(i % wide % 200);
        }

        using var frame = draft.Publish(new FrameHeader { Number = 0 });
        using var stack = new FrameStack(file, new FrameCorrector(20, wide, dark: [.. Enumerable.Repeat(1f, 20 * wide)]), _pool);
        stack.Add(frame);
        stack.Clear();
        stack.Add(frame);
        stack.Complete();

        Assert.Equal((20, FrameStack.LargestSide, 1), (stack.Height, stack.Width, stack.Frames));
        var bytes = new byte[MrcWriter.HeaderBytes + 8];
        file.Position = 0;
        file.ReadExactly(bytes);
        Assert.Equal(5f - 1, BitConverter.ToSingle(bytes, MrcWriter.HeaderBytes));
        Assert.Equal(MrcWriter.HeaderBytes + (20L * FrameStack.LargestSide * 4), file.Length);
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        _denoiser.Dispose();
        _ended.Dispose();
        _folder.Dispose();
        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }

    private (LiveAdaptation Adaptation, Task Running) Start(int every = 0, Action<string, string>? keep = null)
    {
        var options = new DenoiseOptions { AdaptFrames = Wanted, AdaptEvery = every };
        var adaptation = new LiveAdaptation(
            options, Path.Combine(DenoiseCard.Folder, "general.json"), _desk, keep ?? ((card, network) => _kept.AddRange([Path.GetFileName(card), Path.GetFileName(network)])), (request, stop) => _train(request, stop), _pool);
        var running = adaptation.RunAsync(_ended.Token);
        adaptation.Begin(new FrameCorrector(Side, Side));
        return (adaptation, running);
    }

    private async Task EndAsync(Task running)
    {
        await _ended.CancelAsync();
        await running;
    }

    // Frames come until it is so, as a camera's would.
    private async Task OfferUntilAsync(LiveAdaptation adaptation, Func<bool> condition, int segment = 0)
    {
        while (!condition())
        {
            using var frame = Next(segment);
            adaptation.Offer(frame);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    // As the pipeline does with each frame; returns the version that it was denoised with.
    private int Denoise()
    {
        using var frame = Next();
        _desk.Before(frame.Number);
        using var denoised = _denoiser.Denoise(frame);
        return _denoiser.Version;
    }

    private Frame Next(int segment = 0)
    {
        using var draft = _pool.Rent(Side, Side, PixelType.UInt16);
        _simulator.Next(draft.Bytes);
        return draft.Publish(new FrameHeader { Number = _number++, Segment = segment });
    }

    // What a training program would leave: here the shipped network under another name.
    private static string Write(DenoiseTrainingRequest request)
    {
        var (card, network) = DenoiseCard.Read(DenoiseCard.General);
        Directory.CreateDirectory(request.Folder);
        File.WriteAllBytes(Path.Combine(request.Folder, $"{request.Name}.onnx"), network);
        var path = Path.Combine(request.Folder, $"{request.Name}.json");
        File.WriteAllBytes(path, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(card with { Name = request.Name, File = $"{request.Name}.onnx" }, Inference.Models.ModelCard.Json));
        return path;
    }
}
