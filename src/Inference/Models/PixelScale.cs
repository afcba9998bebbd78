namespace LiveLtem.Inference.Models;

/// <summary>How counts become the 8-bit picture that a network sees: the 0.5 % darkest of the recording's first frames at 24, the 0.5 % brightest at
/// 232, linear between and beyond, clamped to 0 to 255.</summary>
/// <param name="Low">Counts at <see cref="LowValue"/>.</param>
/// <param name="High">Counts at <see cref="HighValue"/>.</param>
public readonly record struct PixelScale(double Low, double High)
{
    /// <summary>Fraction of pixels below <see cref="Low"/> and above <see cref="High"/>.</summary>
    public const double Tail = 0.005;

    /// <summary>What <see cref="Low"/> becomes.</summary>
    public const double LowValue = 24;

    /// <summary>What <see cref="High"/> becomes.</summary>
    public const double HighValue = 232;

    /// <summary>Multiplies counts.</summary>
    public double Gain => (HighValue - LowValue) / Math.Max(High - Low, 1e-6);

    /// <summary>Is added after <see cref="Gain"/>.</summary>
    public double Offset => LowValue - (Low * Gain);

    /// <summary>The scale of a picture by its own extremes.</summary>
    /// <param name="values">Counts; reordered in place.</param>
    public static PixelScale Of(Span<float> values)
    {
        var cut = (int)(Tail * (values.Length - 1));
        var low = Selection.Nth(values, cut);

        // What is before the low one is no larger.
        return new PixelScale(low, Selection.Nth(values[cut..], values.Length - 1 - (2 * cut)));
    }

    /// <summary>One value.</summary>
    public byte Apply(double counts) => (byte)Math.Clamp(Math.Round((counts * Gain) + Offset), 0, 255);
}
