using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Tests;

public class RenderingTests
{
    private const double AttenuationPerNm = 0.0196;

    public static TheoryData<string> ShapeNames => ["cube", "concave", "triangle", "hexagon", "rod", "sphere"];

    [Theory]
    [MemberData(nameof(ShapeNames))]
    public void What_is_drawn_has_its_centre_where_truth_says_and_the_stated_area(string name)
    {
        var shape = Shape(name);
        const int Side = 96;
        var plane = Draw(shape, Side, 47.3, 46.8, 23);
        double mass = 0, x = 0, y = 0;
        for (var i = 0; i < plane.Length; i++)
        {
            var w = -Math.Log(plane[i]);
            mass += w;
            x += w * (i % Side);
            y += w * (i / Side);
        }

        Assert.Equal(47.3, x / mass, 0.02);
        Assert.Equal(46.8, y / mass, 0.02);
        if (shape.IsFlat)
        {
            var absorbed = plane.Sum(t => 1.0 - t);
            Assert.Equal(shape.AreaPx, absorbed / (1 - Math.Exp(-AttenuationPerNm * shape.MaxThicknessNm)), shape.AreaPx * 0.004);
        }
    }

    [Theory]
    [InlineData("triangle")]
    [InlineData("cube")]
    [InlineData("hexagon")]
    public void The_angle_of_a_prism_is_the_outward_normal_of_a_facet_from_x_towards_y(string name)
    {
        var shape = Shape(name);
        const double Turn = 23;
        const int Side = 120;
        var plane = Draw(shape, Side, 60, 60, Turn);
        // The n-th complex moment: its argument is n theta + pi for polygons whose facets point along theta.
        double re = 0, im = 0;
        for (var i = 0; i < plane.Length; i++)
        {
            var dx = (i % Side) - 60.0;
            var dy = (i / Side) - 60.0;
            var r = Math.Pow((dx * dx) + (dy * dy), shape.Symmetry / 2.0) * (1 - plane[i]);
            var phase = shape.Symmetry * Math.Atan2(dy, dx);
            re += r * Math.Cos(phase);
            im += r * Math.Sin(phase);
        }

        var period = 360.0 / shape.Symmetry;
        var angle = (Math.Atan2(im, re) - Math.PI) / shape.Symmetry * 180 / Math.PI;
        var off = angle - Turn;
        Assert.Equal(0, off - (period * Math.Round(off / period)), 0.1);
    }

    [Fact]
    public void The_angle_of_a_rod_is_its_long_axis_from_x_towards_y()
    {
        const int Side = 120;
        var plane = Draw(Shape("rod"), Side, 60, 60, 35);
        double xx = 0, xy = 0, yy = 0;
        for (var i = 0; i < plane.Length; i++)
        {
            var dx = (i % Side) - 60.0;
            var dy = (i / Side) - 60.0;
            xx += (1 - plane[i]) * dx * dx;
            xy += (1 - plane[i]) * dx * dy;
            yy += (1 - plane[i]) * dy * dy;
        }

        Assert.Equal(35, 0.5 * Math.Atan2(2 * xy, xx - yy) * 180 / Math.PI, 0.1);
    }

    [Fact]
    public void Overlapping_thicknesses_add()
    {
        const int Side = 96;
        var plane = Draw(Shape("cube"), Side, 48, 48, 0);
        TransmissionCanvas.Multiply(plane, Side, Side, Shape("cube"), 60, 48, 0, AttenuationPerNm);
        Assert.Equal(Math.Exp(-AttenuationPerNm * 80), plane[(48 * Side) + 54], 1e-4);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(3)]
    public void A_blur_keeps_the_sum_and_widens_by_its_sigma(double sigma)
    {
        const int Side = 64;
        var plane = new float[Side * Side];
        plane[(32 * Side) + 32] = 1000;
        new GaussianBlur(sigma).Apply(plane, Side, Side);
        double mass = 0, second = 0;
        for (var i = 0; i < plane.Length; i++)
        {
            mass += plane[i];
            second += plane[i] * Math.Pow((i % Side) - 32, 2);
        }

        Assert.Equal(1000, mass, 0.1);
        Assert.Equal(sigma * sigma, second / mass, sigma * sigma * 0.01);
    }

    internal static ParticleShape Shape(string name) => name switch
    {
        "cube" => new PrismShape(4, 18, 40, 3),
        "concave" => new PrismShape(4, 18, 40, 0, 2),
        "triangle" => new PrismShape(3, 14, 40, 2),
        "hexagon" => new PrismShape(6, 18, 40, 3),
        "rod" => new RodShape(50, 18, 1.2),
        _ => new RodShape(30, 30, 1.2),
    };

    private static float[] Draw(ParticleShape shape, int side, double x, double y, double angle)
    {
        var plane = new float[side * side];
        plane.AsSpan().Fill(1);
        TransmissionCanvas.Multiply(plane, side, side, shape, x, y, angle, AttenuationPerNm);
        return plane;
    }
}
