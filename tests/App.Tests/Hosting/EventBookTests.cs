using System.Collections.Concurrent;
using LiveLtem.App.Hosting.Live;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Tests.Hosting;

public sealed class EventBookTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Every_event_is_in_the_session_before_anyone_is_told_and_told_in_the_order_of_its_number()
    {
        await using var store = Store();
        await using var events = new EventBook(store, TimeProvider.System);
        var told = new ConcurrentQueue<long>();
        var early = 0;
        events.TellTo(new Told(happening =>
        {
            told.Enqueue(happening.Id);
            early += store.EventsAfter(happening.Id - 1) is [var first, ..] && first.Id == happening.Id ? 0 : 1;
        }));

        // Frames, people and the recording at once.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                if (thread == 0)
                {
                    Assert.Equal($"note {i}", events.Add(new Annotation { Time = DateTimeOffset.UnixEpoch, Text = $"note {i}" }).Text);
                }
                else
                {
                    events.Alerts.Raise($"{thread}", Draft(i));
                    events.Alerts.Clear($"{thread}");
                }
            }
        }, TestContext.Current.CancellationToken)));
        events.Flush();

        Assert.Equal(0, early);
        Assert.Equal(Enumerable.Range(1, 700).Select(number => (long)number), told);
        Assert.Equal(told, store.EventsAfter(0).Select(happening => happening.Id));
    }

    [Fact]
    public async Task What_comes_while_the_disk_is_busy_is_one_transaction_and_the_numbers_of_alerts_are_one_sequence()
    {
        using var disk = new ManualResetEventSlim();
        var slow = new SlowStore(disk);
        await using var events = new EventBook(slow, TimeProvider.System);
        for (var i = 0; i < 1000; i++)
        {
            events.Alerts.Raise($"{i}", Draft(i) with { Kind = i % 2 == 0 ? "disk_space" : "bubble" });
        }

        disk.Set();
        events.Flush();
        Assert.InRange(slow.Batches.Count, 1, 2);
        Assert.Equal(Enumerable.Range(1, 1000).Select(number => (long)number), slow.Kept.Cast<AlertChange>().Select(change => change.Alert.Id));
    }

    [Fact]
    public async Task Who_raises_waits_for_the_disk_only_where_thousands_wait_already()
    {
        using var disk = new ManualResetEventSlim();
        var slow = new SlowStore(disk);
        await using var events = new EventBook(slow, TimeProvider.System);
        var raised = 0L;
        var raising = Task.Run(() =>
        {
            for (var i = 0; i < 25_000; i++)
            {
                events.Alerts.Raise($"{i}", Draft(i));
                Interlocked.Increment(ref raised);
            }
        }, TestContext.Current.CancellationToken);
        await UntilAsync(() => Interlocked.Read(ref raised) >= 10_000);
        Assert.False(raising.IsCompleted);
        disk.Set();
        await raising.WaitAsync(TestContext.Current.CancellationToken);
        events.Flush();
        Assert.Equal(25_000, slow.Kept.Count);
    }

    [Fact]
    public async Task What_cannot_be_written_is_not_told_and_whoever_waits_hears_why()
    {
        await using var events = new EventBook(new SlowStore(null), TimeProvider.System);
        var told = 0;
        events.TellTo(new Told(_ => told++));
        var error = Assert.Throws<InvalidOperationException>(() => events.Add(new Annotation { Time = DateTimeOffset.UnixEpoch, Text = "note" }));
        Assert.Contains("no disk", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, told);
    }

    [Fact]
    public async Task Without_a_log_events_are_numbered_and_replayed_from_memory()
    {
        await using var events = new EventBook(null, TimeProvider.System);
        events.Alerts.Raise("a", Draft(3));
        events.Alerts.Acknowledge(1);
        events.Alerts.Clear("a", 7);
        events.Flush();
        Assert.Equal(["raised", "acknowledged", "cleared"], events.After(0).Cast<AlertChange>().Select(change => change.Alert.State));
        Assert.Equal((3L, 7L), events.After(2).Cast<AlertChange>().Select(change => (change.Id, change.Alert.FrameLast!.Value)).Single());
        Assert.Empty(events.Alerts.All);
    }

    public void Dispose() => _folder.Dispose();

    private static SessionAlert Draft(long frame) => new() { Id = 0, Kind = "bubble", Severity = "critical", State = "raised", Frame = frame, Message = "gas" };

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    private SessionStore Store() => SessionStore.Create(
        _folder.Root,
        new SessionDescription { Source = "events", Calibration = Calibration.Unknown, ProfileName = "none", ProfileText = "", Version = "0" },
        new SessionStoreOptions { Record = false, ReserveBytes = 0, WriteResults = false });

    private sealed class Told(Action<SessionEvent> tell) : ILivePublisher
    {
        public IReadOnlyList<SubscriberStatus> Subscribers => [];

        public void OnEvent(SessionEvent happening) => tell(happening);

        public void OnPreview(Frame frame)
        {
        }

        public void OnDenoised(Frame denoised)
        {
        }

        public void OnUnsupported(UnsupportedMask mask)
        {
        }

        public void OnReport(FrameReport report)
        {
        }

        public void OnRow(FrameRow row)
        {
        }

        public void OnStatus(SessionStatus status)
        {
        }
    }

    /// <summary>A log that writes once it may, or whose disk is gone.</summary>
    private sealed class SlowStore(ManualResetEventSlim? disk) : ISessionStore
    {
        public List<SessionEvent> Kept { get; } = [];

        public List<int> Batches { get; } = [];

        public event Action<RecordingStatus>? Changed
        {
            add { }
            remove { }
        }

        public string Id => "slow";

        public string Folder => "/slow";

        public RecordingStatus Recording => new() { State = RecordingState.Off };

        public SessionEvent Add(SessionEvent happening) => Add([happening])[0];

        public IReadOnlyList<SessionEvent> Add(IReadOnlyList<SessionEvent> happenings)
        {
            (disk ?? throw new IOException("no disk")).Wait(TestContext.Current.CancellationToken);
            SessionEvent[] kept = [.. happenings.Select((happening, i) => happening with { Id = Kept.Count + i + 1 })];
            Kept.AddRange(kept);
            Batches.Add(kept.Length);
            return kept;
        }

        public IReadOnlyList<SessionEvent> EventsAfter(long afterId) => [.. Kept.Where(happening => happening.Id > afterId)];

        public void Append(Frame frame, GaugeReading gauge)
        {
        }

        public RecordingStatus SetRecording(bool on) => Recording;

        public void OnFrame(FrameRow row)
        {
        }

        public void OnTracks(FrameTracks tracks, FrameRow row)
        {
        }

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
