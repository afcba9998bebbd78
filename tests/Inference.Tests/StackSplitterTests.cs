using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

public sealed class StackSplitterTests : IDisposable
{
    private const int Size = 96;
    private const double Contrast = 0.6;
    private const double Half = 15;
    private static readonly EdgeBlur Blurs = new(1.1, 2.4);
    private readonly FramePool _pool = new();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, -3)]
    public void What_is_too_dark_for_one_particle_becomes_one_of_each_layer(double dx, double dy)
    {
        var first = Square(46, 49, 0.2, 1);
        var second = Square(46 + dx, 49 + dy, 0.75, 2);
        using var frame = Draw(first, second);
        var (fitter, splitter) = Usual();
        var hypotheses = new List<Hypothesis> { Guess(46 + (dx / 2), 49 + (dy / 2)) };
        fitter.Fit(frame, PatchMaker.Flat(), hypotheses);
        splitter.Split(frame, PatchMaker.Flat(), hypotheses);

        Assert.Equal(2, hypotheses.Count);
        Assert.True(Distance(hypotheses.Single(h => h.Pose.Layer == 1).Pose, first) < 1);
        Assert.True(Distance(hypotheses.Single(h => h.Pose.Layer == 2).Pose, second) < 1, string.Join(" | ", hypotheses.Select(h => h.Pose)));
    }

    [Fact]
    public void A_single_particle_stays_one()
    {
        using var frame = Draw(Square(46, 49, 0.2, 1));
        var (fitter, splitter) = Usual();
        var hypotheses = new List<Hypothesis> { Guess(46, 49) };
        fitter.Fit(frame, PatchMaker.Flat(), hypotheses);
        splitter.Split(frame, PatchMaker.Flat(), hypotheses);

        Assert.Single(hypotheses);
    }

    [Fact]
    public void Of_two_that_stand_for_one_particle_one_goes_and_the_other_is_right_again()
    {
        var truth = Square(46, 49, 0.2, 1);
        using var frame = Draw(truth);
        var (fitter, splitter) = Usual();
        var known = new KnownParticle();
        var alone = new List<Hypothesis> { Guess(46, 49) };
        fitter.Fit(frame, PatchMaker.Flat(), alone);
        known.Update(alone[0], clear: true);
        var hypotheses = new List<Hypothesis>
        {
            new() { Known = known, Pose = known.Pose },
            new() { Pose = Square(48, 52, 0.5, 2) },
        };
        fitter.Fit(frame, PatchMaker.Flat(), hypotheses);
        splitter.Prune(frame, PatchMaker.Flat(), hypotheses);

        var left = Assert.Single(hypotheses);
        Assert.True(Distance(left.Pose, truth) < 0.5, $"{left.Pose}");
    }

    [Fact]
    public void A_particle_where_there_is_only_liquid_goes()
    {
        using var frame = Draw();
        var (fitter, splitter) = Usual();
        var hypotheses = new List<Hypothesis> { new() { Blob = new Blob(0, 40, 40, 900, 15, 15, 0, 0.5, AtBorder: true), Pose = Square(40, 40, 0.5, 2) } };
        fitter.Fit(frame, PatchMaker.Flat(), hypotheses);
        splitter.Prune(frame, PatchMaker.Flat(), hypotheses);

        Assert.Empty(hypotheses);
    }

    [Fact]
    public void A_background_that_lay_too_low_between_particles_is_raised_by_what_they_let_through()
    {
        // A crystal with narrow gaps, guessed a fifth too dark where it is dense.
        var crystal = new List<ShapePose>();
        for (var y = 0; y < 3; y++)
        {
            for (var x = 0; x < 3; x++)
            {
                crystal.Add(Square(16 + (32 * x), 16 + (32 * y), 0, 1));
            }
        }

        using var frame = Draw([.. crystal]);
        var guess = new BackgroundMap(Enumerable.Repeat((float)(0.8 * PatchMaker.Level), 12 * 12).ToArray(), 12, 12, 8);
        using var light = new ParticleLight(frame, crystal.ConvertAll(p => new Hypothesis { Pose = p }), Blurs);
        var corrected = light.Correct(frame, guess, zero: 0, reachPx: 10, Contrast);

        Assert.All(corrected.Values, v => Assert.InRange(v, 0.94 * PatchMaker.Level, 1.06 * PatchMaker.Level));
    }

    public void Dispose() => _pool.Dispose();

    private static ShapePose Square(double x, double y, double angle, int layer) => new(ShapeKind.Square, x, y, angle, Half, Half, Contrast) { Layer = layer };

    private static double Distance(in ShapePose a, in ShapePose b) => Math.Sqrt(Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2));

    private static Hypothesis Guess(double x, double y)
    {
        var blob = new Blob(1, x, y, 4 * Half * Half, Half, Half, 0.3, Contrast, AtBorder: false) { Layer = 1 };
        return new Hypothesis { Blob = blob, Whole = true, Pose = RecordingCalibrator.GuessPose(blob, dark: true) };
    }

    // A recording whose particles are all squares of one size.
    private static (FrameFitter Fitter, StackSplitter Splitter) Usual()
    {
        var random = new Random(5);
        var poses = Enumerable.Range(0, 20).Select(_ =>
        {
            var half = Half * (1 + (0.02 * PatchMaker.Gaussian(random)));
            return new ShapePose(ShapeKind.Square, 0, 0, 0, half, half, Contrast * (1 + (0.02 * PatchMaker.Gaussian(random))));
        }).ToList();
        var population = Population.Of(poses);
        double[] white = [1, 0, 0, 0];
        var fitter = new FrameFitter(new ImagingModel(new NoiseModel(0, 2, white, white), Blurs, 0), []);
        Population[] populations = [population, population, population];
        for (var layer = 0; layer < populations.Length; layer++)
        {
            fitter.Expect(layer, population);
        }

        return (fitter, new StackSplitter(fitter, populations));
    }

    // Transmissions multiply, each layer with its own blur.
    private Frame Draw(params ShapePose[] particles)
    {
        var image = Enumerable.Repeat((float)PatchMaker.Level, Size * Size).ToArray();
        foreach (var particle in particles)
        {
            var one = PatchMaker.Clean(particle, Blurs.Of(particle.Layer), Size);
            for (var i = 0; i < image.Length; i++)
            {
                image[i] *= one[i] / (float)PatchMaker.Level;
            }
        }

        return PatchMaker.Noisy(_pool, image, Size, variancePerCount: 2, detectorBlur: 0, new Random(11));
    }
}
