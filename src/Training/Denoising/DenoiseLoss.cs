using LiveLtem.HardwareSim.Rendering;
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
    private readonly Tensor _row;
    private readonly Tensor _column;

    /// <summary>Makes one.</summary>
    public DenoiseLoss()
    {
        var half = GaussianBlur.Kernel(SmoothingPx);
        var taps = Enumerable.Range(1 - half.Length, (2 * half.Length) - 1).Select(i => half[Math.Abs(i)]).ToArray();
        _row = tensor(taps, [1, 1, 1, taps.Length]).DetachFromDisposeScope();
        _column = tensor(taps, [1, 1, taps.Length, 1]).DetachFromDisposeScope();
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="correction">[n, 1, h, w].</param>
    /// <param name="surprise">[n, 1, h, w].</param>
    public Tensor Of(Tensor correction, Tensor surprise)
    {
        using var scope = NewDisposeScope();
        var seen = Smooth(surprise);
        var weight = seen.square().mean([1, 2, 3], keepdim: true).AtLeast(1e-6).reciprocal();
        var left = seen.sub(Smooth(correction)).square();
        return left.mul(weight).mean().MoveToOuterDisposeScope();
    }

    /// <summary>By how much the mean squared error of each sample shrinks, in units of the best linear filter's expected error squared: an unbiased estimate that needs no clean frame.</summary>
    public Tensor Gain(Tensor correction, Tensor surprise)
    {
        using var scope = NewDisposeScope();
        var (seen, shown) = (Smooth(surprise), Smooth(correction));
        return seen.mul(shown).Times(2).sub(shown.square()).mean([1, 2, 3]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _row.Dispose();
        _column.Dispose();
    }

    private Tensor Smooth(Tensor pictures) => functional.conv2d(functional.conv2d(pictures, _row), _column);
}
