using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LiveLtem.Inference.Pose;

/// <summary>A straight edge blurred by a Gaussian: the normal distribution function and its derivative, as one polynomial.</summary>
/// <remarks>Odd polynomial of degree 11 fitted here to the normal distribution function on |x| &lt;= 3.3 with value 1/2 and slope 0 at the end;
/// the largest error is 5e-4 of the step, and the derivative is exactly that of the polynomial, so that a fit converges to its own minimum.</remarks>
internal static class EdgeProfile
{
    /// <summary>Where the edge ends, in blur widths.</summary>
    public const float Limit = 3.3f;

    private const float C1 = 0.398446766f;
    private const float C3 = -0.0651631268f;
    private const float C5 = 0.00892990841f;
    private const float C7 = -0.000813417437f;
    private const float C9 = 4.29149901e-05f;
    private const float C11 = -9.75329437e-07f;

    /// <summary>Value and slope at <paramref name="x"/> blur widths inside the edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void At(Vector256<float> x, out Vector256<float> value, out Vector256<float> slope)
    {
        var limit = Vector256.Create(Limit);
        x = Vector256.Max(Vector256.Min(x, limit), -limit);
        var t = x * x;
        var p = Vector256.FusedMultiplyAdd(t, Vector256.Create(C11), Vector256.Create(C9));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C7));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C1));
        value = Vector256.FusedMultiplyAdd(p, x, Vector256.Create(0.5f));
        var s = Vector256.FusedMultiplyAdd(t, Vector256.Create(11 * C11), Vector256.Create(9 * C9));
        s = Vector256.FusedMultiplyAdd(s, t, Vector256.Create(7 * C7));
        s = Vector256.FusedMultiplyAdd(s, t, Vector256.Create(5 * C5));
        s = Vector256.FusedMultiplyAdd(s, t, Vector256.Create(3 * C3));
        slope = Vector256.Max(Vector256.FusedMultiplyAdd(s, t, Vector256.Create(C1)), Vector256<float>.Zero);
        value = Vector256.Max(value, Vector256<float>.Zero);
    }

    /// <summary>Value at <paramref name="x"/> blur widths inside the edge.</summary>
    public static float At(float x)
    {
        At(Vector256.Create(x), out var value, out _);
        return value[0];
    }
}
