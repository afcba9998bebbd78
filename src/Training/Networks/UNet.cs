using LiveLtem.Inference.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Networks;

/// <summary>The segmentation network: a U-Net (Ronneberger et al. 2015, arXiv:1505.04597) behind a strided first convolution, with two heads: the
/// probabilities at the resolution of the picture (pixel shuffle, Shi et al. 2016, arXiv:1609.05158) and the geometry at that of the trunk.</summary>
internal sealed class UNet : Module<Tensor, (Tensor Logits, Tensor Geometry)>
{
    private readonly ConvUnit _stem;
    private readonly ModuleList<Block> _down;
    private readonly ModuleList<ConvUnit> _up;
    private readonly ModuleList<Block> _join;
    private readonly ConvUnit _probabilities;
    private readonly ConvUnit _geometry;

    /// <summary>Makes one, with random weights from libtorch's generator.</summary>
    /// <param name="shape">Its form.</param>
    public UNet(NetworkShape shape)
        : base("unet")
    {
        Shape = shape;
        var norm = shape.BatchNorm;
        _stem = new ConvUnit(1, shape.Channels(0), 2 * shape.Stem, shape.Stem, shape.Stem / 2, 1, norm, relu: true);
        _down = new ModuleList<Block>([.. Enumerable.Range(0, shape.Levels + 1)
            .Select(level => new Block(shape, shape.Channels(Math.Max(level - 1, 0)), shape.Channels(level)))]);
        _up = new ModuleList<ConvUnit>([.. Enumerable.Range(0, shape.Levels)
            .Select(level => new ConvUnit(shape.Channels(level + 1), shape.Channels(level), 1, 1, 0, 1, norm, relu: false))]);
        _join = new ModuleList<Block>([.. Enumerable.Range(0, shape.Levels)
            .Select(level => new Block(shape, shape.Channels(level) * (shape.Concatenate ? 2 : 1), shape.Channels(level)))]);
        _probabilities = new ConvUnit(shape.Channels(0), shape.Layers * MapLayout.Probabilities * shape.Stem * shape.Stem, 1, 1, 0, 1, norm: false, relu: false);
        _geometry = new ConvUnit(shape.Channels(0), shape.Layers * (MapLayout.PerLayer - MapLayout.Probabilities), 1, 1, 0, 1, norm: false, relu: false);
        RegisterComponents();

        // Most of a picture is background, and little of it is near an outline or a centre: starting from there saves the first hundreds of steps.
        using var quiet = no_grad();
        _probabilities.Conv.bias!.Fill(-1.5);
    }

    /// <summary>Its form.</summary>
    public NetworkShape Shape { get; }

    /// <summary>First convolution.</summary>
    public ConvUnit Stem => _stem;

    /// <summary>Blocks on the way down, the finest first.</summary>
    public IReadOnlyList<Block> Down => [.. _down];

    /// <summary>1x1 convolutions ahead of each doubling, the finest first.</summary>
    public IReadOnlyList<ConvUnit> Up => [.. _up];

    /// <summary>Blocks on the way up, the finest first.</summary>
    public IReadOnlyList<Block> Join => [.. _join];

    /// <summary>Head of the probabilities.</summary>
    public ConvUnit ProbabilityHead => _probabilities;

    /// <summary>Head of the geometry.</summary>
    public ConvUnit GeometryHead => _geometry;

    /// <summary>Weights.</summary>
    public long ParameterCount => parameters().Sum(parameter => parameter.numel());

    /// <summary>Runs it.</summary>
    /// <param name="input">Pictures, bytes [n, 1, h, w]; h and w multiples of <see cref="NetworkShape.Multiple"/>.</param>
    /// <returns>Log-odds [n, layers * 3, h, w] (a layer's foreground, boundary, centre, then the next layer's) and geometry [n, layers * 3, h / stem, w / stem].</returns>
    public override (Tensor Logits, Tensor Geometry) forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _stem.forward(input.to(ScalarType.Float32).Plus(-Midpoint).Times(Gain));
        // Channels last in memory: a sixth less time for a step on a CPU (oneDNN need not reorder), and everything after it keeps that order.
        x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        var across = new List<Tensor>();
        for (var level = 0; level <= Shape.Levels; level++)
        {
            x = _down[level].forward(level == 0 ? x : functional.max_pool2d(x, 2));
            across.Add(x);
        }

        for (var level = Shape.Levels - 1; level >= 0; level--)
        {
            // The 1x1 convolution and a doubling that repeats pixels commute: four times fewer pixels this way round.
            x = functional.interpolate(_up[level].forward(x), scale_factor: [2, 2], mode: InterpolationMode.Nearest);
            x = _join[level].forward(Shape.Concatenate ? cat([across[level], x], 1) : across[level].Plus(x));
        }

        var logits = functional.pixel_shuffle(_probabilities.forward(x), Shape.Stem);
        var geometry = _geometry.forward(x);
        var (n, h, w) = (geometry.shape[0], geometry.shape[2], geometry.shape[3]);
        var parts = geometry.view(n, Shape.Layers, GeometryMaps, h, w);
        geometry = cat([parts.narrow(2, 0, 1), parts.narrow(2, 1, 2).tanh()], 2).view(n, Shape.Layers * GeometryMaps, h, w);
        return (logits.MoveToOuterDisposeScope(), geometry.MoveToOuterDisposeScope());
    }

    /// <summary>Value of a pixel that counts as 0.</summary>
    public const float Midpoint = 128;

    /// <summary>Multiplies the difference to <see cref="Midpoint"/>.</summary>
    public const float Gain = 1f / 64;

    /// <summary>Maps of the geometry, a layer.</summary>
    public const int GeometryMaps = MapLayout.PerLayer - MapLayout.Probabilities;
}
