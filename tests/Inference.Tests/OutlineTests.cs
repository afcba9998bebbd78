using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using Xunit;

namespace LiveLtem.Inference.Tests;

/// <summary>Outlines of particles whose corners are not those of the fitted shape.</summary>
public class OutlineTests
{
    private const double Contrast = 0.3;

    [Theory]
    [InlineData(0.0, 2.0, 16, 5)]
    [InlineData(0.6, 2.0, 16, 5)]
    [InlineData(0.6, 1.0, 24, 12)]
    public void A_rounded_square_has_its_own_outline_and_the_stated_errors(double detectorBlur, double contrastToNoise, double half, double corner)
    {
        const int size = 80, repeats = 150;
        using var pool = new FramePool();
        var random = new Random(11);
        var variancePerCount = Contrast * Contrast * PatchMaker.Level / (contrastToNoise * contrastToNoise);
        var blur = Math.Sqrt((0.9 * 0.9) + (detectorBlur * detectorBlur) + (1 / 12.0));
        var fitter = new PoseFitter(NoiseOf(detectorBlur, variancePerCount), blur);
        var truth = Truth(half, corner);
        var sums = new double[OutlineGrid.Count];
        var squares = new double[OutlineGrid.Count];
        var areas = 0.0;
        for (var k = 0; k < repeats; k++)
        {
            var pose = new ShapePose(ShapeKind.Square, 40 + random.NextDouble(), 40 + random.NextDouble(), random.NextDouble() - 0.5, half, half, Contrast);
            var clean = PatchMaker.Blur(RoundedSquare(pose, corner, size), size, 0.9);
            using var frame = PatchMaker.Noisy(pool, detectorBlur > 0 ? PatchMaker.Blur(clean, size, detectorBlur) : clean, size, variancePerCount, detectorBlur, random);
            fitter.Load(frame, PatchMaker.Flat(), pose, []);
            var fit = fitter.Fit(pose with { X = pose.X + 0.2, Angle = pose.Angle + 0.02, Contrast = 0.25 }, null);
            Assert.True(fitter.Load(frame, PatchMaker.Flat(), fit.Pose, [], fitter.OutlineMarginPx(fit.Pose)));
            var outline = fitter.Outline(fit.Pose);
            Assert.NotNull(outline);
            areas += outline.AreaPx / repeats;
            for (var i = 0; i < sums.Length; i++)
            {
                var off = outline.SquaredPx[i] - truth[i];
                sums[i] += off / repeats;
                squares[i] += off * off / outline.SquaredErrPx[i] / outline.SquaredErrPx[i] / repeats;
            }
        }

        // As radii, directions that symmetry makes equal taken together, and those round the corner, where blur passes some on to the next one.
        var folded = Enumerable.Range(0, 5).Select(c => Enumerable.Range(0, 48).Where(i => Math.Min(4, Math.Min(i % 12, 12 - (i % 12))) == c).Average(i => sums[i] / 2 / Math.Sqrt(truth[i]))).ToArray();
        var corners = Enumerable.Range(0, 4).Average(i => sums[(12 * i) + 6] / 2 / Math.Sqrt(truth[6]));
        TestContext.Current.TestOutputHelper?.WriteLine($"radii off by {string.Join(' ', folded.Select(o => o.ToString("F3")))} px, corners {corners:F2} px, area {areas - Area(half, corner):F2} of {Area(half, corner):F0}, NEES {squares.Average():F2}");
        Assert.All(folded, off => Assert.InRange(off, -0.09, 0.09));
        Assert.InRange(corners, -0.3, 0.3);
        Assert.InRange(areas - Area(half, corner), -0.004 * Area(half, corner), 0.004 * Area(half, corner));
        Assert.InRange(squares.Average(), 0.75, 1.35);
    }

    [Fact]
    public void A_rod_keeps_the_outline_that_was_fitted()
    {
        using var pool = new FramePool();
        var random = new Random(5);
        var pose = new ShapePose(ShapeKind.Rod, 40.3, 39.8, 0.4, 24, 9, 0.4);
        var fitter = new PoseFitter(NoiseOf(0, 0.01), 1.0);
        using var frame = PatchMaker.Noisy(pool, PatchMaker.Clean(pose, 0.96, 80), 80, 0.01, 0, random);
        fitter.Load(frame, PatchMaker.Flat(), pose, []);
        var fit = fitter.Fit(pose, null);
        fitter.Load(frame, PatchMaker.Flat(), fit.Pose, [], fitter.OutlineMarginPx(fit.Pose));

        var outline = fitter.Outline(fit.Pose)!;

        Assert.Equal(2, outline.Symmetry);
        Assert.Equal(24, Math.Sqrt(outline.SquaredPx[0]), 0.6);
        Assert.Equal(9, Math.Sqrt(outline.SquaredPx[12]), 0.2);
        Assert.Equal(pose.Area, outline.AreaPx, 0.02 * pose.Area);
    }

    [Fact]
    public void What_is_hardly_wider_than_its_edges_has_no_outline()
    {
        using var pool = new FramePool();
        var pose = new ShapePose(ShapeKind.Square, 30, 30, 0.2, 4, 4, Contrast);
        var fitter = new PoseFitter(NoiseOf(0, 0.1), 1.2);
        using var frame = PatchMaker.Noisy(pool, PatchMaker.Clean(pose, 1.1, 60), 60, 0.1, 0, new Random(1));
        fitter.Load(frame, PatchMaker.Flat(), pose, [], fitter.OutlineMarginPx(pose));

        Assert.Null(fitter.Outline(pose));
    }

    private static double Area(double half, double corner) => (4 * half * half) - ((4 - Math.PI) * corner * corner);

    private static NoiseModel NoiseOf(double detectorBlur, double variancePerCount)
    {
        if (detectorBlur <= 0)
        {
            return new NoiseModel(0, variancePerCount, [1, 0, 0, 0], [1, 0, 0, 0]);
        }

        var kernel = Enumerable.Range(-4, 9).Select(k => Math.Exp(-k * k / (2 * detectorBlur * detectorBlur))).ToArray();
        var sum = kernel.Sum();
        var auto = Enumerable.Range(0, NoiseModel.Lags + 1).Select(lag => Enumerable.Range(0, 9 - lag).Sum(k => kernel[k] * kernel[k + lag]) / sum / sum).ToArray();
        double[] correlation = [.. auto.Select(a => a / auto[0])];
        return new NoiseModel(0, variancePerCount * auto[0] * auto[0], correlation, correlation);
    }

    // Mean squared distances by direction, by brute force.
    private static double[] Truth(double half, double corner)
    {
        var truth = new double[OutlineGrid.Count];
        for (var k = 0; k < truth.Length; k++)
        {
            const int fine = 400;
            double sum = 0, all = 0;
            for (var j = -fine; j <= fine; j++)
            {
                var weight = 1 - Math.Abs(j / (double)fine);
                var (sin, cos) = Math.SinCos((k + (j / (double)fine)) * OutlineGrid.Step);
                double low = 0, high = 2 * half;
                for (var turn = 0; turn < 40; turn++)
                {
                    var middle = (low + high) / 2;
                    (low, high) = IsInside(cos * middle, sin * middle, half, corner) ? (middle, high) : (low, middle);
                }

                (sum, all) = (sum + (weight * low * low), all + weight);
            }

            truth[k] = sum / all;
        }

        return truth;
    }

    private static bool IsInside(double u, double v, double half, double corner)
    {
        (u, v) = (Math.Abs(u), Math.Abs(v));
        var (du, dv) = (u - (half - corner), v - (half - corner));
        return u < half && v < half && (du < 0 || dv < 0 || (du * du) + (dv * dv) < corner * corner);
    }

    private static float[] RoundedSquare(ShapePose pose, double corner, int size)
    {
        const int sub = 8;
        var (sin, cos) = Math.SinCos(pose.Angle);
        var image = new float[size * size];
        for (var i = 0; i < image.Length; i++)
        {
            var covered = 0;
            for (var j = 0; j < sub * sub; j++)
            {
                var dx = (i % size) - 0.5 + (((j % sub) + 0.5) / sub) - pose.X;
                var dy = (i / size) - 0.5 + (((j / sub) + 0.5) / sub) - pose.Y;
                covered += IsInside((dx * cos) + (dy * sin), (dy * cos) - (dx * sin), pose.S1, corner) ? 1 : 0;
            }

            image[i] = (float)(PatchMaker.Level * (1 - (pose.Contrast * covered / (sub * sub))));
        }

        return image;
    }
}
