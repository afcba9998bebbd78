namespace LiveLtem.Dose.Signals;

/// <summary>Medians, which a few wild values do not move.</summary>
internal static class Robust
{
    /// <summary>The median; the values are reordered. NaN where there are none.</summary>
    public static double Median(Span<double> values)
    {
        if (values.IsEmpty)
        {
            return double.NaN;
        }

        values.Sort();
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
    }

    /// <summary>The standard deviation of a normal distribution with the same median distance from the median; the values are lost.</summary>
    public static double Deviation(Span<double> values)
    {
        var median = Median(values);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Math.Abs(values[i] - median);
        }

        return 1.4826 * Median(values);
    }
}

/// <summary>The last values of something, a bounded number.</summary>
/// <param name="most">How many are kept, >= 1.</param>
internal sealed class Recent(int most)
{
    private readonly double[] _values = new double[most];
    private readonly double[] _scratch = new double[most];
    private int _next;

    /// <summary>Values kept.</summary>
    public int Count { get; private set; }

    /// <summary>True once as many are kept as can be.</summary>
    public bool IsFull => Count == _values.Length;

    /// <summary>Adds one; the oldest goes where there is no room.</summary>
    public void Add(double value)
    {
        _values[_next] = value;
        _next = (_next + 1) % _values.Length;
        Count = Math.Min(Count + 1, _values.Length);
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => (_next, Count) = (0, 0);

    /// <summary>Median, NaN where there is none.</summary>
    public double Median() => Robust.Median(Copy());

    /// <summary>Robust standard deviation, NaN where there is none.</summary>
    public double Deviation() => Robust.Deviation(Copy());

    /// <summary>Mean, NaN where there is none.</summary>
    public double Mean()
    {
        var sum = 0.0;
        foreach (var value in Copy())
        {
            sum += value;
        }

        return Count == 0 ? double.NaN : sum / Count;
    }

    /// <summary>Standard error of the mean, NaN for fewer than two.</summary>
    public double MeanErr()
    {
        var mean = Mean();
        var squares = 0.0;
        foreach (var value in Copy())
        {
            squares += (value - mean) * (value - mean);
        }

        return Count < 2 ? double.NaN : Math.Sqrt(squares / (Count - 1) / Count);
    }

    private Span<double> Copy()
    {
        _values.AsSpan(0, Count).CopyTo(_scratch);
        return _scratch.AsSpan(0, Count);
    }
}
