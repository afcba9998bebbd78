using System.Globalization;
using System.Xml.Linq;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>The OME-XML that an OME-TIFF carries (schema 2016-06 and before).</summary>
internal static class OmeDescription
{
    public static bool Recognises(string description) =>
        description.Contains("<OME", StringComparison.Ordinal) && description.Contains("openmicroscopy", StringComparison.OrdinalIgnoreCase);

    public static void Read(string description, string name, TiffFacts facts)
    {
        facts.Format = "OME-TIFF";
        if (SafeXml.TryParse(description)?.All("Pixels").FirstOrDefault() is not { } pixels)
        {
            facts.Warnings.Add("the OME-XML is damaged: no calibration from it");
            return;
        }

        facts.SetPixelSize(Size(pixels, "Y"), Size(pixels, "X"), "OME-XML");
        ReadTimes(pixels, facts);
        ReadAxes(pixels, facts);
        facts.Date = TiffFacts.ParseDate(pixels.Parent?.FirstText("AcquisitionDate")) ?? facts.Date;
        facts.AddText("image_name", (string?)pixels.Parent?.Attribute("Name"));
        var others = pixels.All("UUID").Select(u => (string?)u.Attribute("FileName")).Where(f => f is not null && f != name).Distinct().ToArray();
        if (others.Length > 0)
        {
            facts.Warnings.Add($"the OME-XML spreads the data over {others.Length + 1} files ({others[0]}, …); the frames of this one are read");
        }
    }

    private static double? Size(XElement pixels, string axis) =>
        Real(pixels, $"PhysicalSize{axis}") * Units.Nanometres((string?)pixels.Attribute($"PhysicalSize{axis}Unit") ?? "µm");

    private static void ReadTimes(XElement pixels, TiffFacts facts)
    {
        if (Real(pixels, "TimeIncrement") is > 0 and var increment && Units.Seconds((string?)pixels.Attribute("TimeIncrementUnit")) is { } seconds)
        {
            facts.Calibration = facts.Calibration with { FrameTimeS = new Calibrated(increment * seconds, "OME-XML TimeIncrement") };
        }

        var plane = pixels.All("Plane").FirstOrDefault();
        if (plane is not null && Real(plane, "ExposureTime") is > 0 and var exposure && Units.Seconds((string?)plane.Attribute("ExposureTimeUnit")) is { } unit)
        {
            facts.Calibration = facts.Calibration with { ExposureS = new Calibrated(exposure * unit, "OME-XML ExposureTime") };
        }
    }

    /// <summary>Axes slowest first, those of length 1 left out: <c>CYX</c>.</summary>
    private static void ReadAxes(XElement pixels, TiffFacts facts)
    {
        var order = ((string?)pixels.Attribute("DimensionOrder") ?? "XYZCT").Reverse();
        var axes = string.Concat(order.Where(a => a is 'X' or 'Y' || (Real(pixels, $"Size{a}") ?? 1) > 1));
        facts.Metadata["axes"] = axes;
        foreach (var axis in axes.Where(a => a is not ('X' or 'Y')))
        {
            facts.Metadata[$"size_{char.ToLowerInvariant(axis)}"] = (long)Real(pixels, $"Size{axis}")!.Value;
        }

        if (axes.Any(a => a is 'C' or 'Z'))
        {
            facts.Warnings.Add($"its axes are {axes}: channels or depths are read as frames, in stored order");
        }
    }

    private static double? Real(XElement element, string attribute) =>
        double.TryParse((string?)element.Attribute(attribute), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
