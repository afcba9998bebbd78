using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.Training.Denoising;

/// <summary>Samples of a recording: pieces of its frames, cut at random places.</summary>
internal sealed class RecordingSamples : IDenoiseSamples
{
    private const int MostSide = 160;
    private const int Multiple = 32;
    private const int MostSamples = 640;
    private const int MostFrames = 400;

    // Every so many frames the target is kept back, to judge by.
    private const int HeldOutEvery = 8;

    // Of the samples, this share is of a history that has just begun.
    private const double EarlyShare = 0.25;
    private const int RestartEvery = 12;
    private readonly List<DenoiseSample> _samples = [];
    private readonly List<DenoiseSample> _heldOut = [];

    private RecordingSamples(int side, string data, RecordingSpectrum spectrum) => (Side, Data, Spectrum) = (side, data, spectrum);

    public int Side { get; }

    public string Data { get; }

    public RecordingSpectrum Spectrum { get; }

    public IReadOnlyList<DenoiseSample> HeldOut => _heldOut;

    public IReadOnlyList<DenoiseSample> Of(long step) => _samples;

    /// <summary>Cuts samples out of a recording.</summary>
    /// <param name="path">An MRC stack.</param>
    /// <param name="seed">Of the places.</param>
    /// <param name="say">Gets a line about what is going on.</param>
    /// <exception cref="InputException">It cannot be read, is too short or too small.</exception>
    public static RecordingSamples Read(string path, long seed, Action<string> say)
    {
        using var pool = new FramePool();
        using var stack = MrcFrames.Open(path);
        var count = Math.Min(stack.Frames, MostFrames);
        var side = Math.Min(Math.Min(stack.Height, stack.Width), MostSide) / Multiple * Multiple;
        if (count < 2 * HeldOutEvery || side < Multiple)
        {
            throw new InputException($"--from {path}: {stack.Frames} frames of {stack.Width} x {stack.Height} px are too little to learn from; at least {2 * HeldOutEvery} frames of {Multiple} x {Multiple} px are needed");
        }

        say($"liveltem: looks at {count} frames of {Path.GetFileName(path)}");
        var (level, hot) = Level(stack, pool);
        var (pictures, spectrum, unit) = Learn(stack, pool, level, hot, count);
        if (pictures.Count < 2 * HeldOutEvery || !spectrum.Noise.Any(noise => noise > 0))
        {
            throw new InputException(pictures.Count < 2 * HeldOutEvery
                ? $"--from {path}: only {pictures.Count} of its {count} frames were taken with the beam on and hold nothing but numbers: nothing to learn from"
                : $"--from {path}: its frames do not differ from one another: nothing to learn from");
        }

        var samples = new RecordingSamples(side, $"{count} frames of {stack.Width} x {stack.Height} px of {Path.GetFileName(path)}", RecordingSpectrum.Of(spectrum, level.Usual, unit));
        var random = new SimRandom(seed, 0x4EC0);
        var perFrame = Math.Clamp(MostSamples / pictures.Count, 1, 12);
        samples.Cut(pictures, stack.Height, stack.Width, spectrum, ref random, perFrame, int.MaxValue);
        var early = Math.Max(1, (int)(perFrame * EarlyShare / (1 - EarlyShare)));
        samples.Cut(pictures, stack.Height, stack.Width, spectrum, ref random, early, RestartEvery);
        return samples;
    }

    private static (RecordingLevel Level, HotPixels Hot) Level(MrcFrames stack, FramePool pool)
    {
        var first = Enumerable.Range(0, Math.Min(32, stack.Frames)).Select(i => stack.Read(i, pool)).ToList();
        try
        {
            var pictures = first.ConvertAll(frame =>
            {
                var picture = new float[stack.Height * stack.Width];
                frame.CopyTo(picture);
                return picture;
            });
            return (new RecordingLevel(first), new HotPixels(pictures, stack.Height, stack.Width));
        }
        finally
        {
            first.ForEach(frame => frame.Dispose());
        }
    }

    // Kept as half floats: 400 frames of 512 x 512 px are 210 MB.
    private static (List<Half[]> Pictures, MotionSpectrum Spectrum, double Unit) Learn(MrcFrames stack, FramePool pool, RecordingLevel level, HotPixels hot, int count)
    {
        using var estimator = new SpectrumEstimator(stack.Height, stack.Width);
        var pictures = new List<Half[]>();
        var picture = new float[stack.Height * stack.Width];
        var unit = 0f;
        for (var i = 0; i < count; i++)
        {
            using var frame = stack.Read(i, pool);
            if (!level.TakeOff(frame, picture).Usual || !float.IsFinite(System.Numerics.Tensors.TensorPrimitives.Sum<float>(picture)))
            {
                continue;
            }

            hot.Replace(picture);
            // In units of the first frame's spread, so that half floats hold any counts; all else is relative.
            unit = unit > 0 ? unit : Math.Max(1e-12f, System.Numerics.Tensors.TensorPrimitives.StdDev<float>(picture));
            System.Numerics.Tensors.TensorPrimitives.Multiply(picture, 1 / unit, picture);
            estimator.Add(picture);
            var kept = new Half[picture.Length];
            System.Numerics.Tensors.TensorPrimitives.ConvertToHalf(picture, kept);
            pictures.Add(kept);
        }

        return (pictures, pictures.Count > 1 ? estimator.Estimate() : new MotionSpectrum(), unit);
    }

    private void Cut(List<Half[]> pictures, int height, int width, MotionSpectrum spectrum, ref SimRandom random, int perFrame, int restartEvery)
    {
        var pixels = height * width;
        var (now, next) = (new float[pixels], new float[pixels]);
        var channels = new float[FilterBank.Channels][];
        for (var channel = 0; channel < channels.Length; channel++)
        {
            channels[channel] = new float[pixels];
        }

        var surprise = new float[pixels];
        FilterBank? bank = null;
        for (var t = 0; t < pictures.Count - 1; t++)
        {
            if (bank is null || t % restartEvery == 0)
            {
                bank?.Dispose();
                bank = new FilterBank(height, width, spectrum, FilterBank.Channels);
            }

            System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(pictures[t], now);
            System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(pictures[t + 1], next);
            bank.Next(now, 1);
            for (var channel = 0; channel < channels.Length; channel++)
            {
                bank.Channel(channel, channels[channel]);
            }

            bank.Surprise(next, surprise);
            for (var i = 0; i < perFrame; i++)
            {
                var (top, left) = (random.NextInt(height - Side + 1), random.NextInt(width - Side + 1));
                var sample = new DenoiseSample(new float[channels.Length * Side * Side], new float[Side * Side]);
                for (var channel = 0; channel < channels.Length; channel++)
                {
                    Copy(channels[channel], sample.Channels.AsSpan(channel * Side * Side), top, left, width);
                }

                Copy(surprise, sample.Surprise, top, left, width);
                (t % HeldOutEvery == HeldOutEvery - 1 ? _heldOut : _samples).Add(sample);
            }
        }

        bank?.Dispose();
    }

    private void Copy(float[] from, Span<float> to, int top, int left, int width)
    {
        for (var y = 0; y < Side; y++)
        {
            from.AsSpan(((top + y) * width) + left, Side).CopyTo(to[(y * Side)..]);
        }
    }
}
