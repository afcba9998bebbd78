using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

public sealed class PileSearchTests : IDisposable
{
    private const int Size = 96;
    private const double Blur = 1.2;
    private readonly FramePool _pool = new();

    [Theory]
    [InlineData(12, 0)]
    [InlineData(9, 7)]
    public void Two_cubes_over_one_another_that_were_taken_for_one_particle_are_parted(double dx, double dy)
    {
        var first = new ShapePose(ShapeKind.Square, 42, 45, 0.3, 10, 10, 0.5);
        var second = new ShapePose(ShapeKind.Square, 42 + dx, 45 + dy, 1.1, 10, 10, 0.5);
        using var frame = Draw(first, second);
        var (fitter, population) = Usual(ShapeKind.Square, ShapeKind.Disc);
        var hypotheses = new List<Hypothesis> { Guess((first.X + second.X) / 2, (first.Y + second.Y) / 2, 17, 11, Math.Atan2(dy, dx)) };
        using var found = Found(hypotheses);
        fitter.Fit(frame, found.Background, hypotheses);
        new PileSearch(fitter, population).Improve(frame, found, hypotheses);

        Assert.Equal(2, hypotheses.Count);
        foreach (var truth in new[] { first, second })
        {
            Assert.Contains(hypotheses, h => Distance(h.Pose, truth) < 0.5 && h.Pose.Kind == ShapeKind.Square);
        }
    }

    [Fact]
    public void A_particle_under_another_one_that_was_not_found_is_found_in_what_is_left_over()
    {
        var above = new ShapePose(ShapeKind.Square, 40, 48, 0.3, 10, 10, 0.5);
        var below = new ShapePose(ShapeKind.Disc, 52, 52, 0, 9, 9, 0.4);
        using var frame = Draw(above, below);
        var (fitter, population) = Usual(ShapeKind.Square, ShapeKind.Disc);
        var hypotheses = new List<Hypothesis> { Guess(40, 48, 10, 10, 0) };
        using var found = Found(hypotheses);
        fitter.Fit(frame, found.Background, hypotheses);
        new PileSearch(fitter, population).Improve(frame, found, hypotheses);

        Assert.Equal(2, hypotheses.Count);
        Assert.Contains(hypotheses, h => Distance(h.Pose, below) < 1);
        Assert.Contains(hypotheses, h => Distance(h.Pose, above) < 1);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    public void A_particle_that_its_shape_explains_is_left_as_it_is(int symmetry)
    {
        using var frame = Draw(new ShapePose(symmetry == 4 ? ShapeKind.Square : ShapeKind.Disc, 47.3, 46.8, 0.4, 10, 10, 0.5));
        var (fitter, population) = Usual(ShapeKind.Square, ShapeKind.Disc);
        var one = Guess(47, 47, 10, 10, 0);
        var hypotheses = new List<Hypothesis> { one };
        using var found = Found(hypotheses);
        fitter.Fit(frame, found.Background, hypotheses);
        var gone = new PileSearch(fitter, population).Improve(frame, found, hypotheses);

        Assert.Same(one, Assert.Single(hypotheses));
        Assert.Empty(gone);
    }

    [Fact]
    public void Two_pieces_that_share_one_rod_become_that_rod()
    {
        var rod = new ShapePose(ShapeKind.Bar, 47, 48, 0.2, 22, 7, 0.5);
        using var frame = Draw(rod);
        var (fitter, population) = Usual(ShapeKind.Bar, ShapeKind.Square);
        var (sin, cos) = Math.SinCos(rod.Angle);
        var hypotheses = new List<Hypothesis>
        {
            Guess(rod.X - (9 * cos), rod.Y - (9 * sin), 15, 7, rod.Angle),
            Guess(rod.X + (12 * cos), rod.Y + (12 * sin), 12, 7, rod.Angle),
        };
        using var found = Found(hypotheses);
        fitter.Fit(frame, found.Background, hypotheses);
        new Grouping(fitter, population).Join(frame, found, hypotheses);

        var joined = Assert.Single(hypotheses);
        Assert.True(Distance(joined.Pose, rod) < 0.5, $"{joined.Pose}");
        Assert.InRange(joined.Pose.Major, 42, 46);
    }

    [Fact]
    public void Long_ones_that_cross_and_were_taken_for_three_small_ones_are_found()
    {
        var first = new ShapePose(ShapeKind.Bar, 46, 56, 0.05, 22, 7, 0.35);
        var second = new ShapePose(ShapeKind.Bar, 38, 44, 1.9, 22, 7, 0.35);
        using var frame = Draw(first, second);
        var (fitter, population) = Usual(ShapeKind.Bar, ShapeKind.Square, 0.35);
        var hypotheses = new List<Hypothesis> { Guess(42, 33, 10, 8, 1.9), Guess(32, 56, 11, 9, 0), Guess(56, 56, 11, 7, 0) };
        using var found = Found(hypotheses);
        fitter.Fit(frame, found.Background, hypotheses);
        new PileSearch(fitter, population).Improve(frame, found, hypotheses);

        Assert.Equal(2, hypotheses.Count);
        foreach (var truth in new[] { first, second })
        {
            Assert.Contains(hypotheses, h => Distance(h.Pose, truth) < 1 && Math.Abs(Math.IEEERemainder(h.Pose.Angle - truth.Angle, Math.PI)) < 0.1 && h.Pose.Kind.IsLong());
        }
    }

    [Fact]
    public void Sizes_unlike_those_of_the_recording_are_strange_and_the_usual_ones_are_not()
    {
        var (fitter, _) = Usual(ShapeKind.Bar, ShapeKind.Square);
        var usual = fitter.Strangeness(new ShapePose(ShapeKind.Bar, 0, 0, 0, 22, 7, 0.5));
        var wide = fitter.Strangeness(new ShapePose(ShapeKind.Bar, 0, 0, 0, 22, 12, 0.5));
        var unknown = fitter.Strangeness(new ShapePose(ShapeKind.Triangle, 0, 0, 0, 22, 22, 0.5));

        Assert.True(usual < 0.5, $"{usual}");
        Assert.True(wide > 10, $"{wide}");
        Assert.True(unknown > usual && unknown < wide + 20, $"{unknown}");
    }

    public void Dispose() => _pool.Dispose();

    private static double Distance(in ShapePose a, in ShapePose b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));

    private static Hypothesis Guess(double x, double y, double halfMajor, double halfMinor, double angle)
    {
        var blob = new Blob(1, x, y, 4 * halfMajor * halfMinor, halfMajor, halfMinor, angle, 0.5, AtBorder: false);
        return new Hypothesis { Blob = blob, Whole = true, Pose = RecordingCalibrator.GuessPose(blob, dark: true) };
    }

    private static Segmentation Found(List<Hypothesis> hypotheses) =>
        new() { Background = PatchMaker.Flat(), Bin = 1, Dark = true, Blobs = [.. hypotheses.Select(h => h.Blob)] };

    // What the particles of the recording are like: two kinds of them, some per cent larger or smaller.
    private static (FrameFitter Fitter, Population Population) Usual(ShapeKind one, ShapeKind other, double contrast = 0.5)
    {
        var poses = new List<ShapePose>();
        for (var i = 0; i < 12; i++)
        {
            var scale = 1 + (0.01 * (i - 6));
            foreach (var kind in new[] { one, other })
            {
                var (s1, s2) = kind == ShapeKind.Bar ? (22 * scale, 7 * scale) : (10 * scale, 10 * scale);
                poses.Add(new ShapePose(kind, 0, 0, 0, s1, s2, contrast * scale));
            }
        }

        var population = Population.Of(poses);
        var fitter = new FrameFitter(new ImagingModel(new NoiseModel(0, 1, [1, 0, 0, 0], [1, 0, 0, 0]), new EdgeBlur(Blur), 0), []);
        fitter.Expect(0, population);
        return (fitter, population);
    }

    // Light goes through one after the other.
    private Frame Draw(params ShapePose[] poses)
    {
        var clean = PatchMaker.Clean(poses[0], Blur, Size);
        foreach (var pose in poses.Skip(1))
        {
            var next = PatchMaker.Clean(pose, Blur, Size);
            for (var i = 0; i < clean.Length; i++)
            {
                clean[i] *= next[i] / (float)PatchMaker.Level;
            }
        }

        return PatchMaker.Noisy(_pool, clean, Size, 1, 0, new Random(7));
    }
}
