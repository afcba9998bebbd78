using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Soft;
using Xunit;

namespace LiveLtem.Inference.Tests.Soft;

public sealed class FeatureMeterTests
{
    private const int Half = 30;
    private const int Side = (2 * Half) + 1;

    [Fact]
    public void A_disc_has_half_its_squared_radius_as_squared_gyration()
    {
        var (window, mask) = Draw((x, y) => (x * x) + (y * y) <= 12 * 12);
        var m = FeatureMeter.Moments(window, mask, Half, null, 0);
        Assert.Equal(72, m.Xx + m.Yy, 0.03 * 72);
        Assert.Equal(Math.PI * 144, m.Mass, 0.03 * 452);
        Assert.Equal(24, FeatureMeter.EndToEnd(mask, Side), 1.5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(35)]
    [InlineData(90)]
    public void A_rod_has_a_twelfth_of_its_squared_length_along_and_its_length_from_end_to_end(double angleDeg)
    {
        var (sin, cos) = Math.SinCos(angleDeg * Math.PI / 180);
        var (window, mask) = Draw((x, y) => Math.Abs((x * cos) + (y * sin)) <= 20 && Math.Abs((y * cos) - (x * sin)) <= 4);
        var m = FeatureMeter.Moments(window, mask, Half, null, 0);
        Assert.Equal(((40.5 * 40.5) + (8.5 * 8.5)) / 12, m.Xx + m.Yy, 6.0);
        Assert.Equal(angleDeg, ((0.5 * Math.Atan2(2 * m.Xy, m.Xx - m.Yy) * 180 / Math.PI) + 180) % 180, 2.5);
        Assert.Equal(Math.Sqrt((41 * 41) + (9 * 9)), FeatureMeter.EndToEnd(mask, Side), 1.5);
    }

    [Fact]
    public void Noise_scatters_the_moments_as_stated_and_pushes_them_to_no_side()
    {
        var (clean, mask) = Draw((x, y) => (x * x) + (y * y) <= 12 * 12);
        var truth = FeatureMeter.Moments(clean, mask, Half, null, 0);
        const double noise = 2;
        const int trials = 3000;
        double sum = 0, square = 0, stated = 0, x = 0, xStated = 0;
        for (var k = 0; k < trials; k++)
        {
            var random = new SimRandom(3, 7, k);
            var noisy = clean.Select(v => v + (float)(noise * random.NextNormal())).ToArray();
            var m = FeatureMeter.Moments(noisy, mask, Half, truth.Mass, noise, truth);
            var error = m.Xx + m.Yy - truth.Xx - truth.Yy;
            sum += error;
            square += error * error;
            stated += m.GyrationErr * m.GyrationErr;
            x += m.X * m.X;
            xStated += m.XErr * m.XErr;
        }

        var spread = Math.Sqrt(square / trials);
        Assert.InRange(sum / trials, -4 * spread / Math.Sqrt(trials), 4 * spread / Math.Sqrt(trials));
        Assert.InRange(square / stated, 0.85, 1.2);
        Assert.InRange(x / xStated, 0.85, 1.2);
    }

    private static (float[] Window, bool[] Mask) Draw(Func<double, double, bool> inside)
    {
        var window = new float[Side * Side];
        var mask = new bool[Side * Side];
        for (var j = 0; j < Side; j++)
        {
            for (var i = 0; i < Side; i++)
            {
                mask[(j * Side) + i] = inside(i - Half, j - Half);
                window[(j * Side) + i] = mask[(j * Side) + i] ? 1 : 0;
            }
        }

        return (window, mask);
    }
}
