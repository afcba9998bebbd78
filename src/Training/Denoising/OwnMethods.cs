using LiveLtem.Core;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.Training.Denoising;

/// <summary>The denoiser of 'analyze', without adaptation, run over pictures in memory for the table of the baselines.</summary>
internal static class OwnMethods
{
    /// <summary>Denoises a movie from its first frame to its last, as 'analyze' does.</summary>
    /// <param name="raw">Noisy pictures, row-major [height, width], hot pixels replaced.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="model">Name or card of the network; null for the linear filter alone.</param>
    /// <param name="looksAhead">Whether later frames count.</param>
    /// <param name="shown">Gets each denoised picture with its number, in order; valid during the call.</param>
    public static void Run(IReadOnlyList<float[]> raw, int height, int width, string? model, bool looksAhead, Action<int, float[]> shown)
    {
        using var pool = new FramePool();
        using var denoiser = new SpectralDenoiser(pool, model is null ? null : DenoiseModel.Load(model), spectrum: null, looksAhead);
        var first = Enumerable.Range(0, Math.Min(raw.Count, denoiser.LearningFrames)).Select(Read).ToList();
        denoiser.Learn(first);
        first.ForEach(frame => frame.Dispose());
        var waiting = new Queue<Frame>();
        var picture = new float[height * width];
        for (var t = 0; t < raw.Count; t++)
        {
            var frame = Read(t);
            if (denoiser.Delay > 0)
            {
                denoiser.LookAhead(frame);
            }

            waiting.Enqueue(frame);
            while (waiting.Count > denoiser.Delay || (t == raw.Count - 1 && waiting.Count > 0))
            {
                using var next = waiting.Dequeue();
                using var denoised = denoiser.Denoise(next);
                denoised.CopyTo(picture);
                shown((int)next.Number, picture);
            }
        }

        Frame Read(int t)
        {
            var draft = pool.Rent(height, width, PixelType.Float32);
            raw[t].CopyTo(draft.Pixels<float>());
            return draft.Publish(new FrameHeader { Number = t });
        }
    }
}
