using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Tests;

/// <summary>Frames with one exactly known particle: supersampled shape, Gaussian blur, noise of known variance and correlation.</summary>
internal static class PatchMaker
{
    public const double Level = 1000;

    public static float[] Clean(ShapePose pose, double blur, int size)
    {
        // Truth by brute force, independent of the renderer under test: 8 x 8 samples a pixel, then a sampled Gaussian.
        const int sub = 8;
        var image = new float[size * size];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var covered = 0.0;
                for (var j = 0; j < sub; j++)
                {
                    for (var i = 0; i < sub; i++)
                    {
                        covered += Thickness(pose, x - 0.5 + ((i + 0.5) / sub), y - 0.5 + ((j + 0.5) / sub));
                    }
                }

                image[(y * size) + x] = (float)(Level * (1 - (pose.Contrast * covered / (sub * sub))));
            }
        }

        return Blur(image, size, blur);
    }

    public static Frame Noisy(FramePool pool, float[] clean, int size, double variancePerCount, double detectorBlur, Random random)
    {
        var noise = new float[size * size];
        for (var i = 0; i < noise.Length; i++)
        {
            noise[i] = (float)(Gaussian(random) * Math.Sqrt(variancePerCount * clean[i]));
        }

        noise = Blur(noise, size, detectorBlur);
        using var draft = pool.Rent(size, size, PixelType.Float32);
        var pixels = draft.Pixels<float>();
        for (var i = 0; i < noise.Length; i++)
        {
            pixels[i] = clean[i] + noise[i];
        }

        return draft.Publish(new FrameHeader { Number = 0 });
    }

    public static BackgroundMap Flat() => new([(float)Level], 1, 1, 16);

    public static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Thickness(ShapePose pose, double x, double y)
    {
        var (sin, cos) = Math.SinCos(pose.Angle);
        double dx = x - pose.X, dy = y - pose.Y;
        double u = (cos * dx) + (sin * dy), v = (cos * dy) - (sin * dx);
        switch (pose.Kind)
        {
            case ShapeKind.Square:
            case ShapeKind.Bar:
                return Math.Abs(u) < pose.S1 && Math.Abs(v) < pose.S2 ? 1 : 0;
            case ShapeKind.Disc:
                return (u * u) + (v * v) < pose.S1 * pose.S1 ? 1 : 0;
            case ShapeKind.Sphere:
            case ShapeKind.Rod:
                var half = pose.Kind == ShapeKind.Rod ? pose.S1 - pose.S2 : 0;
                var du = Math.Max(0, Math.Abs(u) - half);
                var q = ((du * du) + (v * v)) / (pose.S2 * pose.S2);
                var a = -Math.Log(1 - pose.Contrast);
                return q < 1 ? (1 - Math.Exp(-a * Math.Sqrt(1 - q))) / pose.Contrast : 0;
            default:
                for (var k = 0; k < pose.Sides; k++)
                {
                    var (ns, nc) = Math.SinCos(pose.Angle + (2 * Math.PI * k / pose.Sides));
                    if ((nc * dx) + (ns * dy) > pose.S1)
                    {
                        return 0;
                    }
                }

                return 1;
        }
    }

    public static float[] Blur(float[] image, int size, double sigma)
    {
        if (sigma <= 0)
        {
            return image;
        }

        var radius = (int)Math.Ceiling(4 * sigma);
        var kernel = new double[(2 * radius) + 1];
        for (var k = -radius; k <= radius; k++)
        {
            kernel[k + radius] = Math.Exp(-k * k / (2 * sigma * sigma));
        }

        var sum = kernel.Sum();
        var across = new float[image.Length];
        var both = new float[image.Length];
        for (var pass = 0; pass < 2; pass++)
        {
            var source = pass == 0 ? image : across;
            var target = pass == 0 ? across : both;
            for (var y = 0; y < size; y++)
            {
                for (var x = 0; x < size; x++)
                {
                    var value = 0.0;
                    for (var k = -radius; k <= radius; k++)
                    {
                        var at = pass == 0
                            ? (y * size) + Math.Clamp(x + k, 0, size - 1)
                            : (Math.Clamp(y + k, 0, size - 1) * size) + x;
                        value += kernel[k + radius] * source[at];
                    }

                    target[(y * size) + x] = (float)(value / sum);
                }
            }
        }

        return both;
    }
}
