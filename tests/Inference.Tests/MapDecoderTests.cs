using System.Runtime.InteropServices;
using LiveLtem.Inference.Models;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

/// <summary>Maps that are written by hand in place of a network's.</summary>
public sealed class MapDecoderTests : IDisposable
{
    private const int Height = 128;
    private const int Width = 192;
    private const double Least = 0.2;
    private readonly NetworkModel _model = NetworkModel.Load("segment", ModelProvider.Cpu);
    private readonly NetworkRun _run;

    public MapDecoderTests()
    {
        _run = _model.Rent(Height, Width);
        _run.Map(0, MapLayout.Centre).Clear();
        Measures(logSize: 0, elongationX: 0, elongationY: 0);
    }

    [Fact]
    public void Each_blob_is_one_peak_where_it_lies()
    {
        (double X, double Y)[] places = [(20.3, 30.8), (60, 30.5), (150.25, 100), (100.5, 64.5)];
        foreach (var (x, y) in places)
        {
            Blob(x, y, 5, 5, 0.9);
        }

        var peaks = Read();
        Assert.Equal(places.Length, peaks.Count);
        foreach (var (x, y) in places)
        {
            var nearest = peaks.MinBy(p => Math.Pow(p.X - x, 2) + Math.Pow(p.Y - y, 2));
            Assert.Equal(x, nearest.X, 0.2);
            Assert.Equal(y, nearest.Y, 0.2);
            Assert.Equal(0.9, nearest.Score, 0.1);
        }
    }

    [Fact]
    public void The_measures_give_size_and_direction_of_the_bar_with_the_same_moments()
    {
        // Of a bar of half-lengths a and b: Mxx = a^2/3, Myy = b^2/3, turned by 30 degrees.
        const double a = 18, b = 6, angle = Math.PI / 6;
        var (r, e) = (2 * Math.Sqrt(a * b / 3), ((a * a) - (b * b)) / ((a * a) + (b * b)));
        Measures(Math.Log2(r / MapLayout.ReferencePx), e * Math.Cos(2 * angle), e * Math.Sin(2 * angle));
        Blob(90, 64, 9, 9, 0.8);

        var peak = Assert.Single(Read());
        Assert.Equal(a, peak.HalfMajor, 0.01);
        Assert.Equal(b, peak.HalfMinor, 0.01);
        Assert.Equal(angle, peak.Angle, 1e-3);
    }

    [Fact]
    public void Ripples_on_a_long_ridge_are_one_particle()
    {
        Blob(96, 64, 40, 4, 0.7, ripple: 0.06);
        var peak = Assert.Single(Read());
        Assert.Equal(64, peak.Y, 0.5);
        Assert.Equal(96, peak.X, 8.0);
    }

    [Fact]
    public void Two_peaks_with_a_deep_saddle_between_them_are_two_particles()
    {
        Blob(80, 64, 5, 5, 0.9);
        Blob(94, 64, 5, 5, 0.8);
        var peaks = Read();
        Assert.Equal(2, peaks.Count);
        Assert.True(peaks[0].Score > peaks[1].Score, "the higher one comes first");
    }

    [Fact]
    public void A_low_peak_close_to_a_high_one_of_its_size_is_the_same_particle()
    {
        Measures(logSize: 2, elongationX: 0, elongationY: 0);
        Blob(80, 64, 3, 3, 0.9);
        Blob(92, 64, 3, 3, 0.5);
        Assert.Equal(80, Assert.Single(Read()).X, 0.2);
    }

    [Fact]
    public void Equal_peaks_come_in_reading_order_however_often_they_are_read()
    {
        (double X, double Y)[] places = [(150, 20), (30, 20), (90, 60), (30, 100), (150, 100)];
        foreach (var (x, y) in places)
        {
            Blob(x, y, 4, 4, 0.75);
        }

        var first = Read();
        Assert.Equal(places.OrderBy(p => p.Y).ThenBy(p => p.X), first.Select(p => (Math.Round(p.X, 3), Math.Round(p.Y, 3))));
        Assert.Equal(first, Read());
    }

    [Fact]
    public void Padding_and_what_is_below_the_least_peak_are_ignored()
    {
        Blob(40, 40, 5, 5, 0.9);
        Blob(100, 40, 5, 5, 0.15);
        Blob(180, 40, 5, 5, 0.9);
        Blob(40, 120, 5, 5, 0.9);
        var peak = Assert.Single(MapDecoder.Read(_run, 1, 100, 160, Least));
        Assert.Equal(40, peak.X, 0.2);
        Assert.Equal(40, peak.Y, 0.2);
    }

    [Fact]
    public void Peaks_at_the_two_ends_of_neighbouring_rows_are_not_one()
    {
        Blob(0, 64, 3, 3, 0.9);
        Blob(Width - 1, 64, 3, 3, 0.85);
        Assert.Equal([0.0, Width - 1], Read().Select(p => p.X).Order().Select(x => x < Width / 2 ? Math.Floor(x / 3) : Math.Ceiling(x / (Width - 1)) * (Width - 1)));
    }

    [Fact]
    public void Maps_of_zeros_and_of_full_certainty_everywhere_give_none_and_one()
    {
        Assert.Empty(Read());
        _run.Map(0, MapLayout.Centre).Fill(255);
        Assert.Single(Read());
    }

    public void Dispose()
    {
        _run.Dispose();
        _model.Dispose();
    }

    private List<MapPeak> Read() => MapDecoder.Read(_run, 1, Height, Width, Least);

    // A Gaussian, over what is there already the greater of both, as the network was taught.
    private void Blob(double x, double y, double sigmaX, double sigmaY, double height, double ripple = 0)
    {
        var map = _run.Map(0, MapLayout.Centre);
        for (var row = 0; row < Height; row++)
        {
            for (var column = 0; column < Width; column++)
            {
                double u = (column - x) / sigmaX, v = (row - y) / sigmaY;
                var value = Math.Exp(-((u * u) + (v * v)) / 2) * height * (1 + (ripple * Math.Sin(column * 0.8)));
                ref var pixel = ref map[(row * Width) + column];
                pixel = Math.Max(pixel, (byte)Math.Round(255 * Math.Min(1, value)));
            }
        }
    }

    private void Measures(double logSize, double elongationX, double elongationY)
    {
        Fill(MapLayout.LogSize, logSize);
        Fill(MapLayout.ElongationX, elongationX);
        Fill(MapLayout.ElongationY, elongationY);

        // The network writes them where only reading is offered; here the test stands in for the network.
        void Fill(int map, double value)
        {
            var measures = _run.Geometry(0, map);
            MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(measures), measures.Length).Fill((float)value);
        }
    }
}
