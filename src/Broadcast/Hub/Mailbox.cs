using LiveLtem.Broadcast.Wire;

namespace LiveLtem.Broadcast.Hub;

/// <summary>What waits for one reader: bounded by topic, the oldest of a topic thrown away for the newest, every loss counted.</summary>
/// <remarks>Thread-safe. <see cref="Offer"/> never waits: the lock is held for a few moves of references only, never while something is
/// encoded or sent. Messages leave in the order in which they were published, over all topics.</remarks>
internal sealed class Mailbox : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lane?[] _lanes = new Lane?[Topics.Count];
    private readonly Func<string?> _name;
    private readonly Action _wake;
    private long _order;
    private bool _completed;

    /// <summary>Creates an empty mailbox.</summary>
    /// <param name="kind">zmq, grpc or web.</param>
    /// <param name="name">Who reads it; null while nobody does.</param>
    /// <param name="topics">What its reader wants.</param>
    /// <param name="wake">Called, on the thread that offers, when something came or the mailbox was completed. Must not wait.</param>
    public Mailbox(string kind, Func<string?> name, IEnumerable<Topic> topics, Action wake)
    {
        Kind = kind;
        _name = name;
        _wake = wake;
        foreach (var topic in topics)
        {
            _lanes[(int)topic] = new Lane(Capacity(topic));
        }
    }

    public string Kind { get; }

    /// <summary>Who reads it; null while nobody does.</summary>
    public string? Name => _name();

    /// <summary>Messages taken out.</summary>
    public long Sent => Sum(static lane => lane.Sent);

    /// <summary>Messages thrown away.</summary>
    public long Dropped => Sum(static lane => lane.Dropped);

    /// <summary>No more comes; what waits can still be taken.</summary>
    public bool Completed
    {
        get
        {
            lock (_gate)
            {
                return _completed;
            }
        }
    }

    /// <summary>Messages of a topic that may wait. Of frames the newest is enough; what can be asked for again or summed up needs little.</summary>
    public static int Capacity(Topic topic) => topic switch
    {
        Topic.Frame or Topic.Denoised or Topic.Unsupported => 1,
        Topic.Status => 4,
        Topic.Overlay or Topic.Tracks => 64,
        Topic.Dose => 256,
        _ => 1024,
    };

    /// <summary>Whether the reader wants the topic just now.</summary>
    public bool Wants(Topic topic) => _lanes[(int)topic] is { } lane && Volatile.Read(ref lane.Wanted);

    /// <summary>The reader changes its mind on a topic that the mailbox was made with. What waits of it is thrown away and counted.</summary>
    public void SetWanted(Topic topic, bool wanted)
    {
        if (_lanes[(int)topic] is not { } lane)
        {
            return;
        }

        lock (_gate)
        {
            Volatile.Write(ref lane.Wanted, wanted);
            while (!wanted && lane.Waiting.TryDequeue(out var old))
            {
                lane.Dropped++;
                old.Message.Dispose();
            }
        }
    }

    /// <summary>Takes a lease on the message where the reader wants its topic.</summary>
    public void Offer(WireMessage message)
    {
        if (!Wants(message.Topic))
        {
            return;
        }

        WireMessage? thrownAway = null;
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            var lane = _lanes[(int)message.Topic]!;
            if (lane.Waiting.Count == lane.Capacity)
            {
                thrownAway = lane.Waiting.Dequeue().Message;
                lane.Dropped++;
            }

            lane.Waiting.Enqueue((_order++, message.Share()));
        }

        thrownAway?.Dispose();
        _wake();
    }

    /// <summary>The oldest message that waits; the lease is the caller's.</summary>
    /// <param name="framesToo">False to leave pictures where they are.</param>
    public WireMessage? TryTake(bool framesToo = true)
    {
        lock (_gate)
        {
            Lane? first = null;
            for (var topic = 0; topic < _lanes.Length; topic++)
            {
                if (_lanes[topic] is { } lane && (framesToo || !((Topic)topic).IsPicture()) && lane.Waiting.TryPeek(out var head)
                    && (first is null || head.Order < first.Waiting.Peek().Order))
                {
                    first = lane;
                }
            }

            if (first is null)
            {
                return null;
            }

            first.Sent++;
            return first.Waiting.Dequeue().Message;
        }
    }

    /// <summary>Whether a message of that topic waits.</summary>
    public bool Holds(Topic topic)
    {
        lock (_gate)
        {
            return _lanes[(int)topic] is { Waiting.Count: > 0 };
        }
    }

    /// <summary>Nothing more is taken in.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
        }

        _wake();
    }

    /// <summary>Throws away what still waits, and counts it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _completed = true;
            foreach (var lane in _lanes)
            {
                while (lane is not null && lane.Waiting.TryDequeue(out var old))
                {
                    lane.Dropped++;
                    old.Message.Dispose();
                }
            }
        }
    }

    private long Sum(Func<Lane, long> figure)
    {
        lock (_gate)
        {
            return _lanes.Sum(lane => lane is null ? 0 : figure(lane));
        }
    }

    private sealed class Lane(int capacity)
    {
        public readonly Queue<(long Order, WireMessage Message)> Waiting = new();
        public bool Wanted = true;
        public long Sent;
        public long Dropped;

        public int Capacity => capacity;
    }
}
