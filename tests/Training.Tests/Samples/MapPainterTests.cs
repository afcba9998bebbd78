using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Shapes;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Tests.Samples;

public class MapPainterTests
{
    private const int Size = 96;
    private const int Pixels = Size * Size;

    [Fact]
    public void A_discs_maps_are_those_of_the_formulas()
    {
        const double radius = 15;
        var (labels, maps) = Painted(new PlacedForm(new ParticleForm(new RodShape(2 * radius, 2 * radius, 1)), 40.3, 50.8, 33));
        var centre = maps.AsSpan(MapLayout.Centre * Pixels, Pixels);
        double area = 0, band = 0;
        for (var y = 0; y < Size; y++)
        {
            for (var x = 0; x < Size; x++)
            {
                var i = (y * Size) + x;
                var r = Math.Sqrt(((x - 40.3) * (x - 40.3)) + ((y - 50.8) * (y - 50.8)));
                Assert.Equal(r <= radius ? 1f : 0f, maps[i]);
                Assert.Equal(Math.Abs(r - radius) <= 0.8 ? 1f : 0f, maps[Pixels + i]);
                // Mxx = radius^2 / 4 of a disc; its moments come from a sum over cells, so the last digits are not the formula's.
                var s = radius * Math.Sqrt(MapLayout.CentreSpread / 4);
                if (r < 3 * s)
                {
                    Assert.Equal(Math.Exp(-0.5 * r * r / (s * s)), centre[i], 2e-3);
                }

                area += maps[i];
                band += maps[Pixels + i];
                Assert.Equal(r <= radius ? 1 : 0, labels.Instances[i]);
            }
        }

        Assert.Equal(Math.PI * radius * radius, area, 12.0);
        Assert.Equal(2 * Math.PI * radius * 1.6, band, 14.0);
        var at = (51 * Size) + 40;
        Assert.Equal(Math.Log2(radius / 10), maps[(MapLayout.LogSize * Pixels) + at], 0.005);
        Assert.Equal(0, maps[(MapLayout.ElongationX * Pixels) + at], 0.005);
        Assert.Equal(0, maps[(MapLayout.ElongationY * Pixels) + at], 0.005);
    }

    [Fact]
    public void A_squares_size_is_that_of_its_moments()
    {
        // Mxx = Myy = side^2 / 12.
        var label = MapPainter.LabelOf(new PlacedForm(new ParticleForm(new PrismShape(4, 12, 1)), 0, 0, 27));
        Assert.Equal(Math.Log2(2 * 24 / Math.Sqrt(12) / 10), label.LogSize, 0.005);
        Assert.Equal(0, label.ElongationX, 0.005);
        Assert.Equal(0, label.ElongationY, 0.005);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(120)]
    public void A_bars_elongation_points_along_it(double angleDeg)
    {
        var label = MapPainter.LabelOf(new PlacedForm(new ParticleForm(new BarShape(40, 16, 0, 0, 1)), 10, 20, angleDeg));
        // Muu = length^2 / 12, Mvv = width^2 / 12.
        var ratio = (1600.0 - 256) / (1600 + 256);
        Assert.Equal(ratio * Math.Cos(2 * angleDeg * Math.PI / 180), label.ElongationX, 0.005);
        Assert.Equal(ratio * Math.Sin(2 * angleDeg * Math.PI / 180), label.ElongationY, 0.005);
        Assert.Equal(Math.Log2(2 * Math.Sqrt(40 * 16 / 12.0) / 10), label.LogSize, 0.005);
        Assert.Equal(10, label.XPx, 1e-6);
        Assert.Equal(20, label.YPx, 1e-6);
    }

    [Fact]
    public void An_ellipse_has_the_size_and_elongation_of_its_axes()
    {
        // Moments of an ellipse of full axes A and B: A^2 / 16, B^2 / 16; the radius is sqrt(A B) / 2.
        var form = new ParticleForm(RadialShape.Ellipse(20, 1, 1.8));
        var label = MapPainter.LabelOf(new PlacedForm(form, 0, 0, 0));
        Assert.Equal(Math.Log2(Math.Sqrt(20 * 36) / 2 / 10), label.LogSize, 0.01);
        Assert.Equal(((1.8 * 1.8) - 1) / ((1.8 * 1.8) + 1), label.ElongationX, 0.01);
        Assert.Equal(36, form.Shape.MajorPx, 0.3);
        Assert.Equal(Math.PI * 20 * 36 / 4, form.Shape.AreaPx, 2.0);
        Assert.Equal(form.Shape.AreaPx, form.AreaPx, 6.0);
    }

    [Fact]
    public void An_irregular_outline_is_as_wide_as_asked_and_its_band_as_wide_as_any()
    {
        var random = new SimRandom(3, 1);
        for (var i = 0; i < 20; i++)
        {
            var form = new ParticleForm(i % 2 == 0 ? RadialShape.Irregular(30, 1, 0.15, ref random) : RadialShape.Polygon(30, 1, 5 + (i % 4), 0.2, ref random));
            var (labels, maps) = Painted(new PlacedForm(form, 48, 48, 10 * i));
            var band = maps.AsSpan(Pixels, Pixels).ToArray().Sum();
            double outline = 0;
            var points = form.Shape.Outline;
            for (var k = 0; k < points.Length; k += 2)
            {
                var next = (k + 2) % points.Length;
                outline += Math.Sqrt(Math.Pow(points[next] - points[k], 2) + Math.Pow(points[next + 1] - points[k + 1], 2));
            }

            Assert.InRange(band / outline, 1.4, 1.9);
            Assert.Equal(form.AreaPx, maps.AsSpan(0, Pixels).ToArray().Sum(), 0.03 * form.AreaPx);
            Assert.Equal(30, form.Shape.MinorPx);
            // The label's centre is the painted particle's.
            double x = 0, n = 0;
            for (var p = 0; p < Pixels; p++)
            {
                (x, n) = (x + (maps[p] * (p % Size)), n + maps[p]);
            }

            Assert.Equal(x / n, labels.Particles[0].XPx, 0.15);
        }
    }

    [Fact]
    public void Overlapping_particles_share_the_ground_and_keep_both_outlines()
    {
        var form = new ParticleForm(new PrismShape(4, 12, 1));
        var (labels, maps) = Painted(new PlacedForm(form, 40, 48, 0), new PlacedForm(form, 56, 48, 0));
        Assert.Equal([1, 1], new[] { (int)labels.Instances[(48 * Size) + 40], labels.Instances[(48 * Size) + 47] });
        Assert.Equal(2, labels.Instances[(48 * Size) + 49]);
        // The first one's right side runs through the second one, and the other way about.
        Assert.Equal(1f, maps[Pixels + (48 * Size) + 52]);
        Assert.Equal(1f, maps[Pixels + (48 * Size) + 44]);
        Assert.Equal(0f, maps[Pixels + (48 * Size) + 48]);
        Assert.Equal(1f, maps[(48 * Size) + 52]);
    }

    [Fact]
    public void A_particle_cut_by_the_border_keeps_the_size_of_the_whole()
    {
        var form = new ParticleForm(new PrismShape(4, 12, 1));
        var (_, maps) = Painted(new PlacedForm(form, 1, 48, 0));
        Assert.Equal(Math.Log2(2 * 24 / Math.Sqrt(12) / 10), maps[(MapLayout.LogSize * Pixels) + (48 * Size) + 1], 0.005);
        Assert.Equal(0f, maps[Pixels + (48 * Size)]);
        Assert.Equal(1f, maps[Pixels + (48 * Size) + 13]);
        Assert.Equal(14 * 25, maps.AsSpan(0, Pixels).ToArray().Sum(), 0.5);
    }

    [Fact]
    public void A_hollow_sides_band_is_as_wide_as_a_straight_ones()
    {
        // Halfway up the side the outline lies 3 px inside the square.
        var (_, maps) = Painted(new PlacedForm(new ParticleForm(new PrismShape(4, 20, 1, 0, 3)), 48, 48, 0));
        var row = Enumerable.Range(48, 40).Where(x => maps[Pixels + (48 * Size) + x] > 0);
        Assert.Equal([65], row);
        Assert.Equal(0f, maps[(48 * Size) + 66]);
        Assert.Equal(1f, maps[(48 * Size) + 64]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Labels_turn_with_the_picture(int which)
    {
        var label = MapPainter.LabelOf(new PlacedForm(new ParticleForm(new BarShape(40, 16, 2, 0, 1)), 30, 55, 25));
        var labels = MapPainter.Label([new PlacedForm(new ParticleForm(new BarShape(40, 16, 2, 0, 1)), 30, 55, 25)], Size);
        var turned = new byte[Pixels];
        new Turn(which).Apply<byte>(labels.Flags, turned, Size);
        var after = new Turn(which).Apply(label, Size);
        // The label that the turned pixels themselves ask for.
        double n = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
        for (var i = 0; i < Pixels; i++)
        {
            if ((turned[i] & LayerLabels.Inside) != 0)
            {
                var (x, y) = (i % Size, i / Size);
                (n, sx, sy, xx, yy, xy) = (n + 1, sx + x, sy + y, xx + (x * x), yy + (y * y), xy + (x * y));
            }
        }

        var (cx, cy) = (sx / n, sy / n);
        var measured = ParticleLabel.Of(cx, cy, 16, (xx / n) - (cx * cx), (yy / n) - (cy * cy), (xy / n) - (cx * cy));
        Assert.Equal(measured.XPx, after.XPx, 0.15);
        Assert.Equal(measured.YPx, after.YPx, 0.15);
        Assert.Equal(measured.ElongationX, after.ElongationX, 0.02);
        Assert.Equal(measured.ElongationY, after.ElongationY, 0.02);
        Assert.Equal(measured.LogSize, after.LogSize, 0.02);
    }

    private static (LayerLabels Labels, float[] Maps) Painted(params PlacedForm[] particles)
    {
        var labels = MapPainter.Label(particles, Size);
        var maps = new float[MapLayout.PerLayer * Pixels];
        MapPainter.Paint(labels.Flags, labels.Particles, Size, maps, new float[Pixels]);
        return (labels, maps);
    }
}
