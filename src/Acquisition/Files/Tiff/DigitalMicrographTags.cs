using LiveLtem.Acquisition.Decoding;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>The private tags 65003 to 65027 that Gatan's DigitalMicrograph writes into a TIFF: unit and scale of each axis.</summary>
internal static class DigitalMicrographTags
{
    public static void Read(TiffDirectory directory, TiffFacts facts)
    {
        facts.Format = "DigitalMicrograph TIFF";
        var x = directory.Real(TiffTag.DmScaleX) * Units.Nanometres(directory.Text(TiffTag.DmUnitX));
        var y = directory.Real(TiffTag.DmScaleY) * Units.Nanometres(directory.Text(TiffTag.DmUnitY));
        facts.SetPixelSize(y, x, "DigitalMicrograph tags");
    }
}
