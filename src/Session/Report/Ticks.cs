using System.Globalization;

namespace LiveLtem.Session.Report;

/// <summary>Round numbers along an axis.</summary>
internal static class Ticks
{
    /// <summary>Multiples of 1, 2 or 5 times a power of ten between two numbers.</summary>
    /// <param name="low">Start of the axis.</param>
    /// <param name="high">End of the axis, above the start.</param>
    /// <param name="about">How many are wished for.</param>
    public static IReadOnlyList<double> Between(double low, double high, int about)
    {
        var step = Step((high - low) / about);
        var ticks = new List<double>();
        for (var i = Math.Ceiling((low / step) - 1e-9); i * step <= high + (1e-9 * step); i++)
        {
            ticks.Add((i * step) + 0.0); // a sum with 0 is never the negative zero
        }

        return ticks;
    }

    /// <summary>A tick as text, with as many decimals as its neighbours need to differ.</summary>
    public static string Text(double value, double step)
    {
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 12);
        return Math.Abs(value) >= 1e6 || (value != 0 && Math.Abs(value) < 1e-4)
            ? value.ToString("0.###E0", CultureInfo.InvariantCulture)
            : value.ToString($"F{decimals.ToString(CultureInfo.InvariantCulture)}", CultureInfo.InvariantCulture);
    }

    private static double Step(double wished)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(wished)));
        var lead = wished / power;
        return power * (lead > 5 ? 10 : lead > 2 ? 5 : lead > 1 ? 2 : 1);
    }
}
