namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>What a frame's number says of its place.</summary>
internal enum NumberVerdict
{
    /// <summary>It is above all before: the next, or one after a gap.</summary>
    Next,

    /// <summary>The sender began to count anew.</summary>
    Restarted,

    /// <summary>It has the number of the frame before.</summary>
    Repeated,

    /// <summary>A higher number came before it.</summary>
    Late,
}

/// <summary>Keeps the numbers of a session rising, whatever the sender does.</summary>
/// <remarks>A sender's numbers are kept as they are. Only where it counts anew (it was started again) is a constant added, so that its frames follow
/// those that came before. A message that comes twice or late has no place in a session that was written further already.</remarks>
internal sealed class FrameNumbering
{
    // Over one connection messages keep their order, so a sender that mixes frames up does so among a few.
    private const int LargestDisorder = 32;
    private long? _first;
    private long _last;
    private long _offset;

    /// <summary>Places a frame.</summary>
    /// <param name="number">The sender's number.</param>
    /// <param name="delivered">The number in the session; means nothing for a frame that has no place.</param>
    public NumberVerdict Take(long number, out long delivered)
    {
        var verdict = _first is not { } first || number > _last ? NumberVerdict.Next
            : number == _last ? NumberVerdict.Repeated
            : number <= first || _last - number > LargestDisorder ? NumberVerdict.Restarted
            : NumberVerdict.Late;
        if (verdict is NumberVerdict.Restarted)
        {
            _offset = _last + _offset + 1 - number;
            _first = number;
        }

        delivered = number + _offset;
        if (verdict is NumberVerdict.Next or NumberVerdict.Restarted)
        {
            _first ??= number;
            _last = number;
        }

        return verdict;
    }
}
