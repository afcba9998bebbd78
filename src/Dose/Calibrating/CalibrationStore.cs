using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Core;

namespace LiveLtem.Dose.Calibrating;

/// <summary>A camera's calibration at one voltage, as kept.</summary>
/// <param name="Camera">Name that the operator gave it.</param>
/// <param name="Kv">Acceleration voltage, kV.</param>
/// <param name="Values">What is known, each with origin, date and error.</param>
public sealed record CameraCalibration(string Camera, double Kv, Calibration Values);

/// <summary>Calibrations kept between sessions: one JSON file for each camera and voltage, which a person can read and edit.</summary>
/// <param name="root">The folder; made when the first one is kept.</param>
public sealed class CalibrationStore(string root)
{
    /// <summary>Name of the environment variable that says where.</summary>
    public const string Variable = "LIVELTEM_CALIBRATIONS";

    private const int LongestName = 64;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly (string Name, Func<Calibration, Calibrated?> Read, Func<Calibration, Calibrated, Calibration> With)[] Values =
    [
        ("counts_per_electron", c => c.CountsPerElectron, (c, v) => c with { CountsPerElectron = v }),
        ("dark_level", c => c.DarkLevel, (c, v) => c with { DarkLevel = v }),
        ("pixel_size_nm", c => c.PixelSizeNm, (c, v) => c with { PixelSizeNm = v }),
    ];

    /// <summary>Where they are kept where nobody names a folder: <c>$LIVELTEM_CALIBRATIONS</c>, else <c>LiveLTEM/calibrations</c> in the user's own folder.</summary>
    public static string Default => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set
        ? Path.GetFullPath(set)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "LiveLTEM", "calibrations");

    /// <summary>Whether a camera may be called so: letters, digits, space, dot, dash and underscore.</summary>
    public static bool IsName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= LongestName && name.Trim() == name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '.' or '-' or '_') && name.Any(char.IsAsciiLetterOrDigit);
    }

    /// <summary>Keeps values over those that are kept already for that camera and voltage.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="InputException">The name cannot be one, or the file cannot be written.</exception>
    public string Keep(CameraCalibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        if (!IsName(calibration.Camera))
        {
            throw new InputException($"--camera '{calibration.Camera}': name it with up to {LongestName} letters, digits, spaces, dots, dashes and underscores");
        }

        var file = Path.Combine(root, FormattableString.Invariant($"{calibration.Camera}@{calibration.Kv:0.###}kV.json"));
        var values = File.Exists(file) ? Read(file).Values.OverriddenBy(calibration.Values) : calibration.Values;
        var json = new JsonObject { ["camera"] = calibration.Camera, ["kv"] = calibration.Kv };
        foreach (var (name, read, _) in Values)
        {
            if (read(values) is { } known)
            {
                json[name] = new JsonObject
                {
                    ["value"] = known.Value,
                    ["err"] = known.Err,
                    ["origin"] = known.Origin,
                    ["date"] = known.Date?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                };
            }
        }

        try
        {
            Directory.CreateDirectory(root);
            var whole = file + ".part";
            File.WriteAllText(whole, json.ToJsonString(Indented) + "\n");
            File.Move(whole, file, overwrite: true);
            return file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be written: {IoReason.Of(error)}", error);
        }
    }

    /// <summary>Everything that is kept, by camera and voltage.</summary>
    public IReadOnlyList<CameraCalibration> All() => Directory.Exists(root)
        ? [.. Directory.GetFiles(root, "*@*kV.json").Select(Read).OrderBy(known => known.Camera, StringComparer.Ordinal).ThenBy(known => known.Kv)]
        : [];

    /// <summary>A camera's calibration.</summary>
    /// <param name="nameOrFile">Its name, or a file.</param>
    /// <param name="kv">The voltage, kV; null takes the one there is.</param>
    /// <exception cref="InputException">There is none, or several at different voltages and none was named.</exception>
    public CameraCalibration Find(string nameOrFile, double? kv)
    {
        ArgumentNullException.ThrowIfNull(nameOrFile);
        if (File.Exists(nameOrFile))
        {
            var read = Read(nameOrFile);
            return kv is null || Same(read.Kv, kv.Value)
                ? read
                : throw new InputException(FormattableString.Invariant($"--camera {nameOrFile}: was calibrated at {read.Kv} kV, not at {kv} kV; counts per electron go with the voltage"));
        }

        var all = All();
        List<CameraCalibration> own = [.. all.Where(known => known.Camera == nameOrFile)];
        List<CameraCalibration> fit = [.. own.Where(known => kv is null || Same(known.Kv, kv.Value))];
        return (own.Count, fit.Count) switch
        {
            (_, 1) => fit[0],
            (0, _) => throw new InputException($"--camera {nameOrFile}: no such camera is kept in {root}; there {(all.Count == 0 ? "is none yet" : $"are {string.Join(", ", all.Select(known => known.Camera).Distinct())}")}; 'liveltem calibrate' keeps one"),
            (_, 0) => throw new InputException(FormattableString.Invariant($"--camera {nameOrFile}: is not calibrated at {kv} kV, but at {Voltages()}; counts per electron go with the voltage")),
            _ => throw new InputException($"--camera {nameOrFile}: is calibrated at {Voltages()}; say which with --kv"),
        };

        string Voltages() => string.Join(", ", own.Select(known => FormattableString.Invariant($"{known.Kv} kV")));
    }

    private static bool Same(double a, double b) => Math.Abs(a - b) < 1e-3 * b;

    private static CameraCalibration Read(string file)
    {
        try
        {
            var json = JsonNode.Parse(File.ReadAllText(file)) ?? throw new FormatException("it is empty");
            var camera = (string?)json["camera"] ?? throw new FormatException("camera is missing");
            var kv = Number(json["kv"], "kv");
            var values = new Calibration { Kv = new Calibrated(kv, $"calibration of {camera}") };
            foreach (var (name, _, with) in Values)
            {
                if (json[name] is { } value)
                {
                    var date = (string?)value["date"] is { } text
                        ? DateTimeOffset.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
                        : (DateTimeOffset?)null;
                    values = with(values, new Calibrated(Number(value["value"], $"{name}.value"), (string?)value["origin"] ?? "calibration", (double?)value["err"], date));
                }
            }

            return new CameraCalibration(camera, kv, values);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw new InputException($"{file}: is no calibration: {(error is JsonException ? "it is no JSON" : error.Message)}; measure it again with 'liveltem calibrate', or mend it by hand", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {IoReason.Of(error)}", error);
        }

        static double Number(JsonNode? node, string name) => (double?)node is { } value && double.IsFinite(value) ? value : throw new FormatException($"{name} is missing");
    }
}
