namespace LiveLtem.Tracker;

/// <summary>Finds a value by its rank without sorting all of them.</summary>
/// <remarks>Quickselect (Hoare 1961, doi:10.1145/366622.366647) with the median of three as pivot: O(n) on average.</remarks>
internal static class Selection
{
    /// <summary>The median, of an even number the mean of the two in the middle.</summary>
    /// <param name="values">At least one; their order changes.</param>
    public static double Median(Span<double> values)
    {
        var half = values.Length / 2;
        var upper = Ranked(values, half);
        if (values.Length % 2 == 1)
        {
            return upper;
        }

        // What lies before the rank is not above it.
        var lower = values[0];
        foreach (var value in values[..half])
        {
            lower = Math.Max(lower, value);
        }

        return (lower + upper) / 2;
    }

    /// <summary>The value that would stand at a place if they were sorted; those before it are then not above it, those behind not below.</summary>
    /// <param name="values">At least one, none of them NaN; their order changes.</param>
    /// <param name="rank">From 0.</param>
    public static double Ranked(Span<double> values, int rank)
    {
        var (left, right) = (0, values.Length - 1);
        while (left < right)
        {
            var pivot = MiddleOfThree(values[left], values[left + ((right - left) / 2)], values[right]);
            var (i, j) = (left, right);
            while (i <= j)
            {
                while (values[i] < pivot)
                {
                    i++;
                }

                while (values[j] > pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (values[i], values[j]) = (values[j], values[i]);
                    i++;
                    j--;
                }
            }

            if (rank <= j)
            {
                right = j;
            }
            else if (rank >= i)
            {
                left = i;
            }
            else
            {
                break;
            }
        }

        return values[rank];
    }

    private static double MiddleOfThree(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
