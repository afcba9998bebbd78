using System.Globalization;

namespace LiveLtem.Session.Log;

/// <summary>Frame numbers in words: <c>3, 7-12 and 20</c>, in bounded length.</summary>
internal sealed class NumberRanges
{
    private const int MostShown = 8;
    private readonly List<(long First, long Last)> _ranges = [];

    /// <summary>Numbers added.</summary>
    public long Count { get; private set; }

    public void Add(long number)
    {
        Count++;
        if (_ranges.Count > 0 && _ranges[^1].Last == number - 1)
        {
            _ranges[^1] = (_ranges[^1].First, number);
        }
        else if (_ranges.Count <= MostShown)
        {
            _ranges.Add((number, number));
        }
    }

    public override string ToString()
    {
        var texts = _ranges.Take(MostShown).Select(range => range.First == range.Last
            ? range.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}"));
        return string.Join(", ", texts) + (_ranges.Count > MostShown ? ", …" : "");
    }
}
