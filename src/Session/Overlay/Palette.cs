using OpenCvSharp;

namespace LiveLtem.Session.Overlay;

/// <summary>The colours of Okabe and Ito, which people with any colour vision can tell apart; black is left out on grey images.</summary>
internal static class Palette
{
    private static readonly string[] Hex = ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#CC79A7", "#0072B2"];

    private static readonly Scalar[] Bgr = [.. Hex.Select(ToBgr)];

    /// <summary>Colour of a track for OpenCV.</summary>
    public static Scalar Of(int particle) => Bgr[particle % Bgr.Length];

    /// <summary>The colour numbered <paramref name="index"/> as <c>#RRGGBB</c>.</summary>
    public static string Web(int index) => Hex[index % Hex.Length];

    private static Scalar ToBgr(string hex)
    {
        var rgb = Convert.ToInt32(hex[1..], 16);
        return new Scalar(rgb & 255, (rgb >> 8) & 255, rgb >> 16);
    }
}
