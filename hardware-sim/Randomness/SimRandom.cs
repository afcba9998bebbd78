using System.Numerics;
using System.Runtime.CompilerServices;

namespace LiveLtem.HardwareSim.Randomness;

/// <summary>A seeded stream of random numbers: the same words give the same stream on every machine.</summary>
/// <remarks>xoshiro256++ (Blackman and Vigna 2021, doi:10.1145/3460772) seeded through SplitMix64 from any number of words, so that a stream
/// belongs to a purpose, a frame and a row and never depends on what was drawn before. A mutable struct: pass it by reference.</remarks>
public struct SimRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Starts the stream that belongs to these words.</summary>
    /// <param name="seed">The scene's seed.</param>
    /// <param name="purpose">What it is for; see <see cref="Streams"/>.</param>
    /// <param name="a">A further word, such as the frame.</param>
    /// <param name="b">A further word, such as the row.</param>
    public SimRandom(long seed, ulong purpose, long a = 0, long b = 0)
    {
        var state = Mix((ulong)seed);
        state = Mix(state ^ purpose);
        state = Mix(state ^ (ulong)a);
        state = Mix(state ^ (ulong)b);
        _s0 = Mix(state);
        _s1 = Mix(_s0);
        _s2 = Mix(_s1);
        _s3 = Mix(_s2);
    }

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s0 + _s3, 23) + _s0;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Uniform integer in [0, count).</summary>
    public int NextInt(int count) => (int)Math.BigMul(NextUInt64(), (ulong)count, out _);

    /// <summary>Normal with mean 0 and variance 1.</summary>
    /// <remarks>Ziggurat with 256 layers (Marsaglia and Tsang 2000, doi:10.18637/jss.v005.i08, in the form of Doornik 2005).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextNormal()
    {
        var bits = NextUInt64();
        var layer = (int)(bits & 0xFF);
        // The upper 55 bits, signed, as a number in [-1, 1).
        var u = ((long)bits >> 9) * (1.0 / (1L << 54));
        var x = u * Ziggurat.X[layer];
        return Math.Abs(u) < Ziggurat.Ratio[layer] ? x : NormalRare(layer, x);
    }

    private double NormalRare(int layer, double x)
    {
        while (true)
        {
            if (layer == 0)
            {
                double tail;
                double y;
                do
                {
                    tail = -Math.Log(1 - NextDouble()) / Ziggurat.Start;
                    y = -Math.Log(1 - NextDouble());
                }
                while (y + y < tail * tail);
                return x > 0 ? Ziggurat.Start + tail : -Ziggurat.Start - tail;
            }

            var high = Ziggurat.Density(Ziggurat.X[layer]);
            var low = Ziggurat.Density(Ziggurat.X[layer + 1]);
            if (high + (NextDouble() * (low - high)) < Ziggurat.Density(x))
            {
                return x;
            }

            var bits = NextUInt64();
            layer = (int)(bits & 0xFF);
            var u = ((long)bits >> 9) * (1.0 / (1L << 54));
            x = u * Ziggurat.X[layer];
            if (Math.Abs(u) < Ziggurat.Ratio[layer])
            {
                return x;
            }
        }
    }

    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static class Ziggurat
    {
        public const double Start = 3.6541528853610088;
        private const double Area = 0.00492867323399;
        private const int Layers = 256;

        public static readonly double[] X = Edges();
        public static readonly double[] Ratio = [.. Enumerable.Range(0, Layers).Select(i => X[i + 1] / X[i])];

        public static double Density(double x) => Math.Exp(-0.5 * x * x);

        private static double[] Edges()
        {
            var x = new double[Layers + 1];
            var f = Density(Start);
            x[0] = Area / f;
            x[1] = Start;
            for (var i = 2; i < Layers; i++)
            {
                x[i] = Math.Sqrt(-2 * Math.Log((Area / x[i - 1]) + f));
                f = Density(x[i]);
            }

            x[Layers] = 0;
            return x;
        }
    }
}

/// <summary>What a random stream is for: two purposes never share one.</summary>
internal static class Streams
{
    public const ulong Layout = 1;
    public const ulong Motion = 2;
    public const ulong Liquid = 3;
    public const ulong Dirt = 4;
    public const ulong Electrons = 5;
    public const ulong Readout = 6;
    public const ulong Sensor = 7;
    public const ulong Drift = 8;
    public const ulong Faults = 9;
    public const ulong Shape = 10;
}
