using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Tests.Samples;

public class ExposureTests
{
    [Theory]
    [InlineData(0.5, 0.3, 0, 0)]
    [InlineData(2, 0.6, 0.3, 0.3)]
    [InlineData(1, 0.1, 0.4, 1.5)]
    [InlineData(8, 0.05, 0, 1)]
    public void Contrast_to_noise_is_what_was_asked_for(double cnr, double contrast, double excess, double read)
    {
        const int size = 256;
        var plane = new float[size * size];
        for (var i = 0; i < plane.Length; i++)
        {
            plane[i] = (float)(i % size < size / 2 ? 1 : 1 - contrast);
        }

        var random = new SimRandom(5, 99);
        var exposure = new Exposure(cnr, Exposure.Electrons(cnr, contrast, excess, read), excess, read, 0, 0);
        exposure.Expose(plane, size, new RenderTools(), ref random);
        var background = plane.Where((_, i) => i % size < size / 2).ToArray();
        var particle = plane.Where((_, i) => i % size >= size / 2).ToArray();
        var mean = background.Average();
        var noise = Math.Sqrt(background.Average(v => (v - mean) * (v - mean)));
        Assert.Equal(1, (mean - particle.Average()) / noise / cnr, 0.04);
    }

    [Fact]
    public void Every_picture_is_exposed_within_the_range_asked_for_or_brighter_where_less_would_show_nothing()
    {
        var source = new SimulatedSamples(new SampleOptions { Size = 32, ScenePool = 50, PicturesPerScene = 2, MinCnr = 1, MaxCnr = 2 }, 2);
        var sample = new Sample(32, 1);
        var within = 0;
        for (var i = 0; i < 100; i++)
        {
            source.Fill(i, sample);
            Assert.True(sample.Cnr >= 1);
            within += sample.Cnr <= 2.001 ? 1 : 0;
        }

        Assert.True(within > 85, $"{within} of 100");
    }

    [Fact]
    public void Measured_contrast_to_noise_of_a_flat_picture_is_the_true_one()
    {
        const int size = 128;
        var plane = new float[size * size];
        var instances = new ushort[size * size];
        var random = new SimRandom(1, 2);
        for (var i = 0; i < plane.Length; i++)
        {
            var inside = i % size is > 40 and < 90 && i / size is > 30 and < 80;
            instances[i] = (ushort)(inside ? 1 : 0);
            plane[i] = (float)((inside ? 70 : 100) + (10 * random.NextNormal()));
        }

        Assert.Equal(3, PictureNoise.Cnr(plane, instances, size), 0.1);
    }
}
