using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Passes over working images that OpenCV would need several calls, and as many passes through memory, for.</summary>
internal static unsafe class ImageLoops
{
    /// <summary>Contrast of a smoothed image against its background: (background - image) / background for dark particles, the negative for bright ones.</summary>
    /// <param name="smooth">CV_32FC1.</param>
    /// <param name="map">The background.</param>
    /// <param name="bin">Frame pixels to a pixel of <paramref name="smooth"/>.</param>
    /// <param name="dark">Polarity.</param>
    /// <param name="contrast">Takes the result, CV_32FC1; made if needed.</param>
    public static void Contrast(Mat smooth, BackgroundMap map, int bin, bool dark, Mat contrast)
    {
        int rows = smooth.Rows, columns = smooth.Cols;
        contrast.Create(rows, columns, MatType.CV_32FC1);
        var cell = map.Step / bin;
        var rented = ArrayPool<float>.Shared.Rent(map.Columns + columns + cell + 16);
        var nodes = rented.AsSpan(0, map.Columns);
        var level = rented.AsSpan(map.Columns, columns + cell + 16);
        var sign = dark ? -1f : 1f;
        for (var y = 0; y < rows; y++)
        {
            BetweenRows(map, ((y + 0.5f) / cell) - 0.5f, nodes);
            Spread(nodes, cell, level, columns);
            var source = (float*)smooth.Ptr(y);
            var target = (float*)contrast.Ptr(y);
            ref var l0 = ref MemoryMarshal.GetReference(level);
            var x = 0;
            for (; x + 8 <= columns; x += 8)
            {
                var ratio = Vector256.Load(source + x) / Vector256.LoadUnsafe(ref l0, (nuint)x);
                ((ratio - Vector256<float>.One) * sign).Store(target + x);
            }

            for (; x < columns; x++)
            {
                target[x] = ((source[x] / level[x]) - 1) * sign;
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>255 where the image is over the threshold (or not over it), else 0.</summary>
    /// <remarks>OpenCV's own comparison with a number takes fifty times as long.</remarks>
    /// <param name="image">CV_32FC1.</param>
    /// <param name="threshold">The threshold.</param>
    /// <param name="above">True to mark what is over it, false for the rest.</param>
    /// <param name="mask">Takes the result, CV_8UC1; made if needed.</param>
    public static void Mask(Mat image, double threshold, bool above, Mat mask)
    {
        int rows = image.Rows, columns = image.Cols;
        mask.Create(rows, columns, MatType.CV_8UC1);
        var limit = Vector256.Create((float)threshold);
        var flip = Vector256.Create(above ? (byte)0 : byte.MaxValue);
        for (var y = 0; y < rows; y++)
        {
            var source = (float*)image.Ptr(y);
            var target = (byte*)mask.Ptr(y);
            var x = 0;
            for (; x + 32 <= columns; x += 32)
            {
                var low = Vector256.Narrow(Over(source + x), Over(source + x + 8));
                var high = Vector256.Narrow(Over(source + x + 16), Over(source + x + 24));
                (Vector256.Narrow(low, high).AsByte() ^ flip).Store(target + x);
            }

            for (; x < columns; x++)
            {
                target[x] = (byte)(source[x] > (float)threshold == above ? 255 : 0);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector256<int> Over(float* at) => Vector256.GreaterThan(Vector256.Load(at), limit).AsInt32();
    }

    /// <summary>Sums of the pixels that a mask marks, cell by cell.</summary>
    /// <param name="image">CV_32FC1.</param>
    /// <param name="mask">255 where a pixel counts, CV_8UC1, or null for everywhere.</param>
    /// <param name="cell">Side of a cell.</param>
    /// <param name="rows">Rows of cells.</param>
    /// <param name="columns">Columns of cells.</param>
    /// <param name="means">Takes the sum of the marked pixels over the pixels of a cell, [rows, columns].</param>
    /// <param name="weights">Takes the marked fraction of each cell.</param>
    public static void CellSums(Mat image, Mat? mask, int cell, int rows, int columns, Span<float> means, Span<float> weights)
    {
        var width = columns * cell;
        var rented = ArrayPool<float>.Shared.Rent(2 * width);
        var sums = rented.AsSpan(0, width);
        var counts = rented.AsSpan(width, width);
        var whole = 1f / (cell * cell);
        for (var row = 0; row < rows; row++)
        {
            sums.Clear();
            counts.Clear();
            for (var y = row * cell; y < (row + 1) * cell; y++)
            {
                AddRow((float*)image.Ptr(y), mask is null ? null : (byte*)mask.Ptr(y), sums, counts);
            }

            for (var column = 0; column < columns; column++)
            {
                float sum = 0, count = 0;
                for (var x = column * cell; x < (column + 1) * cell; x++)
                {
                    sum += sums[x];
                    count += counts[x];
                }

                means[(row * columns) + column] = sum * whole;
                weights[(row * columns) + column] = count * whole;
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Averages bin x bin pixels of float rows into one row.</summary>
    /// <param name="summed">Sum of bin rows.</param>
    /// <param name="bin">Pixels to average along the row.</param>
    /// <param name="target">Takes the means.</param>
    public static void AverageAlong(ReadOnlySpan<float> summed, int bin, Span<float> target)
    {
        var whole = 1f / (bin * bin);
        for (var x = 0; x < target.Length; x++)
        {
            var sum = 0f;
            for (var k = x * bin; k < (x + 1) * bin; k++)
            {
                sum += summed[k];
            }

            target[x] = sum * whole;
        }
    }

    private static void AddRow(float* values, byte* marked, Span<float> sums, Span<float> counts)
    {
        ref var s0 = ref MemoryMarshal.GetReference(sums);
        ref var c0 = ref MemoryMarshal.GetReference(counts);
        var x = 0;
        for (; x + 8 <= sums.Length; x += 8)
        {
            var at = (nuint)x;
            var use = Vector256<float>.One;
            if (marked is not null)
            {
                var bytes = Vector128.CreateScalar(*(ulong*)(marked + x)).AsByte();
                var wide = Vector256.WidenLower(Vector256.WidenLower(bytes.ToVector256()).AsInt16());
                use = Vector256.GreaterThan(wide, Vector256<int>.Zero).AsSingle() & use;
            }

            (Vector256.LoadUnsafe(ref s0, at) + (Vector256.Load(values + x) * use)).StoreUnsafe(ref s0, at);
            (Vector256.LoadUnsafe(ref c0, at) + use).StoreUnsafe(ref c0, at);
        }

        for (; x < sums.Length; x++)
        {
            if (marked is null || marked[x] != 0)
            {
                sums[x] += values[x];
                counts[x]++;
            }
        }
    }

    private static void BetweenRows(BackgroundMap map, float at, Span<float> nodes)
    {
        var place = Math.Clamp(at, 0, map.Rows - 1);
        var upper = Math.Min((int)place, Math.Max(0, map.Rows - 2));
        var share = place - upper;
        var top = map.Values.AsSpan(upper * map.Columns, map.Columns);
        var bottom = map.Values.AsSpan(Math.Min(upper + 1, map.Rows - 1) * map.Columns, map.Columns);
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = top[i] + (share * (bottom[i] - top[i]));
        }
    }

    // Straight lines from the middle of a cell to that of the next; held constant towards the borders. Writes some values behind the last.
    private static void Spread(ReadOnlySpan<float> nodes, int cell, Span<float> level, int columns)
    {
        var first = cell / 2;
        level[..first].Fill(nodes[0]);
        var ramp = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);
        var offset = (cell & 1) == 0 ? 0.5f : 0;
        ref var l0 = ref MemoryMarshal.GetReference(level);
        for (var i = 0; i + 1 < nodes.Length; i++)
        {
            var step = (nodes[i + 1] - nodes[i]) / cell;
            var at = first + (i * cell);
            for (var k = 0; k < cell; k += 8)
            {
                (Vector256.Create(nodes[i] + ((k + offset) * step)) + (ramp * step)).StoreUnsafe(ref l0, (nuint)(at + k));
            }
        }

        var end = Math.Min(columns, first + ((nodes.Length - 1) * cell));
        level[end..columns].Fill(nodes[^1]);
    }
}
