using System.Diagnostics.CodeAnalysis;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Everything that happens in a session besides its frames: written first, then told.</summary>
/// <remarks>
/// Thread-safe. One thread writes what waits, all of it in one transaction, and tells it in the order of its numbers; so alerts by the thousand cost the disk no more than a few
/// transactions a second. Without a session log events are kept in memory, the oldest forgotten first.
/// </remarks>
internal sealed class EventBook : IAsyncDisposable
{
    private const int MostInMemory = 10_000;
    private const int MostWaiting = 10_000;
    private readonly ISessionStore? _store;
    private readonly TimeProvider _time;
    private readonly object _gate = new();
    private readonly Queue<SessionEvent> _memory = new();
    private readonly Task _writing;
    private List<Entry> _waiting = [];
    private ILivePublisher? _publisher;
    private long _lastId;
    private long _added;
    private long _done;
    private bool _ended;

    /// <summary>Begins the book of a session.</summary>
    /// <param name="store">The session log, or null where nothing is kept; stays its owner's.</param>
    /// <param name="time">The clock.</param>
    public EventBook(ISessionStore? store, TimeProvider time)
    {
        _store = store;
        _time = time;
        Alerts = new AlertBook(Post, keepsCleared: false);
        _writing = Task.Factory.StartNew(WriteUntilEnded, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The session's alerts: each transition becomes an event. Who raises one waits for the disk only where thousands wait already.</summary>
    public AlertBook Alerts { get; }

    /// <summary>Says who is told from now on.</summary>
    public void TellTo(ILivePublisher publisher) => Volatile.Write(ref _publisher, publisher);

    /// <summary>Writes an event and tells it; returns when that is done.</summary>
    /// <returns>The event with its number.</returns>
    public T Add<T>(T happening) where T : SessionEvent
    {
        var entry = new Entry(happening);
        lock (_gate)
        {
            Put(entry);
            while (entry.Kept is null && entry.Fault is null)
            {
                Monitor.Wait(_gate);
            }
        }

        return entry.Fault is { } fault ? throw new InvalidOperationException($"what happened could not be written: {fault.Message}", fault) : (T)entry.Kept!;
    }

    /// <summary>Returns when everything that was raised or added by now is written and told.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            var all = _added;
            while (_done < all)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Everything after that number, oldest first.</summary>
    public IReadOnlyList<SessionEvent> After(long id)
    {
        if (_store is not null)
        {
            return _store.EventsAfter(id);
        }

        lock (_gate)
        {
            return [.. _memory.Where(happening => happening.Id > id)];
        }
    }

    /// <summary>Writes and tells what waits, and takes nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }

        await _writing.ConfigureAwait(false);
    }

    private void Post(SessionAlert alert)
    {
        lock (_gate)
        {
            while (_waiting.Count >= MostWaiting && !_ended)
            {
                Monitor.Wait(_gate);
            }

            if (!_ended)
            {
                Put(new Entry(new AlertChange { Time = _time.GetUtcNow(), Frame = alert.FrameLast ?? alert.Frame, Alert = alert }));
            }
        }
    }

    // Inside the lock.
    private void Put(Entry entry)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _waiting.Add(entry);
        _added++;
        Monitor.PulseAll(_gate);
    }

    private void WriteUntilEnded()
    {
        while (TryTake(out var entries))
        {
            Exception? fault = null;
            IReadOnlyList<SessionEvent> kept = [];
            try
            {
                kept = Keep([.. entries.Select(entry => entry.Happening)]);
                foreach (var happening in kept)
                {
                    Volatile.Read(ref _publisher)?.OnEvent(happening);
                }
            }
            catch (Exception error)
            {
                // What was not written is not told; whoever waits for it hears why, and so does the operator.
                fault = error;
                Console.Error.WriteLine($"liveltem: {entries.Count} events could not be written to the session: {error.Message}");
            }

            lock (_gate)
            {
                for (var i = 0; i < entries.Count; i++)
                {
                    (entries[i].Kept, entries[i].Fault) = (fault is null ? kept[i] : null, fault);
                }

                _done += entries.Count;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private bool TryTake([NotNullWhen(true)] out List<Entry>? entries)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_ended)
            {
                Monitor.Wait(_gate);
            }

            (entries, _waiting) = (_waiting, []);
            Monitor.PulseAll(_gate);
            return entries.Count > 0;
        }
    }

    private IReadOnlyList<SessionEvent> Keep(IReadOnlyList<SessionEvent> happenings)
    {
        if (_store is not null)
        {
            return _store.Add(happenings);
        }

        lock (_gate)
        {
            SessionEvent[] kept = [.. happenings.Select(happening => happening with { Id = ++_lastId })];
            foreach (var happening in kept)
            {
                _memory.Enqueue(happening);
                if (_memory.Count > MostInMemory)
                {
                    _memory.Dequeue();
                }
            }

            return kept;
        }
    }

    private sealed class Entry(SessionEvent happening)
    {
        public SessionEvent Happening => happening;

        public SessionEvent? Kept { get; set; }

        public Exception? Fault { get; set; }
    }
}
