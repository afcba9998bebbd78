using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LiveLtem.Inference.Models;

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

            // The highest first; a lower one within half of its size is the same particle.
            found.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Y != b.Y ? a.Y.CompareTo(b.Y) : a.X.CompareTo(b.X));
            var first = peaks.Count;
            foreach (var one in found)
            {
                var free = true;
                for (var k = first; k < peaks.Count && free; k++)
                {
                    var other = peaks[k];
                    double dx = one.X - other.X, dy = one.Y - other.Y;
                    var near = Merge * Math.Min(one.HalfMinor, other.HalfMinor);
                    free = (dx * dx) + (dy * dy) >= near * near && !IsSameRidge(one, other, dx, dy);
                }

                if (free)
                {
                    peaks.Add(one);
                }
            }
        }

        return peaks;
    }

    // A long particle's centre map may be a ridge with two tops: along its own axis, well within its length, and of the same direction.
    private static bool IsSameRidge(in MapPeak one, in MapPeak other, double dx, double dy)
    {
        if (other.HalfMajor < 1.4 * other.HalfMinor || one.HalfMajor < 1.2 * one.HalfMinor || Math.Abs(Math.Cos(one.Angle - other.Angle)) < 0.9)
        {
            return false;
        }

        var (sin, cos) = Math.SinCos(other.Angle);
        return Math.Abs((dx * cos) + (dy * sin)) < 0.5 * other.HalfMajor && Math.Abs((dy * cos) - (dx * sin)) < Merge * other.HalfMinor;
    }

    private static List<MapPeak> Candidates(NetworkRun run, int layer, int rows, int columns, byte least)
    {
        var found = new List<MapPeak>();
        var map = run.Map(layer, MapLayout.Centre);
        var width = run.Width;
        ref var start = ref MemoryMarshal.GetReference(map);
        var bar = Vector256.Create((byte)(least - 1));
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < columns;)
            {
                var at = (y * width) + x;
                if (x + 32 <= columns && !Vector256.GreaterThanAny(Vector256.LoadUnsafe(ref start, (nuint)at), bar))
                {
                    x += 32;
                    continue;
                }

                if (map[at] >= least && IsTop(map, width, rows, columns, x, y))
                {
                    found.Add(Measure(run, layer, map, rows, columns, x, y));
                }

                x++;
            }
        }

        return found;
    }

    // Of a flat top the first pixel in reading order counts.
    private static bool IsTop(ReadOnlySpan<byte> map, int width, int rows, int columns, int x, int y)
    {
        var value = map[(y * width) + x];
        for (var j = Math.Max(0, y - 1); j <= Math.Min(rows - 1, y + 1); j++)
        {
            for (var i = Math.Max(0, x - 1); i <= Math.Min(columns - 1, x + 1); i++)
            {
                var other = map[(j * width) + i];
                if (other > value || (other == value && (j < y || (j == y && i < x))))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static MapPeak Measure(NetworkRun run, int layer, ReadOnlySpan<byte> map, int rows, int columns, int x, int y)
    {
        var (logSize, elongationX, elongationY) = Geometry(run, layer, x, y);
        var radius = MapLayout.ReferencePx * Math.Pow(2, Math.Clamp(logSize, -3, 4));
        var elongation = Math.Min(MostElongation, Math.Sqrt((elongationX * elongationX) + (elongationY * elongationY)));

        // r = 2 (Mxx Myy - Mxy^2)^(1/4), and the two principal moments are s (1 +- e).
        var s = radius * radius / (4 * Math.Sqrt(1 - (elongation * elongation)));
        var halfMajor = Math.Sqrt(3 * s * (1 + elongation));
        var halfMinor = Math.Sqrt(3 * s * (1 - elongation));
        var angle = 0.5 * Math.Atan2(elongationY, elongationX);

        // The peak's own centre of mass: only what is well above its foot, so that a neighbour's peak does not pull.
        var reach = Math.Max(1, (int)Math.Round(0.4 * halfMinor));
        var value = map[(y * run.Width) + x];
        double sum = 0, mx = 0, my = 0;
        for (var j = Math.Max(0, y - reach); j <= Math.Min(rows - 1, y + reach); j++)
        {
            for (var i = Math.Max(0, x - reach); i <= Math.Min(columns - 1, x + reach); i++)
            {
                var over = map[(j * run.Width) + i] - (0.5 * value);
                if (over > 0)
                {
                    sum += over;
                    mx += over * (i - x);
                    my += over * (j - y);
                }
            }
        }

        return new MapPeak(layer, x + (mx / sum), y + (my / sum), halfMajor, halfMinor, angle, value / 255.0);
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
}
