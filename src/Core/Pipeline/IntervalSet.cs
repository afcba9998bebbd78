namespace LiveLtem.Core.Pipeline;

/// <summary>Frame numbers from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
public readonly record struct FrameInterval(long First, long Last)
{
    /// <summary>Numbers in it.</summary>
    public long Length => Last - First + 1;
}

/// <summary>A set of frame numbers kept as intervals in bounded memory: where there are too many, the oldest are forgotten.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class IntervalSet(int capacity)
{
    private readonly List<FrameInterval> _intervals = [];

    /// <summary>True once intervals were forgotten.</summary>
    public bool Truncated { get; private set; }

    /// <summary>The intervals, ascending, no two touching.</summary>
    public IReadOnlyList<FrameInterval> Snapshot() => [.. _intervals];

    /// <summary>Adds one number, which may be in the set already.</summary>
    public void Add(long number)
    {
        var at = FirstEndingAtOrAfter(number);
        if (at == _intervals.Count || _intervals[at].First > number)
        {
            Add(new FrameInterval(number, number));
        }
    }

    /// <summary>Adds numbers of which none is in the set.</summary>
    public void Add(FrameInterval added)
    {
        var at = FirstEndingAtOrAfter(added.First - 1);
        var joinsLeft = at < _intervals.Count && _intervals[at].Last == added.First - 1;
        var right = joinsLeft ? at + 1 : at;
        var joinsRight = right < _intervals.Count && _intervals[right].First == added.Last + 1;
        switch (joinsLeft, joinsRight)
        {
            case (true, true):
                _intervals[at] = new FrameInterval(_intervals[at].First, _intervals[right].Last);
                _intervals.RemoveAt(right);
                break;
            case (true, false):
                _intervals[at] = _intervals[at] with { Last = added.Last };
                break;
            case (false, true):
                _intervals[right] = _intervals[right] with { First = added.First };
                break;
            default:
                Insert(at, added);
                break;
        }
    }

    /// <summary>Takes one number out; false where it was not in.</summary>
    public bool Remove(long number)
    {
        var at = FirstEndingAtOrAfter(number);
        if (at == _intervals.Count || _intervals[at].First > number)
        {
            return false;
        }

        var (first, last) = _intervals[at];
        if (first == last)
        {
            _intervals.RemoveAt(at);
        }
        else if (number == first)
        {
            _intervals[at] = new FrameInterval(first + 1, last);
        }
        else
        {
            _intervals[at] = new FrameInterval(first, number - 1);
            if (number < last)
            {
                Insert(at + 1, new FrameInterval(number + 1, last));
            }
        }

        return true;
    }

    private void Insert(int at, FrameInterval interval)
    {
        if (_intervals.Count < capacity)
        {
            _intervals.Insert(at, interval);
            return;
        }

        Truncated = true;
        if (at == 0)
        {
            return;
        }

        _intervals.RemoveAt(0);
        _intervals.Insert(at - 1, interval);
    }

    private int FirstEndingAtOrAfter(long number)
    {
        // Nearly every call is about the newest numbers.
        if (_intervals.Count == 0 || _intervals[^1].Last < number)
        {
            return _intervals.Count;
        }

        int low = 0, high = _intervals.Count - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_intervals[middle].Last < number)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
