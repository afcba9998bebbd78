using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Export;

/// <summary>Puts a trained network among the models: file and card, compared with the trained one by running both.</summary>
internal static class ModelFolder
{
    private const double MostDifference = 1e-3;
    private const int Compared = 16;

    /// <summary>Writes a network and its card.</summary>
    /// <param name="folder">Folder of the models.</param>
    /// <param name="network">The network.</param>
    /// <param name="header">How it came about.</param>
    /// <param name="heldOut">Pictures to compare and judge on.</param>
    /// <param name="cancellationToken">Ends it early, with nothing written.</param>
    /// <returns>The card.</returns>
    /// <exception cref="InvalidOperationException">The written network answers otherwise than the trained one.</exception>
    public static ModelCard Write(string folder, UNet network, CheckpointHeader header, ISampleSource heldOut, CancellationToken cancellationToken)
    {
        network.eval();
        var shape = network.Shape;
        KeyValuePair<string, string>[] metadata =
        [
            new("name", header.Name),
            new("task", header.Task),
            new("network", shape.ToString()),
            new("layers", shape.Layers.ToString(CultureInfo.InvariantCulture)),
            new("format", ModelCard.CurrentFormat.ToString(CultureInfo.InvariantCulture)),
        ];
        var file = UNetExporter.Write(network, metadata);
        var difference = Compare(network, UNetExporter.Write(network, metadata, floatMaps: true), file, heldOut);
        if (!(difference < MostDifference))
        {
            throw new InvalidOperationException($"the written network answers otherwise than the trained one: probabilities differ by up to {difference:g3}");
        }

        var figures = HeldOut.Judge(network, heldOut, header.Options.FinalHeldOut, cancellationToken);
        var card = new ModelCard
        {
            Name = header.Name,
            Task = header.Task,
            File = $"{header.Name}.onnx",
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(file)),
            Layers = shape.Layers,
            Multiple = shape.Multiple,
            GeometryStride = shape.Stem,
            TrainedParticlePx = header.ParticlePx,
            Network = shape.ToString(),
            Parameters = (int)network.ParameterCount,
            Command = header.Command,
            Data = header.Data,
            Seed = header.Options.Seed,
            Steps = (int)header.Step,
            TrainingS = Math.Round(header.TrainingS),
            Created = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ExportMaxDifference = difference,
            HeldOut = figures.ByBand,
        };
        Directory.CreateDirectory(folder);
        Replace(Path.Combine(folder, card.File), file);
        Replace(Path.Combine(folder, $"{header.Name}.json"), [.. JsonSerializer.SerializeToUtf8Bytes(card, ModelCard.Json), (byte)'\n']);
        return card;
    }

    /// <summary>Runs the trained network and the written ones on the same pictures.</summary>
    /// <param name="network">The trained one.</param>
    /// <param name="withFloats">Written with its probabilities as floats.</param>
    /// <param name="withBytes">Written as it is used.</param>
    /// <param name="pictures">The first of them are taken.</param>
    /// <returns>Largest difference of a probability or of the geometry, there relative to what is beyond 1.</returns>
    /// <exception cref="InvalidOperationException">The bytes are not the rounded probabilities.</exception>
    public static double Compare(UNet network, byte[] withFloats, byte[] withBytes, ISampleSource pictures)
    {
        network.eval();
        using var quiet = no_grad();
        using var floats = new InferenceSession(withFloats);
        using var bytes = new InferenceSession(withBytes);
        using var options = new RunOptions();
        var sample = new Sample(pictures.Size, pictures.Layers);
        double most = 0;
        for (var i = 0; i < Compared; i++)
        {
            pictures.Fill(i, sample);
            using var scope = NewDisposeScope();
            var (logits, geometry) = network.forward(tensor(sample.Image, [1, 1, sample.Size, sample.Size]));
            var maps = logits.sigmoid().contiguous().data<float>().ToArray();
            var shapes = geometry.contiguous().data<float>().ToArray();

            using var input = OrtValue.CreateTensorValueFromMemory(sample.Image, [1, 1, sample.Size, sample.Size]);
            using var asFloats = floats.Run(options, [UNetExporter.Input], [input], [UNetExporter.Maps, UNetExporter.Geometry]);
            most = Math.Max(most, Furthest(maps, asFloats[0].GetTensorDataAsSpan<float>()));
            most = Math.Max(most, Furthest(shapes, asFloats[1].GetTensorDataAsSpan<float>()));

            using var asBytes = bytes.Run(options, [UNetExporter.Input], [input], [UNetExporter.Maps, UNetExporter.Geometry]);
            var rounded = asBytes[0].GetTensorDataAsSpan<byte>();
            for (var at = 0; at < maps.Length; at++)
            {
                if (Math.Abs(rounded[at] - (maps[at] * 255)) > 0.5 + (MostDifference * 255))
                {
                    throw new InvalidOperationException($"the written network gives {rounded[at]} where the trained one gives {maps[at] * 255:f2}");
                }
            }
        }

        return most;
    }

    private static double Furthest(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double most = 0;
        for (var i = 0; i < a.Length; i++)
        {
            most = Math.Max(most, Math.Abs(a[i] - b[i]) / Math.Max(1, Math.Abs(a[i])));
        }

        return most;
    }

    /// <summary>Puts a file in place whole: a reader sees the old one or the new one.</summary>
    internal static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var next = path + ".part";
        File.WriteAllBytes(next, bytes);
        File.Move(next, path, overwrite: true);
    }
}
