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

    /// <summary>Counts of a frame; pixels that are no number become 0.</summary>
    /// <param name="frame">The frame, or counts that belong to it.</param>
    /// <param name="zero">Counts without beam, taken off.</param>
    public void Read(Frame frame, double zero)
    {
        var size = frame.Type.BytesPerPixel();
        for (var y = 0; y < rows; y++)
        {
            var row = Row(y);
            PixelConverter.ToFloat(frame.Bytes.Slice(y * columns * size, columns * size), frame.Type, row);
            TensorPrimitives.Subtract(row, (float)zero, row);
            if (TensorPrimitives.IsFiniteAll<float>(row))
            {
                continue;
            }

            foreach (ref var value in row)
            {
                value = float.IsFinite(value) ? value : 0;
            }
        }
    }

    /// <summary>Means of whole blocks of another plane.</summary>
    /// <param name="whole">The other plane; rows and columns that do not fill a block are left out.</param>
    /// <param name="bin">Side of a block, px.</param>
    public void Bin(Plane whole, int bin)
    {
        if (bin == 1)
        {
            CopyFrom(whole);
            return;
        }

        var share = 1f / (bin * bin);
        var sum = new float[whole.Columns];
        for (var y = 0; y < rows; y++)
        {
            whole.Row(y * bin).CopyTo(sum);
            for (var k = 1; k < bin; k++)
            {
                TensorPrimitives.Add(sum, whole.Row((y * bin) + k), sum);
            }

            var row = Row(y);
            for (var x = 0; x < row.Length; x++)
            {
                var total = 0f;
                for (var k = 0; k < bin; k++)
                {
                    total += sum[(x * bin) + k];
                }

                row[x] = total * share;
            }
        }
    }
}
