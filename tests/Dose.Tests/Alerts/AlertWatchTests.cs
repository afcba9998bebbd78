using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.Dose.Tests.Alerts;

public class AlertWatchTests
{
    private static readonly Calibration Dark = new() { DarkLevel = new Calibrated(100, "test") };

    [Fact]
    public void A_blanked_beam_is_one_alert_over_its_frames_and_clears()
    {
        var alerts = Watch(60, number => (number is >= 30 and < 34 ? 0 : 50, number));
        var alert = Assert.Single(alerts);
        Assert.Equal(("beam_blank", 30L, 33L, "cleared", 4L), (alert.Kind, alert.Frame, alert.FrameLast, alert.State, alert.Count));
    }

    [Fact]
    public void A_stronger_beam_is_told_with_its_factor_and_no_other_alert()
    {
        var alert = Assert.Single(Watch(60, number => (number >= 30 ? 150 : 50, number)));
        Assert.Equal("dose_rate_step", alert.Kind);
        Assert.InRange(alert.Frame!.Value, 30, 32);
        Assert.Equal(3, alert.Value!.Value, 0.1);
        Assert.Equal("raised", alert.State);
    }

    [Fact]
    public void A_frozen_picture_is_one_alert_with_a_count()
    {
        var alert = Assert.Single(Watch(50, number => (50, number is >= 25 and <= 28 ? 24 : number)));
        Assert.Equal(("frames_repeated", 25L, 4L), (alert.Kind, alert.Frame, alert.Count));
    }

    [Fact]
    public void Clean_frames_raise_nothing() => Assert.Empty(Watch(300, number => (50, number)));

    [Fact]
    public void An_alert_is_raised_once_counted_while_it_lasts_acknowledged_and_cleared()
    {
        var told = new List<SessionAlert>();
        var book = new AlertBook(told.Add);
        book.Raise("a", Draft(3));
        book.Last("a", 4);
        book.Last("a", 5);
        Assert.Equal("acknowledged", book.Acknowledge(1)!.State);
        book.Clear("a");
        Assert.Null(book.Acknowledge(1));
        Assert.Equal(["raised", "acknowledged", "cleared"], told.Select(alert => alert.State));
        Assert.Equal((3L, 5L, 3L), (told[^1].Frame, told[^1].FrameLast, told[^1].Count));
        Assert.Equal("cleared", Assert.Single(book.All).State);
    }

    private static SessionAlert Draft(long frame) => new() { Id = 0, Kind = "bubble", Severity = "critical", State = "raised", Frame = frame, Message = "gas" };

    // Even liquid with noise: the mean signal and the seed of each frame.
    private static IReadOnlyList<SessionAlert> Watch(int frames, Func<int, (double Signal, int Seed)> scene)
    {
        var book = new AlertBook(_ => { });
        var watch = new AlertWatch(new AlertOptions(), new WatchedSession { Calibration = Dark }, book);
        using var pool = new FramePool();
        for (var number = 0; number < frames; number++)
        {
            var (signal, seed) = scene(number);
            using var frame = WatchedMovie.Frame(pool, number, signal, seed);
            var gauge = WatchedMovie.Gauge(frame);
            watch.Look(frame, gauge);
            watch.Accounted(new FrameDose(gauge, number * 0.1, null, null));
        }

        return book.All;
    }
}
