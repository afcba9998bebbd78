using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Testing;

namespace LiveLtem.Inference.Tests;

public sealed class ModelStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("segment", 1)]
    [InlineData("layers", 2)]
    public void A_shipped_model_loads_and_answers_in_probabilities_and_finite_measures(string name, int layers)
    {
        Assert.Contains(name, ModelStore.Names);
        using var model = NetworkModel.Load(name);
        Assert.Equal((name, name, layers), (model.Card.Name, model.Card.Task, model.Card.Layers));
        using var run = model.Rent(3 * model.Card.Multiple, 4 * model.Card.Multiple);
        run.Image.Fill(180);
        for (var y = 40; y < 64; y++)
        {
            run.Image.Slice((y * run.Width) + 50, 24).Fill(60);
        }

        run.Run();
        Assert.True(run.Map(0, MapLayout.Foreground)[(52 * run.Width) + 62] > 200, "a dark square is no particle");
        Assert.True(run.Map(0, MapLayout.Foreground)[(8 * run.Width) + 110] < 50, "the plain liquid is a particle");
        for (var layer = 0; layer < layers; layer++)
        {
            for (var map = MapLayout.LogSize; map <= MapLayout.ElongationY; map++)
            {
                foreach (var value in run.Geometry(layer, map))
                {
                    Assert.True(float.IsFinite(value));
                }
            }
        }
    }

    [Fact]
    public void Runs_of_one_size_use_the_same_buffers_again_and_other_sizes_get_their_own()
    {
        using var model = NetworkModel.Load("segment");
        var first = model.Rent(64, 96);
        using var second = model.Rent(64, 96);
        Assert.NotSame(first, second);
        first.Dispose();
        using var again = model.Rent(64, 96);
        Assert.Same(first, again);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Rent(65, 96));
    }

    [Fact]
    public void Where_there_is_no_DirectML_the_processor_does_the_work_and_says_so()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "DirectML may be there");
        using var model = NetworkModel.Load("segment", ModelProvider.DirectMl);
        Assert.StartsWith("CPU (DirectML not available", model.Provider, StringComparison.Ordinal);
        OneLine(model.Provider);
        using var plain = NetworkModel.Load("segment", ModelProvider.Auto);
        Assert.Equal("CPU", plain.Provider);
    }

    [Fact]
    public void A_model_outside_the_program_is_found_by_its_card_and_by_its_network()
    {
        var card = Copy("segment");
        using var byCard = NetworkModel.Load(card);
        using var byNetwork = NetworkModel.Load(Path.ChangeExtension(card, ".onnx"));
        Assert.Equal(byCard.Card.Sha256, byNetwork.Card.Sha256);
    }

    [Fact]
    public void What_is_no_model_is_told_with_the_models_that_there_are()
    {
        Refused("nosuch", "model nosuch: no such model or file", "layers, segment");
        Refused(_folder.Root, _folder.Root);
        Refused("models/", "models/");
        var card = Copy("segment");
        File.Delete(card);
        Refused(Path.ChangeExtension(card, ".onnx"), "its card", "is missing");
    }

    [Fact]
    public void A_network_that_is_missing_or_not_the_cards_own_is_told_with_what_to_do()
    {
        var card = Copy("segment");
        var network = Path.ChangeExtension(card, ".onnx");
        var bytes = File.ReadAllBytes(network);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(network, bytes);
        Refused(card, "model segment", network, "SHA-256", "restore both files");

        File.WriteAllBytes(network, []);
        Refused(card, "model segment", network, "SHA-256");

        File.Delete(network);
        Refused(card, "model segment", network, "copy it there or train it anew");

        Directory.CreateDirectory(network);
        Refused(card, "model segment", network);
    }

    [Fact]
    public void A_network_that_its_card_describes_but_that_does_not_run_is_told()
    {
        var card = Copy("segment");
        var network = File.ReadAllBytes(Path.ChangeExtension(card, ".onnx"));
        foreach (var length in new[] { 0, 1, 100, network.Length / 3, network.Length - 1000, network.Length - 1 })
        {
            Replace(card, network[..length]);
            Refused(card, "model segment");
        }

        Replace(card, Encoding.UTF8.GetBytes("<html>404 not found</html>"));
        Refused(card, "model segment");
    }

    [Fact]
    public void A_network_for_two_layers_under_the_card_of_one_is_told()
    {
        var card = Copy("segment");
        Replace(card, File.ReadAllBytes(Path.Combine(ModelStore.Folder, "layers.onnx")));
        Refused(card, "model segment", "'maps' must have 3 channels for 1 layers");
    }

    [Theory]
    [InlineData("format", "2", "format", "newer LiveLTEM")]
    [InlineData("format", "0", "format")]
    [InlineData("task", "\"denoise\"", "task", "segment or layers")]
    [InlineData("layers", "3", "layers", "1 or 2")]
    [InlineData("layers", "\"two\"", "layers")]
    [InlineData("multiple", "0", "multiple")]
    [InlineData("multiple", "31", "geometry_stride", "divisor")]
    [InlineData("multiple", "8", "model segment")]
    [InlineData("geometry_stride", "3", "geometry_stride")]
    [InlineData("geometry_stride", "1", "model segment")]
    [InlineData("file", "\"../segment.onnx\"", "file", "without a folder")]
    [InlineData("file", "\"\"", "file", "without a folder")]
    [InlineData("file", "\"a\\u0000b\"", "file")]
    [InlineData("name", "\"two\\nlines\"", "name")]
    [InlineData("task", "\"two\\nlines\"", "task")]
    [InlineData("sha256", "\"12\"", "SHA-256")]
    [InlineData("sha256", "null", "sha256")]
    [InlineData("trained_particle_px", "{\"min\": 8, \"best\": 4, \"max\": 64}", "trained_particle_px")]
    [InlineData("trained_particle_px", "{\"min\": 8}", "the key trained_particle_px.best is missing")]
    [InlineData("trained_particle_px", "null", "trained_particle_px")]
    [InlineData("held_out", "7", "held_out: found 7; a list in [] is needed")]
    [InlineData("held_out", "[{\"cnr\": \"x\", \"pictures\": 1, \"iou\": 1, \"f1\": 1}]", "held_out[0].cnr: found \"x\"; a number is needed")]
    [InlineData("layers", "1.5", "layers: found 1.5; a whole number is needed")]
    [InlineData("steps", "99999999999", "steps: found 99999999999; a whole number is needed")]
    [InlineData("name", "null", "name: found null; a text in quotes is needed")]
    public void A_card_with_a_value_that_cannot_be_meant_is_told_with_the_key(string key, string value, params string[] words)
    {
        var card = Copy("segment");
        var json = JsonNode.Parse(File.ReadAllText(card))!;
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(card, json.ToJsonString());
        Refused(card, words);
    }

    [Fact]
    public void A_card_that_is_none_or_lacks_a_key_is_told_with_its_file()
    {
        var card = Copy("segment");
        var json = JsonNode.Parse(File.ReadAllText(card))!.AsObject();
        json.Remove("sha256");
        File.WriteAllText(card, json.ToJsonString());
        Refused(card, card, "the key sha256 is missing");
        File.WriteAllText(card, "{\n \"format\": 1,\n \"name\" \"x\"\n}");
        Refused(card, card, "line 3, byte 9: is no JSON there: a quote, comma or bracket");
        File.WriteAllText(card, "{\"\\udc00\": 1}");
        Refused(card, card);
        File.WriteAllBytes(card, [(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        Refused(card, card, "is no UTF-8 text");
        File.WriteAllText(card, " \n");
        Refused(card, card, "it is empty");
        foreach (var text in new[] { "", "null", "[]", "7", "{", "name: segment\nlayers: 1", "\u0000\u0001\u0002", "{\"name\": \"x\"" })
        {
            File.WriteAllText(card, text);
            Refused(card, card);
        }

        File.WriteAllText(card, new string(' ', 2 << 20));
        Refused(card, card, "too large for a card");
    }

    [Fact]
    public void Any_damage_to_a_card_gives_a_card_or_one_line()
    {
        var card = Copy("segment");
        var good = File.ReadAllBytes(card);
        var change = Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 6];
        Gen.Select(change, Gen.Int[0, 2], Gen.Int[0, good.Length - 1]).Sample(
            (changes, kind, cut) =>
            {
                byte[] bytes = [.. good];
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                bytes = kind switch { 0 => bytes, 1 => bytes[..cut], _ => [.. bytes[..cut], .. bytes[Math.Min(cut + 9, bytes.Length)..]] };
                File.WriteAllBytes(card, bytes);
                try
                {
                    ModelStore.Read(card);
                }
                catch (InputException error)
                {
                    OneLine(error.Message);
                }
            },
            iter: 1500,
            threads: 1);
    }

    [Fact]
    public void Any_damage_to_a_network_that_its_card_vouches_for_gives_a_model_or_one_line()
    {
        var card = Copy("segment");
        var good = File.ReadAllBytes(Path.ChangeExtension(card, ".onnx"));
        var random = new Random(8);
        var refused = 0;
        for (var k = 0; k < 32; k++)
        {
            // Names, shapes and the graph stand at both ends; the weights between them take any value.
            byte[] bytes = [.. good];
            for (var n = 0; n < 3; n++)
            {
                var near = random.Next(2000);
                bytes[k % 2 == 0 ? near : good.Length - 1 - near] = (byte)random.Next(256);
            }

            Replace(card, bytes);
            try
            {
                NetworkModel.Load(card).Dispose();
            }
            catch (InputException error)
            {
                OneLine(error.Message);
                Assert.Contains("model segment", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 4, 32);
    }

    public void Dispose() => _folder.Dispose();

    private string Copy(string name)
    {
        foreach (var end in new[] { ".json", ".onnx" })
        {
            File.Copy(Path.Combine(ModelStore.Folder, name + end), _folder.File(name + end), overwrite: true);
        }

        return _folder.File(name + ".json");
    }

    // Puts another network beside the card and makes the card vouch for it.
    private static void Replace(string card, byte[] network)
    {
        File.WriteAllBytes(Path.ChangeExtension(card, ".onnx"), network);
        var json = JsonNode.Parse(File.ReadAllText(card))!;
        json["sha256"] = Convert.ToHexStringLower(SHA256.HashData(network));
        File.WriteAllText(card, json.ToJsonString());
    }

    private static void Refused(string nameOrFile, params string[] words)
    {
        var error = Assert.Throws<InputException>(() => NetworkModel.Load(nameOrFile));
        OneLine(error.Message);
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }

    private static void OneLine(string message)
    {
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain('\r', message);
        Assert.DoesNotContain("line :", message, StringComparison.Ordinal);
    }
}
