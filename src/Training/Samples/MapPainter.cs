using LiveLtem.Inference.Models;

namespace LiveLtem.Training.Samples;

/// <summary>Paints labels from geometry, and the six maps from labels.</summary>
internal static class MapPainter
{
    /// <summary>Half the width of the boundary band, px: about the pixels that the outline passes through and their neighbours.</summary>
    public const double BoundaryHalfPx = 0.8;

    // Beyond this many s the centre's map is below 1e-4.
    private const double CentreReach = 4.3;

    // Distances that are understated are corrected nearer than this to the outline; farther off they decide nothing.
    private const double CorrectedPx = 3;

    /// <summary>Labels a layer's particles.</summary>
    /// <param name="particles">Mean poses, all of one layer.</param>
    /// <param name="size">Side of the field, px.</param>
    public static LayerLabels Label(IReadOnlyList<PlacedForm> particles, int size)
    {
        var labels = new LayerLabels(size);
        var nearest = new float[size * size];
        nearest.AsSpan().Fill(float.PositiveInfinity);
        ushort id = 0;
        foreach (var particle in particles)
        {
            var label = LabelOf(particle);
            var seen = Cover(particle, label, labels, nearest, (ushort)(id + 1));
            var reach = label.MinorPx;
            if (seen || (label.XPx > -reach && label.YPx > -reach && label.XPx < size + reach && label.YPx < size + reach))
            {
                labels.Particles.Add(label);
                id++;
            }
        }

        return labels;
    }

    /// <summary>Centre, size and elongation of a particle as it lies.</summary>
    public static ParticleLabel LabelOf(in PlacedForm particle)
    {
        var form = particle.Form;
        var (sin, cos) = Math.SinCos(particle.AngleDeg * Math.PI / 180);
        var xx = (cos * cos * form.Muu) - (2 * cos * sin * form.Muv) + (sin * sin * form.Mvv);
        var yy = (sin * sin * form.Muu) + (2 * cos * sin * form.Muv) + (cos * cos * form.Mvv);
        var xy = (cos * sin * (form.Muu - form.Mvv)) + (((cos * cos) - (sin * sin)) * form.Muv);
        return ParticleLabel.Of(
            particle.XPx + (form.CentreU * cos) - (form.CentreV * sin),
            particle.YPx + (form.CentreU * sin) + (form.CentreV * cos),
            form.Shape.MinorPx,
            xx,
            yy,
            xy);
    }

    /// <summary>Writes one layer's maps.</summary>
    /// <param name="flags">Bits of <see cref="LayerLabels"/>, [size, size].</param>
    /// <param name="particles">In the same frame.</param>
    /// <param name="size">Side, px.</param>
    /// <param name="maps">Out: [<see cref="MapLayout.PerLayer"/>, size, size].</param>
    /// <param name="nearest">Room for [size, size].</param>
    public static void Paint(ReadOnlySpan<byte> flags, IReadOnlyList<ParticleLabel> particles, int size, Span<float> maps, Span<float> nearest)
    {
        var plane = size * size;
        var foreground = maps.Slice(MapLayout.Foreground * plane, plane);
        var boundary = maps.Slice(MapLayout.Boundary * plane, plane);
        for (var i = 0; i < plane; i++)
        {
            foreground[i] = flags[i] & LayerLabels.Inside;
            boundary[i] = (flags[i] & LayerLabels.Edge) >> 1;
        }

        maps[(MapLayout.Centre * plane)..(MapLayout.PerLayer * plane)].Clear();
        nearest[..plane].Fill(float.PositiveInfinity);
        foreach (var particle in particles)
        {
            PaintCentre(particle, size, maps, nearest);
        }
    }

    private static bool Cover(in PlacedForm particle, in ParticleLabel label, LayerLabels labels, float[] nearest, ushort id)
    {
        var size = labels.Size;
        var shape = particle.Form.Shape;
        var exact = particle.Form.IsExact;
        var reach = shape.RadiusPx + BoundaryHalfPx;
        var x0 = Math.Max(0, (int)Math.Ceiling(particle.XPx - reach));
        var x1 = Math.Min(size - 1, (int)Math.Floor(particle.XPx + reach));
        var y0 = Math.Max(0, (int)Math.Ceiling(particle.YPx - reach));
        var y1 = Math.Min(size - 1, (int)Math.Floor(particle.YPx + reach));
        var (sin, cos) = Math.SinCos(particle.AngleDeg * Math.PI / 180);
        var ownSize = 1 / (particle.Form.RadiusPx * particle.Form.RadiusPx);
        var seen = false;
        for (var y = y0; y <= y1; y++)
        {
            var dy = y - particle.YPx;
            for (var x = x0; x <= x1; x++)
            {
                var dx = x - particle.XPx;
                var u = (dx * cos) + (dy * sin);
                var v = (dy * cos) - (dx * sin);
                var distance = shape.Distance(u, v);
                if (distance > BoundaryHalfPx)
                {
                    continue;
                }

                if (!exact && Math.Abs(distance) < CorrectedPx)
                {
                    var gu = shape.Distance(u + 0.25, v) - shape.Distance(u - 0.25, v);
                    var gv = shape.Distance(u, v + 0.25) - shape.Distance(u, v - 0.25);
                    distance /= Math.Max(0.2, 2 * Math.Sqrt((gu * gu) + (gv * gv)));
                }

                var i = (y * size) + x;
                if (Math.Abs(distance) <= BoundaryHalfPx)
                {
                    labels.Flags[i] |= LayerLabels.Edge;
                }

                if (distance <= 0)
                {
                    labels.Flags[i] |= LayerLabels.Inside;
                    seen = true;
                    var own = (float)((Square(x - label.XPx) + Square(y - label.YPx)) * ownSize);
                    if (own < nearest[i])
                    {
                        nearest[i] = own;
                        labels.Instances[i] = id;
                    }
                }
            }
        }

        return seen;
    }

    private static void PaintCentre(in ParticleLabel particle, int size, Span<float> maps, Span<float> nearest)
    {
        var plane = size * size;

        // Covariance of the centre's Gaussian: the particle's own moments, scaled so that of a bar the widths are a quarter of its lengths.
        var radius = MapLayout.ReferencePx * Math.Pow(2, particle.LogSize);
        var (ex, ey) = (particle.ElongationX, particle.ElongationY);
        var mean = MapLayout.CentreSpread * radius * radius / (4 * Math.Sqrt(Math.Max(1e-6, 1 - (ex * ex) - (ey * ey))));
        double xx = mean * (1 + ex), yy = mean * (1 - ex), xy = mean * ey;
        var determinant = (xx * yy) - (xy * xy);
        var reachX = CentreReach * Math.Sqrt(xx);
        var reachY = CentreReach * Math.Sqrt(yy);
        var x0 = Math.Max(0, (int)Math.Ceiling(particle.XPx - reachX));
        var x1 = Math.Min(size - 1, (int)Math.Floor(particle.XPx + reachX));
        var y0 = Math.Max(0, (int)Math.Ceiling(particle.YPx - reachY));
        var y1 = Math.Min(size - 1, (int)Math.Floor(particle.YPx + reachY));
        for (var y = y0; y <= y1; y++)
        {
            var dy = y - particle.YPx;
            for (var x = x0; x <= x1; x++)
            {
                var dx = x - particle.XPx;
                var squared = ((yy * dx * dx) - (2 * xy * dx * dy) + (xx * dy * dy)) / determinant;
                if (squared > CentreReach * CentreReach)
                {
                    continue;
                }

                var i = (y * size) + x;
                ref var centre = ref maps[(MapLayout.Centre * plane) + i];
                centre = Math.Max(centre, (float)Math.Exp(-0.5 * squared));

                // Out to the outline, about.
                if (squared <= 4 && squared < nearest[i])
                {
                    nearest[i] = (float)squared;
                    maps[(MapLayout.LogSize * plane) + i] = (float)particle.LogSize;
                    maps[(MapLayout.ElongationX * plane) + i] = (float)particle.ElongationX;
                    maps[(MapLayout.ElongationY * plane) + i] = (float)particle.ElongationY;
                }
            }
        }
    }

    private static double Square(double value) => value * value;
}
