using System.Numerics;
using System.Runtime.InteropServices;

namespace LiveLtem.Core.Pipeline;

/// <summary>Where a received frame is wanted. Each branch settles the frame once: delivered, skipped or failed.</summary>
[Flags]
public enum FrameBranches
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>Detection, tracking and tables: delivered means processed.</summary>
    Analysis = 1,

    /// <summary>Raw frames to disk: delivered means recorded.</summary>
    Recording = 2,

    /// <summary>The operator's screen: delivered means shown.</summary>
    Preview = 4,
}

/// <summary>Accounts for every camera frame: received or lost, and in each branch delivered, skipped (edge and reason), failed (stage and reason) or still on its way.</summary>
/// <remarks>Thread-safe. Memory is bounded: numbers are kept as intervals, reasons as counts, single frames only while they are on their way.</remarks>
public sealed class FrameLedger
{
    private const int IntervalsKept = 4096;
    private const int FailuresKept = 256;
    private const int ReasonsKept = 64;
    private readonly Lock _gate = new();
    private readonly BranchAccount[] _branches;
    private readonly IntervalSet _lostNumbers = new(IntervalsKept);
    private long? _first;
    private long _last;
    private long _received;
    private long _lost;
    private long _repeated;
    private long _disordered;

    /// <summary>Creates an empty ledger.</summary>
    /// <param name="branches">The branches that this pipeline has.</param>
    public FrameLedger(FrameBranches branches)
    {
        Branches = branches;
        _branches = [.. Enum.GetValues<FrameBranches>()
            .Where(branch => BitOperations.PopCount((uint)branch) == 1 && (branches & branch) != 0)
            .Select(branch => new BranchAccount(branch))];
    }

    /// <summary>The branches that it keeps account of.</summary>
    public FrameBranches Branches { get; }

    /// <summary>A frame came in. Numbers left out since the highest one so far are lost, until they come late.</summary>
    public void Received(long number)
    {
        lock (_gate)
        {
            _received++;
            CountNumber(number);
            foreach (var branch in _branches)
            {
                branch.Open(number);
            }
        }
    }

    /// <summary>A frame reached the end of its branches: it is recorded, processed or shown.</summary>
    public void Delivered(FrameBranches branches, long number)
    {
        lock (_gate)
        {
            foreach (var branch in _branches)
            {
                if ((branches & branch.Branch) != 0 && branch.Close(number))
                {
                    branch.Delivered++;
                }
            }
        }
    }

    /// <summary>A frame was left out on an edge.</summary>
    public void Skipped(FrameBranches branches, long number, string edge, string reason)
    {
        lock (_gate)
        {
            foreach (var branch in _branches)
            {
                if ((branches & branch.Branch) != 0 && branch.Close(number))
                {
                    branch.Skipped++;
                    branch.SkippedNumbers.Add(number);
                    Count(branch.SkippedBy, (edge, reason));
                }
            }
        }
    }

    /// <summary>A stage could not deal with a frame.</summary>
    public void Failed(FrameBranches branches, long number, string stage, string reason)
    {
        lock (_gate)
        {
            foreach (var branch in _branches)
            {
                if ((branches & branch.Branch) != 0 && branch.Close(number))
                {
                    branch.Failed++;
                    Count(branch.FailedBy, (stage, reason));
                    if (branch.Failures.Count == FailuresKept)
                    {
                        branch.Failures.Dequeue();
                    }

                    branch.Failures.Enqueue(new FrameFailure(number, stage, reason));
                }
            }
        }
    }

    /// <summary>The account as it stands; its sums add up at any moment.</summary>
    public LedgerTotals Totals()
    {
        lock (_gate)
        {
            return new LedgerTotals
            {
                First = _first,
                Last = _first is null ? null : _last,
                Received = _received,
                Lost = _lost,
                Repeated = _repeated,
                Disordered = _disordered,
                LostNumbers = _lostNumbers.Snapshot(),
                Branches = [.. _branches.Select(branch => branch.Totals())],
            };
        }
    }

    private void CountNumber(long number)
    {
        if (_first is null)
        {
            _first = _last = number;
        }
        else if (number > _last)
        {
            Lose(_last + 1, number - 1);
            _last = number;
        }
        else
        {
            _disordered++;
            if (number < _first)
            {
                Lose(number + 1, _first.Value - 1);
                _first = number;
            }
            else if (_lostNumbers.Remove(number))
            {
                _lost--;
            }
            else
            {
                _repeated++;
            }
        }
    }

    private void Lose(long first, long last)
    {
        if (last >= first)
        {
            _lost += last - first + 1;
            _lostNumbers.Add(new FrameInterval(first, last));
        }
    }

    private static void Count(Dictionary<(string, string), long> counts, (string Where, string Why) key)
    {
        // A reason may hold numbers that differ from frame to frame; past a bound they are counted together.
        if (counts.Count >= ReasonsKept && !counts.ContainsKey(key))
        {
            key = (key.Where, "other reasons");
        }

        CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;
    }

    private sealed class BranchAccount(FrameBranches branch)
    {
        // A camera that repeats a number has two frames of that number on their way.
        private readonly Dictionary<long, int> _open = [];
        private long _inFlight;

        public FrameBranches Branch { get; } = branch;

        public long Delivered { get; set; }

        public long Skipped { get; set; }

        public long Failed { get; set; }

        public IntervalSet SkippedNumbers { get; } = new(IntervalsKept);

        public Dictionary<(string, string), long> SkippedBy { get; } = [];

        public Dictionary<(string, string), long> FailedBy { get; } = [];

        public Queue<FrameFailure> Failures { get; } = new();

        public void Open(long number)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_open, number, out _)++;
            _inFlight++;
        }

        /// <summary>Settles the frame here; false where it was settled before or never came.</summary>
        public bool Close(long number)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_open, number);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref count))
            {
                return false;
            }

            if (--count == 0)
            {
                _open.Remove(number);
            }

            _inFlight--;
            return true;
        }

        public BranchTotals Totals() => new()
        {
            Branch = Branch,
            Delivered = Delivered,
            Skipped = Skipped,
            Failed = Failed,
            InFlight = _inFlight,
            SkippedBy = [.. SkippedBy.Select(pair => new FrameReason(pair.Key.Item1, pair.Key.Item2, pair.Value))],
            FailedBy = [.. FailedBy.Select(pair => new FrameReason(pair.Key.Item1, pair.Key.Item2, pair.Value))],
            SkippedNumbers = SkippedNumbers.Snapshot(),
            Failures = [.. Failures],
        };
    }
}
