using System.Text.RegularExpressions;

namespace LiveLtem.Acquisition.Decoding;

/// <summary>Length and time units as programs spell them.</summary>
internal static partial class Units
{
    /// <summary>Nanometres in one unit; null for pixels, nothing and what is not a length.</summary>
    public static double? Nanometres(string? unit) => Clean(unit) switch
    {
        "pm" or "picometer" or "picometre" => 1e-3,
        "a" or "å" or "ångström" or "angstrom" or "angstroms" => 0.1,
        "nm" or "nanometer" or "nanometers" or "nanometre" => 1,
        "um" or "µm" or "μm" or "micron" or "microns" or "micrometer" or "micrometers" or "micrometre" => 1e3,
        "mm" or "millimeter" or "millimetre" => 1e6,
        "cm" or "centimeter" or "centimetre" => 1e7,
        "m" or "meter" or "metre" => 1e9,
        "in" or "inch" or "inches" => 2.54e7,
        _ => null,
    };

    /// <summary>Seconds in one unit; seconds where none is named, null for what is not a time.</summary>
    public static double? Seconds(string? unit) => Clean(unit) switch
    {
        "" or "s" or "sec" or "secs" or "second" or "seconds" => 1,
        "ms" or "msec" or "millisecond" or "milliseconds" => 1e-3,
        "us" or "µs" or "μs" or "usec" or "microsecond" or "microseconds" => 1e-6,
        "ns" or "nanosecond" or "nanoseconds" => 1e-9,
        "min" or "minute" or "minutes" => 60,
        "h" or "hr" or "hour" or "hours" => 3600,
        _ => null,
    };

    /// <summary>Lower case, with <c>\u00B5</c> written out, as ImageJ escapes it, made a letter.</summary>
    private static string Clean(string? unit) =>
        Escape().Replace(unit ?? "", m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString()).Trim(' ', '"', '\0').ToLowerInvariant();

    [GeneratedRegex(@"\\u([0-9A-Fa-f]{4})")]
    private static partial Regex Escape();
}
