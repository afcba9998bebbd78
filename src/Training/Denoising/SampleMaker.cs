using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.Training.Denoising;

/// <summary>What a denoiser learns from: the estimates of one frame from the past, and what the next frame then shows.</summary>
/// <param name="Channels">Row-major [channels, side, side].</param>
/// <param name="Surprise">Row-major [side, side]: the next frame less what the best linear filter expects of it, its noise independent of all channels.</param>
internal sealed record DenoiseSample(float[] Channels, float[] Surprise);

/// <summary>Makes samples from frames in order.</summary>
internal static class SampleMaker
{
    // Soon after a recording's start little is known yet: such frames are to be learnt from as well.
    private static readonly int[] EarlyFrames = [0, 1, 2, 3, 5, 7];

    /// <summary>The samples of a simulated movie.</summary>
    /// <param name="seed">Of the movie.</param>
    /// <param name="count">Samples wanted.</param>
    public static DenoiseSample[] OfMovie(long seed, int count)
    {
        var movie = new SoftMovie(seed);
        var random = new SimRandom(seed, 0x5A4D);
        var length = 24 + random.NextInt(33);
        var frames = new float[length][];
        for (var t = 0; t < length; t++)
        {
            frames[t] = new float[SoftMovie.Side * SoftMovie.Side];
            movie.Next(frames[t]);
            var mean = frames[t].Average(value => (double)value);
            for (var i = 0; i < frames[t].Length; i++)
            {
                frames[t][i] -= (float)mean;
            }
        }

        using var estimator = new SpectrumEstimator(SoftMovie.Side, SoftMovie.Side);
        foreach (var frame in frames)
        {
            estimator.Add(frame);
        }

        var wanted = new HashSet<int>(EarlyFrames.Take(count / 3));
        while (wanted.Count < Math.Min(count, length - 1))
        {
            wanted.Add(random.NextInt(length - 1));
        }

        using var bank = new FilterBank(SoftMovie.Side, SoftMovie.Side, estimator.Estimate(), FilterBank.Channels);
        var samples = new List<DenoiseSample>();
        for (var t = 0; t < length - 1; t++)
        {
            bank.Next(frames[t], 1);
            if (wanted.Contains(t))
            {
                samples.Add(Take(bank, frames[t + 1], SoftMovie.Side * SoftMovie.Side));
            }
        }

        return [.. samples];
    }

    /// <summary>The sample of a whole frame.</summary>
    /// <param name="bank">Has seen the frame and all before it.</param>
    /// <param name="next">The next one, level taken off.</param>
    /// <param name="pixels">Pixels of a frame.</param>
    public static DenoiseSample Take(FilterBank bank, ReadOnlySpan<float> next, int pixels)
    {
        var channels = new float[FilterBank.Channels * pixels];
        for (var channel = 0; channel < FilterBank.Channels; channel++)
        {
            bank.Channel(channel, channels.AsSpan(channel * pixels, pixels));
        }

        var surprise = new float[pixels];
        bank.Surprise(next, surprise);
        return new DenoiseSample(channels, surprise);
    }
}
