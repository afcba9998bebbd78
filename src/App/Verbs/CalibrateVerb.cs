using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Acquisition;
using LiveLtem.Acquisition.Correction;
using LiveLtem.Acquisition.Selection;
using LiveLtem.App.Hosting;
using LiveLtem.Core;
using LiveLtem.Core.Mrc;
using LiveLtem.Dose.Calibrating;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem calibrate</c>: counts per electron, dark, gain and transmission from frames, kept by camera and voltage.</summary>
internal static class CalibrateVerb
{
    private const int MostFrames = 2000;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The verb with its options.</summary>
    public static Command Create()
    {
        var options = new Options();
        var command = new Command(
            "calibrate",
            "Counts per electron from the scatter of frames of an even, empty area; dark level and readout noise from frames without beam; a gain reference; transmission against a hole frame. With --camera it is kept, and used by --camera in analyze, run and replay.\n\n"
            + "Example: liveltem calibrate --flat flat.mrc --dark dark.mrc --camera K3 --kv 200")
        {
            options.Flat, options.Dark, options.Roi, options.Excess, options.Typed, options.TypedErr, options.Pixel, options.GainOut, options.Specimen, options.Hole, options.Liquid, options.Windows, options.Camera, options.Kv, options.Root, options.List, options.Json,
        };
        command.SetAction((parsed, cancellationToken) => Task.FromResult(Run(options, parsed, cancellationToken)));
        return command;
    }

    private static int Run(Options options, ParseResult parsed, CancellationToken cancellationToken)
    {
        var store = new CalibrationStore(parsed.GetValue(options.Root) ?? CalibrationStore.Default);
        var now = TimeProvider.System.GetUtcNow();
        if (parsed.GetValue(options.List))
        {
            foreach (var line in store.All().SelectMany(kept => CalibrationAge.Lines(kept, now)))
            {
                Console.Out.WriteLine(line);
            }

            return 0;
        }

        var job = new Job(options, parsed, now, cancellationToken);
        job.Measure();
        var values = job.Values;
        var camera = parsed.GetValue(options.Camera);
        string? file = null;
        if (camera is not null)
        {
            var kv = InRange("--kv", parsed.GetValue(options.Kv), 1e-3, 1e5) ?? throw new InputException("--camera needs --kv: counts per electron go with the voltage");
            if (values == Calibration.Unknown)
            {
                throw new InputException("--camera: there is nothing to keep; name --flat, --dark, --counts-per-electron or --pixel-size-nm");
            }

            file = store.Keep(new CameraCalibration(camera, kv, values));
        }

        Console.Out.WriteLine(parsed.GetValue(options.Json) ? job.Json(file) : job.Text(file));
        return 0;
    }

    private static double? InRange(string option, double? value, double least, double most) => value switch
    {
        null => null,
        { } number when number >= least && number <= most => number,
        { } number => throw new InputException(FormattableString.Invariant($"{option} {number}: must be from {least} to {most}")),
    };

    private sealed class Job(Options options, ParseResult parsed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        private readonly List<string> _notes = [];
        private readonly List<(string Name, Measured Value, string Unit)> _found = [];

        public Calibration Values { get; private set; } = Calibration.Unknown;

        public void Measure()
        {
            var roi = parsed.GetValue(options.Roi) is { } text ? RegionOfInterest.Parse(text) : null;
            var excess = InRange("--excess-noise", parsed.GetValue(options.Excess), 0, 2);
            var (dark, darkPower) = Dark(roi);
            Flat(roi, dark, darkPower, excess);
            Typed();
            Transmission(roi, dark);
            if (_found.Count == 0)
            {
                throw new InputException("nothing was asked for: name --flat FILE, --dark FILE, --specimen with --hole, --liquid-nm, or a value that you know");
            }
        }

        public string Text(string? kept)
        {
            List<string> lines = [.. _found.Select(found => string.Create(CultureInfo.InvariantCulture, $"{found.Name}: {found.Value.Value:G6}{(double.IsFinite(found.Value.Err) ? $" ± {found.Value.Err:G2}" : string.Empty)}{found.Unit}"))];
            lines.AddRange(_notes);
            if (kept is not null)
            {
                lines.Add($"kept in {kept}");
            }

            return string.Join(Environment.NewLine, lines);
        }

        public string Json(string? kept)
        {
            var json = new JsonObject();
            foreach (var (name, value, _) in _found)
            {
                json[name.Replace(' ', '_')] = new JsonObject { ["value"] = value.Value, ["err"] = double.IsFinite(value.Err) ? value.Err : null };
            }

            json["notes"] = new JsonArray([.. _notes.Select(note => (JsonNode)note)]);
            json["file"] = kept;
            return json.ToJsonString(Indented);
        }

        private (Measured? Level, Measured Power) Dark(RegionOfInterest? roi)
        {
            if (parsed.GetValue(options.Dark) is not { } text)
            {
                return (null, new Measured(0, 0));
            }

            if (ReferenceImage.Level(text) is { } typed)
            {
                Values = Values with { DarkLevel = new Calibrated(typed, "typed", Date: now) };
                _found.Add(("dark level", new Measured(typed, double.NaN), " counts"));
                return (new Measured(typed, 0), new Measured(0, 0));
            }

            var frames = Read("--dark", text, roi, 0);
            _found.Add(("dark level", frames.Mean, " counts"));
            _found.Add(("readout noise", new Measured(Math.Sqrt(Math.Max(0, frames.Power.Value)), double.NaN), " counts a pixel"));
            Values = Values with { DarkLevel = new Calibrated(frames.Mean.Value, $"{Path.GetFileName(text)}, {2 * frames.Pairs} frames", frames.Mean.Err, now) };
            return (frames.Mean, new Measured(Math.Max(0, frames.Power.Value), frames.Power.Err));
        }

        private void Flat(RegionOfInterest? roi, Measured? dark, Measured darkPower, double? excess)
        {
            if (parsed.GetValue(options.Flat) is not { } file)
            {
                if (parsed.GetValue(options.GainOut) is not null)
                {
                    throw new InputException("--gain-out needs --flat: the reference is made of its frames");
                }

                return;
            }

            var level = dark ?? throw new InputException("--flat needs --dark, a recording without beam or its counts: variance goes with the counts above the dark level");
            var frames = Read("--flat", file, roi, level.Value);
            var counts = frames.CountsPerElectron(level, darkPower, excess ?? 0)
                ?? throw new InputException($"--flat {file}: holds no beam above the dark level, or scatters less than the readout; look whether the two recordings were named the right way round");
            _found.Add(("counts per electron", counts, string.Empty));
            Values = Values with { CountsPerElectron = new Calibrated(counts.Value, $"mean and variance of {Path.GetFileName(file)}, {2 * frames.Pairs} frames", counts.Err, now) };
            _notes.Add(excess is null
                ? "every electron is taken to give the same signal: true of a counting camera; for one that integrates name the spread with --excess-noise (0.3 makes the figure 9 % smaller)"
                : FormattableString.Invariant($"electrons' signals are taken to spread by {excess}"));
            if (parsed.GetValue(options.Dark) is { } text && ReferenceImage.Level(text) is not null)
            {
                _notes.Add("the readout's noise is not known and counts as the electrons': name a recording with --dark");
            }

            WriteGain(file, frames, level.Value, roi);
        }

        private void WriteGain(string file, PhotonTransfer frames, double dark, RegionOfInterest? roi)
        {
            if (parsed.GetValue(options.GainOut) is not { } output)
            {
                return;
            }

            if (roi is not null)
            {
                throw new InputException("--gain-out with --roi: a gain reference is of the whole frame; leave --roi away");
            }

            var mean = frames.MeanImage;
            var signal = mean.Average(value => (double)value) - dark;
            float[] gain = [.. mean.Select(value => value - dark > 0.1 * signal ? (float)(signal / (value - dark)) : 1f)];
            var (height, width) = Size(file);
            try
            {
                using var stream = new FileStream(output, FileMode.Create, FileAccess.ReadWrite);
                var writer = new MrcWriter(stream, height, width, PixelType.Float32, labels: ["LiveLTEM gain reference: frames are multiplied by it"]);
                writer.Write(MemoryMarshal.AsBytes(gain.AsSpan()));
                writer.UpdateHeader();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"--gain-out {output}: cannot be written: {IoReason.Of(error)}", error);
            }

            var perPixel = Math.Sqrt(frames.Power.Value / (2 * frames.Pairs)) / signal;
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"gain reference in {output}: each pixel is known to about {100 * perPixel:G2} %; an uneven beam or liquid is in it too"));
        }

        private void Typed()
        {
            if (InRange("--counts-per-electron", parsed.GetValue(options.Typed), 1e-9, 1e9) is { } counts)
            {
                if (Values.CountsPerElectron is not null)
                {
                    throw new InputException("--counts-per-electron and --flat say the same twice; keep one");
                }

                var err = InRange("--counts-per-electron-err", parsed.GetValue(options.TypedErr), 1e-12, counts);
                Values = Values with { CountsPerElectron = new Calibrated(counts, "typed", err, now) };
                _found.Add(("counts per electron", new Measured(counts, err ?? double.NaN), string.Empty));
            }

            if (InRange("--pixel-size-nm", parsed.GetValue(options.Pixel), 1e-4, 1e6) is { } pixel)
            {
                Values = Values with { PixelSizeNm = new Calibrated(pixel, "typed", Date: now) };
                _found.Add(("pixel size", new Measured(pixel, double.NaN), " nm"));
            }
        }

        private void Transmission(RegionOfInterest? roi, Measured? dark)
        {
            var (specimen, hole) = (parsed.GetValue(options.Specimen), parsed.GetValue(options.Hole));
            if (specimen is null != hole is null)
            {
                throw new InputException("--specimen and --hole go together: transmission is the counts of the one over those of the other, at the same beam");
            }

            if (specimen is not null)
            {
                var level = dark ?? throw new InputException("--specimen and --hole need --dark: only counts above the dark level are electrons");
                var through = Read("--specimen", specimen, roi, level.Value).Mean;
                var open = Read("--hole", hole!, roi, level.Value).Mean;
                var (a, b) = (through.Value - level.Value, open.Value - level.Value);
                if (!(a > 0 && b > a))
                {
                    throw new InputException(FormattableString.Invariant($"--specimen {specimen}: has {a:G4} counts above the dark level, the hole {b:G4}; a specimen lets less through than a hole"));
                }

                var relative = Math.Sqrt((((through.Err * through.Err) + (level.Err * level.Err)) / (a * a)) + (((open.Err * open.Err) + (level.Err * level.Err)) / (b * b)));
                _found.Add(("transmission", new Measured(a / b, a / b * relative), string.Empty));
                _notes.Add("the transmission holds for this place and what is in it, particles included, and is not kept with the camera: give it with --transmission");
            }

            var (liquid, windows) = (InRange("--liquid-nm", parsed.GetValue(options.Liquid), 0, 1e5), InRange("--windows-nm", parsed.GetValue(options.Windows), 0, 1e4));
            if (liquid is not null || windows is not null)
            {
                if (specimen is not null)
                {
                    throw new InputException("--liquid-nm and --hole both give the transmission; keep one: a measured one is better");
                }

                // Mean free paths of water and silicon nitride as the published LP-TEM simulator of the Chen group (chenlabUIUC/simulatedLPTEM).
                _found.Add(("transmission", new Measured(Math.Exp((-(liquid ?? 0) / 185) - ((windows ?? 0) / 144)), double.NaN), string.Empty));
                _notes.Add("the transmission is exp(-liquid/185 nm - windows/144 nm); it depends on the objective aperture, and its error is not known: measure it against a hole frame where you can");
            }
        }

        private static (int Height, int Width) Size(string file)
        {
            using var reader = Sources.Create().OpenReader(file, SourceOptions.Default);
            return (reader.Info.Height, reader.Info.Width);
        }

        private PhotonTransfer Read(string option, string file, RegionOfInterest? roi, double dark)
        {
            using var reader = Sources.Create().OpenReader(file, SourceOptions.Default);
            var (height, width) = (reader.Info.Height, reader.Info.Width);
            var part = roi ?? new RegionOfInterest(0, 0, width, height);
            if (!part.IsInside(height, width))
            {
                throw new InputException($"--roi: reaches beyond the {width} x {height} pixels of {file}");
            }

            if (part.Width < PhotonTransfer.SmallestSide || part.Height < PhotonTransfer.SmallestSide)
            {
                throw new InputException($"{option} {file}: an area of {part.Width} x {part.Height} pixels is too small; at least {PhotonTransfer.SmallestSide} each way");
            }

            using var pool = new FramePool();
            var transfer = new PhotonTransfer(part.Height, part.Width);
            var values = new float[height * width];
            var area = new float[part.Height * part.Width];
            for (var number = 0; number < MostFrames && reader.TryRead(number, pool, out _) is { } draft; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using (draft)
                {
                    PixelConverter.ToFloat(draft.Bytes, draft.Type, values);
                    if (draft.Type.Ceiling() is { } ceiling && values.Count(value => value >= ceiling) > values.Length / 1000)
                    {
                        throw new InputException($"{option} {file}: frame {number} is saturated; take a weaker beam or a shorter exposure");
                    }
                }

                for (var row = 0; row < part.Height; row++)
                {
                    values.AsSpan(((part.Y + row) * width) + part.X, part.Width).CopyTo(area.AsSpan(row * part.Width));
                }

                transfer.Add(area, dark);
            }

            return transfer.Pairs >= PhotonTransfer.FewestPairs
                ? transfer
                : throw new InputException($"{option} {file}: holds too few frames; at least {2 * PhotonTransfer.FewestPairs}, and the error falls with their number");
        }
    }

    private sealed class Options
    {
        public Option<string?> Flat { get; } = new("--flat") { Description = "Recording of an even area without particles, at least 8 frames; 100 are good.", HelpName = "FILE" };

        public Option<string?> Dark { get; } = new("--dark") { Description = "Counts without beam: a recording, which tells the readout's noise too, or a number.", HelpName = "COUNTS|FILE" };

        public Option<string?> Roi { get; } = new("--roi") { Description = "The even part of the frames, px.", HelpName = "X,Y,W,H" };

        public Option<double?> Excess { get; } = new("--excess-noise") { Description = "Relative spread of one electron's signal; 0 for a counting camera.", HelpName = "E" };

        public Option<double?> Typed { get; } = new("--counts-per-electron") { Description = "Counts for one electron, where you know them.", HelpName = "COUNTS" };

        public Option<double?> TypedErr { get; } = new("--counts-per-electron-err") { Description = "Their 1-sigma error.", HelpName = "COUNTS" };

        public Option<double?> Pixel { get; } = new("--pixel-size-nm") { Description = "Side of a pixel, nm, to keep with the camera: for one magnification only.", HelpName = "NM" };

        public Option<string?> GainOut { get; } = new("--gain-out") { Description = "Also write a gain reference made of the flat frames (MRC), for --gain.", HelpName = "FILE" };

        public Option<string?> Specimen { get; } = new("--specimen") { Description = "Recording of the specimen, for its transmission; needs --hole.", HelpName = "FILE" };

        public Option<string?> Hole { get; } = new("--hole") { Description = "Recording of the same beam without a specimen.", HelpName = "FILE" };

        public Option<double?> Liquid { get; } = new("--liquid-nm") { Description = "Transmission from thicknesses: liquid, nm.", HelpName = "NM" };

        public Option<double?> Windows { get; } = new("--windows-nm") { Description = "Both windows together, nm of SiNx.", HelpName = "NM" };

        public Option<string?> Camera { get; } = new("--camera") { Description = "Keep what was found under this name; needs --kv.", HelpName = "NAME" };

        public Option<double?> Kv { get; } = new("--kv") { Description = "Acceleration voltage, kV.", HelpName = "KV" };

        public Option<string?> Root { get; } = new("--root") { Description = $"Folder of the kept calibrations (default: ${CalibrationStore.Variable}, else LiveLTEM/calibrations in your own folder).", HelpName = "DIR" };

        public Option<bool> List { get; } = new("--list") { Description = "What is kept, and how old it is." };

        public Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };
    }
}
