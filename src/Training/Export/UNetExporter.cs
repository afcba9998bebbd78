using LiveLtem.Inference.Models;
using LiveLtem.Training.Networks;
using static TorchSharp.torch;

namespace LiveLtem.Training.Export;

/// <summary>Writes a trained network as an ONNX model that takes and gives bytes.</summary>
internal static class UNetExporter
{
    /// <summary>Name of the input: bytes [1, 1, height, width].</summary>
    public const string Input = "image";

    /// <summary>Name of the output of the probabilities: bytes [1, layers * 3, height, width], 255 for 1.</summary>
    public const string Maps = "maps";

    /// <summary>Name of the output of the geometry: floats [1, layers * 3, height / stem, width / stem].</summary>
    public const string Geometry = "geometry";

    /// <summary>Of the weights of the first convolution, which hold the gain of the input as well.</summary>
    public const string StemLabel = "stem";

    /// <summary>Where the weights of a written network belong in a trained one.</summary>
    /// <param name="shape">Form of the network.</param>
    /// <returns>Label of each convolution in the file and its path in <see cref="UNet"/>.</returns>
    public static IEnumerable<(string Label, string Path)> Places(NetworkShape shape)
    {
        yield return (StemLabel, "_stem");
        for (var level = 0; level <= shape.Levels; level++)
        {
            for (var unit = 0; unit < shape.ConvsPerLevel * (shape.Separable ? 2 : 1); unit++)
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

        yield return ("probability_head", "_probabilities");
        yield return ("geometry_head", "_geometry");
    }

    /// <summary>Writes a network; its normalisation is folded into the convolutions.</summary>
    /// <param name="network">The network.</param>
    /// <param name="metadata">What else to say in the file.</param>
    /// <param name="floatMaps">Leaves the probabilities as floats: to compare with the trained network.</param>
    public static byte[] Write(UNet network, IEnumerable<KeyValuePair<string, string>> metadata, bool floatMaps = false)
    {
        var shape = network.Shape;
        var graph = new OnnxGraph("segment");
        graph.Input(Input, OnnxGraph.Element.Byte, 1L, 1L, "height", "width");
        graph.Output(Maps, floatMaps ? OnnxGraph.Element.Float : OnnxGraph.Element.Byte, 1L, (long)(shape.Layers * MapLayout.Probabilities), "height", "width");
        graph.Output(Geometry, OnnxGraph.Element.Float, 1L, (long)(shape.Layers * UNet.GeometryMaps), "cell_rows", "cell_columns");

        var x = graph.Node("Cast", [Input], [("to", (long)OnnxGraph.Element.Float)]);
        x = graph.Node("Sub", [x, graph.Constant<float>("midpoint", [UNet.Midpoint])]);
        x = Conv(graph, StemLabel, network.Stem, x, UNet.Gain);
        var across = new List<string>();
        for (var level = 0; level <= shape.Levels; level++)
        {
            if (level > 0)
            {
                x = graph.Node("MaxPool", [x], [("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 })]);
            }

            x = Levels(graph, $"down{level}", network.Down[level], x);
            across.Add(x);
        }

        var doubled = graph.Constant<float>("doubled", [1, 1, 2, 2], 4);
        for (var level = shape.Levels - 1; level >= 0; level--)
        {
            x = Conv(graph, $"up{level}", network.Up[level], x);
            x = graph.Node("Resize", [x, "", doubled], [("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")]);
            x = shape.Concatenate
                ? graph.Node("Concat", [across[level], x], [("axis", 1L)])
                : graph.Node("Add", [across[level], x]);
            x = Levels(graph, $"join{level}", network.Join[level], x);
        }

        WriteMaps(graph, network, x, floatMaps);
        WriteGeometry(graph, network, x);
        return graph.ToBytes(metadata);
    }

    private static void WriteMaps(OnnxGraph graph, UNet network, string x, bool floatMaps)
    {
        var maps = graph.Node("Sigmoid", [Conv(graph, "probability_head", network.ProbabilityHead, x)]);
        if (!floatMaps)
        {
            // To bytes before the pixels are shuffled: a quarter of the memory to move.
            maps = graph.Node("QuantizeLinear", [maps, graph.Constant<float>("step", [1f / 255]), graph.Constant<byte>("zero", [0])]);
        }

        // Torch's pixel shuffle is the mode CRD; ONNX's default differs as soon as there are two maps.
        graph.Node("DepthToSpace", [maps], [("blocksize", (long)network.Shape.Stem), ("mode", "CRD")], Maps);
    }

    private static void WriteGeometry(OnnxGraph graph, UNet network, string x)
    {
        var geometry = Conv(graph, "geometry_head", network.GeometryHead, x);
        string[] parts = [.. Enumerable.Range(0, network.Shape.Layers).SelectMany(layer => new[] { $"size_{layer}", $"elongation_{layer}" })];
        graph.Node("Split", [geometry, graph.Constant<long>("parts", [.. parts.Select((_, part) => part % 2 == 0 ? 1L : 2L)], parts.Length)], parts, [("axis", 1L)]);
        graph.Node("Concat", parts.Select((part, i) => i % 2 == 0 ? part : graph.Node("Tanh", [part])).ToArray(), [("axis", 1L)], Geometry);
    }

    /// <summary>Writes the convolutions of one level.</summary>
    internal static string Levels(OnnxGraph graph, string label, Block block, string input)
    {
        var x = input;
        for (var i = 0; i < block.Units.Count; i++)
        {
            x = Conv(graph, $"{label}_{i}", block.Units[i], x);
        }

        return block.AddsInput ? graph.Node("Relu", [graph.Node("Add", [x, input])]) : x;
    }

    /// <summary>Writes a convolution, its normalisation folded in.</summary>
    internal static string Conv(OnnxGraph graph, string label, ConvUnit unit, string input, float gain = 1)
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = unit.Folded();
        var x = graph.Node(
            "Conv",
            [
                input,
                graph.Constant<float>($"{label}.weight", weight.Times(gain).contiguous().data<float>().ToArray(), weight.shape),
                graph.Constant<float>($"{label}.bias", bias.contiguous().data<float>().ToArray(), bias.shape),
            ],
            [
                ("kernel_shape", new long[] { unit.Kernel, unit.Kernel }),
                ("strides", new long[] { unit.Stride, unit.Stride }),
                ("pads", new long[] { unit.Padding, unit.Padding, unit.Padding, unit.Padding }),
                ("group", (long)unit.Groups),
            ]);
        return unit.Relu ? graph.Node("Relu", [x]) : x;
    }
}
