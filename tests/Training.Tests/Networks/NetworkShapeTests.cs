using LiveLtem.Core;
using LiveLtem.Training.Networks;
using static TorchSharp.torch;

namespace LiveLtem.Training.Tests.Networks;

[Collection(TorchTests.Name)]
public sealed class NetworkShapeTests
{
    [Theory]
    [InlineData("stem2-w16-d4-c1")]
    [InlineData("stem4-w32-d2-c2-cap64-res-sep-cat-plain")]
    public void A_form_reads_back_as_it_is_written(string text) => Assert.Equal(text, NetworkShape.Parse(text).ToString());

    [Theory]
    [InlineData("stem3-w16", "'stem3'")]
    [InlineData("unet", "'unet'")]
    [InlineData("w16-d9", "'d9'")]
    [InlineData("", "''")]
    public void A_form_that_is_none_says_which_word_is_wrong(string text, string word) =>
        Assert.Contains(word, Assert.Throws<InputException>(() => NetworkShape.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("stem2-w8-d2-c1", 1)]
    [InlineData("stem4-w8-d1-c2-res", 2)]
    [InlineData("stem2-w8-d2-c1-sep-cat", 2)]
    public void Answers_have_the_resolution_of_the_picture_and_of_the_trunk(string text, int layers)
    {
        using var scope = NewDisposeScope();
        var shape = NetworkShape.Parse(text) with { Layers = layers };
        using var network = new UNet(shape);
        var (logits, geometry) = network.forward(zeros([2, 1, 32, 48], ScalarType.Byte));
        Assert.Equal([2, layers * 3, 32, 48], logits.shape);
        Assert.Equal([2, layers * 3, 32 / shape.Stem, 48 / shape.Stem], geometry.shape);
    }

    [Fact]
    public void Elongations_stay_within_one()
    {
        using var scope = NewDisposeScope();
        using var network = new UNet(NetworkShape.Parse("stem2-w8-d1-c1") with { Layers = 2 });
        using var quiet = no_grad();
        network.GeometryHead.Conv.bias!.fill_(50);
        var (_, geometry) = network.forward(zeros([1, 1, 16, 16], ScalarType.Byte));
        var most = Enumerable.Range(0, 6).Select(map => geometry.select(1, map).max().item<float>()).ToArray();
        Assert.Equal([true, false, false, true, false, false], most.Select(value => value > 1));
    }
}
