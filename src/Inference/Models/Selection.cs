namespace LiveLtem.Inference.Models;

/// <summary>Order statistics without sorting.</summary>
internal static class Selection
{
    private const int Short = 24;

    /// <summary>The value that sorting would put at <paramref name="index"/>; no smaller one is left behind it, no larger one before.</summary>
    /// <remarks>Quickselect (Hoare 1961, doi:10.1145/366622.366647), the pivot a median of three; not a number counts as least.</remarks>
    /// <param name="values">Reordered in place.</param>
    /// <param name="index">From 0.</param>
    public static float Nth(Span<float> values, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, values.Length);
        int first = Settle(values), last = values.Length - 1;
        if (index < first)
        {
            return values[index];
        }

        while (last - first > Short)
        {
            var pivot = MedianOfThree(values[first], values[first + ((last - first) / 2)], values[last]);
            int i = first - 1, j = last + 1;
            while (true)
            {
                do
                {
                    i++;
                }
                while (values[i] < pivot);
                do
                {
                    j--;
                }
                while (values[j] > pivot);
                if (i >= j)
                {
                    break;
                }

                (values[i], values[j]) = (values[j], values[i]);
            }

            (first, last) = index <= j ? (first, j) : (j + 1, last);
        }

        values[first..(last + 1)].Sort();
        return values[index];
    }

    // Puts those that are no number first; returns how many they are.
    private static int Settle(Span<float> values)
    {
        var none = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i]))
            {
                (values[i], values[none]) = (values[none], values[i]);
                none++;
            }
        }

        return none;
    }

    private static float MedianOfThree(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
