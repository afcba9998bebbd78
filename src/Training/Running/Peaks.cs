using LiveLtem.Inference.Models;

namespace LiveLtem.Training.Running;

/// <summary>Counts the particles found in a picture against those that are there.</summary>
internal static class Peaks
{
    private const float Least = 0.4f;
    private const float Prominence = 0.12f;
    private const double Merge = 0.5;

    /// <summary>A particle, found or true.</summary>
    /// <param name="X">Column, px.</param>
    /// <param name="Y">Row, px.</param>
    /// <param name="Score">How sure.</param>
    /// <param name="HalfPx">Half of its shorter length.</param>
    internal readonly record struct Spot(int X, int Y, float Score, double HalfPx);

    /// <summary>Particles by the network's answer: peaks of the centre map that stand out above the saddle to a higher one, as they are read in use.</summary>
    /// <param name="centre">Probabilities, [size, size].</param>
    /// <param name="geometry">[3, cells, cells].</param>
    /// <param name="size">Side, px.</param>
    /// <param name="stride">Pixels to a cell.</param>
    public static List<Spot> Find(ReadOnlySpan<float> centre, ReadOnlySpan<float> geometry, int size, int stride)
    {
        var cells = size / stride;
        var found = new List<Spot>();
        foreach (var (x, y, score) in Flood(Smoothed(centre, size), size))
        {
            var cell = ((y / stride) * cells) + (x / stride);
            found.Add(new Spot(x, y, score, HalfShorter(geometry[cell], geometry[(cells * cells) + cell], geometry[(2 * cells * cells) + cell])));
        }

        found.Sort((a, b) => b.Score.CompareTo(a.Score));
        var kept = new List<Spot>();
        foreach (var spot in found)
        {
            if (!kept.Any(other => Distance2(spot, other) < Square(Merge * Math.Min(other.HalfPx, spot.HalfPx))))
            {
                kept.Add(spot);
            }
        }

        return kept;
    }

    /// <summary>Particles that are there: where the centre map of each is highest. Those with their centre out of sight are left out.</summary>
    /// <param name="instances">[size, size], 0 where none.</param>
    /// <param name="maps">The layer's maps, [6, size, size].</param>
    /// <param name="size">Side, px.</param>
    /// <returns>Those to be found, and the numbers of those that need not be.</returns>
    public static (List<Spot> Wanted, HashSet<ushort> Hidden) True(ReadOnlySpan<ushort> instances, ReadOnlySpan<float> maps, int size)
    {
        var area = size * size;
        var best = new Dictionary<ushort, int>();
        for (var i = 0; i < area; i++)
        {
            if (instances[i] is var number and > 0
                && (!best.TryGetValue(number, out var at) || maps[(MapLayout.Centre * area) + i] > maps[(MapLayout.Centre * area) + at]))
            {
                best[number] = i;
            }
        }

        var (wanted, hidden) = (new List<Spot>(), new HashSet<ushort>());
        foreach (var (number, at) in best)
        {
            if (maps[(MapLayout.Centre * area) + at] < 0.7)
            {
                hidden.Add(number);
                continue;
            }

            var half = HalfShorter(maps[(MapLayout.LogSize * area) + at], maps[(MapLayout.ElongationX * area) + at], maps[(MapLayout.ElongationY * area) + at]);
            wanted.Add(new Spot(at % size, at / size, 1, half));
        }

        return (wanted, hidden);
    }

    /// <summary>Pairs them, the surest first, each with the nearest that is left within half of the shorter length.</summary>
    /// <param name="found">The surest first.</param>
    /// <param name="wanted">Those that are there.</param>
    /// <param name="instances">[size, size]: what is found on a hidden particle is not held against the network.</param>
    /// <param name="hidden">Numbers of hidden particles.</param>
    /// <param name="size">Side, px.</param>
    /// <returns>Pairs, found without a partner, wanted without one.</returns>
    public static (int Paired, int Extra, int Missed) Match(
        List<Spot> found, List<Spot> wanted, ReadOnlySpan<ushort> instances, HashSet<ushort> hidden, int size)
    {
        var left = new List<Spot>(wanted);
        var (paired, extra) = (0, 0);
        foreach (var spot in found)
        {
            var nearest = -1;
            for (var i = 0; i < left.Count; i++)
            {
                if (Distance2(spot, left[i]) <= Square(left[i].HalfPx) && (nearest < 0 || Distance2(spot, left[i]) < Distance2(spot, left[nearest])))
                {
                    nearest = i;
                }
            }

            if (nearest >= 0)
            {
                left.RemoveAt(nearest);
                paired++;
            }
            else if (!hidden.Contains(instances[(spot.Y * size) + spot.X]))
            {
                extra++;
            }
        }

        return (paired, extra, left.Count);
    }

    /// <summary>Half of the shorter length of the ellipse with this geometry, px.</summary>
    public static double HalfShorter(float logSize, float elongationX, float elongationY)
    {
        var elongation = Math.Min(0.98, Math.Sqrt((elongationX * elongationX) + (elongationY * elongationY)));
        var radius = MapLayout.ReferencePx * Math.Pow(2, Math.Clamp(logSize, -4, 6));
        return radius * Math.Pow((1 - elongation) / (1 + elongation), 0.25);
    }

    // The 1 2 1 mean along both axes.
    private static float[] Smoothed(ReadOnlySpan<float> map, int size)
    {
        var (across, both) = (new float[map.Length], new float[map.Length]);
        for (var i = 0; i < map.Length; i++)
        {
            var x = i % size;
            across[i] = (0.5f * map[i]) + (0.25f * (map[x > 0 ? i - 1 : i] + map[x < size - 1 ? i + 1 : i]));
        }

        for (var i = 0; i < map.Length; i++)
        {
            both[i] = (0.5f * across[i]) + (0.25f * (across[i >= size ? i - size : i] + across[i < map.Length - size ? i + size : i]));
        }

        return both;
    }

    // From the highest pixel down: where two floods meet, the lower peak joins the higher one unless it stands out.
    private static List<(int X, int Y, float Score)> Flood(float[] map, int size)
    {
        var high = Enumerable.Range(0, map.Length).Where(i => map[i] >= Least).OrderByDescending(i => map[i]).ToArray();
        var basins = new Dictionary<int, Basin>();
        var peaks = new List<Basin>();
        foreach (var at in high)
        {
            Basin? own = null;
            for (var step = 0; step < 9; step++)
            {
                var (x, y) = ((at % size) + (step % 3) - 1, (at / size) + (step / 3) - 1);
                if (x < 0 || x >= size || !basins.TryGetValue((y * size) + x, out var near))
                {
                    continue;
                }

                near = near.Root;
                if (own is not null && own != near)
                {
                    var (upper, lower) = own.Peak >= near.Peak ? (own, near) : (near, own);
                    if (lower.Peak - map[at] < Prominence * lower.Peak)
                    {
                        upper.Take(lower);
                    }

                    near = upper;
                }

                own = near;
            }

            if (own is null)
            {
                own = new Basin(map[at]);
                peaks.Add(own);
            }

            own.Add(at % size, at / size, map[at]);
            basins[at] = own;
        }

        return [.. peaks.Where(peak => peak.Root == peak).Select(peak => peak.Centre)];
    }

    private static double Distance2(Spot a, Spot b) => Square(a.X - b.X) + Square(a.Y - b.Y);

    private static double Square(double value) => value * value;

    private sealed class Basin(float peak)
    {
        private Basin? _into;
        private double _sum;
        private double _x;
        private double _y;

        public float Peak => peak;

        public Basin Root => _into?.Root ?? this;

        public (int X, int Y, float Score) Centre => ((int)Math.Round(_x / _sum), (int)Math.Round(_y / _sum), peak);

        // Only the upper half counts: a neighbour on whose slope it stands does not pull.
        public void Add(int x, int y, float value)
        {
            var weight = Math.Max(value - (0.5 * peak), 0);
            _sum += weight;
            _x += weight * x;
            _y += weight * y;
        }

        public void Take(Basin other)
        {
            other._into = this;
            _sum += other._sum;
            _x += other._x;
            _y += other._y;
        }
    }
}
