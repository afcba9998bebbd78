using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.HardwareSim.Tests;

public sealed class PictureScorerTests
{
    private const int Side = 96;

    [Fact]
    public void A_perfect_movie_has_correlation_slope_and_similarity_of_one()
    {
        var score = Score(clean => clean);

        Assert.Equal(1, score.DetailCorrelation!.Value, 1e-6);
        Assert.Equal(1, score.CalibrationSlope!.Value, 1e-6);
        Assert.Equal(1, score.Ssim!.Value, 1e-6);
        Assert.Null(score.PsnrDb);
    }

    [Fact]
    public void Contrast_shown_twice_too_strong_has_slope_one_half()
    {
        var score = Score(clean => [.. clean.Select(value => 100 + (2 * (value - 100)))]);

        Assert.Equal(1, score.DetailCorrelation!.Value, 1e-5);
        Assert.Equal(0.5, score.CalibrationSlope!.Value, 1e-5);
    }

    [Fact]
    public void Noise_of_the_strength_of_the_detail_takes_the_correlation_down_as_it_must()
    {
        // corr = 1 / sqrt(1 + noise variance / detail variance), slope = 1 / (1 + that ratio).
        var random = new SimRandom(1, 2);
        var score = Score(clean => [.. clean.Select(value => value + (float)random.NextNormal())]);
        var slope = score.CalibrationSlope!.Value;

        Assert.Equal(Math.Sqrt(slope), score.DetailCorrelation!.Value, 0.01);
        Assert.InRange(slope, 0.2, 0.95);
    }

    [Fact]
    public void A_movie_with_every_molecule_wiped_comes_out_worst_whatever_its_psnr()
    {
        var random = new SimRandom(1, 3);
        var noisy = Score(clean => [.. clean.Select(value => value + (float)(2 * random.NextNormal()))]);
        var wiped = Score(clean =>
        {
            var blurred = (float[])clean.Clone();
            new GaussianBlur(16).Apply(blurred, Side, Side);
            return blurred;
        });

        Assert.True(wiped.PsnrDb > noisy.PsnrDb);
        Assert.True(wiped.DetailCorrelation < noisy.DetailCorrelation, $"{wiped.DetailCorrelation} and {noisy.DetailCorrelation}");
    }

    private static PictureScore Score(Func<float[], float[]> shown)
    {
        var scorer = new PictureScorer(Side, Side);
        for (var t = 0; t < 4; t++)
        {
            var clean = new float[Side * Side];
            for (var i = 0; i < clean.Length; i++)
            {
                var value = 100.0;
                for (var blob = 0; blob < 5; blob++)
                {
                    double x = (i % Side) - 15 - (16 * blob) - t, y = (i / Side) - 20 - (11 * blob);
                    value -= 6 * Math.Exp(-0.5 * ((x * x) + (y * y)) / 12);
                }

                clean[i] = (float)value;
            }

            scorer.Add(clean, shown(clean));
        }

        return scorer.Score();
    }
}
