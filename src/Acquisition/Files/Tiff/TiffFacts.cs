using System.Globalization;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>What the tags of the first page say besides the pixels. Each writer has its own place for it; the first that knows a value wins.</summary>
internal sealed class TiffFacts
{
    /// <summary>A resolution tag gives the specimen's pixel size only below this; above it is the dots per inch of a print.</summary>
    private const double LargestPixelNm = 2000;

    private static readonly string[] DateFormats = ["yyyy:MM:dd HH:mm:ss", "yyyy/MM/dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy/MM/dd HH:mm", "yyyy:MM:dd HH:mm", "yyyy-MM-ddTHH:mm:ss"];

    private TiffFacts()
    {
    }

    /// <summary><c>TIFF</c>, <c>ImageJ TIFF</c>, <c>OME-TIFF</c>, …</summary>
    public string Format { get; set; } = "TIFF";

    /// <summary>Images that ImageJ's description counts; 0 where it does not.</summary>
    public long StatedImages { get; set; }

    public Calibration Calibration { get; set; } = Calibration.Unknown;

    public DateTimeOffset? Date { get; set; }

    public Dictionary<string, object> Metadata { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>Collects what is known. A description that is damaged gives a warning, not an error: the pixels are still good.</summary>
    public static TiffFacts Of(TiffDirectory directory, TiffPage page, string name)
    {
        var facts = new TiffFacts();
        facts.Date = ParseDate(directory.Text(TiffTag.DateTime));
        facts.AddText("software", directory.Text(TiffTag.Software));
        facts.AddText("make", directory.Text(TiffTag.Make));
        facts.AddText("model", directory.Text(TiffTag.Model));
        facts.DescribePixels(page);
        var description = directory.Text(TiffTag.ImageDescription) ?? "";
        if (OmeDescription.Recognises(description))
        {
            OmeDescription.Read(description, name, facts);
        }
        else if (ImageJDescription.Recognises(description))
        {
            ImageJDescription.Read(description, directory, facts);
        }
        else if (JeolDescription.Recognises(description))
        {
            JeolDescription.Read(description, directory, facts);
        }
        else if (directory.Has(TiffTag.DmScaleX))
        {
            DigitalMicrographTags.Read(directory, facts);
        }

        facts.FromResolution(directory);
        return facts;
    }

    /// <summary>Sets the pixel size, unless the axes differ.</summary>
    public void SetPixelSize(double? yNm, double? xNm, string origin)
    {
        if (xNm is { } x && yNm is { } y && double.IsFinite(x) && double.IsFinite(y) && x > 0 && y > 0)
        {
            Calibration = Calibration with { PixelSizeNm = PixelSizes.Square(y, x, origin, Metadata, Warnings) };
        }
    }

    /// <summary>Reads a date with or without a zone; without one its offset is zero.</summary>
    public static DateTimeOffset? ParseDate(string? text) =>
        DateTimeOffset.TryParseExact(text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var date)
        || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date)
            ? date
            : null;

    public void AddText(string key, string? text)
    {
        if (!string.IsNullOrWhiteSpace(text))
        {
            Metadata[key] = text;
        }
    }

    private void DescribePixels(TiffPage page)
    {
        if (page.IsColour)
        {
            Metadata["colour"] = "RGB read as Rec. 601 luma";
        }
        else if (page.Samples > 1)
        {
            Metadata["samples_per_pixel"] = page.Samples;
            Warnings.Add($"{page.Samples} samples a pixel; the first is read");
        }

        if (page.InvertsToBlack)
        {
            Metadata["photometric"] = "0 is white; inverted on reading";
        }
        else if (page.Photometric == 3)
        {
            Metadata["photometric"] = "palette; the stored indices are read";
        }
    }

    private void FromResolution(TiffDirectory directory)
    {
        var unit = directory.Integer(TiffTag.ResolutionUnit) switch { 2 => 2.54e7, 3 => 1e7, _ => (double?)null };
        if (Calibration.PixelSizeNm is not null || Metadata.ContainsKey("pixel_size_nm_yx") || unit is null)
        {
            return;
        }

        var (x, y) = (unit / directory.Real(TiffTag.XResolution), unit / directory.Real(TiffTag.YResolution));
        if (x < LargestPixelNm && y < LargestPixelNm)
        {
            SetPixelSize(y, x, "TIFF resolution tags");
        }
    }
}
