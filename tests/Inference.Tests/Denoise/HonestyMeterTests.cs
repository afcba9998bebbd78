using CsCheck;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Denoise.Honesty;

namespace LiveLtem.Inference.Tests.Denoise;

public sealed class HonestyMeterTests
{
    private const int Side = 128;
    private const double Noise = 10;

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(6)]
    public void Error_is_measured_without_a_clean_frame(double error)
    {
        // A known error of alternating sign on a known picture under white noise: its mean square is error².
        var figures = Run(60, (_, x, y) => Blob(x, y, 30), (_, x, y) => Blob(x, y, 30) + (((x + y) & 1) == 0 ? error : -error));

        Assert.InRange((figures.UnsupervisedMse - (error * error)) / figures.UnsupervisedMseErr, -4, 4);
        Assert.InRange(figures.RawMse / (Noise * Noise), 0.97, 1.03);
    }

    [Fact]
    public void What_is_taken_off_correlates_in_time_only_where_it_is_no_noise()
    {
        var right = Run(60, (_, x, y) => Blob(x, y, 30), (_, x, y) => Blob(x, y, 30));
        var wiped = Run(60, (_, x, y) => Blob(x, y, 30), (_, _, _) => 0);

        Assert.InRange(right.ResidualCorrelation, -0.12, 0.12);
        Assert.True(wiped.ResidualCorrelation > 0.2, $"{wiped.ResidualCorrelation}");
    }

    [Fact]
    public void Only_what_is_not_in_the_raw_frames_is_marked()
    {
        var right = Run(60, (_, x, y) => Blob(x, y, 30), (_, x, y) => Blob(x, y, 30));
        var invented = Run(60, (_, x, y) => Blob(x, y, 30), (_, x, y) => Blob(x, y, 30) + Blob(x - 40, y, 30));

        Assert.Equal(0, right.UnsupportedFraction);
        Assert.InRange(invented.UnsupportedFraction, 0.002, 0.15);
    }

    [Fact]
    public void The_mask_lies_where_the_invention_is()
    {
        using var meter = new HonestyMeter(Side, Side);
        Feed(meter, 40, (_, x, y) => Blob(x, y, 30), (_, x, y) => Blob(x, y, 30) + Blob(x - 40, y, 30));

        Assert.True(meter.Mask[(64 * Side) + 104]);
        Assert.False(meter.Mask[(64 * Side) + 64]);
        Assert.False(meter.Mask[(20 * Side) + 20]);
    }

    [Fact]
    public void After_a_change_the_figures_are_of_what_is_shown_since()
    {
        using var meter = new HonestyMeter(Side, Side);
        Feed(meter, 40, (_, _, _) => 0, (_, _, _) => 9);
        Assert.InRange(meter.Figures()!.UnsupervisedMse, 75, 87);
        meter.Restart();
        Assert.Null(meter.Figures());
        Feed(meter, 40, (_, _, _) => 0, (_, _, _) => 0);
        Assert.InRange(meter.Figures()!.UnsupervisedMse, -3, 3);
    }

    [Fact]
    public void The_runs_of_a_mask_are_the_mask() => Gen.Bool.Array[0, 60].Sample(mask =>
    {
        var runs = UnsupportedMask.Of(3, 1, mask.Length, mask, 1).Runs;
        var again = new bool[mask.Length];
        for (var i = 0; i < runs.Count; i += 2)
        {
            Assert.True(runs[i + 1] > 0 && (i == 0 || runs[i] > runs[i - 2] + runs[i - 1]));
            again.AsSpan(runs[i], runs[i + 1]).Fill(true);
        }

        Assert.Equal(mask, again);
    });

    private static double Blob(int x, int y, double height) => height * Math.Exp(-0.5 * (((x - 64) * (x - 64)) + ((y - 64) * (y - 64))) / 25.0);

    private static HonestyFigures Run(int frames, Func<int, int, int, double> clean, Func<int, int, int, double> shown)
    {
        using var meter = new HonestyMeter(Side, Side);
        Feed(meter, frames, clean, shown);
        return meter.Figures()!;
    }

    private static void Feed(HonestyMeter meter, int frames, Func<int, int, int, double> clean, Func<int, int, int, double> shown)
    {
        var random = new SimRandom(3, 4);
        for (var t = 0; t < frames; t++)
        {
            var (raw, denoised) = (new float[Side * Side], new float[Side * Side]);
            for (var i = 0; i < raw.Length; i++)
            {
                raw[i] = (float)(clean(t, i % Side, i / Side) + (Noise * random.NextNormal()));
                denoised[i] = (float)shown(t, i % Side, i / Side);
            }

            meter.Add(raw, denoised);
        }
    }
}
