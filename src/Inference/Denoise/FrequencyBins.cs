namespace LiveLtem.Inference.Denoise;

/// <summary>Rings of equal spatial frequency: what is alike in all directions is learnt ring by ring.</summary>
/// <remarks>The rings are the same for frames of every size, so that what is learnt on one is used on another.</remarks>
internal static class FrequencyBins
{
    private const double First = 1.0 / 256;
    private const double Ratio = 1.15;

    /// <summary>Rings; the first holds everything slower than a period of 256 px, the last ends at the corner of the spectrum.</summary>
    public static int Count { get; } = Of(Math.Sqrt(0.5)) + 1;

    /// <summary>The ring of a frequency.</summary>
    /// <param name="frequency">Cycles per px, from 0 to 0.71.</param>
    public static int Of(double frequency) => frequency < First ? 0 : 1 + (int)(Math.Log(frequency / First) / Math.Log(Ratio));

    /// <summary>The frequency in the middle of a ring, cycles per px.</summary>
    public static double Middle(int bin) => bin == 0 ? First / 2 : First * Math.Pow(Ratio, bin - 0.5);

    /// <summary>The ring of every coefficient of a cosine transform, row-major.</summary>
    public static byte[] Map(int rows, int columns)
    {
        var map = new byte[rows * columns];
        for (var v = 0; v < rows; v++)
        {
            var fy = 0.5 * v / rows;
            for (var u = 0; u < columns; u++)
            {
                var fx = 0.5 * u / columns;
                map[(v * columns) + u] = (byte)Of(Math.Sqrt((fx * fx) + (fy * fy)));
            }
        }

        return map;
    }
}
