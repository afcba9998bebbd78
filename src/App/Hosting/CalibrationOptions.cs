using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LiveLtem.Acquisition.Correction;
using LiveLtem.Core;
using LiveLtem.Dose.Calibrating;

namespace LiveLtem.App.Hosting;

/// <summary>The calibration as typed.</summary>
/// <param name="Values">The numbers.</param>
/// <param name="FrameTimeTyped">Whether the frame time is among them: it then beats the source's own clock.</param>
/// <param name="DarkFile">A recording without beam, or null.</param>
/// <param name="GainFile">A gain reference, or null.</param>
/// <param name="Date">When what is typed was measured, or null where nobody said.</param>
internal sealed record TypedCalibration(Calibration Values, bool FrameTimeTyped, string? DarkFile, string? GainFile, DateTimeOffset? Date = null);

/// <summary>The calibration on the command line, the same for every verb that analyses; each value overrides the source's own.</summary>
internal sealed class CalibrationOptions
{
    private readonly Option<double?> _pixelSize = new("--pixel-size-nm") { Description = "Side of a pixel on the specimen, nm.", HelpName = "NM" };
    private readonly Option<double?> _frameTime = new("--frame-time-s") { Description = "Time from frame to frame, s.", HelpName = "S" };
    private readonly Option<double?> _exposure = new("--exposure-s") { Description = "Time the shutter is open for a frame, s.", HelpName = "S" };
    private readonly Option<double?> _countsPerElectron = new("--counts-per-electron") { Description = "Camera counts for one electron.", HelpName = "COUNTS" };
    private readonly Option<string?> _darkLevel = new("--dark-level")
    {
        Description = "Counts of a pixel that no electron reached: a number, or a recording taken without beam.",
        HelpName = "COUNTS|FILE",
    };

    private readonly Option<string?> _gain = new("--gain") { Description = "Gain reference: frames are multiplied by it.", HelpName = "FILE" };

    private readonly Option<double?> _transmission = new("--transmission")
    {
        Description = "Fraction of the beam that passes liquid and windows, 0 to 1; a typical cell passes 0.2.",
        HelpName = "FRACTION",
    };

    private readonly Option<double?> _dosePerFrame = new("--dose-per-frame-e-A2")
    {
        Description = "Specimen dose of a normal frame, e-/A^2; beats what the counts say.",
        HelpName = "DOSE",
    };

    private readonly Option<double?> _kv = new("--kv") { Description = "Acceleration voltage, kV.", HelpName = "KV" };

    private readonly Option<string?> _date = new("--calibrated-on")
    {
        Description = "Day on which the values typed here were measured, as 2026-03-31: an alert tells when they are old.",
        HelpName = "DATE",
    };

    private readonly Option<string?> _camera = new("--camera")
    {
        Description = "What 'liveltem calibrate' kept for this camera (a name or its file); values that you type beat it, it beats the file's own.",
        HelpName = "NAME|FILE",
    };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_pixelSize, _frameTime, _exposure, _countsPerElectron, _darkLevel, _gain, _transmission, _dosePerFrame, _kv, _date, _camera])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was typed.</summary>
    /// <exception cref="InputException">A value cannot be meant.</exception>
    public TypedCalibration Read(ParseResult parsed)
    {
        var date = Date(parsed);
        var typed = new Calibration
        {
            PixelSizeNm = Positive(parsed, _pixelSize, 1e-4, 1e6, "nm"),
            FrameTimeS = Positive(parsed, _frameTime, 1e-9, 1e9, "s"),
            ExposureS = Positive(parsed, _exposure, 1e-9, 1e9, "s"),
            CountsPerElectron = Positive(parsed, _countsPerElectron, 1e-9, 1e9, "counts"),
            DarkLevel = DarkNumber(parsed),
            Transmission = Positive(parsed, _transmission, 1e-9, 1, "(a fraction)"),
            DosePerFrameEPerA2 = Positive(parsed, _dosePerFrame, 1e-12, 1e12, "e-/A^2"),
            Kv = Positive(parsed, _kv, 1e-3, 1e5, "kV"),
        };
        if (parsed.GetValue(_camera) is { } camera)
        {
            var kept = new CalibrationStore(CalibrationStore.Default).Find(camera, typed.Kv?.Value);
            foreach (var line in CalibrationAge.Lines(kept, TimeProvider.System.GetUtcNow()))
            {
                Console.Error.WriteLine($"liveltem: {line}");
            }

            // What is kept has days of its own: --calibrated-on is for what was typed.
            typed = kept.Values.OverriddenBy(Dated(typed, date));
        }
        else
        {
            typed = Dated(typed, date);
        }

        if (typed.ExposureS is { } exposure && typed.FrameTimeS is { } frameTime && exposure.Value > frameTime.Value)
        {
            throw new InputException(Say($"--exposure-s {exposure.Value}: longer than the frame time of {frameTime.Value} s; a frame cannot be exposed longer than it lasts"));
        }

        var dark = parsed.GetValue(_darkLevel);
        return new TypedCalibration(
            typed,
            typed.FrameTimeS is not null,
            dark is not null && ReferenceImage.Level(dark) is null ? dark : null,
            parsed.GetValue(_gain),
            date);
    }

    private DateTimeOffset? Date(ParseResult parsed)
    {
        if (parsed.GetValue(_date) is not { } text)
        {
            return null;
        }

        return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date.Year >= 1950
            ? date
            : throw new InputException($"{_date.Name} {text}: give a day as 2026-03-31");
    }

    // Times are set, not measured.
    private static Calibration Dated(Calibration typed, DateTimeOffset? date) => date is null
        ? typed
        : typed with
        {
            PixelSizeNm = typed.PixelSizeNm is { } size ? size with { Date = date } : null,
            CountsPerElectron = typed.CountsPerElectron is { } counts ? counts with { Date = date } : null,
            DarkLevel = typed.DarkLevel is { } dark ? dark with { Date = date } : null,
            Transmission = typed.Transmission is { } part ? part with { Date = date } : null,
        };

    private Calibrated? DarkNumber(ParseResult parsed)
    {
        if (parsed.GetValue(_darkLevel) is not { } text || ReferenceImage.Level(text) is not { } counts)
        {
            return null;
        }

        return Math.Abs(counts) <= 1e10
            ? new Calibrated(counts, _darkLevel.Name)
            : throw new InputException($"{_darkLevel.Name} {text}: give the counts of a dark pixel, or a recording taken without beam");
    }

    private static Calibrated? Positive(ParseResult parsed, Option<double?> option, double least, double most, string unit) => parsed.GetValue(option) switch
    {
        null => null,
        { } value when value >= least && value <= most => new Calibrated(value, option.Name),
        { } value => throw new InputException(Say($"{option.Name} {value}: must be a number over 0 and at most {most} {unit}")),
    };

    private static string Say(FormattableString text) => FormattableString.Invariant(text);
}
