using LiveLtem.Core;
using LiveLtem.Inference.Pose;

namespace LiveLtem.Inference.Tests;

public class PoseFitterTests
{
    [Theory]
    [InlineData("Square", 16, 16, 0.3)]
    [InlineData("Triangle", 11, 11, 0.3)]
    [InlineData("Hexagon", 14, 14, 0.3)]
    [InlineData("Bar", 20, 8, 0.3)]
    [InlineData("Rod", 20, 8, 0.4)]
    [InlineData("Sphere", 13, 13, 0.4)]
    [InlineData("Disc", 13, 13, 0.3)]
    internal void A_noise_free_particle_is_found_where_it_is(string kind, double s1, double s2, double contrast)
    {
        using var pool = new FramePool();
        var truth = new ShapePose(Enum.Parse<ShapeKind>(kind), 40.37, 39.81, 0.31, s1, s2, contrast);
        var clean = PatchMaker.Clean(truth, 1.1, 80);
        using var frame = PatchMaker.Noisy(pool, clean, 80, 1e-9, 0, new Random(1));
        var noise = new NoiseModel(1, 1, [1, 0, 0, 0], [1, 0, 0, 0]);
        var fitter = new PoseFitter(noise, 1.1);
        var start = truth with { X = 41, Y = 39, Angle = 0.2, S1 = s1 * 1.1, S2 = s2 * 1.1, Contrast = contrast * 0.8 };
        Assert.True(fitter.Load(frame, PatchMaker.Flat(), start, []));

        var fit = fitter.Fit(start, null, 20);

        Assert.True(fit.Converged);
        Assert.Equal(truth.X, fit.Pose.X, 0.01);
        Assert.Equal(truth.Y, fit.Pose.Y, 0.01);
        if (truth.Kind.HasAngle())
        {
            Assert.Equal(truth.Angle, fit.Pose.Angle, 0.002);
        }

        Assert.Equal(truth.S1, fit.Pose.S1, 0.12);
        Assert.Equal(truth.S2, fit.Pose.S2, 0.12);
        Assert.Equal(truth.Contrast, fit.Pose.Contrast, 0.02);
    }

    [Theory]
    [InlineData(0.0, 2.0)]
    [InlineData(0.0, 1.0)]
    [InlineData(0.6, 2.0)]
    [InlineData(0.6, 1.0)]
    public void Reported_errors_match_the_scatter_and_stay_near_the_bound(double detectorBlur, double contrastToNoise)
    {
        // 300 frames of one cube. The bound is the closed form for a square (Cramer-Rao, contrast << 1): sigma_x^2 = sqrt(pi) s noise^2 / (a C^2).
        const double contrast = 0.3, half = 15, lens = 0.9;
        const int size = 64, repeats = 300;
        using var pool = new FramePool();
        var random = new Random(7);
        var variancePerCount = contrast * contrast * PatchMaker.Level / (contrastToNoise * contrastToNoise);
        var blur = Math.Sqrt((lens * lens) + (detectorBlur * detectorBlur) + (1 / 12.0));
        var correlation = Correlation(detectorBlur, out var gain);
        var noise = new NoiseModel(0, variancePerCount * gain * gain, correlation, correlation);
        var fitter = new PoseFitter(noise, blur);
        double sx = 0, sa = 0, nx = 0, ny = 0, na = 0, ns = 0;
        for (var k = 0; k < repeats; k++)
        {
            var truth = new ShapePose(ShapeKind.Square, 32 + random.NextDouble(), 32 + random.NextDouble(), random.NextDouble() - 0.5, half, half, contrast);
            using var frame = PatchMaker.Noisy(pool, PatchMaker.Clean(truth, lens, size) is var clean && detectorBlur > 0 ? PatchMaker.Blur(clean, size, detectorBlur) : clean, size, variancePerCount, detectorBlur, random);
            var start = truth with { X = truth.X + 0.4, Y = truth.Y - 0.3, Angle = truth.Angle + 0.04, Contrast = 0.25 };
            fitter.Load(frame, PatchMaker.Flat(), start, []);
            var fit = fitter.Fit(start, null);
            double dx = fit.Pose.X - truth.X, dy = fit.Pose.Y - truth.Y, da = fit.Pose.Angle - truth.Angle, ds = fit.Pose.S1 - truth.S1;
            sx += ((dx * dx) + (dy * dy)) / 2;
            sa += da * da;
            nx += dx * dx / (fit.XErr * fit.XErr);
            ny += dy * dy / (fit.YErr * fit.YErr);
            na += da * da / (fit.AngleErr * fit.AngleErr);
            ns += ds * ds / (fit.S1Err * fit.S1Err);
        }

        var meanVariance = variancePerCount * PatchMaker.Level * (1 - (contrast / 2));
        var bound = Math.Sqrt(Math.Sqrt(Math.PI) * blur * meanVariance / (2 * half)) / (contrast * PatchMaker.Level);
        var boundAngle = Math.Sqrt(6) * bound / (2 * half);
        TestContext.Current.TestOutputHelper?.WriteLine($"x {Math.Sqrt(sx / repeats) / bound:F3} angle {Math.Sqrt(sa / repeats) / boundAngle:F3} NEES {nx / repeats:F2} {ny / repeats:F2} {na / repeats:F2} size {ns / repeats:F2}");
        Assert.InRange(Math.Sqrt(sx / repeats) / bound, 0.6, 1.2);
        Assert.InRange(Math.Sqrt(sa / repeats) / boundAngle, 0.6, 1.3);
        Assert.InRange((nx + ny) / 2 / repeats, 0.8, 1.3);
        Assert.InRange(na / repeats, 0.8, 1.35);
        Assert.InRange(ns / repeats, 0.75, 1.35);
    }

    // White noise blurred by a sampled Gaussian: correlation by lag along one axis, and the factor on its standard deviation.
    private static double[] Correlation(double sigma, out double gain)
    {
        gain = 1;
        if (sigma <= 0)
        {
            return [1, 0, 0, 0];
        }

        var radius = (int)Math.Ceiling(4 * sigma);
        var kernel = Enumerable.Range(-radius, (2 * radius) + 1).Select(k => Math.Exp(-k * k / (2 * sigma * sigma))).ToArray();
        var sum = kernel.Sum();
        var auto = new double[NoiseModel.Lags + 1];
        for (var lag = 0; lag < auto.Length; lag++)
        {
            for (var k = 0; k + lag < kernel.Length; k++)
            {
                auto[lag] += kernel[k] * kernel[k + lag] / (sum * sum);
            }
        }

        gain = auto[0];
        return [.. auto.Select(a => a / auto[0])];
    }
}
