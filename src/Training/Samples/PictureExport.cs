using System.Runtime.InteropServices;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Models;
using OpenCvSharp;

namespace LiveLtem.Training.Samples;

/// <summary>What happens to a picture between the camera and the network: stretched to 8 bits, compressed, marked, normalised.</summary>
internal static class PictureExport
{
    // Extremes are taken from some two thousand pixels: their scatter is far below the jitter.
    private const int PercentilePixels = 2048;

    // Steps of a gamma curve, interpolated to the nearest: finer than 8 bits.
    private const int GammaSteps = 2048;

    /// <summary>As a program would export it, in part of the cases; the others stay as they are.</summary>
    /// <param name="plane">Counts; in the end counts or 0 to 255.</param>
    /// <param name="size">Side, px.</param>
    /// <param name="tools">Buffers.</param>
    /// <param name="random">Advanced.</param>
    public static void Stretch(Span<float> plane, int size, RenderTools tools, ref SimRandom random)
    {
        if (random.NextDouble() >= 0.4)
        {
            return;
        }

        var scale = Scale(plane, tools);
        var range = Math.Max(scale.High - scale.Low, 1e-6);
        var low = scale.Low - (range * random.Uniform(-0.03, 0.3));
        var high = scale.High + (range * random.Uniform(-0.03, 0.3));
        var gamma = random.NextDouble() < 0.5 ? 1 : random.Uniform(0.7, 1.4);
        Span<float> curve = stackalloc float[GammaSteps + 1];
        for (var i = 0; i < curve.Length; i++)
        {
            curve[i] = (float)Math.Round(255 * Math.Pow((double)i / GammaSteps, gamma));
        }

        var (first, gain) = ((float)low, (float)(GammaSteps / (high - low)));
        for (var i = 0; i < plane.Length; i++)
        {
            plane[i] = curve[(int)Math.Clamp((plane[i] - first) * gain, 0, GammaSteps)];
        }

        if (random.NextDouble() < 0.25)
        {
            Compress(plane, size, 50 + random.NextInt(46));
        }
    }

    /// <summary>Turns bright into dark, as a negative or an annular dark-field detector does.</summary>
    public static void Negate(Span<float> plane)
    {
        var highest = float.NegativeInfinity;
        foreach (var value in plane)
        {
            highest = Math.Max(highest, value);
        }

        for (var i = 0; i < plane.Length; i++)
        {
            plane[i] = highest - plane[i];
        }
    }

    /// <summary>Burns in a scale bar and something like its text.</summary>
    public static void Mark(Span<float> plane, int size, RenderTools tools, ref SimRandom random)
    {
        var scale = Scale(plane, tools);
        var value = (float)(random.NextDouble() < 0.6 ? scale.High + (0.3 * (scale.High - scale.Low)) : scale.Low - (0.3 * (scale.High - scale.Low)));
        var thick = 2 + random.NextInt(5);
        var width = (int)(random.Uniform(0.15, 0.6) * size);
        var x = random.NextInt(Math.Max(1, size - width));
        var y = random.NextDouble() < 0.5 ? size - 3 - thick - random.NextInt(size / 6) : random.NextInt(size - thick);
        Rectangle(plane, size, x, y, width, thick, value);
        var letter = 3 + random.NextInt(6);
        var text = x;
        for (var count = random.NextInt(8); count > 0; count--)
        {
            for (var stroke = 0; stroke < 3; stroke++)
            {
                var upright = random.NextDouble() < 0.5;
                Rectangle(
                    plane, size, text + random.NextInt(letter), y - (2 * letter) - 2 + random.NextInt(letter), upright ? 1 + (letter / 5) : letter, upright ? 2 * letter : 1 + (letter / 5), value);
            }

            text += letter + 3;
        }
    }

    /// <summary>Writes the picture as the network sees it.</summary>
    /// <param name="plane">Counts.</param>
    /// <param name="image">Out: the picture.</param>
    /// <param name="tools">Buffers.</param>
    /// <param name="random">Advanced.</param>
    public static void Normalise(Span<float> plane, Span<byte> image, RenderTools tools, ref SimRandom random)
    {
        var scale = Scale(plane, tools);
        var range = Math.Max(scale.High - scale.Low, 1e-3);
        var low = scale.Low + (random.Uniform(-0.1, 0.1) * range);
        var high = scale.High + (random.Uniform(-0.1, 0.1) * range);
        if (random.NextDouble() < 0.3)
        {
            // A patch of a larger frame that holds darker and brighter parts elsewhere.
            low -= random.Uniform(0, 0.7) * range;
            high += random.Uniform(0, 0.7) * range;
        }

        var final = new PixelScale(low, high);
        var gain = (float)final.Gain;
        var offset = (float)final.Offset;
        for (var i = 0; i < plane.Length; i++)
        {
            image[i] = (byte)Math.Clamp(MathF.Round((plane[i] * gain) + offset), 0, 255);
        }
    }

    private static PixelScale Scale(ReadOnlySpan<float> plane, RenderTools tools)
    {
        // An odd step, so that it does not run along the columns of a picture whose side is a power of two.
        var step = Math.Max(1, plane.Length / PercentilePixels) | 1;
        var some = tools.Plane((plane.Length + step - 1) / step);
        for (var i = 0; i < some.Length; i++)
        {
            some[i] = plane[i * step];
        }

        return PixelScale.Of(some);
    }

    private static void Rectangle(Span<float> plane, int size, int x, int y, int width, int height, float value)
    {
        for (var j = Math.Max(0, y); j < Math.Min(size, y + height); j++)
        {
            for (var i = Math.Max(0, x); i < Math.Min(size, x + width); i++)
            {
                plane[(j * size) + i] = value;
            }
        }
    }

    private static void Compress(Span<float> plane, int size, int quality)
    {
        using var grey = new Mat(size, size, MatType.CV_8UC1);
        for (var y = 0; y < size; y++)
        {
            var bytes = MemoryMarshal.CreateSpan(ref grey.At<byte>(y, 0), size);
            for (var x = 0; x < size; x++)
            {
                bytes[x] = (byte)plane[(y * size) + x];
            }
        }

        Cv2.ImEncode(".jpg", grey, out var encoded, [(int)ImwriteFlags.JpegQuality, quality]);
        using var decoded = Cv2.ImDecode(encoded, ImreadModes.Grayscale);
        for (var y = 0; y < size; y++)
        {
            var bytes = MemoryMarshal.CreateReadOnlySpan(ref decoded.At<byte>(y, 0), size);
            for (var x = 0; x < size; x++)
            {
                plane[(y * size) + x] = bytes[x];
            }
        }
    }
}
