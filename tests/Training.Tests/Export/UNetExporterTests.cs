using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Export;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace LiveLtem.Training.Tests.Export;

[Collection(TorchTests.Name)]
public sealed class UNetExporterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("liveltem-export-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("stem2-w8-d2-c1", 1)]
    [InlineData("stem4-w8-d2-c2-res", 2)]
    [InlineData("stem2-w8-d2-c1-sep-cat", 2)]
    [InlineData("stem2-w8-d1-c1-plain-res", 1)]
    public void A_written_network_answers_as_the_one_that_it_was_written_from(string text, int layers)
    {
        using var network = Stirred(text, layers);
        var source = new Discs(layers: layers);
        var difference = ModelFolder.Compare(network, UNetExporter.Write(network, [], floatMaps: true), UNetExporter.Write(network, []), source);
        Assert.InRange(difference, 0, 1e-4);
    }

    [Fact]
    public void Another_network_than_the_written_one_is_noticed()
    {
        using var network = Stirred("stem2-w8-d1-c1", 1);
        var written = UNetExporter.Write(network, []);
        var floats = UNetExporter.Write(network, [], floatMaps: true);
        using (no_grad())
        {
            network.ProbabilityHead.Conv.bias!.add_(0.5);
        }

        Assert.Throws<InvalidOperationException>(() => ModelFolder.Compare(network, floats, written, new Discs()));
    }

    [Fact]
    public void The_file_takes_pictures_of_any_size_and_says_what_it_is()
    {
        using var network = Stirred("stem2-w8-d1-c1", 2);
        using var session = new InferenceSession(UNetExporter.Write(network, [new("name", "discs")]));
        Assert.Equal("discs", session.ModelMetadata.CustomMetadataMap["name"]);
        foreach (var (height, width) in ((int, int)[])[(16, 16), (64, 20)])
        {
            using var input = OrtValue.CreateTensorValueFromMemory(new byte[height * width], [1, 1, height, width]);
            using var options = new RunOptions();
            using var outputs = session.Run(options, ["image"], [input], ["maps", "geometry"]);
            Assert.Equal([1, 6, height, width], outputs[0].GetTensorTypeAndShape().Shape);
            Assert.Equal([1, 6, height / 2, width / 2], outputs[1].GetTensorTypeAndShape().Shape);
        }
    }

    [Fact]
    public void A_model_comes_with_a_card_that_fits_it()
    {
        var header = Discs.Header(1);
        using var run = TrainingRun.Start(header);
        var card = ModelFolder.Write(_folder, run.Average, header, new Discs(), TestContext.Current.CancellationToken);
        var read = JsonSerializer.Deserialize<ModelCard>(File.ReadAllText(Path.Combine(_folder, "discs.json")), ModelCard.Json)!;
        Assert.Equal(card.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder, read.File)))));
        Assert.Equal((8, 2, 1), (read.Multiple, read.GeometryStride, read.Layers));
        Assert.Equal(16, Assert.Single(read.HeldOut).Pictures);
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public void A_training_that_starts_from_a_written_model_starts_with_its_answers()
    {
        using var network = Stirred("stem2-w8-d2-c1", 2);
        File.WriteAllBytes(Path.Combine(_folder, "old.onnx"), UNetExporter.Write(network, [new("network", network.Shape.ToString()), new("layers", "2")]));
        using var weights = StartingWeights.Read("old", _folder);
        using var run = TrainingRun.StartFrom(Discs.Header(1, layers: 2) with { Network = weights.Network }, weights.Tensors);
        Assert.InRange(ModelFolder.Compare(run.Average, UNetExporter.Write(network, [], floatMaps: true), UNetExporter.Write(network, []), new Discs(layers: 2)), 0, 1e-4);
    }

    [Fact]
    public void A_model_that_is_missing_or_no_model_of_ours_is_named()
    {
        Assert.Contains("no model of that name", Assert.Throws<InputException>(() => StartingWeights.Read("none", _folder)).Message, StringComparison.Ordinal);
        using var network = Stirred("stem2-w8-d1-c1", 1);
        var path = Path.Combine(_folder, "cut.onnx");
        foreach (var bytes in (byte[][])[UNetExporter.Write(network, []), UNetExporter.Write(network, [])[..500], [1, 2, 3]])
        {
            File.WriteAllBytes(path, bytes);
            Assert.Contains("cut.onnx", Assert.Throws<InputException>(() => StartingWeights.Read(path, _folder)).Message, StringComparison.Ordinal);
        }
    }

    // Weights and statistics that are not those of a fresh network.
    private static UNet Stirred(string text, int layers)
    {
        random.manual_seed(3);
        var network = new UNet(NetworkShape.Parse(text) with { Layers = layers });
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in network.state_dict())
        {
            if (tensor.dtype == ScalarType.Float32)
            {
                tensor.add_((rand_like(tensor) - 0.5) * (name.Contains("running_var", StringComparison.Ordinal) ? 0.5 : 0.1));
            }
        }

        return network;
    }
}
