using System.Numerics;

namespace LiveLtem.Acquisition.Decoding;

/// <summary>Turns colour into grey: exactly the common value where red, green and blue are equal, else Rec. 601 luma, rounded.</summary>
internal static class Grey
{
    /// <summary>Converts interleaved pixels.</summary>
    /// <param name="interleaved">Red, green, blue and perhaps more, pixel by pixel.</param>
    /// <param name="channels">Values a pixel, at least 3; those after blue are ignored.</param>
    /// <param name="grey">One value a pixel.</param>
    public static void FromRgb<T>(ReadOnlySpan<T> interleaved, int channels, Span<T> grey)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = 0, at = 0; i < grey.Length; i++, at += channels)
        {
            var luma = (299u * uint.CreateTruncating(interleaved[at]))
                + (587u * uint.CreateTruncating(interleaved[at + 1]))
                + (114u * uint.CreateTruncating(interleaved[at + 2]));
            grey[i] = T.CreateTruncating((luma + 500) / 1000);
        }
    }

    /// <summary>Takes the first value of each pixel.</summary>
    public static void First<T>(ReadOnlySpan<T> interleaved, int channels, Span<T> grey)
        where T : unmanaged
    {
        for (int i = 0, at = 0; i < grey.Length; i++, at += channels)
        {
            grey[i] = interleaved[at];
        }
    }
}
