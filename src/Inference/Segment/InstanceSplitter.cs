using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Splits a connected component where particles touch: watershed of its distance map with basins merged by depth.</summary>
/// <remarks>Pixels are flooded from the deepest inwards point outwards. Where two basins meet, they stay apart only if the neck between them is
/// narrower than <see cref="Neck"/> of the smaller basin's half-width (Vincent and Soille 1991 for the flooding, doi:10.1109/34.87344; the
/// merging is persistence by ratio). Particles that touch face to face have no neck: those are told apart by the fit.</remarks>
internal static class InstanceSplitter
{
    /// <summary>Basins whose neck is wider than this fraction of the smaller one are one particle.</summary>
    public const double Neck = 0.78;

    /// <summary>Splits the component.</summary>
    /// <param name="labels">Component labels, CV_32SC1.</param>
    /// <param name="box">Bounding box of the component.</param>
    /// <param name="label">Its label.</param>
    /// <param name="minArea">Smallest part that is kept apart, working pixels.</param>
    /// <param name="parts">Takes the part of each pixel of the box, 0 outside the component, else 1..; row-major.</param>
    /// <returns>Number of parts, >= 1.</returns>
    public static int Split(Mat labels, Rect box, int label, double minArea, out int[] parts)
    {
        using var padded = Cut(labels, box, label);
        using var distance = new Mat();
        Cv2.DistanceTransform(padded, distance, DistanceTypes.L2, DistanceTransformMasks.Mask5);
        int rows = padded.Rows, columns = padded.Cols;
        distance.GetArray(out float[] depth);
        var order = FromTheDeepest(depth);
        var basin = new int[depth.Length];
        var parent = new List<int> { 0 };
        var peak = new List<float> { 0 };
        var area = new List<int> { 0 };
        int Root(int b)
        {
            while (parent[b] != b)
            {
                b = parent[b] = parent[parent[b]];
            }

            return b;
        }

        ReadOnlySpan<int> steps = [-1, 1, -columns, columns, -columns - 1, -columns + 1, columns - 1, columns + 1];
        foreach (var key in order)
        {
            var at = (int)(key & uint.MaxValue);
            var into = 0;
            foreach (var step in steps)
            {
                var near = basin[at + step];
                if (near == 0)
                {
                    continue;
                }

                near = Root(near);
                if (into == 0)
                {
                    into = near;
                }
                else if (near != into)
                {
                    var (small, big) = peak[near] < peak[into] ? (near, into) : (into, near);
                    if (depth[at] > Neck * peak[small] || peak[small] - depth[at] < 1 || area[small] < minArea / 2)
                    {
                        parent[small] = big;
                        area[big] += area[small];
                        into = big;
                    }
                    else if (peak[near] > peak[into])
                    {
                        into = near;
                    }
                }
            }

            if (into == 0)
            {
                into = parent.Count;
                parent.Add(into);
                peak.Add(depth[at]);
                area.Add(0);
            }

            basin[at] = into;
            area[into]++;
        }

        var numbers = new Dictionary<int, int>();
        parts = new int[box.Width * box.Height];
        for (var y = 0; y < box.Height; y++)
        {
            for (var x = 0; x < box.Width; x++)
            {
                var b = basin[((y + 1) * columns) + x + 1];
                if (b == 0)
                {
                    continue;
                }

                b = Root(b);
                if (!numbers.TryGetValue(b, out var number))
                {
                    number = numbers.Count + 1;
                    numbers.Add(b, number);
                }

                parts[(y * box.Width) + x] = number;
            }
        }

        return numbers.Count;
    }

    // Pixels of the component, the deepest first and those of equal depth in reading order: the bits of a positive float sort like the float.
    private static ulong[] FromTheDeepest(float[] depth)
    {
        var count = 0;
        var keys = new ulong[depth.Length];
        for (var i = 0; i < depth.Length; i++)
        {
            if (depth[i] > 0)
            {
                keys[count++] = ((ulong)(uint.MaxValue - BitConverter.SingleToUInt32Bits(depth[i])) << 32) | (uint)i;
            }
        }

        Array.Resize(ref keys, count);
        Array.Sort(keys);
        return keys;
    }

    // The component alone, 255, with a free pixel all round.
    private static unsafe Mat Cut(Mat labels, Rect box, int label)
    {
        var padded = new Mat(box.Height + 2, box.Width + 2, MatType.CV_8UC1, new Scalar(0));
        for (var y = 0; y < box.Height; y++)
        {
            var source = (int*)labels.Ptr(box.Y + y) + box.X;
            var target = (byte*)padded.Ptr(y + 1) + 1;
            for (var x = 0; x < box.Width; x++)
            {
                target[x] = (byte)(source[x] == label ? 255 : 0);
            }
        }

        return padded;
    }
}
