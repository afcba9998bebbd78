using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.HardwareSim.Tests;

public class NoiseTests
{
    private const int Side = 256;

    [Theory]
    [InlineData(0.1)]
    [InlineData(3.3)]
    [InlineData(20.06)]
    [InlineData(63.9)]
    [InlineData(64.1)]
    [InlineData(900)]
    public void Poisson_numbers_have_mean_and_variance_of_their_mean(double mean)
    {
        var random = new SimRandom(1, 99);
        const int Count = 400_000;
        double sum = 0, square = 0;
        for (var i = 0; i < Count; i++)
        {
            var k = PoissonSampler.Next(mean, ref random) - mean;
            sum += k;
            square += k * k;
        }

        Assert.Equal(0, sum / Count, 5 * Math.Sqrt(mean / Count));
        // Variance of the sample variance: (mu4 - var^2) / N = (mean + 2 mean^2) / N.
        Assert.Equal(mean, square / Count, 5 * Math.Sqrt((mean + (2 * mean * mean)) / Count));
    }

    [Fact]
    public void Poisson_numbers_follow_the_distribution()
    {
        const double Mean = 4.44;
        const int Count = 500_000;
        var random = new SimRandom(2, 99);
        var seen = new int[16];
        for (var i = 0; i < Count; i++)
        {
            seen[Math.Min(15, PoissonSampler.Next(Mean, ref random))]++;
        }

        var chi2 = 0.0;
        var p = Math.Exp(-Mean);
        for (var k = 0; k < 15; k++)
        {
            chi2 += Math.Pow(seen[k] - (Count * p), 2) / (Count * p);
            p *= Mean / (k + 1);
        }

        // 14 degrees of freedom: 1 in 10^5 exceeds 48.
        Assert.True(chi2 < 48, $"chi2 = {chi2}");
    }

    [Fact]
    public void Normal_numbers_have_the_moments_and_tails_of_a_normal()
    {
        var random = new SimRandom(3, 99);
        const int Count = 2_000_000;
        double sum = 0, square = 0, fourth = 0;
        var beyond = new int[5];
        for (var i = 0; i < Count; i++)
        {
            var z = random.NextNormal();
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
            for (var k = 1; k < beyond.Length; k++)
            {
                beyond[k] += Math.Abs(z) > k ? 1 : 0;
            }
        }

        Assert.Equal(0, sum / Count, 5 / Math.Sqrt(Count));
        Assert.Equal(1, square / Count, 5 * Math.Sqrt(2.0 / Count));
        Assert.Equal(3, fourth / Count, 5 * Math.Sqrt(96.0 / Count));
        double[] tails = [0, 0.3173105, 0.0455003, 0.0026998, 6.3342e-5];
        for (var k = 1; k < beyond.Length; k++)
        {
            Assert.Equal(tails[k], beyond[k] / (double)Count, 5 * Math.Sqrt(tails[k] / Count));
        }
    }

    [Theory]
    [InlineData(3, 0.3, 0.5)]
    [InlineData(20, 0.5, 1)]
    [InlineData(300, 0.3, 2)]
    [InlineData(12, 0, 0)]
    public void Counts_have_the_mean_and_the_variance_of_electrons_excess_and_readout(double electrons, double excess, double read)
    {
        const double Gain = 10;
        var plane = Expose(electrons, new DetectorOptions
        {
            BlurPx = 0,
            ExcessNoise = excess,
            ReadNoiseE = read,
            CountsPerElectron = Gain,
            DarkLevel = 50,
            HotPixelFraction = 0,
            GainSpread = 0,
        });
        var variance = (electrons * (1 + (excess * excess))) + (read * read);
        Assert.Equal(50 + (Gain * electrons), plane.Average(), 5 * Gain * Math.Sqrt(variance / plane.Length));
        Assert.Equal(variance, Variance(plane) / (Gain * Gain), variance * 5 * Math.Sqrt((2 + (2 / variance)) / plane.Length));
    }

    [Theory]
    [InlineData(0.6)]
    [InlineData(0.8)]
    public void The_detector_correlates_noise_as_its_spread_says(double blur)
    {
        var plane = Expose(100, new DetectorOptions { BlurPx = blur, ExcessNoise = 0.3, ReadNoiseE = 0, CountsPerElectron = 1, DarkLevel = 0, HotPixelFraction = 0, GainSpread = 0 });
        var half = GaussianBlur.Kernel(blur);
        double At(int i) => Math.Abs(i) < half.Length ? half[Math.Abs(i)] : 0;
        var square = Enumerable.Range(-9, 19).Sum(i => At(i) * At(i));
        var lag = Enumerable.Range(-9, 19).Sum(i => At(i) * At(i + 1));
        Assert.Equal(109 * square * square, Variance(plane), 109 * square * square * 0.04);
        Assert.Equal(lag / square, LagOne(plane), 0.02);
        // The continuous Gaussian of the same width: exp(-1 / (4 sigma^2)).
        Assert.Equal(Math.Exp(-1 / (4 * blur * blur)), lag / square, 0.05);
    }

    [Fact]
    public void Transmission_and_contrast_are_those_of_the_mean_free_paths()
    {
        var settings = SceneCatalog.Create("crystal", new SceneOptions { DosePerFrameEPerA2 = 1 }).Settings;
        Assert.Equal(0.222, settings.Transmission, 0.0005);
        Assert.Equal(1 - Math.Exp(-54 * ((1 / 40.0) - (1 / 185.0))), settings.Contrast, 12);
        // 1.5 nm pixels: 225 A^2 each.
        Assert.Equal(225 * settings.Transmission, settings.ElectronsPerPixel, 9);
    }

    [Fact]
    public void Rendered_electrons_show_the_contrast_of_the_settings()
    {
        var scene = SceneCatalog.Create("crystal", new SceneOptions { Seed = 4 });
        var frame = scene.NextFrame();
        var electrons = new float[512 * 512];
        new FrameRenderer(scene.Settings).Render(frame, electrons);
        var liquid = new LiquidField(4, 512, scene.Settings.Defaults.LiquidUnevenness);
        var checkedCubes = 0;
        foreach (var particle in frame.Particles)
        {
            var pose = particle.Mean;
            var (x, y) = ((int)Math.Round(pose.XPx), (int)Math.Round(pose.YPx));
            if (x is > 0 and < 511 && y is > 0 and < 511)
            {
                var inside = Math.Exp(-scene.Settings.AttenuationPerNm * particle.Shape.MaxThicknessNm);
                var expected = scene.Settings.ElectronsPerPixel * liquid.At(x, y) * inside;
                // Dirt may lie over some: it only takes beam away.
                Assert.InRange(electrons[(y * 512) + x], expected * 0.7, expected * 1.003);
                checkedCubes += electrons[(y * 512) + x] > expected * 0.995 ? 1 : 0;
            }
        }

        Assert.True(checkedCubes > 60, $"{checkedCubes} cubes at the expected level");
    }

    private static float[] Expose(double electrons, DetectorOptions options)
    {
        var plane = new float[Side * Side];
        plane.AsSpan().Fill((float)electrons);
        new Detector(options, 7, Side, Side, electrons).Expose(plane, 0);
        return plane;
    }

    private static double Variance(float[] plane)
    {
        double mean = plane.Average();
        return plane.Average(v => (v - mean) * (v - mean));
    }

    private static double LagOne(float[] plane)
    {
        double mean = plane.Average();
        var sum = 0.0;
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side - 1; x++)
            {
                sum += (plane[(y * Side) + x] - mean) * (plane[(y * Side) + x + 1] - mean);
            }
        }

        return sum / (Side * (Side - 1)) / Variance(plane);
    }
}
