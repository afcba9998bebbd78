using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.HardwareSim.Truth;

/// <summary>Label images of what a frame truly shows.</summary>
public static class LabelPainter
{
    /// <summary>Paints one layer: a pixel belongs to the particle in whose outline its centre lies, at the particle's mean pose over the exposure.</summary>
    /// <param name="frame">What it shows.</param>
    /// <param name="layer">The layer: 0 where there is one, else 1 or 2.</param>
    /// <param name="sizePx">Side of the square frame, px.</param>
    /// <param name="labels">Out, row-major [sizePx, sizePx]: 0 background, k the k-th of the frame's particles. Where two of a layer overlap, the one
    /// that reaches deeper there has the pixel.</param>
    public static void Paint(SceneFrame frame, int layer, int sizePx, Span<ushort> labels)
    {
        ArgumentNullException.ThrowIfNull(frame);
        labels.Clear();
        var depth = new double[sizePx * sizePx];
        for (var i = 0; i < Math.Min(frame.Particles.Count, ushort.MaxValue); i++)
        {
            var view = frame.Particles[i];
            if (view.Layer != layer)
            {
                continue;
            }

            var (shape, pose) = (view.Shape, view.Mean);
            var (sin, cos) = Math.SinCos(pose.AngleDeg * (Math.PI / 180));
            var (left, right) = Span(pose.XPx, shape.RadiusPx, sizePx);
            var (top, bottom) = Span(pose.YPx, shape.RadiusPx, sizePx);
            for (var y = top; y <= bottom; y++)
            {
                for (var x = left; x <= right; x++)
                {
                    var (dx, dy) = (x - pose.XPx, y - pose.YPx);
                    var distance = shape.Distance((dx * cos) + (dy * sin), (dy * cos) - (dx * sin));
                    var at = (y * sizePx) + x;
                    if (distance < depth[at])
                    {
                        depth[at] = distance;
                        labels[at] = (ushort)(i + 1);
                    }
                }
            }
        }
    }

    private static (int First, int Last) Span(double centre, double radius, int size) =>
        (Math.Max(0, (int)Math.Ceiling(centre - radius)), Math.Min(size - 1, (int)Math.Floor(centre + radius)));
}
