using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LiveLtem.Inference.Pose;

/// <summary>The buffers of one fit, kept between fits so that nothing is allocated per particle. One per thread.</summary>
internal sealed class FitWorkspace
{
    /// <summary>Most parameters a fit has: five of the pose, contrast, background.</summary>
    public const int MostParameters = 7;

    private int _capacity;

    /// <summary>Values from one plane to the next in <see cref="Jacobian"/> and <see cref="Adjoint"/>.</summary>
    public int Stride { get; private set; }

    /// <summary>Pixels over background.</summary>
    public float[] Data { get; private set; } = [];

    /// <summary>1 where the pixel is in the frame, else 0.</summary>
    public float[] Inside { get; private set; } = [];

    /// <summary>What the neighbours let through.</summary>
    public float[] Others { get; private set; } = [];

    /// <summary>Coverage by the particle.</summary>
    public float[] Coverage { get; private set; } = [];

    /// <summary>Inverse noise of each pixel.</summary>
    public float[] Weight { get; private set; } = [];

    /// <summary>Weighted residual.</summary>
    public float[] Residual { get; private set; } = [];

    /// <summary>Weighted derivatives of the model, a plane a parameter.</summary>
    public float[] Jacobian { get; private set; } = [];

    /// <summary>Derivatives after the inverse noise correlation.</summary>
    public float[] Adjoint { get; private set; } = [];

    /// <summary>Scratch plane.</summary>
    public float[] Scratch { get; private set; } = [];

    /// <summary>Makes room for that many pixels.</summary>
    public void Reserve(int pixels)
    {
        Stride = pixels;
        if (pixels <= _capacity)
        {
            return;
        }

        _capacity = pixels;
        Data = new float[pixels];
        Inside = new float[pixels];
        Others = new float[pixels];
        Coverage = new float[pixels];
        Weight = new float[pixels];
        Residual = new float[pixels];
        Scratch = new float[pixels];
        Jacobian = new float[pixels * MostParameters];
        Adjoint = new float[pixels * MostParameters];
    }

    /// <summary>Applies the inverse noise correlation to the first planes of <see cref="Jacobian"/>, into <see cref="Adjoint"/>.</summary>
    public void Correlate(NoiseModel noise, int planes, int width)
    {
        var n = Stride;
        for (var p = 0; p < planes; p++)
        {
            var source = Jacobian.AsSpan(p * n, n);
            var target = Adjoint.AsSpan(p * n, n);
            var scratch = Scratch.AsSpan(0, n);
            Filter(source, scratch, noise.InverseX, 1);
            Filter(scratch, target, noise.InverseY, width);
        }
    }

    // Symmetric filter in one pass; the ends, where taps would reach outside, use what there is.
    private static void Filter(ReadOnlySpan<float> source, Span<float> target, float[] taps, int step)
    {
        var n = source.Length;
        var edge = Math.Min(n, (taps.Length - 1) * step);
        if (step % 8 == 0)
        {
            Rim(source, target, taps, step, 0, edge);
            Rim(source, target, taps, step, Math.Max(edge, n - edge), n);
        }
        else
        {
            for (var i = 0; i < edge; i++)
            {
                target[i] = At(source, taps, step, i);
            }
        }

        ref var s0 = ref MemoryMarshal.GetReference(source);
        ref var t0 = ref MemoryMarshal.GetReference(target);
        Vector256<float> w0 = Vector256.Create(taps[0]), w1 = Vector256.Create(taps[1]), w2 = Vector256.Create(taps[2]), w3 = Vector256.Create(taps[3]);
        var at = edge;
        for (; at + 8 <= n - edge; at += 8)
        {
            var sum = Vector256.LoadUnsafe(ref s0, (nuint)at) * w0;
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref s0, (nuint)(at - step)) + Vector256.LoadUnsafe(ref s0, (nuint)(at + step)), w1, sum);
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref s0, (nuint)(at - (2 * step))) + Vector256.LoadUnsafe(ref s0, (nuint)(at + (2 * step))), w2, sum);
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref s0, (nuint)(at - (3 * step))) + Vector256.LoadUnsafe(ref s0, (nuint)(at + (3 * step))), w3, sum);
            sum.StoreUnsafe(ref t0, (nuint)at);
        }

        for (; step % 8 != 0 && at < n; at++)
        {
            target[at] = At(source, taps, step, at);
        }
    }

    // The rows at the ends of a filter along columns: eight pixels are of one row, so that they have the same neighbours.
    private static void Rim(ReadOnlySpan<float> source, Span<float> target, float[] taps, int step, int from, int to)
    {
        ref var s0 = ref MemoryMarshal.GetReference(source);
        ref var t0 = ref MemoryMarshal.GetReference(target);
        for (var at = from; at < to; at += 8)
        {
            var sum = Vector256.LoadUnsafe(ref s0, (nuint)at) * taps[0];
            for (var k = 1; k < taps.Length; k++)
            {
                var shift = k * step;
                if (at >= shift)
                {
                    sum += Vector256.LoadUnsafe(ref s0, (nuint)(at - shift)) * taps[k];
                }

                if (at + shift < source.Length)
                {
                    sum += Vector256.LoadUnsafe(ref s0, (nuint)(at + shift)) * taps[k];
                }
            }

            sum.StoreUnsafe(ref t0, (nuint)at);
        }
    }

    private static float At(ReadOnlySpan<float> source, float[] taps, int step, int i)
    {
        var sum = source[i] * taps[0];
        for (var k = 1; k < taps.Length; k++)
        {
            var shift = k * step;
            sum += taps[k] * ((i >= shift ? source[i - shift] : 0) + (i + shift < source.Length ? source[i + shift] : 0));
        }

        return sum;
    }
}
