using System.Numerics.Tensors;

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

    private static void Filter(ReadOnlySpan<float> source, Span<float> target, float[] taps, int step)
    {
        TensorPrimitives.Multiply(source, taps[0], target);
        for (var k = 1; k < taps.Length; k++)
        {
            var shift = k * step;
            if (shift >= source.Length)
            {
                break;
            }

            var left = target[shift..];
            TensorPrimitives.MultiplyAdd(source[..^shift], taps[k], left, left);
            var right = target[..^shift];
            TensorPrimitives.MultiplyAdd(source[shift..], taps[k], right, right);
        }
    }
}
