namespace LiveLtem.Inference.Soft;

/// <summary>One summit of an evidence map with the pixels that belong to it.</summary>
/// <param name="Peak">Evidence at the summit.</param>
/// <param name="Pixels">Pixels of its foot, row-major indices, summit first.</param>
internal readonly record struct EvidencePeak(float Peak, IReadOnlyList<int> Pixels);

/// <summary>Parts an evidence map into its summits.</summary>
/// <remarks>Pixels come in order of their evidence; each joins the summit it touches. Where two meet, the lower one is a summit of its own only if it
/// rises clearly over the pass between them, by its share and by more than noise does: parts of one molecule do not, molecules that touch do.</remarks>
internal static class EvidencePeaks
{
    private const double LeastRise = 1.4;
    private const double LeastRiseSigmas = 3.5;

    /// <summary>Finds the summits.</summary>
    /// <param name="evidence">The map.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="threshold">Least evidence of a summit.</param>
    /// <param name="foot">Least evidence of a pixel, positive, and <paramref name="share"/> of its summit's.</param>
    /// <param name="share">Of the summit's evidence, 0 to 1.</param>
    public static List<EvidencePeak> Find(ReadOnlySpan<float> evidence, int columns, double threshold, double foot, double share)
    {
        // Positive floats are in the order of their bits: highest evidence first, then by place, and no comparison is called for each pair.
        var order = new List<ulong>();
        for (var i = 0; i < evidence.Length; i++)
        {
            if (evidence[i] > foot)
            {
                order.Add(((ulong)~BitConverter.SingleToUInt32Bits(evidence[i]) << 32) | (uint)i);
            }
        }

        order.Sort();
        var values = evidence;
        var label = new int[evidence.Length];
        var parent = new List<int> { 0 };
        var peaks = new List<(float Peak, List<int> Pixels)> { (0, []) };
        Span<int> around = stackalloc int[4];
        foreach (var key in order)
        {
            var i = (int)(key & uint.MaxValue);
            var x = i % columns;
            around[0] = x > 0 ? i - 1 : -1;
            around[1] = x < columns - 1 ? i + 1 : -1;
            around[2] = i - columns;
            around[3] = i + columns < evidence.Length ? i + columns : -1;
            var mine = 0;
            foreach (var at in around)
            {
                if (at < 0 || label[at] == 0)
                {
                    continue;
                }

                var other = Root(label[at]);
                if (mine == 0 || mine == other)
                {
                    mine = other;
                    continue;
                }

                var (high, low) = peaks[mine].Peak >= peaks[other].Peak ? (mine, other) : (other, mine);
                var rise = peaks[low].Peak;
                if (rise < LeastRise * values[i] || rise - values[i] < LeastRiseSigmas)
                {
                    parent[low] = high;
                    peaks[high].Pixels.AddRange(peaks[low].Pixels);
                    peaks[low].Pixels.Clear();
                }

                mine = high;
            }

            if (mine == 0)
            {
                mine = peaks.Count;
                parent.Add(mine);
                peaks.Add((values[i], []));
            }

            label[i] = mine;
            if (values[i] >= share * peaks[mine].Peak)
            {
                peaks[mine].Pixels.Add(i);
            }
        }

        return [.. peaks.Where(p => p.Pixels.Count > 0 && p.Peak >= threshold).Select(p => new EvidencePeak(p.Peak, p.Pixels))];

        int Root(int of)
        {
            while (parent[of] != of)
            {
                of = parent[of];
            }

            return of;
        }
    }
}
