using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LiveLtem.Core;

namespace LiveLtem.Acquisition;

/// <summary>Says what a source is: for scripts as JSON, for people as a table that ends with what is missing and how to give it.</summary>
public static class InfoText
{
    /// <summary>Key in the metadata of a source whose date is known to be UTC: its value is then <c>UTC</c>.</summary>
    public const string TimeZoneKey = "date_time_zone";

    private static readonly JsonSerializerOptions Json6 = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One JSON object; null where something is not known.</summary>
    public static string Json(SourceInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        var known = info.Calibration;
        var metadata = new SortedDictionary<string, object>(info.Metadata.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, value) in Named(known))
        {
            if (value is not null)
            {
                metadata[$"{name}_origin"] = value.Origin;
            }
        }

        if (info.Warnings.Count > 0)
        {
            metadata["warnings"] = info.Warnings.ToArray();
        }

        return JsonSerializer.Serialize(
            new Dictionary<string, object?>
            {
                ["format"] = info.Format,
                ["frames"] = info.Frames,
                ["height"] = info.Height,
                ["width"] = info.Width,
                ["dtype"] = Dtype(info),
                ["pixel_size_nm"] = known.PixelSizeNm?.Value,
                ["frame_time_s"] = known.FrameTimeS?.Value,
                ["exposure_s"] = known.ExposureS?.Value,
                ["counts_per_electron"] = known.CountsPerElectron?.Value,
                ["kv"] = known.Kv?.Value,
                ["date"] = Date(info),
                ["metadata"] = metadata,
            },
            Json6);
    }

    /// <summary>Lines for a person.</summary>
    public static string Table(SourceInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        var text = new StringBuilder();
        Line(text, "source", info.Name);
        Line(text, "format", info.Format);
        Line(text, "frames", info.Frames?.ToString(CultureInfo.InvariantCulture) ?? "not known yet");
        Line(text, "size", $"{info.Height} rows x {info.Width} columns, {Dtype(info)}");
        Line(text, "date", Date(info) ?? "not stated");
        foreach (var (name, value) in Named(info.Calibration))
        {
            if (value is not null)
            {
                Line(text, name, string.Create(CultureInfo.InvariantCulture, $"{value.Value:G7}  ({value.Origin})"));
            }
        }

        foreach (var (name, value) in info.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            Line(text, name, Short(value));
        }

        foreach (var warning in info.Warnings)
        {
            Line(text, "note", warning);
        }

        foreach (var missing in Missing(info.Calibration))
        {
            Line(text, "missing", missing);
        }

        return text.ToString().TrimEnd();
    }

    private static string Dtype(SourceInfo info) => info.StoredDtype ?? info.Type.NumpyName();

    /// <summary>ISO 8601. An offset of zero mostly stands for 'no zone stated', which is not written out; a date known to be UTC ends in Z.</summary>
    private static string? Date(SourceInfo info)
    {
        var zone = info.Date?.Offset != TimeSpan.Zero ? "zzz" : info.Metadata.ContainsKey(TimeZoneKey) ? "'Z'" : "";
        return info.Date?.ToString($"yyyy-MM-ddTHH:mm:ss.FFFFFF{zone}", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<(string Name, Calibrated? Value)> Named(Calibration known) =>
    [
        ("pixel_size_nm", known.PixelSizeNm),
        ("frame_time_s", known.FrameTimeS),
        ("exposure_s", known.ExposureS),
        ("counts_per_electron", known.CountsPerElectron),
        ("dark_level", known.DarkLevel),
        ("kv", known.Kv),
    ];

    private static IEnumerable<string> Missing(Calibration known)
    {
        if (known.PixelSizeNm is null)
        {
            yield return "pixel size: results stay in px; give --pixel-size-nm";
        }

        if (known.FrameTimeS is null)
        {
            yield return "frame time: results stay by frame; give --frame-time-s";
        }

        if (known.ExposureS is null)
        {
            yield return "exposure: no dose rate from counts; give --exposure-s";
        }

        if (known.CountsPerElectron is null)
        {
            yield return "counts per electron: no dose from counts; give --counts-per-electron and --dark-level, or --dose-per-frame-e-A2";
        }
        else if (known.DarkLevel is null)
        {
            yield return "dark level: counts without it give no dose; give --dark-level";
        }

        if (known.Kv is null)
        {
            yield return "acceleration voltage: no absorbed dose; give --kv";
        }
    }

    private static string Short(object value)
    {
        var text = value is System.Collections.IEnumerable list and not string
            ? string.Join(", ", list.Cast<object>().Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))
            : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.Length > 200 ? $"{text[..200]}…" : text;
    }

    private static void Line(StringBuilder text, string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name,-22}{value.ReplaceLineEndings(" ")}").Append('\n');
}
