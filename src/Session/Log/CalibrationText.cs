using System.Globalization;
using System.Text.Json.Nodes;
using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary>A calibration as JSON: each value that is known with its origin, error and date, by the names of the command line.</summary>
internal static class CalibrationText
{
    public static JsonObject Write(Calibration calibration)
    {
        var json = new JsonObject();
        foreach (var (name, read, _) in Values)
        {
            // JSON has no word for what is not a number.
            if (read(calibration) is { } known && double.IsFinite(known.Value))
            {
                json[name] = new JsonObject
                {
                    ["value"] = known.Value,
                    ["origin"] = known.Origin,
                    ["err"] = known.Err is { } err && double.IsFinite(err) ? err : null,
                    ["date"] = known.Date is { } date ? UnixTime.Text(date) : null,
                };
            }
        }

        return json;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; names that are not known are left out.</summary>
    /// <exception cref="FormatException">A value is not a number with an origin.</exception>
    public static Calibration Read(JsonNode? json)
    {
        var calibration = Calibration.Unknown;
        foreach (var (name, _, with) in Values)
        {
            if (json?[name] is { } value)
            {
                calibration = with(calibration, new Calibrated((double)value["value"]!, (string)value["origin"]!, (double?)value["err"], Date(value["date"])));
            }
        }

        return calibration;
    }

    private static DateTimeOffset? Date(JsonNode? json) =>
        (string?)json is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) : null;

    private static readonly (string Name, Func<Calibration, Calibrated?> Read, Func<Calibration, Calibrated, Calibration> With)[] Values =
    [
        ("pixel_size_nm", c => c.PixelSizeNm, (c, v) => c with { PixelSizeNm = v }),
        ("frame_time_s", c => c.FrameTimeS, (c, v) => c with { FrameTimeS = v }),
        ("exposure_s", c => c.ExposureS, (c, v) => c with { ExposureS = v }),
        ("counts_per_electron", c => c.CountsPerElectron, (c, v) => c with { CountsPerElectron = v }),
        ("dark_level", c => c.DarkLevel, (c, v) => c with { DarkLevel = v }),
        ("transmission", c => c.Transmission, (c, v) => c with { Transmission = v }),
        ("dose_per_frame_e_A2", c => c.DosePerFrameEPerA2, (c, v) => c with { DosePerFrameEPerA2 = v }),
        ("kv", c => c.Kv, (c, v) => c with { Kv = v }),
    ];
}
