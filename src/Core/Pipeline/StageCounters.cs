namespace LiveLtem.Core.Pipeline;

/// <summary>What a stage has done so far; every stage reports the same.</summary>
public sealed record StageStatus
{
    /// <summary>Name, unique in its pipeline.</summary>
    public required string Name { get; init; }

    /// <summary>Items taken from its input.</summary>
    public required long Received { get; init; }

    /// <summary>Items it dealt with.</summary>
    public required long Processed { get; init; }

    /// <summary>Items it failed on.</summary>
    public required long Failed { get; init; }

    /// <summary>Items that the edge to it threw away for newer ones.</summary>
    public required long Dropped { get; init; }

    /// <summary>Items whose number was not above the one before.</summary>
    public required long Disordered { get; init; }

    /// <summary>Items that wait for it.</summary>
    public required int Queued { get; init; }

    /// <summary>Time the last item took, ms, or null before the first.</summary>
    public required double? LastMs { get; init; }

    /// <summary>Time the items took, without waiting, or null before the first.</summary>
    public required LatencySummary? Execution { get; init; }

    /// <summary>Time from the arrival of a frame until it left this stage, or null before the first.</summary>
    public required LatencySummary? Age { get; init; }
}

/// <summary>Counts one stage's work. Thread-safe.</summary>
internal sealed class StageCounters(string name, TimeProvider time)
{
    private readonly LatencyHistogram _execution = new();
    private readonly LatencyHistogram _age = new();
    private long _received;
    private long _processed;
    private long _failed;
    private long _disordered;
    private long _lastTicks = -1;
    private long _lastNumber = long.MinValue;

    /// <summary>An item was taken; called from the one loop that reads the input.</summary>
    public void Take(IFrameItem item)
    {
        Interlocked.Increment(ref _received);
        var number = item.Header.Number;
        if (number <= _lastNumber)
        {
            Interlocked.Increment(ref _disordered);
        }

        _lastNumber = Math.Max(_lastNumber, number);
    }

    /// <summary>An item was dealt with, or failed.</summary>
    public void Ran(TimeSpan duration, bool failed)
    {
        Interlocked.Increment(ref failed ? ref _failed : ref _processed);
        Interlocked.Exchange(ref _lastTicks, duration.Ticks);
        _execution.Record(duration);
    }

    /// <summary>A frame leaves the stage.</summary>
    public void Leave(FrameHeader header)
    {
        if (header.ReceivedTimestamp == 0)
        {
            return;
        }

        var age = time.GetElapsedTime(header.ReceivedTimestamp);
        _age.Record(age);
        PipelineMetrics.Left(name, age);
    }

    public StageStatus Status(EdgeStatus input)
    {
        var last = Interlocked.Read(ref _lastTicks);
        return new StageStatus
        {
            Name = name,
            Received = Interlocked.Read(ref _received),
            Processed = Interlocked.Read(ref _processed),
            Failed = Interlocked.Read(ref _failed),
            Dropped = input.Dropped,
            Disordered = Interlocked.Read(ref _disordered),
            Queued = input.Queued,
            LastMs = last < 0 ? null : TimeSpan.FromTicks(last).TotalMilliseconds,
            Execution = _execution.Summarise(),
            Age = _age.Summarise(),
        };
    }
}
