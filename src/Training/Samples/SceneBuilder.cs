using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Rendering;

namespace LiveLtem.Training.Samples;

/// <summary>A noise-free scene with its labels. Immutable once built.</summary>
internal sealed class SimulatedScene
{
    /// <summary>What the particles let through, row-major [size, size].</summary>
    public required float[] Particles { get; init; }

    /// <summary>Beam behind the particles, about 1, row-major [size, size].</summary>
    public required float[] Backdrop { get; init; }

    /// <summary>One for each layer.</summary>
    public required LayerLabels[] Labels { get; init; }

    /// <summary>Contrast of a typical particle.</summary>
    public required double Contrast { get; init; }

    /// <summary>With less contrast-to-noise than this nobody sees its particles one by one.</summary>
    public required double VisibleCnr { get; init; }

    /// <summary>See <see cref="Sample.Ordered"/>.</summary>
    public required bool Ordered { get; init; }
}

/// <summary>Draws scenes: which particles, how they lie, how the lens sees them.</summary>
internal static class SceneBuilder
{
    private const ulong SceneStream = 1001;

    /// <summary>Draws the scene with this number.</summary>
    public static SimulatedScene Build(SampleOptions options, long seed, long number, RenderTools tools)
    {
        tools.Reset();
        var random = new SimRandom(seed, SceneStream, number, options.Layers);
        var layers = options.Layers == 2 ? LayerDraw.Two(options.Size, ref random) : [LayerDraw.One(options.Size, ref random)];
        var size = options.Size;
        var margin = (int)Math.Ceiling(3 * layers.Max(l => l.Optics.TotalBlurPx)) + 3;
        var side = size + (2 * margin);
        var product = tools.Plane(side * side);
        product.Fill(1);
        var part = tools.Plane(side * side);
        var sum = tools.Plane(side * side);
        foreach (var layer in layers)
        {
            Draw(layer, margin, side, part, sum, tools);
            for (var i = 0; i < product.Length; i++)
            {
                product[i] *= sum[i];
            }
        }

        var particles = new float[size * size];
        for (var y = 0; y < size; y++)
        {
            product.Slice(((y + margin) * side) + margin, size).CopyTo(particles.AsSpan(y * size, size));
        }

        var contrast = layers.Average(l => l.Contrast);
        var backdrop = new float[size * size];
        Backdrop.Draw(backdrop, size, contrast, layers[0].MinorPx, tools, ref random);
        var together = layers.Count(l => l.Particles.Count > 0) == layers.Length;
        return new SimulatedScene
        {
            Particles = particles,
            Backdrop = backdrop,
            Labels = [.. layers.Select(l => MapPainter.Label(l.Particles, size))],
            Contrast = contrast,
            // Seen through another particle, one stands out by less: the background there is darker.
            VisibleCnr = layers.Max(l => l.VisibleCnr) / (layers.Length == 1 ? 1 : Math.Sqrt(1 - contrast)),
            Ordered = layers.Length == 1 || (together && layers[1].Optics.ExtraBlurPx >= LayerDraw.OrderedBlurPx),
        };
    }

    private static void Draw(LayerDraw layer, int margin, int side, Span<float> part, Span<float> sum, RenderTools tools)
    {
        sum.Clear();
        var parts = layer.SubExposures;
        for (var k = 0; k < parts; k++)
        {
            part.Fill(1);
            var way = parts == 1 ? 0 : ((double)k / (parts - 1)) - 0.5;
            foreach (var p in layer.Particles)
            {
                TransmissionCanvas.Multiply(
                    part,
                    side,
                    side,
                    p.Form.Shape,
                    p.XPx + margin + (way * p.MoveXPx),
                    p.YPx + margin + (way * p.MoveYPx),
                    p.AngleDeg,
                    layer.AttenuationPerNm,
                    samples: 3);
            }

            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += part[i] / parts;
            }
        }

        tools.Blur(layer.Optics.TotalBlurPx).Apply(sum, side, side);
        if (layer.Optics.Fringe != 0)
        {
            // A picture minus its own blur is a Laplacian of a Gaussian but for a factor: the first Fresnel fringe.
            sum.CopyTo(part);
            tools.Blur(layer.Optics.FringePx).Apply(part, side, side);
            var fringe = (float)layer.Optics.Fringe;
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] = Math.Clamp(sum[i] + (fringe * (sum[i] - part[i])), 0.01f, 1.9f);
            }
        }
    }
}
