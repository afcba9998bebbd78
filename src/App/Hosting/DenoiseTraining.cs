using System.Globalization;
using LiveLtem.App.Development;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Hosting;

/// <summary>What a denoiser is to be adapted to, and how.</summary>
internal sealed record DenoiseTrainingRequest
{
    /// <summary>Frames of the recording, an MRC stack, corrected.</summary>
    public required string Frames { get; init; }

    /// <summary>How many those are.</summary>
    public required int Count { get; init; }

    /// <summary>Name that the network gets.</summary>
    public required string Name { get; init; }

    /// <summary>Folder that the network and its card are written to.</summary>
    public required string Folder { get; init; }

    /// <summary>Folder for what the training needs for itself.</summary>
    public required string Work { get; init; }

    /// <summary>Card of the network that it starts from.</summary>
    public required string StartFrom { get; init; }

    /// <summary>Whether a live session runs beside it: one thread, and only such processor time as nobody else wants.</summary>
    public bool InBackground { get; init; }

    /// <summary>Gets each line that the training program says.</summary>
    public required Action<string> Tell { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Card">Card of the adapted network; null where it stays as it is.</param>
/// <param name="Said">One line for people.</param>
internal sealed record DenoiseTrainingOutcome(string? Card, string Said);

/// <summary>Adapts a denoiser in the training program, which is a process of its own, since this one never loads libtorch.</summary>
internal static class DenoiseTraining
{
    /// <summary>Optimiser steps.</summary>
    public const int Steps = 300;

    private const int FewestFrames = 20;
    private const int SmallestSide = 64;
    private const int Epoch = 50;
    private const int Seed = 1;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // Beside a live session that leaves next to nothing it may take long; it must not run for ever.
    private static readonly TimeSpan LongestInBackground = TimeSpan.FromMinutes(60);

    /// <summary>Why a recording is too little to adapt to; null where it is enough.</summary>
    public static string? TooLittle(int frames, int height, int width) => frames < FewestFrames || Math.Min(height, width) < SmallestSide
        ? $"the network stays as it is: {frames} frames of {width} x {height} px are too little to adapt it"
        : null;

    /// <summary>Why it cannot be adapted on this machine; null where it can.</summary>
    public static string? Missing => Program is null ? "the network stays as it is: adapting it needs the source tree" : null;

    private static string? Program => !OperatingSystem.IsWindows() && Checkout.TryFind() is { } checkout && Path.Combine(checkout, "liveltem") is var program && File.Exists(program)
        ? program
        : null;

    /// <summary>Trains it, and keeps it if it is better than the one that it started from, on frames that neither learnt from.</summary>
    /// <param name="request">What and how.</param>
    /// <param name="cancellationToken">Kills the training program.</param>
    /// <remarks>Whatever goes wrong, the network stays as it is and the outcome says why.</remarks>
    public static async Task<DenoiseTrainingOutcome> RunAsync(DenoiseTrainingRequest request, CancellationToken cancellationToken)
    {
        if (Program is not { } program)
        {
            return new DenoiseTrainingOutcome(null, Missing!);
        }

        string[] arguments =
        [
            "train", "denoise", "--from", request.Frames, "--name", request.Name, "--out", request.Folder, "--work", request.Work, "--start-from", request.StartFrom,
            "--steps", Steps.ToString(CultureInfo.InvariantCulture), "--epoch", Epoch.ToString(CultureInfo.InvariantCulture),
            "--seed", Seed.ToString(CultureInfo.InvariantCulture), "--restart",
            "--while", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. request.InBackground ? ["--threads", "1"] : Array.Empty<string>(),
        ];
        var limit = request.InBackground ? LongestInBackground : Longest;
        var (exitCode, output) = await ChildProcess.RunAsync(
            program, arguments, Path.GetDirectoryName(program)!, limit, cancellationToken, request.Tell, request.InBackground).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (exitCode != 0)
        {
            var last = output.TrimEnd().Split('\n')[^1];
            return new DenoiseTrainingOutcome(null, exitCode is null
                ? $"the network stays as it is: adapting it took over {limit.TotalMinutes} minutes"
                : $"the network stays as it is: adapting it failed: {last}");
        }

        var card = Path.Combine(request.Folder, $"{request.Name}.json");
        if (!File.Exists(card))
        {
            // Ctrl-C reaches the training program too, and it may be the first to stop.
            return new DenoiseTrainingOutcome(null, "the network stays as it is: its training was stopped");
        }

        var (facts, _) = DenoiseCard.Read(card);
        return facts.HeldOutGain > facts.HeldOutGainBefore && facts.Steps == Steps
            ? new DenoiseTrainingOutcome(card, FormattableString.Invariant($"network adapted to the recording ({request.Count} frames, {facts.Steps} steps, seed {facts.Seed}): removes {100 * facts.HeldOutGain:F1} +- {100 * facts.HeldOutGainErr:F1} % of the linear filter's squared error in held-out frames, before {100 * facts.HeldOutGainBefore:F1} %"))
            : new DenoiseTrainingOutcome(null, FormattableString.Invariant($"the network stays as it is: adapting it brought nothing ({100 * facts.HeldOutGainBefore:F1} % of the linear filter's squared error removed in held-out frames before, {100 * facts.HeldOutGain:F1} % after {facts.Steps} steps)"));
    }
}
