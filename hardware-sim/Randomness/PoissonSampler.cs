using System.Runtime.CompilerServices;

namespace LiveLtem.HardwareSim.Randomness;

/// <summary>Poisson numbers for a mean that differs from pixel to pixel.</summary>
/// <remarks>Below <see cref="TableLimit"/> exact (to 2^-32): Poisson(m) is the sum of Poisson(m0), by a guided table of the grid mean m0 next
/// below m (Chen and Asau 1974), and Poisson(m - m0) by inversion. Above it the Cornish-Fisher expansion of the normal to third order,
/// whose distribution function is off by less than 1e-4 there, with the variance corrected for rounding (Sheppard).</remarks>
public static class PoissonSampler
{
    /// <summary>Means below this are drawn exactly.</summary>
    public const double TableLimit = 64;

    private const int PerUnit = 8;
    private const int GuideBits = 6;
    private static readonly uint[][] Cumulative = BuildCumulative();
    private static readonly byte[][] Guide = BuildGuide();

    /// <summary>One Poisson number.</summary>
    /// <param name="mean">Finite; a negative mean counts as 0.</param>
    /// <param name="random">Advanced by one or two draws.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Next(double mean, ref SimRandom random)
    {
        if (mean < TableLimit)
        {
            return mean > 0 ? Small(mean, ref random) : 0;
        }

        var z = random.NextNormal();
        var s = Math.Sqrt(mean - (1.0 / 12));
        var x = mean + (s * z) + (((z * z) - 1) / 6) + ((z - (z * z * z)) / (72 * s));
        return x > 0 ? (int)(x + 0.5) : 0;
    }

    private static int Small(double mean, ref SimRandom random)
    {
        var bits = random.NextUInt64();
        var grid = (int)(mean * PerUnit);
        var first = (uint)bits;
        var table = Cumulative[grid];
        int k = Guide[grid][first >> (32 - GuideBits)];
        while (k < table.Length && first >= table[k])
        {
            k++;
        }

        var rest = mean - ((double)grid / PerUnit);
        var second = (bits >> 32) * (1.0 / 4294967296.0);
        // exp(-rest) for rest < 1/8: the sixth term is below 1e-8.
        var p = 1 - (rest * (1 - (rest * (0.5 - (rest * ((1.0 / 6) - (rest * ((1.0 / 24) - (rest / 120)))))))));
        if (second < p)
        {
            return k;
        }

        var term = p;
        for (var extra = 1; ; extra++)
        {
            term *= rest / extra;
            p += term;
            if (second < p || extra == 12)
            {
                return k + extra;
            }
        }
    }

    private static uint[][] BuildCumulative()
    {
        var tables = new uint[(int)(TableLimit * PerUnit) + 1][];
        for (var grid = 0; grid < tables.Length; grid++)
        {
            var mean = (double)grid / PerUnit;
            var row = new List<uint>();
            var term = Math.Exp(-mean);
            var sum = 0.0;
            for (var k = 0; k < 255; k++)
            {
                sum += term;
                row.Add((uint)Math.Min(uint.MaxValue, sum * 4294967296.0));
                term *= mean / (k + 1);
                if (k > mean && term < 1e-12)
                {
                    break;
                }
            }

            tables[grid] = [.. row];
        }

        return tables;
    }

    private static byte[][] BuildGuide() =>
    [
        .. Cumulative.Select(row =>
        {
            var guide = new byte[1 << GuideBits];
            var k = 0;
            for (var i = 0; i < guide.Length; i++)
            {
                while (k < row.Length && row[k] <= (uint)i << (32 - GuideBits))
                {
                    k++;
                }

                guide[i] = (byte)k;
            }

            return guide;
        }),
    ];
}
