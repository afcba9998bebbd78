using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace LiveLtem.Core.Pipeline;

/// <summary>What an edge does with an item when it is full.</summary>
public enum EdgePolicy
{
    /// <summary>The writer waits: nothing is lost.</summary>
    Wait,

    /// <summary>Capacity 1; the item waiting is thrown away for the newer one and counted: the writer never waits.</summary>
    Latest,
}

/// <summary>How full a waiting edge is.</summary>
public enum EdgeLevel
{
    /// <summary>Under three quarters.</summary>
    Normal,

    /// <summary>At least three quarters full: a warning.</summary>
    Filling,

    /// <summary>Full: the writer is held back; an alarm in a live session.</summary>
    Full,
}

/// <summary>What an edge has done so far.</summary>
public sealed record EdgeStatus
{
    /// <summary>Name, unique in its pipeline.</summary>
    public required string Name { get; init; }

    /// <summary>Wait or Latest.</summary>
    public required EdgePolicy Policy { get; init; }

    /// <summary>Items it holds at most.</summary>
    public required int Capacity { get; init; }

    /// <summary>Items waiting now.</summary>
    public required int Queued { get; init; }

    /// <summary>Most items that ever waited.</summary>
    public required int PeakQueued { get; init; }

    /// <summary>Items written.</summary>
    public required long Written { get; init; }

    /// <summary>Items thrown away for newer ones.</summary>
    public required long Dropped { get; init; }

    /// <summary>How full it is.</summary>
    public required EdgeLevel Level { get; init; }

    /// <summary>Times it rose to three quarters.</summary>
    public required long Warnings { get; init; }

    /// <summary>Times it became full.</summary>
    public required long Alarms { get; init; }

    /// <summary>How long its writers were held back in all.</summary>
    public required TimeSpan HeldBack { get; init; }
}

/// <summary>A bounded way from one stage to the next, with a name and a policy.</summary>
/// <typeparam name="T">What travels on it; an item written belongs to the edge, then to whoever takes it.</typeparam>
/// <remarks>One reader; any number of writers. Made by <see cref="PipelineRun.AddEdge{T}"/>.</remarks>
public sealed class Edge<T> : IEdge
    where T : class, IFrameItem
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(30);
    private readonly Channel<T> _channel;
    private readonly FrameLedger _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger? _watch;
    private int _level;
    private int _peak;
    private long _written;
    private long _dropped;
    private long _warnings;
    private long _alarms;
    private long _heldBackTicks;
    private long _toldFilling;
    private long _toldFull;

    internal Edge(string name, EdgePolicy policy, int capacity, FrameBranches branches, FrameLedger ledger, TimeProvider time, ILogger? watch)
    {
        Name = name;
        Policy = policy;
        Capacity = policy == EdgePolicy.Latest ? 1 : capacity;
        Branches = branches;
        _ledger = ledger;
        _time = time;
        _watch = watch;
        _channel = Channel.CreateBounded<T>(
            new BoundedChannelOptions(Capacity)
            {
                FullMode = policy == EdgePolicy.Latest ? BoundedChannelFullMode.DropOldest : BoundedChannelFullMode.Wait,
                SingleReader = true,
            },
            OnDropped);
        Writer = new CountingWriter(this);
    }

    /// <summary>Name, unique in its pipeline.</summary>
    public string Name { get; }

    /// <summary>What happens when it is full.</summary>
    public EdgePolicy Policy { get; }

    /// <summary>Items it holds at most.</summary>
    public int Capacity { get; }

    /// <summary>The branches of the pipeline that it leads to: what is dropped here is skipped there.</summary>
    public FrameBranches Branches { get; }

    /// <summary>Where items go in. A write that throws has given the item back; where <c>TryWrite</c> says false, the item is still the caller's.</summary>
    public ChannelWriter<T> Writer { get; }

    /// <summary>What it has done so far. Thread-safe.</summary>
    public EdgeStatus Status => new()
    {
        Name = Name,
        Policy = Policy,
        Capacity = Capacity,
        Queued = _channel.Reader.Count,
        PeakQueued = Volatile.Read(ref _peak),
        Written = Interlocked.Read(ref _written),
        Dropped = Interlocked.Read(ref _dropped),
        Level = (EdgeLevel)Volatile.Read(ref _level),
        Warnings = Interlocked.Read(ref _warnings),
        Alarms = Interlocked.Read(ref _alarms),
        HeldBack = TimeSpan.FromTicks(Interlocked.Read(ref _heldBackTicks)),
    };

    /// <summary>True for the edge that a source writes to: a frame counts as received when it is taken from here, before anything else sees it.</summary>
    internal bool IsIntake { get; set; }

    bool IEdge.HasReader { get; set; }

    bool IEdge.HasWriter { get; set; }

    /// <summary>True when an item waits, false when there will be none any more.</summary>
    internal ValueTask<bool> WaitToTakeAsync(CancellationToken cancellationToken) => _channel.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>Takes the next item; it is the caller's.</summary>
    internal bool TryTake([NotNullWhen(true)] out T? item)
    {
        if (!_channel.Reader.TryRead(out item))
        {
            return false;
        }

        Watch(_channel.Reader.Count);
        if (IsIntake)
        {
            _ledger.Received(item.Header.Number);
        }

        return true;
    }

    void IEdge.Complete() => _channel.Writer.TryComplete();

    void IEdge.Release(string reason)
    {
        while (TryTake(out var item))
        {
            Discard(item, reason);
        }
    }

    /// <summary>Gives an item back that goes no further and says so in the ledger.</summary>
    internal void Discard(T item, string reason)
    {
        _ledger.Skipped(Branches, item.Header.Number, Name, reason);
        item.Dispose();
    }

    /// <summary>Gives back an item that never got in. A frame that a source could not deliver was not received, so it is not accounted for.</summary>
    private void Refuse(T item)
    {
        if (IsIntake)
        {
            item.Dispose();
            return;
        }

        Discard(item, SkipReasons.Stopped);
    }

    private void OnDropped(T item)
    {
        Interlocked.Increment(ref _dropped);
        PipelineMetrics.Dropped(Name);
        Discard(item, SkipReasons.NewerFrame);
    }

    private void Watch(int queued)
    {
        if (Policy == EdgePolicy.Latest)
        {
            return;
        }

        var before = (EdgeLevel)Volatile.Read(ref _level);
        var now = queued >= Capacity ? EdgeLevel.Full : queued * 4 >= Capacity * 3 ? EdgeLevel.Filling : EdgeLevel.Normal;

        // Between half and three quarters the level stays, so that an edge that hovers there does not warn again and again.
        if (now == before || (now < before && queued * 2 >= Capacity)
            || Interlocked.CompareExchange(ref _level, (int)now, (int)before) != (int)before || now < before)
        {
            return;
        }

        if (before == EdgeLevel.Normal)
        {
            Interlocked.Increment(ref _warnings);
            if (now == EdgeLevel.Filling && MayTell(ref _toldFilling))
            {
                PipelineLog.EdgeFilling(_watch!, Name, queued, Capacity);
            }
        }

        if (now == EdgeLevel.Full)
        {
            Interlocked.Increment(ref _alarms);
            if (MayTell(ref _toldFull))
            {
                PipelineLog.EdgeFull(_watch!, Name, Capacity);
            }
        }
    }

    // The counters count every time; the log tells of an edge that fills again and again only now and then.
    private bool MayTell(ref long toldAt)
    {
        if (_watch is null)
        {
            return false;
        }

        var told = Interlocked.Read(ref toldAt);
        return (told == 0 || _time.GetElapsedTime(told) >= TellEvery)
            && Interlocked.CompareExchange(ref toldAt, _time.GetTimestamp(), told) == told;
    }

    private void Count()
    {
        Interlocked.Increment(ref _written);
        var queued = _channel.Reader.Count;
        for (var peak = Volatile.Read(ref _peak); queued > peak; peak = Volatile.Read(ref _peak))
        {
            if (Interlocked.CompareExchange(ref _peak, queued, peak) == peak)
            {
                break;
            }
        }

        Watch(queued);
    }

    /// <summary>The channel's writer with the counting done; sources see nothing but a <see cref="ChannelWriter{T}"/>.</summary>
    private sealed class CountingWriter(Edge<T> edge) : ChannelWriter<T>
    {
        private ChannelWriter<T> Inner => edge._channel.Writer;

        public override bool TryWrite(T item)
        {
            if (!Inner.TryWrite(item))
            {
                return false;
            }

            edge.Count();
            return true;
        }

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => Inner.WaitToWriteAsync(cancellationToken);

        public override ValueTask WriteAsync(T item, CancellationToken cancellationToken = default)
        {
            if (!cancellationToken.IsCancellationRequested && TryWrite(item))
            {
                return ValueTask.CompletedTask;
            }

            return WriteHeldBackAsync(item, cancellationToken);
        }

        public override bool TryComplete(Exception? error = null) => Inner.TryComplete(error);

        private async ValueTask WriteHeldBackAsync(T item, CancellationToken cancellationToken)
        {
            var since = edge._time.GetTimestamp();
            try
            {
                await Inner.WriteAsync(item, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                edge.Refuse(item);
                throw;
            }
            finally
            {
                Interlocked.Add(ref edge._heldBackTicks, edge._time.GetElapsedTime(since).Ticks);
            }

            edge.Count();
        }
    }
}

/// <summary>An edge without its type, as the pipeline keeps it.</summary>
internal interface IEdge
{
    /// <summary>Name, unique in its pipeline.</summary>
    string Name { get; }

    /// <summary>What it has done so far.</summary>
    EdgeStatus Status { get; }

    /// <summary>Whether a stage takes from it.</summary>
    bool HasReader { get; set; }

    /// <summary>Whether something writes to it.</summary>
    bool HasWriter { get; set; }

    /// <summary>No more items will come.</summary>
    void Complete();

    /// <summary>Gives back whatever is left on it.</summary>
    void Release(string reason);
}

/// <summary>Why a frame was skipped, as the ledger shows it.</summary>
internal static class SkipReasons
{
    /// <summary>A <see cref="EdgePolicy.Latest"/> edge dropped it.</summary>
    public const string NewerFrame = "a newer frame was there";

    /// <summary>The session ended before it was its turn.</summary>
    public const string Stopped = "the session was stopped";
}
