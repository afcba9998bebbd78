using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LiveLtem.Inference.Pose;

/// <summary>Absorption across a round body: 1 - exp(-a sqrt(1 - q^2)) blurred by a Gaussian, scaled to 1 at the unblurred middle.</summary>
/// <remarks>q is the distance from the axis in radii, a = -ln(1 - contrast) the absorption along the diameter (Beer-Lambert with the projected
/// chord). Tables are kept by rounded blur and absorption, so that a frame's particles share a few.</remarks>
internal sealed class ChordProfile
{
    private const int Nodes = 160;
    private const int MostTables = 512;
    private static readonly ConcurrentDictionary<(int Blur, int Absorption), ChordProfile> Tables = new();
    private readonly float[] _values = new float[Nodes + 2];
    private readonly float _perNode;

    private ChordProfile(double blur, double absorption)
    {
        var reach = 1 + (3.3 * blur);
        _perNode = (float)(Nodes / reach);
        const int fine = 24;
        var weights = new double[(2 * fine) + 1];
        var sum = 0.0;
        for (var k = -fine; k <= fine; k++)
        {
            var g = 3.3 * k / fine;
            sum += weights[k + fine] = Math.Exp(-g * g / 2);
        }

        var full = 1 - Math.Exp(-absorption);
        for (var i = 0; i <= Nodes; i++)
        {
            var value = 0.0;
            for (var k = -fine; k <= fine; k++)
            {
                var q = (i / (double)_perNode) + (3.3 * k / fine * blur);
                if (Math.Abs(q) < 1)
                {
                    var chord = Math.Sqrt(1 - (q * q));
                    value += weights[k + fine] * (Math.Abs(full) < 1e-6 ? chord : (1 - Math.Exp(-absorption * chord)) / full);
                }
            }

            _values[i] = (float)(value / sum);
        }

        _values[Nodes] = 0;
        _values[Nodes + 1] = 0;
    }

    /// <summary>The table for a blur in radii and a contrast.</summary>
    public static ChordProfile For(double blurInRadii, double contrast)
    {
        var blur = (int)Math.Round(Math.Clamp(blurInRadii, 0.01, 2) * 100);
        var absorption = (int)Math.Round(-Math.Log(1 - Math.Clamp(contrast, -0.9, 0.95)) * 20);
        if (Tables.Count > MostTables)
        {
            Tables.Clear();
        }

        return Tables.GetOrAdd((blur, absorption), static key => new ChordProfile(key.Blur / 100.0, key.Absorption / 20.0));
    }

    /// <summary>Value and slope at <paramref name="q"/> >= 0 radii from the axis.</summary>
    public unsafe void At(Vector256<float> q, out Vector256<float> value, out Vector256<float> slope)
    {
        var t = Vector256.Min(q * _perNode, Vector256.Create((float)Nodes));
        // Nothing but a node of the table may be read, whatever the distance was.
        var node = Vector256.Max(Vector256.Min(Vector256.ConvertToInt32(t), Vector256.Create(Nodes)), Vector256<int>.Zero);
        fixed (float* table = _values)
        {
            Vector256<float> low, high;
            if (Avx2.IsSupported)
            {
                low = Avx2.GatherVector256(table, node, 4);
                high = Avx2.GatherVector256(table + 1, node, 4);
            }
            else
            {
                low = high = default;
                for (var i = 0; i < 8; i++)
                {
                    low = low.WithElement(i, table[node[i]]);
                    high = high.WithElement(i, table[node[i] + 1]);
                }
            }

            var rise = high - low;
            slope = rise * _perNode;
            value = Vector256.FusedMultiplyAdd(rise, t - Vector256.ConvertToSingle(node), low);
        }
    }
}
