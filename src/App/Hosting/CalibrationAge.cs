using System.Globalization;
using LiveLtem.Core;
using LiveLtem.Dose.Calibrating;

namespace LiveLtem.App.Hosting;

/// <summary>A kept calibration in words: each value, its error, how it was had and how old it is.</summary>
internal static class CalibrationAge
{
    /// <summary>One line a value; none where nothing is kept.</summary>
    public static IEnumerable<string> Lines(CameraCalibration kept, DateTimeOffset now)
    {
        (string Name, Calibrated? Value)[] values =
            [("counts per electron", kept.Values.CountsPerElectron), ("dark level", kept.Values.DarkLevel), ("pixel size, nm", kept.Values.PixelSizeNm)];
        foreach (var (name, value) in values)
        {
            if (value is not null)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{kept.Camera} at {kept.Kv:0.###} kV: {name} {value.Value:G6}{(value.Err is { } err ? $" ± {err:G2}" : ", error not stated")}, {value.Origin}, {Age(value.Date, now)}");
            }
        }
    }

    private static string Age(DateTimeOffset? date, DateTimeOffset now)
    {
        if (date is not { } day)
        {
            return "of no known date";
        }

        var days = (int)Math.Max(0, (now - day).TotalDays);
        return days switch { 0 => "today", 1 => "1 day old", _ => $"{days} days old" };
    }
}
