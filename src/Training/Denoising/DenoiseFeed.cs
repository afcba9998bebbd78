using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.Training.Denoising;

/// <summary>Gives batches that depend on the step's number only, each sample turned or mirrored at random.</summary>
internal interface IDenoiseSamples
{
    /// <summary>Side of a sample, px.</summary>
    int Side { get; }

    /// <summary>What they are, for people.</summary>
    string Data { get; }

    /// <summary>The samples that a step chooses from.</summary>
    IReadOnlyList<DenoiseSample> Of(long step);

    /// <summary>The samples that nothing is learnt from.</summary>
    IReadOnlyList<DenoiseSample> HeldOut { get; }

    /// <summary>Noise and motion of the recording that they are of; null where they are of many.</summary>
    RecordingSpectrum? Spectrum => null;
}

/// <summary>Samples of simulated movies: a window of them that moves on with the steps, filled ahead on another thread.</summary>
internal sealed class MovieSamples : IDenoiseSamples
{
    private const int PerMovie = 16;
    private const int Window = 32;
    private const int StepsPerMovie = 12;
    private const int HeldOutMovies = 16;
    private const long HeldOutSeed = 1L << 40;
    private readonly long _seed;
    private readonly Dictionary<long, Task<DenoiseSample[]>> _movies = [];
    private readonly Lazy<IReadOnlyList<DenoiseSample>> _heldOut = new(() =>
        [.. Enumerable.Range(0, HeldOutMovies).SelectMany(i => SampleMaker.OfMovie(HeldOutSeed + i, 4))]);

    public MovieSamples(long seed) => _seed = seed;

    public int Side => SoftMovie.Side;

    public string Data => "simulated noisy recordings of soft matter, no clean frame among them";

    public IReadOnlyList<DenoiseSample> HeldOut => _heldOut.Value;

    public IReadOnlyList<DenoiseSample> Of(long step)
    {
        var newest = step / StepsPerMovie;
        foreach (var old in _movies.Keys.Where(movie => movie < newest).ToList())
        {
            _movies.Remove(old);
        }

        // A few ahead, so that a step seldom waits.
        for (var movie = newest; movie < newest + Window + 4; movie++)
        {
            if (!_movies.ContainsKey(movie))
            {
                var seed = (_seed << 20) + movie;
                _movies[movie] = Task.Run(() => SampleMaker.OfMovie(seed, PerMovie));
            }
        }

        return [.. Enumerable.Range(0, Window).SelectMany(i => _movies[newest + i].GetAwaiter().GetResult())];
    }
}

/// <summary>Makes batches of samples.</summary>
internal static class DenoiseBatch
{
    /// <summary>A batch for a step: samples drawn, turned and mirrored by the step's number.</summary>
    public static (float[] Channels, float[] Surprise) Draw(IReadOnlyList<DenoiseSample> samples, int side, int count, long seed, long step)
    {
        var random = new SimRandom(seed, 0xBA7C, step);
        var pixels = side * side;
        var channels = new float[count * FilterBank.Channels * pixels];
        var surprise = new float[count * pixels];
        for (var i = 0; i < count; i++)
        {
            var sample = samples[random.NextInt(samples.Count)];
            var turn = random.NextInt(8);
            for (var channel = 0; channel < FilterBank.Channels; channel++)
            {
                Turn(sample.Channels.AsSpan(channel * pixels, pixels), channels.AsSpan(((i * FilterBank.Channels) + channel) * pixels, pixels), side, turn);
            }

            Turn(sample.Surprise, surprise.AsSpan(i * pixels, pixels), side, turn);
        }

        return (channels, surprise);
    }

    private static void Turn(ReadOnlySpan<float> from, Span<float> to, int side, int turn)
    {
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var (u, v) = (turn & 1) == 0 ? (x, y) : (y, x);
                u = (turn & 2) == 0 ? u : side - 1 - u;
                v = (turn & 4) == 0 ? v : side - 1 - v;
                to[(y * side) + x] = from[(v * side) + u];
            }
        }
    }
}
