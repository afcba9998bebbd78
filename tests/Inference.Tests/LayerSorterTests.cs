using CsCheck;
using LiveLtem.Inference.Pose;

namespace LiveLtem.Inference.Tests;

public sealed class LayerSorterTests
{
    [Fact]
    public void One_particle_whose_layer_is_plain_tells_those_of_a_whole_chain()
    {
        var evidence = new double[9];
        evidence[4] = 15;
        var chain = Enumerable.Range(0, 8).Select(i => (i, i + 1, 20.0)).ToList();

        Assert.Equal([true, false, true, false, true, false, true, false, true], LayerSorter.Sort(evidence, chain));
    }

    [Fact]
    public void Where_nothing_overlaps_the_evidence_decides() =>
        Gen.Double[-50, 50].Where(e => Math.Abs(e) > 1e-3).Array[1, 40].Sample(evidence =>
            Assert.Equal(evidence.Select(e => e > 0), LayerSorter.Sort(evidence, [])));

    [Fact]
    public void Two_crystals_over_each_other_are_told_apart_though_half_of_the_particles_say_nothing_and_some_speak_for_the_wrong_layer()
    {
        // Each particle of either layer overlaps the nearest four of the other one.
        var random = new Random(3);
        var truth = new bool[2 * 64];
        var evidence = new double[truth.Length];
        var overlaps = new List<(int, int, double)>();
        for (var i = 0; i < truth.Length; i++)
        {
            truth[i] = i < 64;
            var says = random.NextDouble();
            evidence[i] = (truth[i] ? 1 : -1) * (says < 0.5 ? 0 : says < 0.9 ? 8 : -8);
        }

        for (var y = 0; y < 8; y++)
        {
            for (var x = 0; x < 8; x++)
            {
                foreach (var (dx, dy) in new[] { (0, 0), (1, 0), (0, 1), (1, 1) })
                {
                    if (x + dx < 8 && y + dy < 8)
                    {
                        overlaps.Add(((y * 8) + x, 64 + ((y + dy) * 8) + x + dx, 10));
                    }
                }
            }
        }

        Assert.Equal(truth, LayerSorter.Sort(evidence, overlaps));
    }
}
