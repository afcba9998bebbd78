using LiveLtem.Inference.Models;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Tests.Running;

public sealed class PeaksTests
{
    private const int Size = 32;

    [Fact]
    public void The_truth_itself_scores_in_full()
    {
        var sample = new Sample(Size, 1);
        new Discs().Fill(0, sample);
        var (wanted, hidden) = Peaks.True(sample.Instances, sample.Maps, Size);
        Assert.Empty(hidden);
        var area = Size * Size;
        var found = Peaks.Find(sample.Maps.AsSpan(MapLayout.Centre * area, area), sample.Maps.AsSpan(MapLayout.LogSize * area), Size, 1);
        Assert.Equal((1, 0, 0), Peaks.Match(found, wanted, sample.Instances, hidden, Size));
    }

    [Fact]
    public void One_particle_is_found_once_and_a_stray_one_counts_against()
    {
        var instances = new ushort[Size * Size];
        List<Peaks.Spot> wanted = [new(10, 10, 1, 5)];
        List<Peaks.Spot> found = [new(11, 10, 0.9f, 5), new(9, 10, 0.8f, 5), new(25, 25, 0.7f, 5)];
        Assert.Equal((1, 2, 0), Peaks.Match(found, wanted, instances, [], Size));
        Assert.Equal((0, 0, 1), Peaks.Match([], wanted, instances, [], Size));
    }

    [Fact]
    public void A_particle_whose_centre_is_out_of_sight_need_not_be_found_and_may_be()
    {
        var sample = new Sample(Size, 1);
        for (var i = 0; i < 3; i++)
        {
            sample.Instances[i * Size] = 7;
        }

        var (wanted, hidden) = Peaks.True(sample.Instances, sample.Maps, Size);
        Assert.Empty(wanted);
        Assert.Equal((0, 0, 0), Peaks.Match([new(0, 1, 0.9f, 4)], wanted, sample.Instances, hidden, Size));
    }

    [Fact]
    public void Ripples_of_a_long_peak_are_one_particle_and_two_peaks_with_a_saddle_two()
    {
        var geometry = new float[3 * Size * Size];
        var rippled = Map(x => 0.9 - (0.04 * (x % 4)));
        Assert.Equal(16, Assert.Single(Peaks.Find(rippled, geometry, Size, 1)).X, 1.5);
        var two = Map(x => Math.Abs(x - 16) < 3 ? 0.6 : 0.9);
        Assert.Equal(2, Peaks.Find(two, geometry, Size, 1).Count);

        static float[] Map(Func<int, double> height) =>
            [.. Enumerable.Range(0, Size * Size).Select(i => i / Size is >= 14 and <= 18 && i % Size is >= 4 and <= 28 ? (float)height(i % Size) : 0)];
    }

    [Fact]
    public void Half_the_shorter_length_follows_from_second_moments()
    {
        // An ellipse with semi-axes 12 and 6: moments a^2/4 and b^2/4.
        var (a, b) = (12.0, 6.0);
        var elongation = ((a * a) - (b * b)) / ((a * a) + (b * b));
        Assert.Equal(b, Peaks.HalfShorter((float)Math.Log2(Math.Sqrt(a * b) / MapLayout.ReferencePx), (float)(elongation * 0.6), (float)(elongation * 0.8)), 1e-3);
    }
}
