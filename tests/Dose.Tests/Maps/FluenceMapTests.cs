using CsCheck;
using LiveLtem.Dose.Maps;

namespace LiveLtem.Dose.Tests.Maps;

public sealed class FluenceMapTests
{
    [Fact]
    public void What_is_laid_down_is_what_the_map_holds_wherever_it_falls()
    {
        Gen.Select(Gen.Double[-500, 500], Gen.Double[-500, 500], Gen.Double[0.1, 90], Gen.Double[0.1, 90], Gen.Double[0, 10]).List[1, 20].Sample(all =>
        {
            var map = new FluenceMap(1.7, 1 << 20);
            foreach (var (left, top, width, height, fluence) in all)
            {
                map.Add(left, top, width, height, fluence);
            }

            var given = all.Sum(one => one.Item3 * one.Item4 * one.Item5);
            Assert.Equal(given, map.Lit().Sum(cell => cell.FluenceEPerA2) * 1.7 * 1.7, 1e-9 * (1 + given));
            Assert.False(map.IsFull);
        });
    }

    [Fact]
    public void A_cell_inside_holds_the_fluence_and_one_on_the_rim_its_part()
    {
        var map = new FluenceMap(2, 1024);
        map.Add(-5, 2, 8, 4, 3);

        Assert.Equal(3, map.At(-3, 3), 1e-12);
        Assert.Equal(1.5, map.At(-5.5, 3), 1e-12);
        Assert.Equal(1.5, map.At(2.5, 5), 1e-12);
        Assert.Equal(0, map.At(4.5, 3));
        Assert.Equal(0, map.At(-3, 6.5));
        Assert.Equal(3, map.Highest, 1e-12);
    }

    [Fact]
    public void A_full_map_says_so_and_keeps_what_it_has()
    {
        var map = new FluenceMap(1, 256);
        map.Add(0, 0, 10, 10, 1);
        map.Add(1000, 0, 10, 10, 1);

        Assert.True(map.IsFull);
        Assert.Equal(100, map.Lit().Sum(cell => cell.FluenceEPerA2), 1e-12);
    }
}
