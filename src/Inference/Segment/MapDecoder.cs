using System.Buffers;
using System.Runtime.Intrinsics;
using LiveLtem.Inference.Models;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>One particle as a network's maps tell it, in network pixels.</summary>
/// <param name="Layer">0 or 1: which of the network's layers.</param>
/// <param name="X">Centre.</param>
/// <param name="Y">Centre.</param>
/// <param name="HalfMajor">Half-length of the bar with the same second moments.</param>
/// <param name="HalfMinor">Half-width of that bar.</param>
/// <param name="Angle">Direction of the long axis, radians.</param>
/// <param name="Score">Height of the centre map's peak, 0 to 1.</param>
internal readonly record struct MapPeak(int Layer, double X, double Y, double HalfMajor, double HalfMinor, double Angle, double Score);

/// <summary>Reads the particles off a network's maps: each peak of the centre map is one, the measures at the peak say how large it is.</summary>
/// <remarks>Particles are told apart by their centres, not by their outlines, so that those side by side without a neck, and those over one another,
/// come apart; the idea is that of objects as points (Zhou, Wang and Krähenbühl 2019, arXiv:1904.07850).</remarks>
internal static class MapDecoder
{
    private const double MostElongation = 0.97;
    private const double Merge = 0.5;
    private const double Smoothing = 1;
    private const double Prominence = 0.12;

    /// <summary>Reads them.</summary>
    /// <param name="run">A run that has been made.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="rows">Rows that are picture and not padding.</param>
    /// <param name="columns">Columns, likewise.</param>
    /// <param name="least">Lowest peak that counts, 0 to 1.</param>
    public static List<MapPeak> Read(NetworkRun run, int layers, int rows, int columns, double least)
    {
        var peaks = new List<MapPeak>();
        for (var layer = 0; layer < layers; layer++)
        {
            var found = Candidates(run, layer, rows, columns, (byte)Math.Clamp(least * 255, 1, 255));

            // The highest first; a lower one within half of its size is the same particle, in whichever layer the network saw it.
            found.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Y != b.Y ? a.Y.CompareTo(b.Y) : a.X.CompareTo(b.X));
            foreach (var one in found)
            {
                var free = true;
                for (var k = 0; k < peaks.Count && free; k++)
                {
                    var other = peaks[k];
                    double dx = one.X - other.X, dy = one.Y - other.Y;
                    var near = Merge * Math.Min(one.HalfMinor, other.HalfMinor);
                    free = (dx * dx) + (dy * dy) >= near * near;
                }

                if (free)
                {
                    peaks.Add(one);
                }
            }
        }

        return peaks;
    }

    // Peaks by flooding from the highest pixel down: where two floods meet, the lower peak goes into the higher one unless it stands out above the
    // place where they meet. So the ripples of a flat or long peak are one particle.
    private static List<MapPeak> Candidates(NetworkRun run, int layer, int rows, int columns, byte least)
    {
        using var whole = Mat.FromPixelData(run.Height, run.Width, MatType.CV_8UC1, run.MapMemory(layer, MapLayout.Centre));
        using var part = whole[0, rows, 0, columns];
        using var map = new Mat();
        Cv2.GaussianBlur(part, map, new Size(5, 5), Smoothing, Smoothing, BorderTypes.Reflect101);

        // One free pixel all round, so that a step over the edge finds nothing.
        var stride = columns + 2;
        var cells = stride * (rows + 2);
        var order = ArrayPool<int>.Shared.Rent(rows * columns);
        var basinOf = ArrayPool<int>.Shared.Rent(cells);
        var high = HighPixels(map, least, stride, order);
        var basins = ArrayPool<Basin>.Shared.Rent(high);
        basinOf.AsSpan(0, cells).Clear();
        var count = Flood(map, stride, order.AsSpan(0, high), basinOf, basins);
        var found = new List<MapPeak>(count);
        for (var k = 1; k <= count; k++)
        {
            if (basins[k - 1].Parent == k)
            {
                found.Add(Measure(run, layer, basins[k - 1]));
            }
        }

        ArrayPool<Basin>.Shared.Return(basins);
        ArrayPool<int>.Shared.Return(basinOf);
        ArrayPool<int>.Shared.Return(order);
        return found;
    }

    // Basins are numbered from 1; 0 is dry.
    private static unsafe int Flood(Mat map, int stride, ReadOnlySpan<int> order, int[] basinOf, Basin[] basins)
    {
        ReadOnlySpan<int> steps = [-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1];
        var count = 0;
        foreach (var at in order)
        {
            int y = (at / stride) - 1, x = (at % stride) - 1;
            int value = ((byte*)map.Ptr(y))[x];
            var own = 0;
            foreach (var step in steps)
            {
                var near = basinOf[at + step];
                if (near == 0)
                {
                    continue;
                }

                while (basins[near - 1].Parent != near)
                {
                    near = basins[near - 1].Parent;
                }

                if (own == 0)
                {
                    own = near;
                }
                else if (own != near)
                {
                    var (upper, lower) = basins[own - 1].Peak >= basins[near - 1].Peak ? (own, near) : (near, own);
                    if (basins[lower - 1].Peak - value < Prominence * basins[lower - 1].Peak)
                    {
                        basins[upper - 1].Add(basins[lower - 1]);
                        basins[lower - 1].Parent = upper;
                    }

                    own = upper;
                }
            }

            if (own == 0)
            {
                own = ++count;
                basins[own - 1] = new Basin { Parent = own, Peak = value };
            }

            basinOf[at] = own;
            basins[own - 1].Add(x, y, value);
        }

        return count;
    }

    // Places of the high pixels in the padded map, the highest first and in reading order among equals, so that the result does not depend on the sort.
    private static unsafe int HighPixels(Mat map, byte least, int stride, int[] order)
    {
        int rows = map.Rows, columns = map.Cols;
        var bar = Vector256.Create((byte)(least - 1));
        Span<int> next = stackalloc int[256];
        next.Clear();
        for (var y = 0; y < rows; y++)
        {
            var line = (byte*)map.Ptr(y);
            for (var x = NextHigh(line, 0, columns, bar, least); x < columns; x = NextHigh(line, x + 1, columns, bar, least))
            {
                next[line[x]]++;
            }
        }

        var total = 0;
        for (var value = 255; value >= least; value--)
        {
            (next[value], total) = (total, total + next[value]);
        }

        for (var y = 0; y < rows; y++)
        {
            var line = (byte*)map.Ptr(y);
            for (var x = NextHigh(line, 0, columns, bar, least); x < columns; x = NextHigh(line, x + 1, columns, bar, least))
            {
                order[next[line[x]]++] = ((y + 1) * stride) + x + 1;
            }
        }

        return total;
    }

    private static unsafe int NextHigh(byte* line, int from, int columns, Vector256<byte> bar, byte least)
    {
        var x = from;
        while (x < columns && line[x] < least)
        {
            x += x + 32 <= columns && !Vector256.GreaterThanAny(Vector256.Load(line + x), bar) ? 32 : 1;
        }

        return x;
    }

    private static MapPeak Measure(NetworkRun run, int layer, in Basin basin)
    {
        var (x, y) = (basin.X, basin.Y);
        var (logSize, elongationX, elongationY) = Geometry(run, layer, (int)Math.Round(x), (int)Math.Round(y));
        var radius = MapLayout.ReferencePx * Math.Pow(2, Math.Clamp(logSize, -3, 4));
        var elongation = Math.Min(MostElongation, Math.Sqrt((elongationX * elongationX) + (elongationY * elongationY)));

        // r = 2 (Mxx Myy - Mxy^2)^(1/4), and the two principal moments are s (1 +- e).
        var s = radius * radius / (4 * Math.Sqrt(1 - (elongation * elongation)));
        var halfMajor = Math.Sqrt(3 * s * (1 + elongation));
        var halfMinor = Math.Sqrt(3 * s * (1 - elongation));
        return new MapPeak(layer, x, y, halfMajor, halfMinor, 0.5 * Math.Atan2(elongationY, elongationX), basin.Peak / 255.0);
    }

    // Mean over the cells at the peak, weighted by the centre map's height there.
    private static (double LogSize, double ElongationX, double ElongationY) Geometry(NetworkRun run, int layer, int x, int y)
    {
        var stride = run.Height / run.GeometryHeight;
        int cx = x / stride, cy = y / stride;
        var size = run.Geometry(layer, MapLayout.LogSize);
        var ex = run.Geometry(layer, MapLayout.ElongationX);
        var ey = run.Geometry(layer, MapLayout.ElongationY);
        var map = run.Map(layer, MapLayout.Centre);
        double sum = 0, a = 0, b = 0, c = 0;
        for (var j = Math.Max(0, cy - 1); j <= Math.Min(run.GeometryHeight - 1, cy + 1); j++)
        {
            for (var i = Math.Max(0, cx - 1); i <= Math.Min(run.GeometryWidth - 1, cx + 1); i++)
            {
                var weight = 1e-3 + map[(((j * stride) + (stride / 2)) * run.Width) + (i * stride) + (stride / 2)];
                var at = (j * run.GeometryWidth) + i;
                sum += weight;
                a += weight * size[at];
                b += weight * ex[at];
                c += weight * ey[at];
            }
        }

        return (a / sum, b / sum, c / sum);
    }

    /// <summary>The pixels that flow to one peak, with their centre of mass above the foot.</summary>
    private struct Basin
    {
        private double _sum;
        private double _x;
        private double _y;

        public int Parent { get; set; }

        public required int Peak { get; init; }

        public readonly double X => _x / _sum;

        public readonly double Y => _y / _sum;

        // Only the upper half counts, so that a neighbour on whose slope it stands does not pull.
        public void Add(int x, int y, int value)
        {
            var weight = value - (0.5 * Peak);
            if (weight > 0)
            {
                _sum += weight;
                _x += weight * x;
                _y += weight * y;
            }
        }

        public void Add(in Basin other)
        {
            _sum += other._sum;
            _x += other._x;
            _y += other._y;
        }
    }
}
