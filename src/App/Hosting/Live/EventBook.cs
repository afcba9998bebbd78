using LiveLtem.Core.Live;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Everything that happens in a session besides its frames: written first, then told.</summary>
/// <remarks>Thread-safe; events are told in the order of their numbers. Without a session log they are kept in memory, the oldest forgotten first.</remarks>
internal sealed class EventBook(ISessionStore? store)
{
    /// <summary>Kind of the alert of a recording that its disk does not take any more.</summary>
    public const string DiskSpace = "disk_space";

    private const int MostInMemory = 10_000;
    private readonly Lock _gate = new();
    private readonly Queue<SessionEvent> _memory = new();
    private readonly Dictionary<string, SessionAlert> _alerts = [];
    private ILivePublisher? _publisher;
    private long _lastId;
    private long _lastAlert;

    /// <summary>Says who is told from now on.</summary>
    public void TellTo(ILivePublisher publisher) => Volatile.Write(ref _publisher, publisher);

    /// <summary>Writes an event and tells it.</summary>
    /// <returns>The event with its number.</returns>
    public T Add<T>(T happening) where T : SessionEvent
    {
        lock (_gate)
        {
            return Write(happening);
        }
    }

    /// <summary>Everything after that number, oldest first.</summary>
    public IReadOnlyList<SessionEvent> After(long id)
    {
        if (store is not null)
        {
            return store.EventsAfter(id);
        }

        lock (_gate)
        {
            return [.. _memory.Where(happening => happening.Id > id)];
        }
    }

    /// <summary>Raises an alert, or notes that its condition lasts.</summary>
    public void Raise(SessionAlert alert, DateTimeOffset time)
    {
        lock (_gate)
        {
            if (_alerts.TryGetValue(alert.Kind, out var standing))
            {
                _alerts[alert.Kind] = standing with { Count = standing.Count + 1, FrameLast = alert.Frame ?? standing.FrameLast };
                return;
            }

            var raised = alert with { Id = ++_lastAlert, State = "raised", FrameLast = alert.Frame };
            _alerts.Add(alert.Kind, raised);
            Write(new AlertChange { Time = time, Frame = alert.Frame, Alert = raised });
        }
    }

    /// <summary>Clears an alert that was raised; nothing happens where it was not.</summary>
    public void Clear(string kind, long? frame, DateTimeOffset time)
    {
        lock (_gate)
        {
            if (_alerts.Remove(kind, out var standing))
            {
                Write(new AlertChange { Time = time, Frame = frame, Alert = standing with { State = "cleared", FrameLast = frame ?? standing.FrameLast } });
            }
        }
    }

    private T Write<T>(T happening) where T : SessionEvent
    {
        SessionEvent kept;
        if (store is not null)
        {
            kept = store.Add(happening);
        }
        else
        {
            kept = happening with { Id = ++_lastId };
            _memory.Enqueue(kept);
            if (_memory.Count > MostInMemory)
            {
                _memory.Dequeue();
            }
        }

        Volatile.Read(ref _publisher)?.OnEvent(kept);
        return (T)kept;
    }
}
