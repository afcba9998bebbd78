using CsCheck;

namespace LiveLtem.Tracker.Tests;

public sealed class SelectionTests
{
    [Fact]
    public void The_median_is_that_of_the_sorted_values() =>
        Gen.OneOf(Gen.Double[-1, 1].Array[1, 60], Gen.Int[0, 3].Select(i => (double)i).Array[1, 60]).Sample(values =>
        {
            var sorted = values.Order().ToArray();
            Assert.Equal((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, Selection.Median(values));
        });
}
