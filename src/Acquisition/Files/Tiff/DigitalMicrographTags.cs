using System.Globalization;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Acquisition.Files.DigitalMicrograph;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>The private tags 65003 to 65027 that Gatan's DigitalMicrograph writes into a TIFF: unit and scale of each axis, and its tree of tags.</summary>
internal static class DigitalMicrographTags
{
    private const string Origin = "DigitalMicrograph tags";

    public static void Read(TiffDirectory directory, TiffFacts facts)
    {
        facts.Format = "DigitalMicrograph TIFF";
        var x = directory.Real(TiffTag.DmScaleX) * Units.Nanometres(directory.Text(TiffTag.DmUnitX));
        var y = directory.Real(TiffTag.DmScaleY) * Units.Nanometres(directory.Text(TiffTag.DmUnitY));
        facts.SetPixelSize(y, x, Origin);
        var tags = DmTags.Parse(directory.Raw(TiffTag.DmTags));
        facts.Calibration = facts.Calibration with
        {
            ExposureS = Positive(tags, "DataBar:Exposure Time (s)", 1),
            Kv = Positive(tags, "Microscope Info:Voltage", 1e-3),
        };
        if (Positive(tags, "Microscope Info:Indicated Magnification", 1) is { } magnification)
        {
            facts.Metadata["magnification"] = magnification.Value;
        }

        facts.AddText("microscope", tags.GetValueOrDefault("Microscope Info:Name") as string);
        facts.AddText("camera", tags.GetValueOrDefault("DataBar:Device Name") as string);
        ReadDate(tags, facts);
    }

    private static Calibrated? Positive(IReadOnlyDictionary<string, object> tags, string path, double scale) =>
        tags.GetValueOrDefault(path) is double value && double.IsFinite(value) && value > 0 ? new Calibrated(value * scale, Origin) : null;

    /// <summary>Date and time are text in the locale of the machine; where day and month cannot be told apart the text is only shown.</summary>
    private static void ReadDate(IReadOnlyDictionary<string, object> tags, TiffFacts facts)
    {
        if (tags.GetValueOrDefault("DataBar:Acquisition Date") is not string date || tags.GetValueOrDefault("DataBar:Acquisition Time") is not string time)
        {
            return;
        }

        facts.Metadata["acquisition_date_text"] = $"{date} {time}";
        var american = TryDate("M/d/yyyy h:mm:ss tt", out var monthFirst);
        var european = TryDate("d/M/yyyy h:mm:ss tt", out var dayFirst);
        if (american != european || monthFirst == dayFirst)
        {
            facts.Date = (american ? monthFirst : dayFirst) is { Year: > 1 } known ? known : facts.Date;
        }

        bool TryDate(string format, out DateTimeOffset parsed) =>
            DateTimeOffset.TryParseExact($"{date} {time}", format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out parsed);
    }
}
