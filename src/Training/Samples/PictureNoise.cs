using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.Training.Samples;

/// <summary>Measures and varies the light and noise of real frames.</summary>
internal static class PictureNoise
{
    /// <summary>Contrast-to-noise of a picture: particles against background, noise from neighbours within each.</summary>
    /// <param name="plane">Grey values.</param>
    /// <param name="instances">Any layers, [layers, size, size].</param>
    /// <param name="size">Side, px.</param>
    /// <returns>0 where there are no particles or nothing else.</returns>
    public static double Cnr(ReadOnlySpan<float> plane, ReadOnlySpan<ushort> instances, int size)
    {
        double inside = 0, outside = 0;
        int insideCount = 0, outsideCount = 0;
        for (var i = 0; i < plane.Length; i++)
        {
            var covered = false;
            for (var at = i; at < instances.Length; at += plane.Length)
            {
                covered |= instances[at] > 0;
            }

            inside += covered ? plane[i] : 0;
            outside += covered ? 0 : plane[i];
            insideCount += covered ? 1 : 0;
            outsideCount += covered ? 0 : 1;
        }

        return insideCount == 0 || outsideCount == 0 ? 0 : Math.Abs((inside / insideCount) - (outside / outsideCount)) / Math.Max(1e-6, Rms(plane, size));
    }

    /// <summary>Other light, contrast and a little more noise.</summary>
    public static void Vary(Span<float> plane, int size, ref SimRandom random)
    {
        var gamma = random.NextDouble() < 0.5 ? random.Uniform(0.75, 1.35) : 1;
        var added = random.NextDouble() < 0.5 ? random.Uniform(0, 0.7) * Rms(plane, size) : 0;
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in plane)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        var range = Math.Max(high - low, 1e-6f);
        var slopeX = random.Uniform(-0.1, 0.1) * range / size;
        var slopeY = random.Uniform(-0.1, 0.1) * range / size;
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                ref var pixel = ref plane[(y * size) + x];
                var value = gamma == 1 ? pixel : low + (range * Math.Pow((pixel - low) / range, gamma));
                value += (slopeX * x) + (slopeY * y);
                pixel = (float)(added > 0 ? value + (added * random.NextNormal()) : value);
            }
        }
    }

    // From second differences: a slope over three pixels does not count as noise, nor do the few edges.
    private static double Rms(ReadOnlySpan<float> plane, int size)
    {
        var steps = new float[size * (size - 2)];
        var at = 0;
        for (var y = 0; y < size; y++)
        {
            for (var x = 1; x < size - 1; x++)
            {
                var i = (y * size) + x;
                steps[at++] = Math.Abs(plane[i] - (0.5f * (plane[i - 1] + plane[i + 1])));
            }
        }

        // The median of |d| is 0.6745 sigma; d has the variance 1.5 of a pixel's.
        Array.Sort(steps);
        return steps[steps.Length / 2] / 0.6745 / Math.Sqrt(1.5);
    }
}
