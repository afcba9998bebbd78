using LiveLtem.Inference.Models;
using LiveLtem.Training.Networks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Losses;

/// <summary>Parts of the loss of one batch.</summary>
/// <param name="Foreground">Cross entropy and Dice of the foreground.</param>
/// <param name="Boundary">Cross entropy of the boundary.</param>
/// <param name="Centre">Cross entropy of the centre.</param>
/// <param name="Geometry">Smooth L1 of size and elongations.</param>
public readonly record struct LossParts(double Foreground, double Boundary, double Centre, double Geometry)
{
    /// <summary>All of it.</summary>
    public double Total => Foreground + Boundary + Centre + Geometry;
}

/// <summary>How far a network's answer is from what it should be. Two layers of a sample that nothing tells apart may come in either order:
/// the nearer one counts (permutation-invariant training, Yu et al. 2017, arXiv:1607.00325).</summary>
/// <param name="options">What counts how much.</param>
/// <param name="layers">1 or 2.</param>
/// <param name="stride">Pixels to one cell of the geometry.</param>
internal sealed class MapLoss(LossOptions options, int layers, int stride) : IDisposable
{
    private const int Foreground = 0;
    private const int Boundary = 1;
    private const int Centre = 2;
    private const int Geometry = 3;

    // Beyond 1, for a pixel where the map is 1.
    private readonly Tensor _emphasis = tensor([0f, (float)(options.BoundaryPixel - 1), (float)(options.CentrePixel - 1)], [1, 1, 3, 1, 1]).DetachFromDisposeScope();
    private readonly Tensor _maps = tensor([(float)options.Foreground, (float)options.Boundary, (float)options.Centre]).DetachFromDisposeScope();
    private readonly Tensor _shape = tensor([(float)options.Size, (float)options.Elongation, (float)options.Elongation], [1, 1, 3, 1, 1]).DetachFromDisposeScope();

    /// <summary>The loss of a batch, averaged over its samples and, for each, summed over the layers' mean.</summary>
    /// <param name="logits">[n, layers * 3, h, w], as the network answers.</param>
    /// <param name="geometry">[n, layers * 3, h / stride, w / stride], as the network answers.</param>
    /// <param name="maps">What it should be, [n, layers, 6, h, w].</param>
    /// <param name="ordered">By sample, whether the order of the layers is given.</param>
    /// <returns>The loss, to go back from, and its parts [4] for <see cref="Read"/>.</returns>
    public (Tensor Loss, Tensor Parts) Of(Tensor logits, Tensor geometry, Tensor maps, ReadOnlySpan<bool> ordered)
    {
        using var scope = NewDisposeScope();
        var (n, h, w) = (maps.shape[0], maps.shape[3], maps.shape[4]);
        var probabilities = logits.view(n, layers, MapLayout.Probabilities, h, w);
        var shapes = geometry.view(n, layers, UNet.GeometryMaps, h / stride, w / stride);
        var target = Target(layers == 2 && !AllTrue(ordered) ? Nearer(probabilities, shapes, maps, ordered) : maps);
        var parts = BySample(probabilities, shapes, target).mean([0]);
        return (parts.sum().MoveToOuterDisposeScope(), parts.detach().MoveToOuterDisposeScope());
    }

    /// <summary>Parts as numbers.</summary>
    /// <param name="parts">As <see cref="Of"/> gives them.</param>
    public static LossParts Read(Tensor parts)
    {
        var values = parts.data<float>();
        return new LossParts(values[Foreground], values[Boundary], values[Centre], values[Geometry]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _emphasis.Dispose();
        _maps.Dispose();
        _shape.Dispose();
    }

    private static bool AllTrue(ReadOnlySpan<bool> values) => values.IndexOf(false) < 0;

    // The maps with the layers of unordered samples in the order that is nearer to the answer. No gradient goes through the choice.
    private Tensor Nearer(Tensor probabilities, Tensor shapes, Tensor maps, ReadOnlySpan<bool> ordered)
    {
        using var quiet = no_grad();
        var swapped = maps.flip(1);
        var given = BySample(probabilities, shapes, Target(maps)).sum(1);
        var other = BySample(probabilities, shapes, Target(swapped)).sum(1);
        var free = new bool[ordered.Length];
        for (var i = 0; i < free.Length; i++)
        {
            free[i] = !ordered[i];
        }

        var swap = tensor(free).logical_and(other.less(given)).reshape(-1, 1, 1, 1, 1);
        return where(swap, swapped, maps);
    }

    // Probabilities [n, layers, 3, h, w]; geometry [n, layers, 3, rows, columns], averaged over a cell with the centre as weight, since it
    // means nothing off the particles; how near each cell is to a centre [n, layers, 1, rows, columns].
    private (Tensor Probabilities, Tensor Shapes, Tensor Near) Target(Tensor maps)
    {
        var (n, h, w) = (maps.shape[0], maps.shape[3], maps.shape[4]);
        var probabilities = maps.narrow(2, 0, MapLayout.Probabilities);
        var centre = maps.narrow(2, MapLayout.Centre, 1);
        var weighted = (maps.narrow(2, MapLayout.LogSize, UNet.GeometryMaps) * centre).reshape(n, layers * UNet.GeometryMaps, h, w);
        var near = functional.avg_pool2d(centre.reshape(n, layers, h, w), stride);
        var (rows, columns) = (near.shape[2], near.shape[3]);
        near = near.view(n, layers, 1, rows, columns);
        var shapes = functional.avg_pool2d(weighted, stride).view(n, layers, UNet.GeometryMaps, rows, columns) / near.AtLeast(1e-6);
        return (probabilities, shapes, near);
    }

    // [n, parts]
    private Tensor BySample(Tensor probabilities, Tensor shapes, (Tensor Probabilities, Tensor Shapes, Tensor Near) target)
    {
        var weights = (target.Probabilities * _emphasis).Plus(1);
        var entropy = functional.binary_cross_entropy_with_logits(probabilities, target.Probabilities, weights, Reduction.None).mean([3, 4]) * _maps;

        var inside = probabilities.select(2, MapLayout.Foreground).sigmoid();
        var wanted = target.Probabilities.select(2, MapLayout.Foreground);
        var both = (inside * wanted).sum([2, 3]);
        var dice = (both.Times(2).Plus(1) / inside.sum([2, 3]).Plus(wanted.sum([2, 3])).Plus(1)).negative().Plus(1);

        using var counted = target.Near.IsAtLeast(options.CentreFloor).to(ScalarType.Float32);
        var cells = counted.sum([2, 3, 4]).AtLeast(1);
        var off = functional.smooth_l1_loss(shapes, target.Shapes, Reduction.None, options.Beta) * _shape;
        var geometry = (off * counted).sum([2, 3, 4]) / cells;

        return stack(
            [
                entropy.select(2, MapLayout.Foreground).Plus(dice.Times(options.Dice)).mean([1]),
                entropy.select(2, MapLayout.Boundary).mean([1]),
                entropy.select(2, MapLayout.Centre).mean([1]),
                geometry.mean([1]),
            ],
            1);
    }
}
