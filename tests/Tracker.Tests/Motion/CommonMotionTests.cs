using LiveLtem.Tracker.Linking;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Tests.Motion;

public sealed class CommonMotionTests
{
    [Fact]
    public void A_rigid_motion_is_fitted_back_from_its_pairs()
    {
        var random = new Random(1);
        var from = Enumerable.Range(0, 20).Select(_ => new Point2(500 * random.NextDouble(), 500 * random.NextDouble())).ToArray();
        var truth = new RigidMotion(new Point2(250, 100), 31, -12, 0.08);
        var fit = RigidMotion.Fit(from, Array.ConvertAll(from, truth.Apply));
        Assert.Equal(0.08, fit.AngleRad, 9);
        Assert.All(from, p => Assert.True(fit.Apply(p).DistanceSquaredTo(truth.Apply(p)) < 1e-16));
    }

    [Theory]
    [InlineData(0.9, 0, 0)]
    [InlineData(0.5, 0.5, 0)]
    [InlineData(-0.8, 0.3, 2)]
    [InlineData(0.1, 0.7, -4)]
    public void A_lattice_with_a_rim_shows_how_far_it_jumped_and_turned(double right, double down, double turnDeg)
    {
        const double Spacing = 50;
        var random = new Random(2);
        var from = Lattice(7, Spacing).Where(_ => random.NextDouble() > 0.05).ToArray();
        var truth = new RigidMotion(new Point2(150, 150), right * Spacing, down * Spacing, turnDeg * Math.PI / 180);
        var to = from.Where(_ => random.NextDouble() > 0.05).Select(truth.Apply).Select(p => new Point2(p.X + random.Gauss(2), p.Y + random.Gauss(2))).ToArray();
        var found = new CommonMotion().Find(from, to, from.Length);
        Assert.NotNull(found);
        Assert.All(from, p => Assert.True(found.Value.Motion.Apply(p).DistanceSquaredTo(truth.Apply(p)) < 9));
    }

    [Theory]
    [InlineData(0.31, -0.17, 0.05)]
    [InlineData(0, 0, 0.06)]
    [InlineData(-0.4, 0.2, -0.12)]
    [InlineData(0.15, 0, 0)]
    public void Shift_and_turn_of_a_part_of_a_pixel_are_found_to_within_their_errors(double right, double down, double turnDeg)
    {
        // Positions with an error of 0.1 px in both frames: 0.014 px a coordinate over 100 points, 0.0040 degrees over their spread of 203 px.
        const double Spacing = 50, Err = 0.1;
        var sites = Lattice(10, Spacing);
        var shiftErr = Math.Sqrt(2) * Err / 10;
        var turnErr = shiftErr / Math.Sqrt(sites.Average(p => p.DistanceSquaredTo(new Point2(225, 225)))) * 180 / Math.PI;
        double shiftSquares = 0, turnSquares = 0;
        const int Repeats = 100;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var random = new Random(seed);
            Point2 Seen(Point2 p) => new(p.X + random.Gauss(Err), p.Y + random.Gauss(Err));
            var truth = new RigidMotion(new Point2(225, 225), right, down, turnDeg * Math.PI / 180);
            var found = new CommonMotion().Find(Array.ConvertAll(sites, Seen), Array.ConvertAll(sites, p => Seen(truth.Apply(p))), sites.Length);
            Assert.NotNull(found);
            var off = found.Value.Motion.Apply(new Point2(225, 225)).DistanceSquaredTo(truth.Apply(new Point2(225, 225)));
            shiftSquares += off / 2;
            turnSquares += Math.Pow(found.Value.Motion.AngleDeg - turnDeg, 2);
        }

        Assert.InRange(Math.Sqrt(shiftSquares / Repeats) / shiftErr, 0.7, 1.3);
        Assert.InRange(Math.Sqrt(turnSquares / Repeats) / turnErr, 0.7, 1.3);
    }

    [Fact]
    public void Particles_that_go_their_own_ways_have_no_common_motion()
    {
        var random = new Random(3);
        for (var round = 0; round < 50; round++)
        {
            var from = Enumerable.Range(0, 30).Select(_ => new Point2(500 * random.NextDouble(), 500 * random.NextDouble())).ToArray();
            var to = Array.ConvertAll(from, p => new Point2(p.X + random.Gauss(4), p.Y + random.Gauss(4)));
            var shift = new CommonMotion().Find(from, to, from.Length)?.Motion.ShiftPx ?? 0;
            Assert.True(shift < 6, $"a shift of {shift} px was made up");
        }
    }

    [Fact]
    public void Strangers_share_no_motion()
    {
        var random = new Random(4);
        for (var round = 0; round < 50; round++)
        {
            Point2[] Scatter() => [.. Enumerable.Range(0, 40).Select(_ => new Point2(500 * random.NextDouble(), 500 * random.NextDouble()))];
            Assert.Null(new CommonMotion().Find(Scatter(), Scatter(), 40));
        }
    }

    [Fact]
    public void Fewer_than_eight_particles_share_nothing()
    {
        var from = Lattice(3, 40)[..7];
        Assert.Null(new CommonMotion().Find(from, Array.ConvertAll(from, p => new Point2(p.X + 9, p.Y)), 7));
    }

    [Fact]
    public void Points_all_on_one_spot_and_points_far_away_do_no_harm()
    {
        Point2[] same = [.. Enumerable.Repeat(new Point2(5, 5), 20)];
        Assert.Null(new CommonMotion().Find(same, same, 20));
        Point2[] stray = [.. Lattice(3, 40), new Point2(1e140, 1e140)];
        Assert.Null(new CommonMotion().Find(stray, stray, 10));
    }

    private static Point2[] Lattice(int side, double spacing) => [.. Enumerable.Range(0, side * side).Select(i => new Point2(i % side * spacing, i / side * spacing))];
}
