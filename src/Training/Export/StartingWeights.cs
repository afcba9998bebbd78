using System.Globalization;
using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using static TorchSharp.torch;

namespace LiveLtem.Training.Export;

/// <summary>Weights of an earlier training, to start another one from.</summary>
/// <param name="Network">Form of the network that they fit.</param>
/// <param name="Layers">Layers that it tells apart.</param>
/// <param name="Tensors">Weights by name.</param>
internal sealed record StartingWeights(string Network, int Layers, IReadOnlyDictionary<string, Tensor> Tensors) : IDisposable
{
    /// <summary>Reads those of a checkpoint or of an exported model.</summary>
    /// <param name="from">A checkpoint, an <c>.onnx</c> file, or a model's name.</param>
    /// <param name="models">Folder of the models.</param>
    /// <exception cref="InputException">There is none, or it is not one of ours.</exception>
    public static StartingWeights Read(string from, string models)
    {
        var path = File.Exists(from) ? from : Path.Combine(models, $"{from}.onnx");
        if (!File.Exists(path))
        {
            throw new InputException($"--start-from {from}: there is no such file, and no model of that name in {models}");
        }

        if (!path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            var (header, weights) = TrainingRun.StateOf(path);
            return new StartingWeights(header.Network, header.Layers, weights);
        }

        try
        {
            return OfModel(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is InvalidDataException or KeyNotFoundException or FormatException)
        {
            throw new InputException($"{path}: is no network that 'liveltem train' wrote ({error.Message})");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
        {
            tensor.Dispose();
        }
    }

    /// <summary>The constants of an ONNX file by name, the caller's to dispose.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    internal static Dictionary<string, Tensor> Constants(ReadOnlySpan<byte> file)
    {
        var stored = new Dictionary<string, Tensor>();
        for (var model = new ProtoReader(file); model.Next();)
        {
            for (var graph = new ProtoReader(model.Field == 7 ? model.Bytes : []); graph.Next();)
            {
                if (graph.Field == 5)
                {
                    AddFloats(graph.Bytes, stored);
                }
            }
        }

        return stored;
    }

    // The normalisation is folded into an exported network for good: what starts from it has none.
    private static StartingWeights OfModel(ReadOnlySpan<byte> file)
    {
        var metadata = new Dictionary<string, string>();
        var stored = new Dictionary<string, Tensor>();
        for (var model = new ProtoReader(file); model.Next();)
        {
            if (model.Field == 14)
            {
                var (key, value) = ("", "");
                for (var entry = new ProtoReader(model.Bytes); entry.Next();)
                {
                    (key, value) = entry.Field == 1 ? (entry.Text, value) : (key, entry.Text);
                }

                metadata[key] = value;
            }
            else if (model.Field == 7)
            {
                for (var graph = new ProtoReader(model.Bytes); graph.Next();)
                {
                    if (graph.Field == 5)
                    {
                        AddFloats(graph.Bytes, stored);
                    }
                }
            }
        }

        var shape = NetworkShape.Parse(metadata["network"]) with { BatchNorm = false, Layers = int.Parse(metadata["layers"], CultureInfo.InvariantCulture) };
        var weights = new Dictionary<string, Tensor>();
        foreach (var (label, path) in UNetExporter.Places(shape))
        {
            // The gain of the input is folded into the first convolution's kernels.
            weights[$"{path}._conv.weight"] = stored[$"{label}.weight"].Over(label == UNetExporter.StemLabel ? UNet.Gain : 1);
            weights[$"{path}._conv.bias"] = stored[$"{label}.bias"].clone();
        }

        foreach (var tensor in stored.Values)
        {
            tensor.Dispose();
        }

        return new StartingWeights(shape.ToString(), shape.Layers, weights);
    }

    private static void AddFloats(ReadOnlySpan<byte> message, Dictionary<string, Tensor> into)
    {
        var (dimensions, type, label) = (new List<long>(), 0L, "");
        ReadOnlySpan<byte> raw = default;
        for (var field = new ProtoReader(message); field.Next();)
        {
            switch (field.Field)
            {
                case 1:
                    dimensions.Add(field.Number);
                    break;
                case 2:
                    type = field.Number;
                    break;
                case 8:
                    label = field.Text;
                    break;
                case 9:
                    raw = field.Bytes;
                    break;
                default:
                    break;
            }
        }

        if (type != (long)OnnxGraph.Element.Float)
        {
            return;
        }

        var values = MemoryMarshal.Cast<byte, float>(raw).ToArray();
        if (dimensions.Aggregate(1L, (product, dimension) => product * dimension) != values.Length)
        {
            throw new InvalidDataException($"'{label}' has {values.Length} weights, not what its dimensions say");
        }

        into[label] = tensor(values, [.. dimensions]);
    }
}
