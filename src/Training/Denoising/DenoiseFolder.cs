using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Export;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Denoising;

/// <summary>Writes trained denoisers, compared with the written network by running both, and reads them to start others from.</summary>
internal static class DenoiseFolder
{
    private const double MostDifference = 1e-3;
    private const int Compared = 4;

    /// <summary>Writes the network and its card.</summary>
    /// <param name="folder">Where; made where it is missing.</param>
    /// <param name="run">The training.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="samples">To compare on.</param>
    /// <param name="gain">What it was judged.</param>
    /// <param name="before">What the network that it started from was judged; null where there was none.</param>
    /// <exception cref="InvalidOperationException">The written network answers otherwise than the trained one.</exception>
    public static DenoiseCard Write(string folder, DenoiseRun run, string name, IDenoiseSamples samples, (double Gain, double Err) gain, double? before)
    {
        var network = run.Average;
        var header = run.Header;
        var file = network.ToOnnx(
        [
            new("name", name),
            new("task", "denoise"),
            new("network", network.Shape.ToString()),
            new("format", DenoiseCard.CurrentFormat.ToString(CultureInfo.InvariantCulture)),
        ]);
        var difference = Compare(network, file, samples);
        if (!(difference < MostDifference))
        {
            throw new InvalidOperationException($"the written network answers otherwise than the trained one, by up to {difference:g3}");
        }

        var card = new DenoiseCard
        {
            Name = name,
            Task = "denoise",
            File = $"{name}.onnx",
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(file)),
            Channels = FilterBank.Channels,
            Multiple = network.Shape.Multiple,
            Network = network.Shape.ToString(),
            Parameters = (int)network.ParameterCount,
            Command = header.Command,
            Data = header.Data,
            Seed = header.Options.Seed,
            Steps = (int)run.Step,
            TrainingS = Math.Round(header.TrainingS),
            Created = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ExportMaxDifference = difference,
            HeldOutGain = Math.Round(gain.Gain, 4),
            HeldOutGainErr = Math.Round(gain.Err, 4),
            Spectrum = samples.Spectrum,
            HeldOutGainBefore = before is { } old ? Math.Round(old, 4) : null,
        };
        Directory.CreateDirectory(folder);
        ModelFolder.Replace(Path.Combine(folder, card.File), file);
        ModelFolder.Replace(Path.Combine(folder, $"{name}.json"), JsonSerializer.SerializeToUtf8Bytes(card, ModelCard.Json));
        return card;
    }

    /// <summary>Reads the weights of a written network.</summary>
    /// <param name="cardPath">Its card.</param>
    /// <returns>Its form, and its weights, which are the caller's to dispose.</returns>
    /// <exception cref="InputException">It is missing or not one of ours.</exception>
    public static (string Network, Dictionary<string, Tensor> Weights) Read(string cardPath)
    {
        var (card, file) = DenoiseCard.Read(cardPath);
        try
        {
            var stored = StartingWeights.Constants(file);
            var weights = new Dictionary<string, Tensor>();
            foreach (var (label, path) in DenoiseNet.Places(NetworkShape.Parse(card.Network)))
            {
                weights[$"{path}._conv.weight"] = stored[$"{label}.weight"];
                weights[$"{path}._conv.bias"] = stored[$"{label}.bias"];
            }

            return (card.Network, weights);
        }
        catch (Exception error) when (error is InvalidDataException or KeyNotFoundException)
        {
            throw new InputException($"{cardPath}: is no network that 'liveltem train denoise' wrote ({error.Message})");
        }
    }

    private static double Compare(DenoiseNet network, byte[] file, IDenoiseSamples samples)
    {
        using var session = new InferenceSession(file);
        using var options = new RunOptions();
        using var quiet = no_grad();
        var most = 0.0;
        foreach (var sample in samples.HeldOut.Take(Compared))
        {
            using var scope = NewDisposeScope();
            long[] shape = [1, FilterBank.Channels, samples.Side, samples.Side];
            var trained = network.forward(tensor(sample.Channels, shape)).data<float>().ToArray();
            using var input = OrtValue.CreateTensorValueFromMemory(sample.Channels, shape);
            using var outputs = session.Run(options, [DenoiseNet.Input], [input], [DenoiseNet.Output]);
            var written = outputs[0].GetTensorDataAsSpan<float>();
            for (var i = 0; i < trained.Length; i++)
            {
                most = Math.Max(most, Math.Abs(trained[i] - written[i]) / Math.Max(1, Math.Abs(trained[i])));
            }
        }

        return most;
    }
}
