using LiveLtem.Inference.Denoise;
using LiveLtem.Training.Export;
using LiveLtem.Training.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Denoising;

/// <summary>The denoising network: a small U-Net behind a first convolution of stride 4 that sees the estimates of a <see cref="FilterBank"/> and gives what to add to the best of
/// them, both in units of its expected error.</summary>
/// <remarks>Its last convolution starts at zero, so that an untrained one changes nothing.</remarks>
internal sealed class DenoiseNet : Module<Tensor, Tensor>
{
    /// <summary>Name of the input in the file: floats [1, channels, height, width].</summary>
    public const string Input = "estimates";

    /// <summary>Name of the output in the file: floats [1, 1, height, width].</summary>
    public const string Output = "correction";

    private readonly ConvUnit _stem;
    private readonly ModuleList<Block> _down;
    private readonly ModuleList<ConvUnit> _up;
    private readonly ModuleList<Block> _join;
    private readonly ConvUnit _head;

    /// <summary>Makes one, with random weights from libtorch's generator.</summary>
    public DenoiseNet(NetworkShape shape)
        : base("denoise")
    {
        Shape = shape;
        _stem = new ConvUnit(FilterBank.Channels, shape.Channels(0), 2 * shape.Stem, shape.Stem, shape.Stem / 2, 1, norm: false, relu: true);
        _down = new ModuleList<Block>([.. Enumerable.Range(0, shape.Levels + 1)
            .Select(level => new Block(shape, shape.Channels(Math.Max(level - 1, 0)), shape.Channels(level)))]);
        _up = new ModuleList<ConvUnit>([.. Enumerable.Range(0, shape.Levels)
            .Select(level => new ConvUnit(shape.Channels(level + 1), shape.Channels(level), 1, 1, 0, 1, norm: false, relu: false))]);
        _join = new ModuleList<Block>([.. Enumerable.Range(0, shape.Levels)
            .Select(level => new Block(shape, shape.Channels(level), shape.Channels(level)))]);
        _head = new ConvUnit(shape.Channels(0), shape.Stem * shape.Stem, 1, 1, 0, 1, norm: false, relu: false);
        RegisterComponents();
        using var quiet = no_grad();
        _head.Conv.weight.Fill(0);
        _head.Conv.bias!.Fill(0);
    }

    /// <summary>Its form.</summary>
    public NetworkShape Shape { get; }

    /// <summary>Weights.</summary>
    public long ParameterCount => parameters().Sum(parameter => parameter.numel());

    /// <summary>Runs it.</summary>
    /// <param name="input">Estimates [n, channels, h, w]; h and w multiples of <see cref="NetworkShape.Multiple"/>.</param>
    /// <returns>What to add [n, 1, h, w].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = _stem.forward(input);
        x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        var across = new List<Tensor>();
        for (var level = 0; level <= Shape.Levels; level++)
        {
            x = _down[level].forward(level == 0 ? x : functional.max_pool2d(x, 2));
            across.Add(x);
        }

        for (var level = Shape.Levels - 1; level >= 0; level--)
        {
            x = functional.interpolate(_up[level].forward(x), scale_factor: [2, 2], mode: InterpolationMode.Nearest);
            x = _join[level].forward(across[level].Plus(x));
        }

        return functional.pixel_shuffle(_head.forward(x), Shape.Stem).MoveToOuterDisposeScope();
    }

    /// <summary>Where the weights of a written network belong in a trained one: label of each convolution in the file and its path here.</summary>
    public static IEnumerable<(string Label, string Path)> Places(NetworkShape shape)
    {
        yield return ("stem", "_stem");
        for (var level = 0; level <= shape.Levels; level++)
        {
            for (var unit = 0; unit < shape.ConvsPerLevel; unit++)
            {
                yield return ($"down{level}_{unit}", $"_down.{level}._units.{unit}");
                if (level < shape.Levels)
                {
                    yield return ($"join{level}_{unit}", $"_join.{level}._units.{unit}");
                }
            }

            if (level < shape.Levels)
            {
                yield return ($"up{level}", $"_up.{level}");
            }
        }

        yield return ("head", "_head");
    }

    /// <summary>The network as an ONNX file.</summary>
    /// <param name="metadata">What else to say in the file.</param>
    public byte[] ToOnnx(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var graph = new OnnxGraph("denoise");
        graph.Input(Input, OnnxGraph.Element.Float, 1L, (long)FilterBank.Channels, "height", "width");
        graph.Output(Output, OnnxGraph.Element.Float, 1L, 1L, "height", "width");
        var x = UNetExporter.Conv(graph, "stem", _stem, Input);
        var across = new List<string>();
        for (var level = 0; level <= Shape.Levels; level++)
        {
            if (level > 0)
            {
                x = graph.Node("MaxPool", [x], [("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 })]);
            }

            x = UNetExporter.Levels(graph, $"down{level}", _down[level], x);
            across.Add(x);
        }

        var doubled = graph.Constant<float>("doubled", [1, 1, 2, 2], 4);
        for (var level = Shape.Levels - 1; level >= 0; level--)
        {
            x = UNetExporter.Conv(graph, $"up{level}", _up[level], x);
            x = graph.Node("Resize", [x, "", doubled], [("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")]);
            x = UNetExporter.Levels(graph, $"join{level}", _join[level], graph.Node("Add", [across[level], x]));
        }

        x = UNetExporter.Conv(graph, "head", _head, x);
        graph.Node("DepthToSpace", [x], [("blocksize", (long)Shape.Stem), ("mode", "CRD")], Output);
        return graph.ToBytes(metadata);
    }
}
