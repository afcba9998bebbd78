using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.Training.Samples;

/// <summary>Draws what lies behind the particles and is not labelled: uneven liquid, a film's texture, dirt, the window's edge, bubbles.</summary>
/// <remarks>A factor on the beam, about 1. What could pass for a particle is kept fainter than one.</remarks>
internal static class Backdrop
{
    /// <summary>Draws one.</summary>
    /// <param name="plane">Out: row-major [size, size].</param>
    /// <param name="size">Side, px.</param>
    /// <param name="contrast">Of a typical particle: texture and dirt go by it.</param>
    /// <param name="minorPx">Typical shorter length of a particle, px.</param>
    /// <param name="tools">Blurs.</param>
    /// <param name="random">Advanced.</param>
    public static void Draw(Span<float> plane, int size, double contrast, double minorPx, RenderTools tools, ref SimRandom random)
    {
        plane.Fill(1);
        if (random.NextDouble() < 0.6)
        {
            Texture(plane, size, contrast, tools, ref random);
        }

        Dirt(plane, size, contrast, minorPx, ref random);
        if (random.NextDouble() < 0.05)
        {
            Window(plane, size, ref random);
        }

        if (random.NextDouble() < 0.06)
        {
            Bubble(plane, size, ref random);
        }

        if (random.NextDouble() < 0.85)
        {
            var unevenness = Math.Min(Math.Min(0.25, 2.5 * contrast), 0.01 * Math.Pow(25, random.NextDouble()));
            new LiquidField((long)(random.NextUInt64() >> 1), size, unevenness / 1.5).Multiply(plane, 1, 0, 0);
        }
    }

    private static void Texture(Span<float> plane, int size, double contrast, RenderTools tools, ref SimRandom random)
    {
        var sigma = 0.6 * Math.Pow(14, random.NextDouble());
        var rms = Math.Min(0.06, contrast * 0.02 * Math.Pow(12, random.NextDouble()));
        var grain = tools.Plane(size * size);
        for (var i = 0; i < grain.Length; i++)
        {
            grain[i] = (float)random.NextNormal();
        }

        tools.Blur(sigma).Apply(grain, size, size);
        var power = 0.0;
        foreach (var g in grain)
        {
            power += g * g;
        }

        var scale = (float)(rms / Math.Sqrt(Math.Max(1e-12, power / grain.Length)));
        for (var i = 0; i < grain.Length; i++)
        {
            plane[i] *= 1 + (scale * Math.Clamp(grain[i], -4, 4));
        }
    }

    private static void Dirt(Span<float> plane, int size, double contrast, double minorPx, ref SimRandom random)
    {
        var dirty = random.NextDouble();
        var area = Math.Pow(size / 128.0, 2);
        var soft = (int)Math.Round((dirty < 0.5 ? 0 : random.Uniform(0, 6)) * area);
        for (var i = 0; i < soft; i++)
        {
            Spot(plane, size, random.Uniform(0.08, 0.45) * minorPx, random.Uniform(0.04, 0.25) * contrast, ref random);
        }

        // Specks much smaller than a particle and shadows much larger may be as dark as one.
        var specks = (int)Math.Round((random.NextDouble() < 0.75 ? 0 : random.Uniform(1, 8)) * area);
        for (var i = 0; i < specks; i++)
        {
            Spot(plane, size, Math.Max(0.5, random.Uniform(0.03, 0.09) * minorPx), random.Uniform(0.2, 1) * contrast, ref random);
        }

        if (random.NextDouble() < 0.08)
        {
            Spot(plane, size, random.Uniform(1.2, 3) * minorPx, random.Uniform(-0.6, 0.6) * contrast, ref random);
        }
    }

    private static void Spot(Span<float> plane, int size, double sigma, double depth, ref SimRandom random)
    {
        var cx = random.Uniform(-sigma, size + sigma);
        var cy = random.Uniform(-sigma, size + sigma);
        var reach = 3 * sigma;
        for (var y = Math.Max(0, (int)(cy - reach)); y <= Math.Min(size - 1, (int)(cy + reach)); y++)
        {
            for (var x = Math.Max(0, (int)(cx - reach)); x <= Math.Min(size - 1, (int)(cx + reach)); x++)
            {
                var r2 = ((x - cx) * (x - cx)) + ((y - cy) * (y - cy));
                plane[(y * size) + x] *= (float)(1 - (depth * Math.Exp(-0.5 * r2 / (sigma * sigma))));
            }
        }
    }

    private static void Window(Span<float> plane, int size, ref SimRandom random)
    {
        var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var offset = random.Uniform(-0.1, 0.45) * size;
        var soft = 0.7 * Math.Pow(10, random.NextDouble());
        var factor = random.NextDouble() < 0.7 ? random.Uniform(0.3, 0.8) : random.Uniform(1.25, 2.5);
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var d = ((x - (size / 2.0)) * cos) + ((y - (size / 2.0)) * sin) - offset;
                plane[(y * size) + x] *= (float)(1 + ((factor - 1) / (1 + Math.Exp(-Math.Clamp(d / soft, -30, 30)))));
            }
        }
    }

    // A lens of gas lets more beam through, with a sharp rim; a body far out of focus is a wide shadow with a soft one.
    private static void Bubble(Span<float> plane, int size, ref SimRandom random)
    {
        var radius = random.Uniform(0.4, 1.6) * size;
        var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var away = radius + (random.Uniform(-0.45, 0.45) * size);
        var cx = (size / 2.0) + (away * cos);
        var cy = (size / 2.0) + (away * sin);
        var depth = random.NextDouble() < 0.6 ? random.Uniform(0.1, 0.6) : -random.Uniform(0.1, 0.5);
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var r2 = (((x - cx) * (x - cx)) + ((y - cy) * (y - cy))) / (radius * radius);
                if (r2 < 1)
                {
                    plane[(y * size) + x] *= (float)Math.Exp(depth * Math.Sqrt(1 - r2));
                }
            }
        }
    }
}
