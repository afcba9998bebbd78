using CsCheck;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;
using OpenCvSharp;

namespace LiveLtem.Inference.Tests;

public class VisionPartsTests
{
    [Theory]
    [InlineData("Square", 9, 9)]
    [InlineData("Bar", 12, 5)]
    [InlineData("Rod", 12, 5)]
    [InlineData("Triangle", 7, 7)]
    [InlineData("Hexagon", 9, 9)]
    [InlineData("Disc", 9, 9)]
    [InlineData("Sphere", 9, 9)]
    internal void Derivatives_are_those_of_what_is_drawn(string kind, double s1, double s2)
    {
        var pose = new ShapePose(Enum.Parse<ShapeKind>(kind), 20.3, 19.6, 0.4, s1, s2, 0.4);
        var box = new FitBox(0, 0, 40, 40);
        var count = ShapeRenderer.Parameters(pose.Kind);
        var value = new float[box.Count];
        var gradient = new float[box.Count * count];
        ShapeRenderer.Draw(pose, 1.5, box, value, gradient, box.Count);
        var hasAngle = pose.Kind.HasAngle();
        for (var k = 0; k < count; k++)
        {
            const double step = 0.02;
            float[] Moved(double by)
            {
                var moved = k switch
                {
                    0 => pose with { X = pose.X + by },
                    1 => pose with { Y = pose.Y + by },
                    2 when hasAngle => pose with { Angle = pose.Angle + (by / 10) },
                    _ when k == count - 1 && pose.Kind.IsLong() => pose with { S2 = pose.S2 + by },
                    _ => pose.Kind.IsLong() ? pose with { S1 = pose.S1 + by } : pose with { S1 = pose.S1 + by, S2 = pose.S2 + by },
                };
                var drawn = new float[box.Count];
                ShapeRenderer.Draw(moved, 1.5, box, drawn, [], 0);
                return drawn;
            }

            var up = Moved(step);
            var down = Moved(-step);
            var scale = k == 2 && hasAngle ? 10 : 1;
            double error = 0, size = 0;
            for (var i = 0; i < value.Length; i++)
            {
                var numeric = (up[i] - down[i]) / (2 * step) * scale;
                error += Math.Pow(numeric - gradient[(k * box.Count) + i], 2);
                size += numeric * numeric;
            }

            // The blur of a round body is not scaled with it in the derivative by its size: a small part of that derivative.
            Assert.True(Math.Sqrt(error / size) < (pose.Kind.IsRound() && k >= (hasAngle ? 3 : 2) ? 0.25 : 0.06), $"{kind} parameter {k}: {Math.Sqrt(error / size):F3}");
        }
    }

    [Fact]
    public void The_inverse_noise_filter_is_positive_at_every_frequency()
    {
        Gen.Double[-0.45, 0.8].Array[3].Sample(lags =>
        {
            var noise = new NoiseModel(1, 0, [1, .. lags], [1, 0, 0, 0]);
            for (var j = 0; j <= 50; j++)
            {
                var w = Math.PI * j / 50;
                double response = noise.InverseX[0];
                for (var k = 1; k <= NoiseModel.Lags; k++)
                {
                    response += 2 * noise.InverseX[k] * Math.Cos(w * k);
                }

                Assert.True(response > -1e-3, $"{response} at {w:F2}");
            }
        });
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(26, 2)]
    public void Touching_discs_are_split_at_their_neck_and_one_disc_is_not(int apart, int expected)
    {
        using var labels = new Mat(60, 90, MatType.CV_32SC1, new Scalar(0));
        using var mask = new Mat(60, 90, MatType.CV_8UC1, new Scalar(0));
        Cv2.Circle(mask, new Point(30, 30), 14, new Scalar(255), -1);
        Cv2.Circle(mask, new Point(30 + apart, 30), 14, new Scalar(255), -1);
        labels.SetTo(new Scalar(3), mask);

        Assert.Equal(expected, InstanceSplitter.Split(labels, new Rect(0, 0, 90, 60), 3, 10, out var parts));
        Assert.Equal(expected, parts.Max());
    }

    [Fact]
    public void A_sloping_background_is_followed_to_the_border()
    {
        using var work = new Mat(256, 256, MatType.CV_32FC1);
        for (var y = 0; y < 256; y++)
        {
            for (var x = 0; x < 256; x++)
            {
                work.At<float>(y, x) = 200 - (0.4f * y) + (0.1f * x);
            }
        }

        var map = BackgroundEstimator.Fit(work, null, 1, 40);
        foreach (var (x, y) in new[] { (3, 3), (128, 252), (252, 128), (100, 100) })
        {
            Assert.Equal(200 - (0.4 * y) + (0.1 * x), map.At(x, y), 1.5);
        }
    }
}
