using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.Training.Samples;

/// <summary>How one picture is lit and counted: dose by the contrast-to-noise that is wanted, then a camera.</summary>
internal readonly record struct Exposure(double Cnr, double ElectronsPerPixel, double ExcessNoise, double ReadNoiseE, double DetectorBlurPx, double HotFraction)
{
    private const double TwoLayersCnr = 0.45;

    // From here on counts are as good as normal.
    private const double ManyElectrons = 50;

    /// <summary>Draws one for a scene.</summary>
    public static Exposure Draw(SampleOptions options, SimulatedScene scene, ref SimRandom random)
    {
        // Two layers hide each other: what is just seen of one is not of two.
        var low = Math.Max(Math.Max(options.MinCnr, scene.VisibleCnr), options.Layers == 2 ? TwoLayersCnr : 0);
        var high = Math.Max(low, options.MaxCnr);
        var (from, to) = random.NextDouble() < 0.7 ? (Math.Clamp(options.Layers == 2 ? 0.7 : 0.5, low, high), Math.Clamp(4, low, high)) : (low, high);
        var cnr = from * Math.Pow(to / from, random.NextDouble());
        var excess = random.NextDouble() < 0.7 ? random.Uniform(0.15, 0.45) : 0;
        var read = random.NextDouble() < 0.3 ? 0 : random.Uniform(0.05, 1.5);
        return new Exposure(
            cnr,
            Electrons(cnr, scene.Contrast, excess, read),
            excess,
            read,
            random.NextDouble() < 0.25 ? 0 : random.Uniform(0.2, 1.2),
            random.NextDouble() < 0.15 ? random.Uniform(1e-4, 1e-3) : 0);
    }

    /// <summary>Electrons a pixel of C n = k sqrt(n (1 + e^2) + r^2).</summary>
    public static double Electrons(double cnr, double contrast, double excess, double read)
    {
        var k2 = cnr * cnr;
        var spread = 1 + (excess * excess);
        return ((k2 * spread) + Math.Sqrt((k2 * spread * k2 * spread) + (4 * contrast * contrast * k2 * read * read))) / (2 * contrast * contrast);
    }

    /// <summary>Counts electrons.</summary>
    /// <param name="plane">In: relative beam, about 1. Out: electrons as the camera tells them.</param>
    /// <param name="size">Side, px.</param>
    /// <param name="tools">Blurs.</param>
    /// <param name="random">Advanced.</param>
    public void Expose(Span<float> plane, int size, RenderTools tools, ref SimRandom random)
    {
        var spread = 1 + (ExcessNoise * ExcessNoise);
        for (var i = 0; i < plane.Length; i++)
        {
            var mean = plane[i] * ElectronsPerPixel;
            if (mean > ManyElectrons)
            {
                plane[i] = (float)(mean + (Math.Sqrt(mean * spread) * random.NextNormal()));
                continue;
            }

            var electrons = PoissonSampler.Next(mean, ref random);
            // The signal of n electrons has the variance e^2 n; few electrons cannot give less than none.
            plane[i] = ExcessNoise > 0 && electrons > 0
                ? (float)Math.Max(0, electrons + (ExcessNoise * Math.Sqrt(electrons) * random.NextNormal()))
                : electrons;
        }

        tools.Blur(DetectorBlurPx).Apply(plane, size, size);
        if (ReadNoiseE > 0)
        {
            var read = (float)ReadNoiseE;
            for (var i = 0; i < plane.Length; i++)
            {
                plane[i] += read * (float)random.NextNormal();
            }
        }

        for (var hot = (int)Math.Round(HotFraction * plane.Length); hot > 0; hot--)
        {
            plane[random.NextInt(plane.Length)] += (float)(ElectronsPerPixel * random.Uniform(1, 6));
        }
    }
}
