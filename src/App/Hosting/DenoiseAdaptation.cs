using LiveLtem.Acquisition.Correction;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Mrc;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Hosting;

/// <summary>What a denoiser learns from a whole recording before it passes over it: noise and motion here, the network in the training program, which
/// is a process of its own, since this one never loads libtorch.</summary>
internal sealed class DenoiseAdaptation : IDisposable
{
    // What is learnt is learnt from the first frames only, so that a longer recording of the same begins with the same result.
    private const int MostFrames = 400;
    private readonly TempDirectory _folder = new();

    private DenoiseAdaptation()
    {
    }

    /// <summary>Noise and motion.</summary>
    public MotionSpectrum? Spectrum { get; private set; }

    /// <summary>Card of the adapted network; null where the shipped one serves.</summary>
    public string? Model { get; private set; }

    /// <summary>What came of it, one line.</summary>
    public string Describe { get; private set; } = "";

    /// <summary>Learns from a recording.</summary>
    /// <param name="input">Opened for this: its source is read and is the caller's to dispose.</param>
    /// <param name="profile">Says whether the network adapts too.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="InputException">The recording cannot be read.</exception>
    public static async Task<DenoiseAdaptation> LearnAsync(SessionInput input, Profile profile, CancellationToken cancellationToken)
    {
        var adaptation = new DenoiseAdaptation();
        try
        {
            var network = profile.Denoise.Model != Profile.NoModel;
            var frames = await adaptation.LookAsync(input, network, cancellationToken).ConfigureAwait(false);
            adaptation.Describe = $"noise and motion learnt from {frames} frames";
            if (network && await adaptation.TrainAsync(profile, input.Source.Info, frames, cancellationToken).ConfigureAwait(false) is { } said)
            {
                adaptation.Describe += $"; {said}";
            }

            return adaptation;
        }
        catch
        {
            adaptation.Dispose();
            throw;
        }
    }

    /// <summary>Takes away the network's files.</summary>
    public void Dispose() => _folder.Dispose();

    private async Task<int> LookAsync(SessionInput input, bool keep, CancellationToken cancellationToken)
    {
        var info = input.Source.Info;
        using var pool = new FramePool();
        using var estimator = new SpectrumEstimator(info.Height, info.Width);
        using var file = keep ? _folder.Create("frames.mrc") : null;
        var writer = file is null ? null : new MrcWriter(file, info.Height, info.Width, PixelType.Float32);
        var held = new List<Frame>();
        var picture = new float[info.Height * info.Width];
        RecordingLevel? level = null;
        FrameCorrector? corrector = null;
        var seen = 0;
        try
        {
            await foreach (var frame in FrameReading.ReadAsync(input.Source, pool, cancellationToken).ConfigureAwait(false))
            {
                if (corrector is null)
                {
                    held.Add(frame.Share());
                    if (held.Count == SpectralDenoiser.FirstFrames)
                    {
                        Begin();
                    }
                }
                else
                {
                    Take(frame);
                }

                if (++seen == MostFrames)
                {
                    break;
                }
            }

            if (corrector is null && held.Count > 0)
            {
                Begin();
            }
        }
        finally
        {
            held.ForEach(frame => frame.Dispose());
        }

        writer?.UpdateHeader();
        Spectrum = estimator.Frames > 1 ? estimator.Estimate() : null;
        return seen;

        void Begin()
        {
            corrector = new FrameCorrector(info.Height, info.Width, FrameCorrector.Learn(held), input.Dark, input.Gain);
            var corrected = held.ConvertAll(frame => corrector.Apply(frame, pool));
            level = new RecordingLevel(corrected);
            corrected.ForEach(frame => frame.Dispose());
            held.ForEach(Take);
        }

        void Take(Frame frame)
        {
            using var corrected = corrector!.Apply(frame, pool);
            if (level!.TakeOff(corrected, picture).Usual)
            {
                estimator.Add(picture);
            }

            if (writer is not null)
            {
                corrected.CopyTo(picture);
                writer.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(picture.AsSpan()));
            }
        }
    }

    // Whatever goes wrong, the shipped network serves: a line says so.
    private async Task<string?> TrainAsync(Profile profile, SourceInfo info, int frames, CancellationToken cancellationToken)
    {
        if (Denoisers.CardOf(profile) is null)
        {
            return null;
        }

        if (DenoiseTraining.TooLittle(frames, info.Height, info.Width) is { } little)
        {
            return little;
        }

        if (DenoiseTraining.Missing is { } missing)
        {
            return Tell(missing);
        }

        Tell($"adapts the denoiser to the recording ({DenoiseTraining.Steps} steps on {frames} frames)");
        var outcome = await DenoiseTraining.RunAsync(
            new DenoiseTrainingRequest
            {
                Frames = _folder.Path("frames.mrc"),
                Count = frames,
                Name = "adapted",
                Folder = _folder.Path("model"),
                Work = _folder.Path("work"),
                StartFrom = Denoisers.CardFile(profile)!,
                Tell = line => Console.Error.WriteLine(line),
            },
            cancellationToken).ConfigureAwait(false);
        _folder.Delete("frames.mrc");
        Model = outcome.Card;
        return Model is null ? Tell(outcome.Said) : outcome.Said;
    }

    private static string Tell(string line)
    {
        Console.Error.WriteLine($"liveltem: {line}");
        return line;
    }
}
