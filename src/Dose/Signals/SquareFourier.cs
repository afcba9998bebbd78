using System.Numerics;
using System.Runtime.InteropServices;

namespace LiveLtem.Dose.Signals;

/// <summary>The Fourier transform of square pictures whose side is a power of two, in place, on real and imaginary planes.</summary>
/// <remarks>Cooley and Tukey, radix 2, columns only: whole rows are combined at once, so that every step runs on vectors; the plane is turned between
/// the two directions and the spectrum left turned, which costs a product of spectra nothing. Not thread-safe.</remarks>
internal sealed class SquareFourier
{
    private readonly int[] _reversed;
    private readonly float[] _cos;
    private readonly float[] _sin;

    /// <summary>Prepares transforms of one size.</summary>
    /// <param name="side">A power of two.</param>
    public SquareFourier(int side)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 8);
        ArgumentOutOfRangeException.ThrowIfNotEqual(BitOperations.IsPow2(side), true, nameof(side));
        Side = side;
        var bits = BitOperations.Log2((uint)side);
        _reversed = new int[side];
        for (var i = 0; i < side; i++)
        {
            for (var bit = 0; bit < bits; bit++)
            {
                _reversed[i] |= ((i >> bit) & 1) << (bits - 1 - bit);
            }
        }

        _cos = new float[side / 2];
        _sin = new float[side / 2];
        for (var k = 0; k < side / 2; k++)
        {
            (_sin[k], _cos[k]) = ((float)Math.Sin(-2 * Math.PI * k / side), (float)Math.Cos(2 * Math.PI * k / side));
        }
    }

    /// <summary>Side of the pictures.</summary>
    public int Side { get; }

    /// <summary>Transforms a picture; its spectrum comes out turned: the row is the wave number along x.</summary>
    public void Forward(float[] real, float[] imaginary)
    {
        Columns(real, imaginary);
        Turn(real);
        Turn(imaginary);
        Columns(real, imaginary);
    }

    /// <summary>Transforms a turned spectrum back; the picture comes out upright and Side² times too large.</summary>
    public void Inverse(float[] real, float[] imaginary) => Forward(imaginary, real);

    private void Columns(float[] real, float[] imaginary)
    {
        for (var i = 0; i < Side; i++)
        {
            if (i < _reversed[i])
            {
                Swap(real, i, _reversed[i]);
                Swap(imaginary, i, _reversed[i]);
            }
        }

        for (var length = 2; length <= Side; length <<= 1)
        {
            var half = length / 2;
            var step = Side / length;
            for (var start = 0; start < Side; start += length)
            {
                for (var k = 0; k < half; k++)
                {
                    Combine(Row(real, start + k), Row(imaginary, start + k), Row(real, start + k + half), Row(imaginary, start + k + half), _cos[k * step], _sin[k * step]);
                }
            }
        }
    }

    private static void Combine(Span<float> ar, Span<float> ai, Span<float> br, Span<float> bi, float cos, float sin)
    {
        var (c, s) = (new Vector<float>(cos), new Vector<float>(sin));
        var va = Vectors(ar);
        var vai = Vectors(ai);
        var vbr = Vectors(br);
        var vbi = Vectors(bi);
        for (var i = 0; i < va.Length; i++)
        {
            var real = (c * vbr[i]) - (s * vbi[i]);
            var imaginary = (c * vbi[i]) + (s * vbr[i]);
            (vbr[i], va[i]) = (va[i] - real, va[i] + real);
            (vbi[i], vai[i]) = (vai[i] - imaginary, vai[i] + imaginary);
        }

        for (var i = va.Length * Vector<float>.Count; i < ar.Length; i++)
        {
            var real = (cos * br[i]) - (sin * bi[i]);
            var imaginary = (cos * bi[i]) + (sin * br[i]);
            (br[i], ar[i]) = (ar[i] - real, ar[i] + real);
            (bi[i], ai[i]) = (ai[i] - imaginary, ai[i] + imaginary);
        }
    }

    private static Span<Vector<float>> Vectors(Span<float> row) => MemoryMarshal.Cast<float, Vector<float>>(row);

    private Span<float> Row(float[] plane, int row) => plane.AsSpan(row * Side, Side);

    private void Swap(float[] plane, int a, int b)
    {
        var first = Row(plane, a);
        var second = Row(plane, b);
        for (var i = 0; i < first.Length; i++)
        {
            (first[i], second[i]) = (second[i], first[i]);
        }
    }

    private void Turn(float[] plane)
    {
        const int Tile = 16;
        var tile = Math.Min(Tile, Side);
        for (var top = 0; top < Side; top += tile)
        {
            for (var left = top; left < Side; left += tile)
            {
                for (var y = top; y < top + tile; y++)
                {
                    for (var x = left == top ? y + 1 : left; x < left + tile; x++)
                    {
                        (plane[(y * Side) + x], plane[(x * Side) + y]) = (plane[(x * Side) + y], plane[(y * Side) + x]);
                    }
                }
            }
        }
    }
}
