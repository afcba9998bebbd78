using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>A float image, row-major [rows, columns].</summary>
internal sealed class Plane(int rows, int columns)
{
    public int Rows => rows;

    public int Columns => columns;

    public float[] Values { get; } = new float[rows * columns];

    public Span<float> Row(int y) => Values.AsSpan(y * columns, columns);

    public void CopyFrom(Plane other) => other.Values.CopyTo(Values, 0);

    /// <summary>Means of whole blocks of a frame.</summary>
    /// <param name="frame">The frame, or counts that belong to it.</param>
    /// <param name="bin">Side of a block, px; rows and columns that do not fill one are left out.</param>
    /// <param name="zero">Counts without beam, taken off.</param>
    /// <param name="into">Of [height / bin, width / bin].</param>
    public static void Bin(Frame frame, int bin, double zero, Plane into)
    {
        var width = frame.Width;
        var size = frame.Type.BytesPerPixel();
        var line = new float[width];
        var sum = new float[width];
        for (var y = 0; y < into.Rows; y++)
        {
            sum.AsSpan().Clear();
            for (var k = 0; k < bin; k++)
            {
                PixelConverter.ToFloat(frame.Bytes.Slice(((y * bin) + k) * width * size, width * size), frame.Type, line);
                TensorPrimitives.Add(sum, line, sum);
            }

            var row = into.Row(y);
            var share = 1f / (bin * bin);
            for (var x = 0; x < row.Length; x++)
            {
                var total = 0f;
                for (var k = 0; k < bin; k++)
                {
                    total += sum[(x * bin) + k];
                }

                var value = (total * share) - (float)zero;
                row[x] = float.IsFinite(value) ? value : 0;
            }
        }
    }
}
