using System.Numerics.Tensors;

namespace LiveLtem.Inference.Segment;

/// <summary>What the frame would show without particles, counts, on a coarse grid.</summary>
/// <param name="values">Grid values, [rows, columns], all positive.</param>
/// <param name="rows">Grid rows.</param>
/// <param name="columns">Grid columns.</param>
/// <param name="step">Frame pixels from one grid point to the next; grid point (0, 0) is the mean of the first step x step pixels.</param>
internal sealed class BackgroundMap(float[] values, int rows, int columns, int step)
{
    /// <summary>Grid values, [rows, columns].</summary>
    public float[] Values => values;

    /// <summary>Grid rows.</summary>
    public int Rows => rows;

    /// <summary>Grid columns.</summary>
    public int Columns => columns;

    /// <summary>Frame pixels from one grid point to the next.</summary>
    public int Step => step;

    /// <summary>The same surface times a factor for each grid point, [rows, columns].</summary>
    public BackgroundMap Times(float[] factors)
    {
        var product = new float[values.Length];
        TensorPrimitives.Multiply(values, factors, product);
        return new BackgroundMap(product, rows, columns, step);
    }

    /// <summary>This surface over another one of the same grid, [rows, columns].</summary>
    public float[] Over(BackgroundMap other)
    {
        var ratio = new float[values.Length];
        TensorPrimitives.Divide(values, other.Values, ratio);
        return ratio;
    }

    /// <summary>Bilinear background at a pixel of the frame; held constant beyond the border.</summary>
    public double At(double x, double y)
    {
        var offset = (step - 1) / 2.0;
        var gx = Math.Clamp((x - offset) / step, 0, columns - 1);
        var gy = Math.Clamp((y - offset) / step, 0, rows - 1);
        var i = Math.Min((int)gy, Math.Max(0, rows - 2));
        var j = Math.Min((int)gx, Math.Max(0, columns - 2));
        var fy = gy - i;
        var fx = gx - j;
        var below = rows > 1 ? columns : 0;
        var right = columns > 1 ? 1 : 0;
        var at = (i * columns) + j;
        var top = (values[at] * (1 - fx)) + (values[at + right] * fx);
        var bottom = (values[at + below] * (1 - fx)) + (values[at + below + right] * fx);
        return (top * (1 - fy)) + (bottom * fy);
    }
}
