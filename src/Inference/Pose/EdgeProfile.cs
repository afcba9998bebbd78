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

    /// <summary>Distance inside the edge, in blur widths, kept to where the edge is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Clamp(Vector256<float> x) =>
        Vector256.MaxNative(Vector256.MinNative(x, Vector256.Create(Limit)), Vector256.Create(-Limit));

    /// <summary>Value at a clamped distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x)
    {
        var t = x * x;
        var p = Vector256.FusedMultiplyAdd(t, Vector256.Create(C11), Vector256.Create(C9));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C7));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, t, Vector256.Create(C1));
        return Vector256.MaxNative(Vector256.FusedMultiplyAdd(p, x, Vector256.Create(0.5f)), Vector256<float>.Zero);
    }

    /// <summary>Slope at a clamped distance, for each blur width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Slope(Vector256<float> x)
    {
        var t = x * x;
        var s = Vector256.FusedMultiplyAdd(t, Vector256.Create(11 * C11), Vector256.Create(9 * C9));
        s = Vector256.FusedMultiplyAdd(s, t, Vector256.Create(7 * C7));
        s = Vector256.FusedMultiplyAdd(s, t, Vector256.Create(5 * C5));
        s = Vector256.FusedMultiplyAdd(s, t, Vector256.Create(3 * C3));
        return Vector256.MaxNative(Vector256.FusedMultiplyAdd(s, t, Vector256.Create(C1)), Vector256<float>.Zero);
    }
}
