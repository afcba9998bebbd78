using LiveLtem.HardwareSim.Rendering;
using LiveLtem.Inference.Denoise;
using LiveLtem.Training.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Denoising;

/// <summary>How well a correction explains what the next frames show.</summary>
/// <remarks>The noise of the next frame is independent of everything that the network saw, so that the correction of least squared difference to it is that of least squared
/// difference to the clean frame (Lehtinen et al. 2018, arXiv:1803.04189). Both are smoothed a little first, which takes off noise and hardly any picture, and each sample
/// counts by how little noise it has.</remarks>
internal sealed class DenoiseLoss : IDisposable
{
    private const double SmoothingPx = 1.2;

    // What the network says is smoothed where it serves; what that takes off is kept small as well.
    private const double Roughness = 0.3;
    private readonly (Tensor Row, Tensor Column) _seen;
    private readonly (Tensor Row, Tensor Column) _shown;
    private readonly int _reach;

    /// <summary>Makes one.</summary>
    public DenoiseLoss()
    {
        var both = Math.Sqrt((SmoothingPx * SmoothingPx) + (DenoiseModel.SmoothingPx * DenoiseModel.SmoothingPx));
        var wide = GaussianBlur.Kernel(both);
        _reach = wide.Length - 1;
        _shown = Kernel(wide);
        _seen = Kernel(GaussianBlur.Kernel(SmoothingPx));
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="correction">[n, 1, h, w].</param>
    /// <param name="surprise">[n, 1, h, w].</param>
    public Tensor Of(Tensor correction, Tensor surprise)
    {
        using var scope = NewDisposeScope();
        var seen = Smooth(surprise, _seen);
        var weight = seen.mul(seen).mean([1, 2, 3], keepdim: true).AtLeast(1e-6).reciprocal();
        var shown = Smooth(correction, _shown);
        var (h, w) = (shown.shape[2], shown.shape[3]);
        var rough = correction.narrow(2, _reach, h).narrow(3, _reach, w).sub(shown);
        var off = seen.sub(shown);
        var left = off.mul(off).Plus(rough.mul(rough).Times(Roughness));
        return left.mul(weight).mean().MoveToOuterDisposeScope();
    }

    /// <summary>By how much the mean squared error of each sample shrinks, in units of the best linear filter's expected error squared: an unbiased estimate that needs no clean frame.</summary>
    public Tensor Gain(Tensor correction, Tensor surprise)
    {
        using var scope = NewDisposeScope();
        var (seen, shown) = (Smooth(surprise, _seen), Smooth(correction, _shown));
        return seen.mul(shown).Times(2).sub(shown.mul(shown)).mean([1, 2, 3]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _seen.Row.Dispose();
        _seen.Column.Dispose();
        _shown.Row.Dispose();
        _shown.Column.Dispose();
    }

    private (Tensor Row, Tensor Column) Kernel(float[] half)
    {
        var taps = Enumerable.Range(-_reach, (2 * _reach) + 1).Select(i => Math.Abs(i) < half.Length ? half[Math.Abs(i)] : 0).ToArray();
        return (tensor(taps, [1, 1, 1, taps.Length]).DetachFromDisposeScope(), tensor(taps, [1, 1, taps.Length, 1]).DetachFromDisposeScope());
    }

    private static Tensor Smooth(Tensor pictures, (Tensor Row, Tensor Column) kernel) => functional.conv2d(functional.conv2d(pictures, kernel.Row), kernel.Column);
}
