using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files;

/// <summary>One pixel size for an image, or none where its axes differ.</summary>
internal static class PixelSizes
{
    /// <summary>Axes that differ by less than this share are one size: what is left is rounding.</summary>
    private const double Tolerance = 1e-3;

    /// <summary>The common size; where the axes differ null, with <c>pixel_size_nm_yx</c> in the metadata and a warning.</summary>
    public static Calibrated? Square(double yNm, double xNm, string origin, IDictionary<string, object> metadata, ICollection<string> warnings)
    {
        if (Math.Abs(yNm - xNm) <= Tolerance * Math.Max(xNm, yNm))
        {
            return new Calibrated(xNm, origin);
        }

        metadata["pixel_size_nm_yx"] = new[] { yNm, xNm };
        warnings.Add(string.Create(CultureInfo.InvariantCulture, $"pixels are not square: {yNm:G6} nm high, {xNm:G6} nm wide; give --pixel-size-nm to use one size"));
        return null;
    }
}
