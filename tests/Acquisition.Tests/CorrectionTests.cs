using LiveLtem.Acquisition.Correction;
using LiveLtem.Core;
using LiveLtem.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class CorrectionTests : IDisposable
{
    private const int Size = 96;
    private readonly FramePool _pool = new();

    public void Dispose()
    {
        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }

    [Theory]
    [InlineData(200.0)]
    [InlineData(20.0)]
    [InlineData(2.0)]
    public void Hot_and_dead_pixels_are_found_and_nothing_else(double counts)
    {
        int[] hot = [(10 * Size) + 20, (10 * Size) + 21, 0, (Size * Size) - 1, (50 * Size) + 70];
        var dead = counts > 10 ? [(30 * Size) + 40] : Array.Empty<int>();
        var random = new Random(7);
        var frames = Movie(16, (pixel, _) => Array.IndexOf(hot, pixel) >= 0 ? counts + 60 + (10 * Math.Sqrt(counts)) : Array.IndexOf(dead, pixel) >= 0 ? 0 : Poisson(random, counts));

        var map = FrameCorrector.Learn(frames);

        Assert.Equal(hot.Concat(dead).Order(), map.Pixels);
        Release(frames);
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(3.0)]
    [InlineData(300.0)]
    public void A_frame_full_of_particles_that_stand_still_loses_no_pixel(double counts)
    {
        // Sharp squares, corners and edges of the full contrast, and bright dots as small as the detector's blur allows.
        var random = new Random(3);
        var frames = Movie(16, (pixel, _) =>
        {
            var (y, x) = (pixel / Size, pixel % Size);
            var inSquare = x % 12 < 6 && y % 12 < 6;
            var dot = 3 * Math.Exp(-((Math.Pow((x % 16) - 8, 2) + Math.Pow((y % 16) - 8, 2)) / (2 * 0.7 * 0.7)));
            return Poisson(random, counts * ((inSquare ? 0.4 : 1) + dot));
        });

        Assert.Equal(0, FrameCorrector.Learn(frames).Count);
        Release(frames);
    }

    [Fact]
    public void Uneven_gain_from_pixel_to_pixel_is_not_taken_for_hot_pixels()
    {
        var random = new Random(11);
        var gain = Enumerable.Range(0, Size * Size).Select(_ => 1 + (0.08 * Gauss(random))).ToArray();
        var frames = Movie(16, (pixel, _) => Poisson(random, 400 * gain[pixel]));

        Assert.InRange(FrameCorrector.Learn(frames).Count, 0, 1);
        Release(frames);
    }

    [Fact]
    public void A_pixel_that_was_hit_once_is_not_hot()
    {
        var random = new Random(5);
        var frames = Movie(16, (pixel, frame) => pixel == 4000 && frame == 3 ? 60_000 : Poisson(random, 30));

        Assert.Equal(0, FrameCorrector.Learn(frames).Count);
        Release(frames);
    }

    [Fact]
    public void A_hot_pixel_becomes_the_median_of_its_good_neighbours_and_counts_stay_integers()
    {
        using var frame = FrameOf(3, 3, [1, 2, 3, 4, 999, 6, 7, 8, 900], number: 41);
        var corrector = new FrameCorrector(3, 3, new HotPixelMap(3, 3, [4, 8]));

        using var corrected = corrector.Apply(frame, _pool);

        Assert.Equal([1, 2, 3, 4, 4, 6, 7, 8, 6], corrected.Pixels<ushort>().ToArray());
        Assert.Equal(41, corrected.Number);
        Assert.Equal(999, frame.Pixels<ushort>()[4]);
    }

    [Fact]
    public void Dark_is_subtracted_and_the_gain_normalised_before_it_multiplies()
    {
        using var frame = FrameOf(1, 4, [110, 120, 130, 140], number: 0);
        var corrector = new FrameCorrector(1, 4, dark: [10, 20, 30, 40], gain: [2, 4, 6, 0]);

        using var corrected = corrector.Apply(frame, _pool);

        // The dead fourth pixel takes the good ones' place: those within two columns.
        Assert.Equal(PixelType.Float32, corrected.Type);
        Assert.Equal([50f, 100, 150, 150], corrected.Pixels<float>().ToArray());
    }

    [Fact]
    public void Nothing_to_correct_shares_the_frame_and_another_size_is_refused()
    {
        using var frame = FrameOf(1, 2, [1, 2], number: 0);

        using var same = new FrameCorrector(1, 2).Apply(frame, _pool);

        Assert.Equal(frame.Address, same.Address);
        Assert.Throws<InputException>(() => new FrameCorrector(2, 2).Apply(frame, _pool));
        Assert.Throws<InputException>(() => new FrameCorrector(2, 2, dark: [1]));
        Assert.Throws<InputException>(() => new FrameCorrector(1, 2, gain: [0, 0]));
    }

    [Fact]
    public void Few_frames_teach_nothing()
    {
        var frames = Movie(3, (pixel, _) => pixel == 77 ? 60_000 : 10);

        Assert.Equal(0, FrameCorrector.Learn(frames).Count);
        Release(frames);
    }

    [Fact]
    public void A_reference_is_the_mean_over_its_frames()
    {
        using var folder = new TempFolder();
        var path = new MrcFile { Width = 2, Height = 1, Sections = 3, Value = i => i }.Write(folder.File("dark.mrc"));

        Assert.Equal([2f, 3], ReferenceImage.Read(AcquisitionServices.CreateFrameSources(), path, 1, 2));
        Assert.Throws<InputException>(() => ReferenceImage.Read(AcquisitionServices.CreateFrameSources(), path, 2, 2));
        Assert.Equal(12.5, ReferenceImage.Level("12.5"));
        Assert.Null(ReferenceImage.Level("dark.mrc"));
    }

    private List<Frame> Movie(int count, Func<int, int, double> value)
    {
        var frames = new List<Frame>();
        for (var f = 0; f < count; f++)
        {
            var number = f;
            frames.Add(FrameOf(Size, Size, [.. Enumerable.Range(0, Size * Size).Select(p => (ushort)Math.Clamp(value(p, number), 0, 65535))], number));
        }

        return frames;
    }

    private Frame FrameOf(int height, int width, ushort[] pixels, long number)
    {
        using var draft = _pool.Rent(height, width, PixelType.UInt16);
        pixels.CopyTo(draft.Pixels<ushort>());
        return draft.Publish(new FrameHeader { Number = number });
    }

    private static void Release(List<Frame> frames) => frames.ForEach(f => f.Dispose());

    private static double Poisson(Random random, double mean)
    {
        if (mean > 50)
        {
            return Math.Max(0, Math.Round(mean + (Math.Sqrt(mean) * Gauss(random))));
        }

        var (limit, product, count) = (Math.Exp(-mean), random.NextDouble(), 0);
        while (product > limit)
        {
            product *= random.NextDouble();
            count++;
        }

        return count;
    }

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
