using System.Globalization;

namespace LiveLtem.Session.Tables;

/// <summary>Numbers as table cells: invariant, with <c>.</c>, never an exponent, never a negative zero. What is not finite has no text.</summary>
public static class NumberText
{
    /// <summary>Room that any finite number fits in.</summary>
    public const int MaxLength = 400;

    private const int MostDecimals = 30;

    private static readonly string[] Formats =
        [.. Enumerable.Range(0, MostDecimals + 1).Select(decimals => $"F{decimals.ToString(CultureInfo.InvariantCulture)}")];

    /// <summary>Writes a number with a fixed count of decimals.</summary>
    /// <param name="value">The number.</param>
    /// <param name="decimals">Digits after the point, 0 to 30.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written; 0 where the number is not finite.</returns>
    public static int Fixed(double value, int decimals, Span<byte> destination)
    {
        if (!double.IsFinite(value))
        {
            return 0;
        }

        value.TryFormat(destination, out var length, Formats[decimals], CultureInfo.InvariantCulture);
        if (destination[0] == (byte)'-' && destination[1..length].IndexOfAnyInRange((byte)'1', (byte)'9') < 0)
        {
            destination[1..length].CopyTo(destination);
            length--;
        }

        return length;
    }

    /// <summary>Writes a number with a count of significant digits, without needless zeros at the end.</summary>
    /// <param name="value">The number; below 1e-30 it becomes 0.</param>
    /// <param name="digits">Significant digits, 1 to 15. More than that many digits before the point are all written.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written; 0 where the number is not finite.</returns>
    public static int Significant(double value, int digits, Span<byte> destination)
    {
        if (value == 0)
        {
            return Fixed(0, 0, destination);
        }

        var decimals = double.IsFinite(value)
            ? (int)Math.Clamp(digits - 1 - Math.Floor(Math.Log10(Math.Abs(value))), 0, MostDecimals)
            : 0;
        var length = Fixed(value, decimals, destination);
        if (decimals > 0)
        {
            while (destination[length - 1] == (byte)'0')
            {
                length--;
            }

            if (destination[length - 1] == (byte)'.')
            {
                length--;
            }
        }

        return length;
    }
}
