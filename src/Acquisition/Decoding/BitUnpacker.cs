using System.Numerics;

namespace LiveLtem.Acquisition.Decoding;

/// <summary>Unpacks samples that do not fill whole bytes.</summary>
internal static class BitUnpacker
{
    /// <summary>Turns least significant bit first into most significant first, in place.</summary>
    public static void ReverseBits(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            // Swaps halves, then pairs, then neighbours.
            var b = bytes[i];
            b = (byte)((b >> 4) | (b << 4));
            b = (byte)(((b & 0xCC) >> 2) | ((b & 0x33) << 2));
            bytes[i] = (byte)(((b & 0xAA) >> 1) | ((b & 0x55) << 1));
        }
    }

    /// <summary>Unpacks a row of samples, most significant bit first.</summary>
    /// <param name="packed">The row's bytes.</param>
    /// <param name="bits">Bits a sample, 1 to 16.</param>
    /// <param name="samples">Takes the values.</param>
    public static void Unpack<T>(ReadOnlySpan<byte> packed, int bits, Span<T> samples)
        where T : unmanaged, IBinaryInteger<T>
    {
        var mask = (1u << bits) - 1;
        var (held, heldBits, at) = (0u, 0, 0);
        for (var i = 0; i < samples.Length; i++)
        {
            while (heldBits < bits)
            {
                held = (held << 8) | packed[at++];
                heldBits += 8;
            }

            heldBits -= bits;
            samples[i] = T.CreateTruncating((held >> heldBits) & mask);
        }
    }
}
