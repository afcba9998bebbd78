using System.CommandLine;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem simulate SCENE --out DIR</c>: a recording with its truth.</summary>
internal static class SimulateVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create()
    {
        var scene = new Argument<string>("SCENE") { Description = $"One of: {string.Join(", ", SceneCatalog.Names)}." };
        var output = new Option<string>("--out") { Description = "Folder to write to.", Required = true };
        var seed = new Option<long>("--seed") { Description = "Everything random follows from it.", DefaultValueFactory = _ => 1 };
        var frames = new Option<int>("--frames") { Description = "Pictures to take.", DefaultValueFactory = _ => 100 };
        var size = new Option<int>("--size") { Description = "Side of the square frame, px.", DefaultValueFactory = _ => 512 };
        var dose = new Option<double?>("--dose") { Description = "Specimen dose of a frame, e-/A^2." };
        var cnr = new Option<double?>("--cnr") { Description = "Contrast-to-noise per pixel to reach; sets the dose." };
        var pixel = new Option<double?>("--pixel-size-nm") { Description = "Side of a pixel on the specimen, nm." };
        var frameTime = new Option<double>("--frame-time-s") { Description = "Time from frame to frame, s.", DefaultValueFactory = _ => 0.1 };
        var exposure = new Option<double?>("--exposure-s") { Description = "Time the shutter is open, s; the rest is dead time (default: all of it)." };
        var type = new Option<string>("--dtype") { Description = "uint8, uint16 or float32.", DefaultValueFactory = _ => "uint16" };
        var polarity = new Option<string>("--polarity") { Description = "dark or bright particles.", DefaultValueFactory = _ => "dark" };
        var particles = new Option<int?>("--particles") { Description = "About how many particles." };
        var states = new Option<int?>("--states") { Description = "Structural states of macromolecules, 1 to 4 (soft)." };
        var scale = new Option<double>("--molecule-scale") { Description = "Size of macromolecules over the usual one (soft).", DefaultValueFactory = _ => 1 };
        var spread = new Option<double>("--molecule-spread") { Description = "Each macromolecule is larger or smaller by up to this part (soft)." };
        var rotation = new Option<double>("--rotation") { Description = "Turning of the whole crystal, degrees a frame." };
        var drift = new Option<double?>("--drift") { Description = "Slow drift, px a frame." };
        var lensBlur = new Option<double?>("--lens-blur") { Description = "Gaussian blur of the lens, px." };
        var detectorBlur = new Option<double>("--detector-blur") { Description = "Gaussian blur of the detector, px.", DefaultValueFactory = _ => 0.6 };
        var clean = new Option<bool>("--write-clean") { Description = "Also write clean.mrc: the same movie without any noise, float32." };
        var masks = new Option<bool>("--write-masks") { Description = "Also write masks.tif: true label images, one page a frame and layer." };
        var command = new Command("simulate", "A simulated recording with its truth: movie.mrc, truth.csv, frames_truth.csv, scene.json.\n\nExample: liveltem simulate crystal --out sim/crystal --seed 7 --frames 200 --cnr 2")
        {
            scene, output, seed, frames, size, dose, cnr, pixel, frameTime, exposure, type, polarity, particles, states, scale, spread, rotation, drift, lensBlur, detectorBlur, clean, masks,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new SceneOptions
            {
                Seed = parsed.GetValue(seed),
                SizePx = parsed.GetValue(size),
                DosePerFrameEPerA2 = parsed.GetValue(dose),
                Cnr = parsed.GetValue(cnr),
                PixelSizeNm = parsed.GetValue(pixel),
                FrameTimeS = parsed.GetValue(frameTime),
                ExposureS = parsed.GetValue(exposure),
                Type = SceneOptions.ParseType(parsed.GetValue(type)!),
                Bright = SceneOptions.ParsePolarity(parsed.GetValue(polarity)!),
                Particles = parsed.GetValue(particles),
                States = parsed.GetValue(states),
                MoleculeScale = parsed.GetValue(scale),
                MoleculeSpread = parsed.GetValue(spread),
                RotationDegPerFrame = parsed.GetValue(rotation),
                DriftPxPerFrame = parsed.GetValue(drift),
                LensBlurPx = parsed.GetValue(lensBlur),
                DetectorBlurPx = parsed.GetValue(detectorBlur),
            };
            var count = parsed.GetValue(frames);
            var step = Math.Max(1, count / 20);
            var progress = new Report(done =>
            {
                if (done % step == 0 || done == count)
                {
                    Console.Error.WriteLine($"simulate: {done} of {count} frames");
                }
            });
            var analyze = SimulationWriter.Write(parsed.GetValue(scene)!, options, count, parsed.GetValue(output)!, parsed.GetValue(clean), parsed.GetValue(masks), progress, cancellationToken);
            Console.Out.WriteLine(analyze);
            return Task.FromResult(0);
        });
        return command;
    }

    private sealed class Report(Action<int> tell) : IProgress<int>
    {
        void IProgress<int>.Report(int value) => tell(value);
    }
}
