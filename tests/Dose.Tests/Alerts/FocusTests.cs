using LiveLtem.Core;
using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Tests.Alerts;

/// <summary>The focus by pictures whose blur is known: squares with edges of a Gaussian's integral.</summary>
public class FocusTests
{
    private const int Side = 256;
    private const double SquarePx = 22;
    private const double LensPx = 1.5;
    private const int Before = 40;

    [Theory]
    [InlineData(2.5)]
    [InlineData(3.5)]
    [InlineData(5)]
    public void A_blur_is_measured_and_told_as_a_change(double blurPx)
    {
        var readings = Read(frame => frame < Before ? 0 : blurPx, _ => 1, pattern: 0);
        Assert.All(After(readings), reading => Assert.True(reading.IsSure));
        Assert.Equal(blurPx, Median(After(readings)), 0.15 * blurPx);
        Assert.DoesNotContain(readings.Take(Before), reading => reading.IsSure);
    }

    [Fact]
    public void What_the_camera_shows_in_every_frame_does_not_hide_a_blur()
    {
        // The pattern of the gain is as sharp as ever: rings that the lens has emptied are not empty.
        var readings = Read(frame => frame < Before ? 0 : 4, _ => 1, pattern: 0.03);
        Assert.All(After(readings), reading => Assert.True(reading.IsSure));
        Assert.InRange(Median(After(readings)), 3, 5);
    }

    [Fact]
    public void A_change_of_contrast_is_none_of_focus()
    {
        var readings = Read(_ => 0, frame => frame < Before ? 1 : 0.8, pattern: 0);
        Assert.DoesNotContain(readings, reading => reading.IsSure);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(3.5)]
    public void A_picture_that_is_in_focus_again_is_told_as_sharper(double blurPx)
    {
        var readings = After(Read(frame => frame < Before ? blurPx : 0, _ => 1, pattern: 0));
        Assert.All(readings.Take(5), reading => Assert.True(reading is { IsSure: true, BlurPx: < -1.5 }, $"{reading}"));
    }

    // The first frame of a change is half of either, and one whose picture may have jumped is not read.
    private static List<FocusReading> After(List<FocusReading> readings)
    {
        var after = readings.Skip(Before + 1).Where(reading => reading.BlurPx is not null).ToList();
        Assert.InRange(after.Count, 7, 9);
        return after;
    }

    private static double Median(IEnumerable<FocusReading> readings)
    {
        var values = readings.Select(reading => reading.BlurPx!.Value).Order().ToList();
        return values[values.Count / 2];
    }

    // Readings by frame, those without one as if nothing were known.
    private static List<FocusReading> Read(Func<int, double> blur, Func<int, double> contrast, double pattern)
    {
        const int Frames = Before + 10;
        var random = new Random(5);
        var squares = Enumerable.Range(0, 30).Select(i => (X: 20 + (42 * (i % 6)) + (6 * random.NextDouble()), Y: 20 + (46 * (i / 6)) + (6 * random.NextDouble()))).ToList();
        var gain = new double[Side * Side];
        for (var i = 0; i < gain.Length; i++)
        {
            gain[i] = 1 + (pattern * Normal(random));
        }

        using var pool = new FramePool();
        var monitor = new FrameMonitor(new Calibration { DarkLevel = new Calibrated(100, "test") }, new MonitorSettings { BlankBelow = 0.1, LeastJumpPx = 4, LeastBubbleExcess = 0.1 });
        var readings = new List<FocusReading>();
        for (var number = 0; number < Frames; number++)
        {
            var draft = pool.Rent(Side, Side, PixelType.UInt16);
            var pixels = draft.Pixels<ushort>();
            var sigma = Math.Sqrt((LensPx * LensPx) + (blur(number) * blur(number)));
            var dark = new double[Side * Side];
            foreach (var (x, y) in squares)
            {
                Draw(dark, x + (0.3 * Normal(random)), y + (0.3 * Normal(random)), sigma);
            }

            for (var i = 0; i < pixels.Length; i++)
            {
                var electrons = 20 * (1 - (0.5 * contrast(number) * dark[i]));
                pixels[i] = (ushort)Math.Clamp(100 + (16 * gain[i] * (electrons + (Math.Sqrt(electrons) * Normal(random)))), 0, 65535);
            }

            using var frame = draft.Publish(new FrameHeader { Number = number });
            readings.Add(monitor.Read(frame, WatchedMovie.Gauge(frame)).Focus ?? default);
        }

        return readings;
    }

    private static void Draw(double[] dark, double x, double y, double sigma)
    {
        var reach = (int)((SquarePx / 2) + (4 * sigma)) + 1;
        for (var row = Math.Max(0, (int)y - reach); row <= Math.Min(Side - 1, (int)y + reach); row++)
        {
            var down = Edge(row - y, sigma);
            for (var column = Math.Max(0, (int)x - reach); column <= Math.Min(Side - 1, (int)x + reach); column++)
            {
                dark[(row * Side) + column] += down * Edge(column - x, sigma);
            }
        }
    }

    private static double Edge(double at, double sigma) => Step((at + (SquarePx / 2)) / sigma) - Step((at - (SquarePx / 2)) / sigma);

    // The normal distribution's integral (Abramowitz and Stegun 26.2.17, good to 1e-7).
    private static double Step(double z)
    {
        var t = 1 / (1 + (0.2316419 * Math.Abs(z)));
        var tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return z < 0 ? tail : 1 - tail;
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
