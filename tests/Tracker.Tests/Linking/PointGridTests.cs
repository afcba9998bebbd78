using CsCheck;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Tests.Linking;

public sealed class PointGridTests
{
    private static readonly Gen<Point2> Points = Gen.Select(Gen.Double[-100, 100], Gen.Double[-100, 100], (x, y) => new Point2(x, y));

    [Fact]
    public void Finds_just_the_points_within_the_radius() =>
        Gen.Select(Points.Array[0, 60], Points, Gen.Double[0, 150], Gen.Double[0.5, 80]).Sample((points, centre, radius, cell) =>
        {
            var grid = new PointGrid();
            grid.Build(points, cell);
            List<Neighbour> found = [];
            grid.Within(centre, radius, found);
            var expected = Enumerable.Range(0, points.Length).Where(i => points[i].DistanceSquaredTo(centre) <= radius * radius);
            Assert.Equal(expected, found.Select(n => n.Index).Order());
        });

    [Fact]
    public void Finds_the_nearest_point() =>
        Gen.Select(Points.Array[1, 60], Points, Gen.Double[0.5, 80]).Sample((points, centre, cell) =>
        {
            var grid = new PointGrid();
            grid.Build(points, cell);
            var index = grid.Nearest(centre, 1000, out var squared);
            Assert.Equal(points.Min(p => p.DistanceSquaredTo(centre)), squared);
            Assert.Equal(squared, points[index].DistanceSquaredTo(centre));
        });

    [Theory]
    [InlineData(0, -1e-200, 0, 1)]
    [InlineData(-1e-200, 0, 0, 1)]
    [InlineData(0.3, 0.1 + 0.2, 0, 0.30000000000000004)]
    [InlineData(1, -1e-17, 1, 0.5)]
    public void A_point_within_the_radius_by_rounding_alone_is_found_across_the_border_of_its_cell(double centre, double x, double radius, double cell)
    {
        var grid = new PointGrid();
        grid.Build([new Point2(x, 0)], cell);
        List<Neighbour> found = [];
        grid.Within(new Point2(centre, 0), radius, found);
        Assert.Equal(new Point2(x, 0).DistanceSquaredTo(new Point2(centre, 0)) <= radius * radius, found.Count == 1);
    }

    [Fact]
    public void A_stray_point_far_away_neither_costs_memory_nor_hides_the_others()
    {
        var grid = new PointGrid();
        grid.Build([new Point2(0, 0), new Point2(1e140, -1e140), new Point2(3, 4)], 1);
        Assert.Equal(2, grid.Nearest(new Point2(3, 3), 2, out _));
        List<Neighbour> found = [];
        grid.Within(new Point2(0, 0), 5, found);
        Assert.Equal([0, 2], found.Select(n => n.Index).Order());
    }

    [Fact]
    public void A_grid_can_be_built_again()
    {
        var grid = new PointGrid();
        grid.Build([.. Enumerable.Range(0, 100).Select(i => new Point2(i, i))], 3);
        grid.Build([new Point2(7, 7)], 1);
        Assert.Equal(1, grid.Count);
        Assert.Equal(0, grid.Nearest(new Point2(7, 7), 1, out _));
        Assert.Equal(-1, grid.Nearest(new Point2(50, 50), 1, out _));
    }
}
