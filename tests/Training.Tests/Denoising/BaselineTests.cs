using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Scoring;
using LiveLtem.Training.Denoising;
using Xunit;

namespace LiveLtem.Training.Tests.Denoising;

public sealed class BaselineTests
{
    [Fact]
    public void What_shows_too_little_ranks_below_what_shows_noise_and_both_below_what_is_there()
    {
        BaselineResult[] results =
        [
            Of("wiped", 0.4, 1.6), Of("raw", 0.1, 0.01), Of("filter", 0.5, 0.9), Of("better filter", 0.8, 1.2), Of("blank", null, null), Of("mean", 0.3, 0.1),
        ];

        Assert.Equal(["better filter", "filter", "mean", "raw", "wiped", "blank"], BaselineResult.Ranked(results).Select(result => result.Name));
    }

    [Fact]
    public void The_clean_movie_wiped_by_a_blur_comes_out_last()
    {
        const int side = 96, frames = 36;
        var random = new SimRandom(5, 0);
        var clean = Enumerable.Range(0, frames).Select(t => Discs(side, t)).ToList();
        var raw = clean.ConvertAll(picture => Array.ConvertAll(picture, value => value + (float)(200 * random.NextNormal())));

        var ranked = BaselineResult.Ranked(new Baselines(raw, clean, side, side).All(12, _ => { }).Append(new Baselines(raw, clean, side, side).Ours("ours", null, looksAhead: false)));

        Assert.Contains("wiped", ranked[^1].Name, StringComparison.Ordinal);
        Assert.True(ranked.ToList().FindIndex(result => result.Name == "ours") < ranked.ToList().FindIndex(result => result.Name == "raw"));
    }

    [Fact]
    public void A_hot_pixel_is_replaced_and_its_neighbours_stay()
    {
        const int side = 16, hot = (7 * side) + 5;
        var random = new SimRandom(9, 0);
        var frames = Enumerable.Range(0, 20).Select(_ => Enumerable.Range(0, side * side).Select(i => (float)(100 + random.NextNormal() + (i == hot ? 5000 : 0))).ToArray()).ToList();

        var pixels = new HotPixels(frames, side, side);
        var before = (float[])frames[0].Clone();
        pixels.Replace(frames[0]);

        Assert.Equal(1, pixels.Count);
        Assert.Equal(100, frames[0][hot], 3.0);
        before[hot] = frames[0][hot];
        Assert.Equal(before, frames[0]);
    }

    private static BaselineResult Of(string name, double? correlation, double? slope) =>
        new(name, new PictureScore { Frames = 1, DetailCorrelation = correlation, DetailCorrelationOfFrames = correlation, CalibrationSlope = slope, PsnrDb = 30, Ssim = 0.9 });

    private static float[] Discs(int side, int t)
    {
        var picture = new float[side * side];
        for (var i = 0; i < picture.Length; i++)
        {
            double x = i % side, y = i / side;
            var inside = Math.Min(Distance(x, y, 30 + (0.2 * t), 30), Distance(x, y, 66, 60 - (0.2 * t))) < 9;
            picture[i] = inside ? 900 : 1000;
        }

        return picture;
    }

    private static double Distance(double x, double y, double cx, double cy) => Math.Sqrt(((x - cx) * (x - cx)) + ((y - cy) * (y - cy)));
}
