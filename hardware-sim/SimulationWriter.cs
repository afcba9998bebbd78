using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Core.Masks;
using LiveLtem.Core.Mrc;
using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Truth;

namespace LiveLtem.HardwareSim;

/// <summary>Writes a simulated recording: <c>movie.mrc</c>, <c>truth.csv</c>, <c>frames_truth.csv</c>, <c>scene.json</c> and, with faults, <c>faults.csv</c>.</summary>
public static class SimulationWriter
{
    /// <summary>Most frames of one recording.</summary>
    public const int MostFrames = 1_000_000;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders a scene into a folder, which is made if it is missing.</summary>
    /// <param name="scene">Name of the scene.</param>
    /// <param name="options">What was chosen.</param>
    /// <param name="frames">Pictures to take.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="writeClean">Whether to write <c>clean.mrc</c> too: float32, the mean counts without any noise.</param>
    /// <param name="writeMasks">Whether to write <c>masks.tif</c> too: label images, one page a frame and layer.</param>
    /// <param name="progress">Told the number of finished frames, or null.</param>
    /// <param name="cancellationToken">Stops between frames; what is written stays valid.</param>
    /// <returns>The command line that analyses the movie with its calibration.</returns>
    /// <exception cref="InputException">The scene, an option or the folder is at fault.</exception>
    public static string Write(
        string scene, SceneOptions options, int frames, string folder, bool writeClean, bool writeMasks, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (frames is < 1 or > MostFrames)
        {
            throw new InputException($"--frames {frames}: must be 1 to {MostFrames}");
        }

        var simulator = new Simulator(scene, options);
        var pixelCount = simulator.FrameBytes / options.Type.BytesPerPixel();
        DemandRoom(folder, ((long)simulator.FrameBytes + (writeClean ? sizeof(float) * (long)pixelCount : 0)) * frames);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(folder, error);
        }

        var settings = simulator.Scene.Settings;
        var command = AnalyzeCommand(settings, Path.Combine(folder, "movie.mrc"), Path.Combine(folder, "out"));
        WriteSceneJson(simulator, frames, command, Path.Combine(folder, "scene.json"));
        using var movie = new FileStream(Path.Combine(folder, "movie.mrc"), FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20);
        using var truth = new StreamWriter(Path.Combine(folder, "truth.csv")) { NewLine = "\n" };
        using var perFrame = new StreamWriter(Path.Combine(folder, "frames_truth.csv")) { NewLine = "\n" };
        truth.WriteLine(TruthRow.Header);
        perFrame.WriteLine("frame,number,time_s,dose_rate_e_A2_s,dose_e_A2,particles,drift_x_px,drift_y_px,defocus_px,dropped_before,clusters,mean_cluster_size,fault");
        var writer = new MrcWriter(movie, settings.SizePx, settings.SizePx, options.Type, settings.PixelSizeNm, Labels(settings));
        using var cleanFile = writeClean ? new FileStream(Path.Combine(folder, "clean.mrc"), FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20) : null;
        var cleanWriter = cleanFile is null ? null : new MrcWriter(cleanFile, settings.SizePx, settings.SizePx, PixelType.Float32, settings.PixelSizeNm, Labels(settings));
        var clean = writeClean ? new float[pixelCount] : [];
        using var maskFile = writeMasks ? new FileStream(Path.Combine(folder, "masks.tif"), FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20) : null;
        var layers = settings.Scene == "layers" ? 2 : 1;
        using var masks = maskFile is null
            ? null
            : new LabelStackWriter(maskFile, settings.SizePx, settings.SizePx, (long)frames * layers, layers, settings.PixelSizeNm, settings.Options.FrameTimeS);
        var labels = new ushort[writeMasks ? pixelCount : 0];
        var builder = new TruthBuilder(settings);
        var pixels = new byte[simulator.FrameBytes];
        var faults = new List<string>();
        var dose = 0.0;
        var expected = 0L;
        for (var index = 0; index < frames; index++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var frame = simulator.Next(pixels, clean);
            writer.Write(pixels);
            cleanWriter?.Write(MemoryMarshal.AsBytes(clean.AsSpan()));
            for (var layer = 1; masks is not null && layer <= layers; layer++)
            {
                LabelPainter.Paint(frame, layers == 1 ? 0 : layer, settings.SizePx, labels);
                masks.Append(labels);
            }

            // Frames that were lost on the way had their dose all the same.
            var lost = frame.Number - expected;
            expected = frame.Number + 1;
            var rate = settings.DosePerFrameEPerA2 / settings.ExposureS * frame.DoseFactor;
            dose += rate * settings.Options.FrameTimeS * (lost + 1);
            var rows = builder.Rows(frame, index, dose);
            foreach (var row in rows)
            {
                truth.WriteLine(row.ToCsv());
            }

            int? clusters = frame.Particles.Any(p => p.Cluster is not null) ? frame.Particles.Select(p => p.Cluster).Distinct().Count() : null;
            perFrame.WriteLine(FormattableString.Invariant(
                $"{index},{frame.Number},{frame.TimeS:F6},{rate:G9},{dose:G9},{rows.Count},{frame.DriftXPx:F4},{frame.DriftYPx:F4},{frame.DefocusPx:F3},{lost},{clusters},{(double?)frame.Particles.Count / clusters:F4},{frame.Fault}"));
            if (frame.Fault is not null || lost > 0)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{index},{frame.Number},{frame.Fault ?? "dropped"}"));
            }

            if (index % 64 == 63)
            {
                writer.UpdateHeader();
            }

            progress?.Report(index + 1);
        }

        writer.UpdateHeader();
        cleanWriter?.UpdateHeader();
        if (faults.Count > 0)
        {
            File.WriteAllText(Path.Combine(folder, "faults.csv"), "frame,number,fault\n" + string.Join('\n', faults) + "\n");
        }

        return command;
    }

    /// <summary>The command line that analyses a movie of this scene: an MRC file cannot carry frame time, counts per electron and dark level.</summary>
    public static string AnalyzeCommand(SceneSettings settings, string movie, string output)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var profile = settings.Scene is "soft" or "layers" ? $" --profile {settings.Scene}" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"liveltem analyze {Quote(movie)} --out {Quote(output)}{profile} --pixel-size-nm {settings.PixelSizeNm:G6} --frame-time-s {settings.Options.FrameTimeS:G6} --exposure-s {settings.ExposureS:G6} --counts-per-electron {settings.Detector.CountsPerElectron:G6} --dark-level {settings.Detector.DarkLevel:G6} --transmission {settings.Transmission:G6} --kv 200");
    }

    private static string Quote(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;

    private static IReadOnlyList<string> Labels(SceneSettings settings) =>
    [
        FormattableString.Invariant($"LiveLTEM simulation: scene {settings.Scene}, seed {settings.Options.Seed}"),
        FormattableString.Invariant($"pixel_size_nm={settings.PixelSizeNm:G6} frame_time_s={settings.Options.FrameTimeS:G6} exposure_s={settings.ExposureS:G6}"),
        FormattableString.Invariant($"counts_per_electron={settings.Detector.CountsPerElectron:G6} dark_level={settings.Detector.DarkLevel:G6}"),
        FormattableString.Invariant($"dose_per_frame_e_A2={settings.DosePerFrameEPerA2:G6} transmission={settings.Transmission:G6} kv=200"),
    ];

    private static InputException NotWritable(string folder, Exception error) =>
        new($"--out {folder}: cannot be written to: {(File.Exists(folder) ? "it is a file" : IoReason.Of(error))}; name a folder of yours", error);

    private static string Size(long bytes) => bytes < 1_000_000_000 ? FormattableString.Invariant($"{bytes / 1e6:F0} MB") : FormattableString.Invariant($"{bytes / 1e9:F1} GB");

    private static void DemandRoom(string folder, long bytes)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        try
        {
            // A place that nobody can write to has no room either, and that is not what is to be told of it.
            using var probe = new FileStream(Path.Combine(existing, $".liveltem-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(folder, error);
        }

        long free;
        try
        {
            free = new DriveInfo(existing).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // A file system that does not tell its free space is written to all the same: writing says when it is full.
            return;
        }

        if (bytes > free)
        {
            throw new InputException(FormattableString.Invariant(
                $"--out {folder}: the movie takes {Size(bytes)} and {Size(free)} are free; choose fewer --frames or a smaller --size"));
        }
    }

    private static void WriteSceneJson(Simulator simulator, int frames, string command, string path)
    {
        var settings = simulator.Scene.Settings;
        var defaults = settings.Defaults;
        var document = new Dictionary<string, object?>
        {
            ["scene"] = settings.Scene,
            ["seed"] = settings.Options.Seed,
            ["frames"] = frames,
            ["size_px"] = settings.SizePx,
            ["dtype"] = settings.Options.Type.NumpyName(),
            ["polarity"] = settings.Options.Bright ? "bright" : "dark",
            ["pixel_size_nm"] = settings.PixelSizeNm,
            ["frame_time_s"] = settings.Options.FrameTimeS,
            ["exposure_s"] = settings.ExposureS,
            ["sub_exposures"] = defaults.SubExposures,
            ["kv"] = 200,
            ["dose_per_frame_e_A2"] = settings.DosePerFrameEPerA2,
            ["dose_rate_e_A2_s"] = settings.DosePerFrameEPerA2 / settings.ExposureS,
            ["transmission"] = settings.Transmission,
            ["electrons_per_pixel"] = settings.ElectronsPerPixel,
            ["contrast"] = settings.Contrast,
            ["cnr"] = settings.Cnr,
            ["particle_mean_free_path_nm"] = defaults.ParticleMeanFreePathNm,
            ["nominal_thickness_nm"] = defaults.NominalThicknessNm,
            ["liquid_thickness_nm"] = defaults.LiquidThicknessNm,
            ["window_thickness_nm"] = defaults.WindowThicknessNm,
            ["liquid_unevenness"] = defaults.LiquidUnevenness,
            ["lens_blur_px"] = settings.LensBlurPx,
            ["second_layer_blur_px"] = defaults.SecondLayerBlurPx,
            ["detector_blur_px"] = settings.Detector.BlurPx,
            ["total_blur_px"] = settings.TotalBlurPx(1),
            ["excess_noise"] = settings.Detector.ExcessNoise,
            ["read_noise_e"] = settings.Detector.ReadNoiseE,
            ["counts_per_electron"] = settings.Detector.CountsPerElectron,
            ["dark_level"] = settings.Detector.DarkLevel,
            ["gain_spread"] = settings.Detector.GainSpread,
            ["hot_pixels"] = simulator.Detector.HotPixels,
            ["drift_px_per_frame"] = settings.Options.DriftPxPerFrame ?? defaults.DriftPxPerFrame,
            ["jitter_px"] = defaults.JitterPx,
            ["facts"] = simulator.Scene.Facts,
            ["analyze"] = command,
        };
        File.WriteAllText(path, JsonSerializer.Serialize(document, Json) + "\n");
    }
}
