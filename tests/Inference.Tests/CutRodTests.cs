using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

public sealed class CutRodTests : IDisposable
{
    private const int Size = 96;
    private const double Blur = 1.2;
    private readonly FramePool _pool = new();

    [Theory]
    [InlineData(-4, 40, 0.35)]
    [InlineData(3, 52, -0.9)]
    [InlineData(50, -6, 1.3)]
    [InlineData(98, 30, 2.8)]
    public void A_rod_of_which_the_border_leaves_a_part_has_its_middle_where_its_fellows_lengths_say(double x, double y, double angle)
    {
        var rod = new ShapePose(ShapeKind.Rod, x, y, angle, 24, 8, 0.5);
        var found = Fit(rod);

        Assert.Equal(ShapeKind.Rod, found.Pose.Kind);
        Assert.True(Math.Sqrt(Math.Pow(found.Pose.X - x, 2) + Math.Pow(found.Pose.Y - y, 2)) < 1.5, $"{found.Pose}");
        Assert.True(Math.Abs(Math.IEEERemainder(found.Pose.Angle - angle, Math.PI)) < 0.06, $"{found.Pose}");
    }

    [Fact]
    public void A_sphere_of_which_the_border_leaves_a_part_stays_a_sphere()
    {
        var found = Fit(new ShapePose(ShapeKind.Sphere, 3, 50, 0, 12, 12, 0.5));

        Assert.Equal(0, found.Pose.Kind.Symmetry());
        Assert.True(Math.Abs(found.Pose.X - 3) < 1 && Math.Abs(found.Pose.Y - 50) < 0.5, $"{found.Pose}");
    }

    [Fact]
    public void A_rod_that_leaves_the_frame_is_known_by_the_part_that_is_left()
    {
        using var frame = PatchMaker.Noisy(_pool, PatchMaker.Clean(new ShapePose(ShapeKind.Rod, -13, 40, 0, 24, 8, 0.5), Blur, Size), Size, 1, 0, new Random(7));
        var memory = new ParticleMemory();
        var leaving = new ShapePose(ShapeKind.Rod, -13, 40, 0, 24, 8, 0.5);
        var other = new ShapePose(ShapeKind.Rod, 60, 70, 0, 24, 8, 0.5);
        for (var i = 0; i < 3; i++)
        {
            memory.Remember([new Hypothesis { Pose = leaving, Known = Known(memory, 0) }, new Hypothesis { Pose = other, Known = Known(memory, 1) }], frame, allAlike: false);
        }

        var proposed = Propose(memory);
        Assert.NotNull(proposed[0].Known);
        Assert.NotNull(proposed[1].Known);
        Assert.NotSame(proposed[0].Known, proposed[1].Known);
    }

    public void Dispose() => _pool.Dispose();

    private static KnownParticle? Known(ParticleMemory memory, int which) => Propose(memory)[which].Known;

    private static List<Hypothesis> Propose(ParticleMemory memory)
    {
        var blobs = new[]
        {
            new Blob(1, 5, 40.5, 170, 6, 7, 0, 0.4, AtBorder: true) { Score = 1 },
            new Blob(2, 60, 70, 700, 23, 8, 0, 0.4, AtBorder: false) { Score = 1 },
        };
        return memory.Propose(new Segmentation { Background = PatchMaker.Flat(), Bin = 1, Dark = true, Blobs = blobs }, allAlike: false);
    }

    private Hypothesis Fit(ShapePose truth)
    {
        var clean = PatchMaker.Clean(truth, Blur, Size);
        using var frame = PatchMaker.Noisy(_pool, clean, Size, 40, 0, new Random(7));
        var blob = Visible(clean);
        var poses = new List<ShapePose>();
        for (var i = 0; i < 12; i++)
        {
            var scale = 1 + (0.01 * (i - 6));
            poses.Add(new ShapePose(ShapeKind.Rod, 0, 0, 0, 24 * scale, 8 * scale, 0.5 * scale));
            poses.Add(new ShapePose(ShapeKind.Sphere, 0, 0, 0, 12 * scale, 12 * scale, 0.5 * scale));
        }

        var fitter = new FrameFitter(new ImagingModel(new NoiseModel(0, 40, [1, 0, 0, 0], [1, 0, 0, 0]), new EdgeBlur(Blur), 0), []);
        fitter.Expect(0, Population.Of(poses));
        var hypothesis = new Hypothesis { Blob = blob, Pose = RecordingCalibrator.GuessPose(blob, dark: true) };
        fitter.Fit(frame, PatchMaker.Flat(), [hypothesis]);
        return hypothesis;
    }

    // The piece of a mask that a threshold half way finds.
    private static Blob Visible(float[] clean)
    {
        double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
        for (var i = 0; i < clean.Length; i++)
        {
            if (clean[i] < 0.8 * PatchMaker.Level)
            {
                double px = i % Size, py = i / Size;
                n++;
                sx += px;
                sy += py;
                sxx += px * px;
                syy += py * py;
                sxy += px * py;
            }
        }

        double mx = sx / n, my = sy / n, xx = (sxx / n) - (mx * mx), yy = (syy / n) - (my * my), xy = (sxy / n) - (mx * my);
        var mean = 0.5 * (xx + yy);
        var apart = Math.Sqrt((0.25 * (xx - yy) * (xx - yy)) + (xy * xy));
        return new Blob(1, mx, my, n, Math.Sqrt(3 * (mean + apart)), Math.Sqrt(3 * (mean - apart)), 0.5 * Math.Atan2(2 * xy, xx - yy), 0.4, AtBorder: true);
    }
}
