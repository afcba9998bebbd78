using LiveLtem.App.Hosting;
using LiveLtem.App.Hosting.Live;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.HardwareSim;
using LiveLtem.Inference;

namespace LiveLtem.App.Tests.Hosting;

/// <summary>What may be asked of the model of a running session, and when.</summary>
public sealed class ModelDeskTests : IAsyncDisposable
{
    private readonly FramePool _pool = new();
    private readonly ParticleDetector _detector = new(new ParticleDetectorOptions());
    private readonly List<ModelInUse> _began = [];
    private readonly EventBook _events = new(null, TimeProvider.System);
    private readonly ModelDesk _desk;

    public ModelDeskTests() => _desk = new ModelDesk(
        _detector, new ModelChoices(new Profile { Name = "test" }), _events, new ConditionsBook(Calibration.Unknown), _began.Add, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_chosen_before_the_session_has_learnt()
    {
        Assert.Null(_desk.Now);
        var early = await Assert.ThrowsAsync<InputException>(() => _desk.ChooseAsync("none", Token));
        Assert.Contains("still learning", early.Message, StringComparison.Ordinal);
        Learn();
        Assert.Equal(ModelInUse.Thresholds, await _desk.ChooseAsync("none", Token));
    }

    [Fact]
    public async Task A_name_that_nothing_has_is_answered_with_those_there_are()
    {
        Learn();
        Assert.Equal(["auto", "none"], _desk.Names.Take(2));
        var error = await Assert.ThrowsAsync<InputException>(() => _desk.ChooseAsync("/etc/passwd", Token));
        Assert.StartsWith("model '/etc/passwd': there is none of that name; choose one of auto, none", error.Message, StringComparison.Ordinal);
        var longOne = await Assert.ThrowsAsync<InputException>(() => _desk.ChooseAsync(new string('x', 60_000), Token));
        Assert.True(longOne.Message.Length < 500);
        Assert.Null(_desk.Pending);
    }

    [Fact]
    public async Task The_model_that_is_on_is_no_change_and_no_event()
    {
        Learn();
        _desk.Before(0);
        _desk.Before(1);
        Assert.Equal([ModelInUse.Thresholds], _began);
        Assert.Equal(ModelInUse.Thresholds, await _desk.ChooseAsync("none", Token));
        Assert.Empty(_events.After(0));
    }

    [Fact]
    public async Task After_the_end_nothing_is_changed()
    {
        Learn();
        _desk.Before(0);
        await _desk.EndAsync();
        var error = await Assert.ThrowsAsync<InputException>(() => _desk.ChooseAsync("none", Token));
        Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        _detector.Dispose();
        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }

    private void Learn()
    {
        var options = new SceneOptions { SizePx = 96, Seed = 2 };
        var simulator = new Simulator("crystal", options);
        using var draft = _pool.Rent(options.SizePx, options.SizePx, options.Type);
        simulator.Next(draft.Bytes);
        using var frame = draft.Publish(new FrameHeader { Number = 0 });
        _detector.Learn([frame]);
    }
}
