using CsCheck;
using LiveLtem.Inference.Soft;
using Xunit;

namespace LiveLtem.Inference.Tests.Soft;

public sealed class MasksTests
{
    [Fact]
    public void A_widened_mask_is_what_lies_within_a_square_around_a_marked_pixel() =>
        Gen.Select(Gen.Int[1, 25], Gen.Int[0, 10], Gen.Bool.Array[625], Gen.Int[1, 12]).Sample((side, by, marks, thin) =>
        {
            var mask = marks.Take(side * side).Select((marked, i) => marked && i % thin == 0).ToArray();
            var widened = new bool[side * side];
            var work = new byte[Masks.WorkLength(side, by)];
            Array.Fill(work, (byte)1);
            Masks.Dilate(mask, side, by, widened, work);
            for (var y = 0; y < side; y++)
            {
                for (var x = 0; x < side; x++)
                {
                    var expected = Enumerable.Range(0, side * side).Any(i => mask[i] && Math.Abs((i % side) - x) <= by && Math.Abs((i / side) - y) <= by);
                    Assert.Equal(expected, widened[(y * side) + x]);
                }
            }
        });

    [Fact]
    public void A_row_says_where_its_first_and_last_marked_pixels_lie()
    {
        bool[] mask = [false, false, false, false, true, false, true, true, true];
        Assert.False(Masks.Extent(mask, 3, 0, out _, out _));
        Assert.True(Masks.Extent(mask, 3, 1, out var first, out var end));
        Assert.Equal((1, 2), (first, end));
        Assert.True(Masks.Extent(mask, 3, 2, out first, out end));
        Assert.Equal((0, 3), (first, end));
    }
}
