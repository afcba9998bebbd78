using CsCheck;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Tests.Samples;

public class SimulatedSamplesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_index_gives_the_same_sample_in_any_order_on_any_thread(int layers)
    {
        var options = new SampleOptions { Size = 64, Layers = layers, ScenePool = 5, PicturesPerScene = 2 };
        var first = Enumerable.Range(0, 24).Select(i => Filled(new SimulatedSamples(options, 3), i)).ToArray();
        var shared = new SimulatedSamples(options, 3);
        var again = new Sample[first.Length];
        Parallel.For(0, first.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, k =>
        {
            var i = first.Length - 1 - k;
            again[i] = Filled(shared, i);
        });
        for (var i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i].Image, again[i].Image);
            Assert.Equal(first[i].Maps, again[i].Maps);
            Assert.Equal(first[i].Instances, again[i].Instances);
            Assert.Equal((first[i].Cnr, first[i].Ordered), (again[i].Cnr, again[i].Ordered));
        }
    }

    [Fact]
    public void Another_seed_or_index_gives_another_picture()
    {
        var options = new SampleOptions { Size = 64, ScenePool = 4, PicturesPerScene = 2 };
        var source = new SimulatedSamples(options, 3);
        var pictures = Enumerable.Range(0, 16).Select(i => Filled(source, i).Image).Append(Filled(new SimulatedSamples(options, 4), 0).Image).ToArray();
        for (var i = 0; i < pictures.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                Assert.NotEqual(pictures[i], pictures[j]);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_map_keeps_its_range_and_goes_with_the_instances(int layers)
    {
        var source = new SimulatedSamples(new SampleOptions { Size = 96, Layers = layers, ScenePool = 16, PicturesPerScene = 1 }, 11);
        var sample = new Sample(96, layers);
        var pixels = 96 * 96;
        var particles = 0;
        for (var index = 0; index < 60; index++)
        {
            source.Fill(index, sample);
            Assert.True(double.IsFinite(sample.Cnr) && sample.Cnr > 0);
            for (var layer = 0; layer < layers; layer++)
            {
                var maps = sample.Maps.AsSpan(layer * MapLayout.PerLayer * pixels);
                for (var i = 0; i < pixels; i++)
                {
                    var instance = sample.Instances[(layer * pixels) + i];
                    Assert.Equal(instance > 0 ? 1f : 0f, maps[(MapLayout.Foreground * pixels) + i]);
                    Assert.True(maps[(MapLayout.Boundary * pixels) + i] is 0 or 1);
                    var centre = maps[(MapLayout.Centre * pixels) + i];
                    Assert.True(centre is >= 0 and <= 1);
                    var size = maps[(MapLayout.LogSize * pixels) + i];
                    var ex = maps[(MapLayout.ElongationX * pixels) + i];
                    var ey = maps[(MapLayout.ElongationY * pixels) + i];
                    Assert.InRange(size, -2.5f, 3.5f);
                    Assert.True((ex * ex) + (ey * ey) < 1);
                    particles = Math.Max(particles, instance);
                    if (centre > 0.2)
                    {
                        // Near a centre the size is told: no particle here has the radius 10 to the last digit.
                        Assert.NotEqual(0f, size);
                    }
                }
            }
        }

        Assert.True(particles > 10);
    }

    [Fact]
    public void Any_sound_options_give_sound_pictures() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 2], Gen.Int[1, 6], Gen.Double[0.05, 4], Gen.Double[1, 10], Gen.Long[0, long.MaxValue / 2], Gen.Long[0, 1_000_000_000_000])
            .Sample(
                (sizes, layers, pool, low, ratio, seed, index) =>
                {
                    var options = new SampleOptions { Size = 32 * sizes, Layers = layers, ScenePool = pool, MinCnr = low, MaxCnr = low * ratio };
                    var sample = Filled(new SimulatedSamples(options, seed), index);
                    Assert.True(double.IsFinite(sample.Cnr) && sample.Cnr > 0);
                    Assert.All(sample.Maps, value => Assert.True(float.IsFinite(value)));
                    // Noise there always is: no picture is of one grey.
                    Assert.True(sample.Image.Distinct().Count() > 4);
                },
                iter: 60);

    [Fact]
    public void Bad_options_are_refused_in_a_sentence()
    {
        Assert.Contains("multiple of 32", Refused(new SampleOptions { Size = 100 }), StringComparison.Ordinal);
        Assert.Contains("1 or 2", Refused(new SampleOptions { Layers = 3 }), StringComparison.Ordinal);
        Assert.Contains("scene pool 0", Refused(new SampleOptions { ScenePool = 0 }), StringComparison.Ordinal);
        Assert.Contains("pictures per scene 0", Refused(new SampleOptions { PicturesPerScene = 0 }), StringComparison.Ordinal);
        Assert.Contains("contrast-to-noise", Refused(new SampleOptions { MinCnr = 2, MaxCnr = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_of_another_size_is_refused()
    {
        var source = new SimulatedSamples(new SampleOptions { Size = 64 }, 1);
        Assert.Throws<ArgumentException>(() => source.Fill(0, new Sample(32, 1)));
        Assert.Throws<ArgumentException>(() => source.Fill(0, new Sample(64, 2)));
    }

    private static string Refused(SampleOptions options) => Assert.Throws<InputException>(() => new SimulatedSamples(options, 1)).Message;

    private static Sample Filled(SimulatedSamples source, long index)
    {
        var sample = new Sample(source.Size, source.Layers);
        source.Fill(index, sample);
        return sample;
    }
}
