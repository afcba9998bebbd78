using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Selection;

/// <summary>Frames from <paramref name="Start"/> up to, not including, <paramref name="End"/>; a null end means the last.</summary>
/// <param name="Start">First frame number, from 0.</param>
/// <param name="End">One past the last frame number, or null.</param>
public sealed record FrameRange(long Start, long? End)
{
    /// <summary>Every frame.</summary>
    public static FrameRange All { get; } = new(0, null);

    /// <summary>Reads <c>A:B</c> as Python slices do: <c>10:20</c> is frames 10 to 19, <c>:50</c> the first 50, <c>100:</c> from 100 on.</summary>
    /// <exception cref="InputException">It is not such a range.</exception>
    public static FrameRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        if (parts.Length == 2 && TryNumber(parts[0], out var start) && TryNumber(parts[1], out var end) && (end is null || end > (start ?? 0)))
        {
            return new FrameRange(start ?? 0, end);
        }

        throw new InputException($"--frames {text}: give A:B, first frame (from 0) and one past the last, for example 0:100");
    }

    /// <summary>True where the frame is in it.</summary>
    public bool Contains(long number) => number >= Start && (End is null || number < End);

    /// <summary>How many of <paramref name="total"/> frames are in it; null where the total is not known and the range is open.</summary>
    public long? Count(long? total) => (total, End) switch
    {
        ({ } t, var e) => Math.Max(0, Math.Min(t, e ?? t) - Start),
        (null, _) => null,
    };

    private static bool TryNumber(string text, out long? number)
    {
        number = null;
        if (text.Length == 0)
        {
            return true;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        number = value;
        return true;
    }
}

/// <summary>A source that can leave out frames without reading them.</summary>
public interface ISeekableSource
{
    /// <summary>Asks for only these frames, with the numbers they have in the file. Call before the run. <see cref="SourceInfo.Frames"/> stays the file's.</summary>
    void Restrict(FrameRange range);
}
