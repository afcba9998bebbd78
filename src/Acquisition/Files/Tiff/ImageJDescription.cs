using System.Globalization;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>The <c>key=value</c> lines that ImageJ and Fiji put into ImageDescription; resolution tags are then pixels per <c>unit</c>.</summary>
internal static class ImageJDescription
{
    public static bool Recognises(string description) => description.StartsWith("ImageJ=", StringComparison.Ordinal);

    public static void Read(string description, TiffDirectory directory, TiffFacts facts)
    {
        var values = Values(description);
        facts.Format = "ImageJ TIFF";
        facts.StatedImages = Integer(values, "images") ?? 0;
        facts.AddText("imagej_version", values.GetValueOrDefault("ImageJ"));
        var nm = Units.Nanometres(values.GetValueOrDefault("unit"));
        var nmY = Units.Nanometres(values.GetValueOrDefault("yunit")) ?? nm;
        facts.SetPixelSize(nmY / directory.Real(TiffTag.YResolution), nm / directory.Real(TiffTag.XResolution), "ImageJ");
        ReadTimes(values, facts);
        foreach (var axis in (ReadOnlySpan<string>)["channels", "slices", "frames"])
        {
            if (Integer(values, axis) is { } count)
            {
                facts.Metadata[axis] = count;
            }
        }

        if (Real(values, "spacing") is { } spacing)
        {
            facts.Metadata["spacing"] = spacing;
        }

        if (values.TryGetValue("c1", out var slope))
        {
            facts.Metadata["imagej_value_calibration"] = $"value = {values.GetValueOrDefault("c0", "0")} + {slope} x count";
            facts.Warnings.Add("ImageJ calibrates the grey values; counts are read as stored");
        }
    }

    private static void ReadTimes(Dictionary<string, string> values, TiffFacts facts)
    {
        if (Real(values, "finterval") is > 0 and var interval && Units.Seconds(values.GetValueOrDefault("tunit")) is { } seconds)
        {
            facts.Calibration = facts.Calibration with { FrameTimeS = new Calibrated(interval * seconds, "ImageJ finterval") };
        }
        else if (Real(values, "fps") is > 0 and var fps)
        {
            facts.Calibration = facts.Calibration with { FrameTimeS = new Calibrated(1 / fps, "ImageJ fps (playback rate)") };
            facts.Warnings.Add("the frame time is from ImageJ's playback rate, which need not be the camera's; --frame-time-s overrides it");
        }
    }

    private static Dictionary<string, string> Values(string description)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in description.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values.TryAdd(line[..equals], line[(equals + 1)..]);
            }
        }

        return values;
    }

    private static long? Integer(Dictionary<string, string> values, string key) =>
        values.TryGetValue(key, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static double? Real(Dictionary<string, string> values, string key) =>
        values.TryGetValue(key, out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
