namespace LiveLtem.Session.Log;

/// <summary>What a repair of one session found and did so far.</summary>
internal sealed class RepairJournal
{
    private readonly List<string> _lines = [];

    /// <summary>What was done, in words.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Records that differ from those that the index held.</summary>
    public List<(long Sequence, IndexRecord Record)> Amended { get; } = [];

    /// <summary>Places in the index whose records were damaged and have no copy.</summary>
    public HashSet<long> Guessed { get; } = [];

    public void Say(string line) => _lines.Add(line);

    /// <summary>A frame of which nothing is known: it takes the next number; where its pixels are is seen later.</summary>
    public static IndexRecord Guess(IndexRecord? before) => new()
    {
        Number = (before?.Number ?? -1) + 1,
        Position = IndexRecord.NotKept,
        ReceivedUnixNs = before?.ReceivedUnixNs ?? 0,
        Hash = 0,
        MeanCounts = double.NaN,
        Segment = before?.Segment ?? 0,
        Flags = IndexFlags.Recovered,
    };
}
