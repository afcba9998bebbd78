using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.Dose.Tests.Alerts;

public class LiveAlertWatchTests
{
    private static readonly Calibration Dark = new() { DarkLevel = new Calibrated(100, "test") };

    [Fact]
    public async Task It_raises_what_a_watch_on_the_pipelines_own_threads_raises()
    {
        var (plain, beside) = (new AlertBook(_ => { }), new AlertBook(_ => { }));
        var direct = Watch(plain);
        await using var live = new LiveAlertWatch(Watch(beside));
        using var pool = new FramePool();
        foreach (var watch in (IAlertWatch[])[direct, live])
        {
            for (var number = 0; number < 120; number++)
            {
                if (number == 60)
                {
                    watch.Begin(Dark);
                }

                watch.Show(pool, number, number switch { >= 30 and < 34 => 0, >= 90 => 150, _ => 50 }, number is >= 45 and < 49 ? 44 : number);
            }
        }

        await live.CompleteAsync();
        Assert.Equal(["beam_blank", "frames_repeated", "dose_rate_step"], plain.All.Select(alert => alert.Kind));
        Assert.Equal(plain.All, beside.All);
        Assert.Equal((0, default(WatchLosses)), (pool.Outstanding, live.Losses));
    }

    [Fact]
    public async Task A_watch_that_is_behind_holds_bounded_memory_never_holds_frames_up_and_says_what_it_left_out()
    {
        const int Side = 2048;
        const int Frames = 100;
        const int Room = (int)(LiveAlertWatch.MostBytes / (2L * Side * Side));
        using var pool = new FramePool();
        using var stuck = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var book = new AlertBook(_ =>
        {
            entered.Set();
            stuck.Wait(TestContext.Current.CancellationToken);
        });
        await using var live = new LiveAlertWatch(Watch(book, numbersTell: true));
        var picture = WatchedMovie.Frame(pool, 0, 50, 1, Side);
        var gauge = WatchedMovie.Gauge(picture);

        // The first frame's loss is told to somebody who does not come back.
        Show(0, dropped: 3);
        entered.Wait(TestContext.Current.CancellationToken);
        for (var number = 1; number < Frames; number++)
        {
            Show(number, dropped: number == Frames - 1 ? 7 : 0);
        }

        var losses = live.Losses;
        Assert.InRange(losses.Pictures, Frames - Room - 1, Frames - Room + 1);
        Assert.Equal(0, losses.Frames);
        Assert.Contains($"the pictures of {losses.Pictures} frames", losses.Describe(), StringComparison.Ordinal);
        stuck.Set();
        await live.CompleteAsync();

        // The last frame's picture was not looked at; what its gauge says counts all the same.
        Assert.Equal([(0L, 3.0), (Frames - 1, 7.0)], book.All.Where(alert => alert.Kind == "frames_lost").Select(alert => (alert.Frame!.Value, alert.Value!.Value)));
        picture.Dispose();
        Assert.Equal(0, pool.Outstanding);

        void Show(int number, int dropped)
        {
            var reading = gauge with { Header = new FrameHeader { Number = number }, DroppedBefore = dropped, Hash = (ulong)number };
            using var frame = picture.Share(reading.Header);
            live.Look(frame, reading);
            live.Accounted(new FrameDose(reading, null, null, null));
            live.LeftOut(new FrameRow { Frame = number, MeanCounts = 0, SaturatedFraction = 0, DroppedBefore = 0, Processed = false });
        }
    }

    [Fact]
    public async Task Calls_that_wait_are_bounded_and_what_comes_of_a_frame_that_was_not_taken_in_goes_the_same_way()
    {
        using var pool = new FramePool();
        using var stuck = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var told = 0;
        var book = new AlertBook(_ =>
        {
            told++;
            entered.Set();
            stuck.Wait(TestContext.Current.CancellationToken);
        });
        await using var live = new LiveAlertWatch(Watch(book, numbersTell: true));
        using var picture = WatchedMovie.Frame(pool, 0, 50, 1, 64);
        var gauge = WatchedMovie.Gauge(picture);
        const int Frames = 20_000;
        for (var number = 0; number < Frames; number++)
        {
            var reading = gauge with { Header = new FrameHeader { Number = number }, DroppedBefore = number == 0 ? 1 : 0, Hash = (ulong)number };
            live.Look(picture, reading);
            live.Accounted(new FrameDose(reading, null, null, null));
            live.Analysed(
                new FrameRow { Frame = number, MeanCounts = 0, SaturatedFraction = 0, DroppedBefore = 0, Processed = true },
                new FrameTracks { Header = reading.Header, Points = [] });
            if (number == 0)
            {
                entered.Wait(TestContext.Current.CancellationToken);
            }
        }

        // Three calls a frame, and the two that follow the last one taken in.
        Assert.InRange(live.Losses.Frames, Frames - (LiveAlertWatch.MostCalls / 3) - 2, Frames - (LiveAlertWatch.MostCalls / 3) + 2);
        stuck.Set();
        await live.CompleteAsync();
        Assert.InRange(told, 1, 2);
        Assert.DoesNotContain(live.Missing, rule => rule.StartsWith("all:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fault_ends_the_watch_alone_and_is_said()
    {
        using var pool = new FramePool();
        await using var live = new LiveAlertWatch(Watch(new AlertBook(_ => throw new InvalidOperationException("no room")), numbersTell: false));
        for (var number = 0; number < 40; number++)
        {
            live.Show(pool, number, number > 20 ? 0 : 50, number);
        }

        await live.CompleteAsync();
        Assert.Equal("all: looking for alerts ended at frame 21, by a fault of the program: no room", Assert.Single(live.Missing));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task What_still_waits_when_a_session_breaks_is_given_back()
    {
        using var pool = new FramePool();
        using var stuck = new ManualResetEventSlim();
        var live = new LiveAlertWatch(Watch(new AlertBook(_ => stuck.Wait(TestContext.Current.CancellationToken))));
        for (var number = 0; number < 60; number++)
        {
            live.Show(pool, number, number > 10 ? 0 : 50, number);
        }

        var ending = live.DisposeAsync();
        stuck.Set();
        await ending;
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void An_alert_that_lasts_is_told_again_as_its_count_doubles_and_cleared_ones_need_not_be_kept()
    {
        var told = new List<SessionAlert>();
        var book = new AlertBook(told.Add, keepsCleared: false);
        book.Raise("a", new SessionAlert { Id = 0, Kind = "bubble", Severity = "critical", State = "raised", Frame = 0, Value = 0.1, Message = "gas" });
        for (var frame = 1; frame < 100; frame++)
        {
            book.Last("a", frame, (0.1 + (0.01 * frame), $"more gas at {frame}"));
        }

        Assert.Equal([1L, 16, 32, 64], told.Select(alert => alert.Count));
        Assert.Equal((0.1 + (0.01 * 63), "more gas at 63"), (told[^1].Value, told[^1].Message));
        book.Clear("a");
        Assert.Equal((100L, "cleared"), (told[^1].Count, told[^1].State));
        Assert.Equal((0, 1L), (book.All.Count, book.Count));
    }

    private static AlertWatch Watch(AlertBook book, bool numbersTell = false) =>
        new(new AlertOptions(), new WatchedSession { Calibration = Dark, NumbersTellLosses = numbersTell }, book);
}
