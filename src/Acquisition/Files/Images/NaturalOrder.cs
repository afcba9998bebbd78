namespace LiveLtem.Acquisition.Files.Images;

/// <summary>Orders names as people do: runs of digits by their value, so that frame2 comes before frame10.</summary>
public sealed class NaturalOrder : IComparer<string>
{
    /// <summary>The one instance.</summary>
    public static NaturalOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return Comparer<string>.Default.Compare(x, y);
        }

        var (i, j) = (0, 0);
        while (i < x.Length && j < y.Length)
        {
            if (char.IsAsciiDigit(x[i]) && char.IsAsciiDigit(y[j]))
            {
                var a = Digits(x, ref i);
                var b = Digits(y, ref j);
                var byValue = a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.CompareTo(b, StringComparison.Ordinal);
                if (byValue != 0)
                {
                    return byValue;
                }
            }
            else
            {
                var byLetter = char.ToUpperInvariant(x[i]).CompareTo(char.ToUpperInvariant(y[j]));
                if (byLetter != 0)
                {
                    return byLetter;
                }

                i++;
                j++;
            }
        }

        var byRest = (x.Length - i).CompareTo(y.Length - j);

        // 'a1' and 'a01' tie by value: any fixed order will do, so that the same folder always gives the same frames.
        return byRest != 0 ? byRest : string.CompareOrdinal(x, y);
    }

    /// <summary>The run of digits at <paramref name="at"/> without leading zeros: of two, the longer is the larger.</summary>
    private static ReadOnlySpan<char> Digits(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text.AsSpan(start, at - start).TrimStart('0');
    }
}
