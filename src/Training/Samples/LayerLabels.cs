using LiveLtem.Inference.Models;

namespace LiveLtem.Training.Samples;

/// <summary>What the maps near a particle's centre say.</summary>
/// <param name="XPx">Centre of area.</param>
/// <param name="YPx">Centre of area, y down.</param>
/// <param name="MinorPx">Shorter full length.</param>
/// <param name="LogSize">See <see cref="MapLayout.LogSize"/>.</param>
/// <param name="ElongationX">See <see cref="MapLayout.ElongationX"/>.</param>
/// <param name="ElongationY">See <see cref="MapLayout.ElongationY"/>.</param>
internal readonly record struct ParticleLabel(double XPx, double YPx, double MinorPx, double LogSize, double ElongationX, double ElongationY)
{
    /// <summary>From the second moments of the whole particle, px^2.</summary>
    public static ParticleLabel Of(double x, double y, double minorPx, double xx, double yy, double xy)
    {
        var radius = 2 * Math.Pow(Math.Max(1e-9, (xx * yy) - (xy * xy)), 0.25);
        var sum = Math.Max(1e-9, xx + yy);
        return new ParticleLabel(x, y, minorPx, Math.Log2(radius / MapLayout.ReferencePx), (xx - yy) / sum, 2 * xy / sum);
    }

    /// <summary>The same particle in a picture cut out and scaled.</summary>
    /// <param name="scale">New pixels to an old one.</param>
    /// <param name="x0">First old column of the cut.</param>
    /// <param name="y0">First old row of the cut.</param>
    public ParticleLabel Scaled(double scale, int x0, int y0) => this with
    {
        // Pixel centres are at integers: the cut's edge is half a pixel before its first.
        XPx = ((XPx - x0 + 0.5) * scale) - 0.5,
        YPx = ((YPx - y0 + 0.5) * scale) - 0.5,
        MinorPx = MinorPx * scale,
        LogSize = LogSize + Math.Log2(scale),
    };
}

/// <summary>One layer's labels in a compact form: the maps are painted from them for every picture.</summary>
internal sealed class LayerLabels
{
    /// <summary>Bit of a pixel whose centre a particle covers.</summary>
    public const byte Inside = 1;

    /// <summary>Bit of a pixel near an outline.</summary>
    public const byte Edge = 2;

    /// <summary>An empty layer.</summary>
    public LayerLabels(int size)
    {
        Size = size;
        Flags = new byte[size * size];
        Instances = new ushort[size * size];
    }

    /// <summary>Side, px.</summary>
    public int Size { get; }

    /// <summary><see cref="Inside"/> and <see cref="Edge"/> of each pixel.</summary>
    public byte[] Flags { get; }

    /// <summary>Particle of each pixel, from 1; 0 where none.</summary>
    public ushort[] Instances { get; }

    /// <summary>Particles that are seen or whose centre is near.</summary>
    public List<ParticleLabel> Particles { get; } = [];
}
