using System.CommandLine;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.Training.Denoising;

/// <summary><c>liveltem train baselines</c>: what others and this program make of a movie whose clean frames are known, beside denoised movies, as 'analyze --write-denoised' writes them.</summary>
internal static class BaselineCommand
{
    private const int MostBytes = 1 << 30;

    /// <summary>Creates it.</summary>
    public static Command Create()
    {
        var from = new Option<FileInfo>("--from") { Description = "The noisy movie, an MRC stack.", Required = true, HelpName = "FILE" };
        var clean = new Option<FileInfo>("--clean") { Description = "The same without noise, as 'simulate --write-clean' writes it.", Required = true, HelpName = "FILE" };
        var also = new Option<FileInfo[]>("--denoised") { Description = "Denoised movies to put into the table too.", AllowMultipleArgumentsPerToken = true, HelpName = "FILE" };
        var model = new Option<string[]>("--model") { Description = "Networks to put into the table, by card; models/denoise/general.json where not given.", AllowMultipleArgumentsPerToken = true, HelpName = "CARD" };
        var every = new Option<int>("--every") { Description = "Judge others on every so many frames only, slow ones on fewer still; ours are judged on all.", DefaultValueFactory = _ => 5 };
        var command = new Command("baselines", "Compares ways to take noise off a movie whose clean frames are known, each at the parameters that suit it best.\n\nExample:\n  liveltem simulate soft --out sim --cnr 0.5 --write-clean\n  liveltem train baselines --from sim/movie.mrc --clean sim/clean.mrc --denoised out/denoised.mrc")
        {
            from, clean, also, model, every,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                Run(parsed.GetRequiredValue(from).FullName, parsed.GetRequiredValue(clean).FullName, parsed.GetValue(also) ?? [], Models(parsed.GetValue(model) ?? []), Math.Max(1, parsed.GetValue(every)));
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static void Run(string from, string cleanPath, IReadOnlyList<FileInfo> others, string[] models, int every)
    {
        var (raw, height, width) = Read(from);
        var hot = new HotPixels(raw, height, width);
        raw.ForEach(picture => hot.Replace(picture));
        Console.Error.WriteLine($"liveltem: hot pixels replaced: {hot.Count}");
        var (clean, _, _) = Read(cleanPath, (raw.Count, height, width));
        var baselines = new Baselines(raw, clean, height, width);
        var results = baselines.All(every, line => Console.Error.WriteLine($"liveltem: {line}")).ToList();
        results.Add(baselines.Ours("ours, linear filter, causal", null, looksAhead: false));
        foreach (var model in models)
        {
            results.Add(baselines.Ours($"ours, network {Path.GetFileNameWithoutExtension(model)}, causal", model, looksAhead: false));
            results.Add(baselines.Ours($"ours, network {Path.GetFileNameWithoutExtension(model)}, 15 later frames", model, looksAhead: true));
        }

        foreach (var other in others)
        {
            var (shown, _, _) = Read(other.FullName, (raw.Count, height, width));
            results.Add(new BaselineResult(other.ToString(), baselines.Score(t => shown[t], 1)));
        }

        Console.Out.WriteLine(BaselineResult.Table(results));
    }

    private static string[] Models(string[] named)
    {
        var shipped = Path.Combine("models", "denoise", $"{DenoiseCard.General}.json");
        if (named.Length > 0 || File.Exists(shipped))
        {
            return named.Length > 0 ? named : [shipped];
        }

        Console.Error.WriteLine($"liveltem: there is no {shipped} here: name a network's card by --model to see it in the table");
        return [];
    }

    private static (List<float[]> Frames, int Height, int Width) Read(string path, (int Frames, int Height, int Width)? like = null)
    {
        using var stack = MrcFrames.Open(path);
        if (like is { } wanted && wanted != (stack.Frames, stack.Height, stack.Width))
        {
            throw new InputException($"{path}: {stack.Frames} frames of {stack.Width} x {stack.Height} px; the noisy movie has {wanted.Frames} of {wanted.Width} x {wanted.Height} px");
        }

        if ((long)stack.Frames * stack.Height * stack.Width * sizeof(float) > MostBytes)
        {
            throw new InputException($"{path}: too large to compare in memory; cut it to under {MostBytes >> 22} million pixels in all");
        }

        using var pool = new FramePool();
        var frames = new List<float[]>();
        for (var t = 0; t < stack.Frames; t++)
        {
            using var frame = stack.Read(t, pool);
            var picture = new float[stack.Height * stack.Width];
            frame.CopyTo(picture);
            frames.Add(picture);
        }

        return (frames, stack.Height, stack.Width);
    }
}
