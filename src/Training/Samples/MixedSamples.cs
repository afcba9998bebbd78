using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.Training.Samples;

/// <summary>Pictures of two sources in a fixed proportion, such as a lab's own frames among simulated ones.</summary>
public sealed class MixedSamples : ISampleSource
{
    private const ulong ChoiceStream = 1004;
    private readonly ISampleSource _a;
    private readonly ISampleSource _b;
    private readonly double _shareOfA;

    /// <summary>Mixes them.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other, of the same size and layers.</param>
    /// <param name="shareOfA">Part of the pictures that come from <paramref name="a"/>, 0 to 1.</param>
    /// <exception cref="ArgumentException">They do not go together.</exception>
    public MixedSamples(ISampleSource a, ISampleSource b, double shareOfA)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Size != b.Size || a.Layers != b.Layers)
        {
            throw new ArgumentException($"pictures of {a.Size} px and {a.Layers} layers cannot be mixed with {b.Size} px and {b.Layers} layers", nameof(b));
        }

        if (shareOfA is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(shareOfA), shareOfA, "a share is from 0 to 1");
        }

        (_a, _b, _shareOfA) = (a, b, shareOfA);
    }

    /// <inheritdoc/>
    public int Size => _a.Size;

    /// <inheritdoc/>
    public int Layers => _a.Layers;

    /// <inheritdoc/>
    public void Fill(long index, Sample into)
    {
        var random = new SimRandom(index, ChoiceStream);
        (random.NextDouble() < _shareOfA ? _a : _b).Fill(index, into);
    }
}
