using CsCheck;
using LiveLtem.Inference.Models;

namespace LiveLtem.Inference.Tests;

public class SelectionTests
{
    [Fact]
    public void Nth_gives_what_sorting_would_put_there_and_parts_the_rest_around_it() =>
        Gen.Select(Gen.OneOf(Gen.Int[-3, 3].Select(i => (float)i), Gen.Float[-1e6f, 1e6f]).Array[1, 300], Gen.Int[0, 299]).Sample((values, place) =>
        {
            var index = place % values.Length;
            var sorted = values.Order().ToArray();
            var found = Selection.Nth(values, index);
            Assert.Equal(sorted[index], found);
            Assert.All(values[..index], v => Assert.True(v <= found));
            Assert.All(values[index..], v => Assert.True(v >= found));
            Assert.Equal(sorted, values.Order());
        });

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void Values_that_are_no_number_count_as_least(int numbers)
    {
        float[] values = [.. Enumerable.Range(0, numbers).Select(i => (float)i).Reverse().SelectMany(v => new[] { v, float.NaN })];
        Assert.Equal(float.NaN, Selection.Nth(values, numbers - 1));
        Assert.Equal(0, Selection.Nth(values, numbers));
        Assert.Equal(numbers - 1, Selection.Nth(values, values.Length - 1));
    }

    [Fact]
    public void A_scale_takes_the_same_extremes_as_a_sorted_picture()
    {
        var random = new Random(5);
        float[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (float)Math.Round(random.NextDouble() * 4000))];
        var sorted = values.Order().ToArray();
        var scale = PixelScale.Of(values);
        Assert.Equal(sorted[99], scale.Low);
        Assert.Equal(sorted[^100], scale.High);
    }
}
