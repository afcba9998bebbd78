using System.Globalization;
using System.Xml.Linq;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>The report that JEOL's SightX puts into ImageDescription.</summary>
/// <remarks>The resolution tags are the camera's pixels per inch; over the magnification they give the specimen's pixel.</remarks>
internal static class JeolDescription
{
    private const double NmPerInch = 2.54e7;

    public static bool Recognises(string description) => description.Contains("<TemReporter", StringComparison.Ordinal);

    public static void Read(string description, TiffDirectory directory, TiffFacts facts)
    {
        facts.Format = "JEOL TIFF";
        if (SafeXml.TryParse(description) is not { } report)
        {
            facts.Warnings.Add("the JEOL report is damaged: no calibration from it");
            return;
        }

        facts.Date = TiffFacts.ParseDate(report.FirstText("DateTime")) ?? facts.Date;
        facts.AddText("instrument", report.FirstText("Instruments"));
        if (Real(report, "AccelerationVoltage") is > 0 and var volts)
        {
            facts.Calibration = facts.Calibration with { Kv = new Calibrated(volts / 1000, "JEOL report") };
        }

        if (ExposureS(report) is { } exposure)
        {
            facts.Calibration = facts.Calibration with { ExposureS = new Calibrated(exposure, "JEOL report") };
        }

        var system = report.All("ImageFormingSystem").FirstOrDefault();
        if (system?.FirstText("ModeString") is "MAG" or "LOWMAG" or "LOW MAG" or "SAMAG" && Real(system, "SelectorValue") is > 0 and var magnification)
        {
            facts.Metadata["magnification"] = magnification;
            facts.SetPixelSize(Pixel(directory, TiffTag.YResolution, magnification), Pixel(directory, TiffTag.XResolution, magnification), "JEOL report: camera pixel over magnification");
        }
    }

    private static double? Pixel(TiffDirectory directory, int tag, double magnification) =>
        directory.Integer(TiffTag.ResolutionUnit) switch
        {
            2 => NmPerInch / directory.Real(tag) / magnification,
            3 => 1e7 / directory.Real(tag) / magnification,
            _ => null,
        };

    /// <summary>The camera's exposure, as its text says it with a unit: <c>100.00 msec</c>.</summary>
    private static double? ExposureS(XElement report)
    {
        var parts = (report.FirstText("ExposureTimeString") ?? "").Split(' ');
        return parts.Length == 2 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value * Decoding.Units.Seconds(parts[1])
            : null;
    }

    private static double? Real(XElement element, string name) =>
        double.TryParse(element.FirstText(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
