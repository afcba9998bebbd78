using System.Collections.Concurrent;
using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>Finds and follows flexible bodies of low contrast: macromolecules at low dose, whose single frames are mostly noise.</summary>
/// <remarks>
/// <para>What is there is decided by <see cref="EvidenceMaps"/>, linear averages of raw frames whose false alarms are known whatever a denoiser
/// shows; a molecule once found is followed from frame to frame with its own averaged picture (<see cref="SoftMolecule"/>) and needs less to be kept.
/// Outlines are drawn on that picture, helped out by the denoised frame while it is young; every number is measured on the raw frame inside them.</para>
/// <para>Causal from the learning frames on; those are looked through backwards once, so that the first frame is measured with as much memory as the rest.
/// <see cref="Segment"/> is pure; <see cref="Measure"/> remembers.</para>
/// </remarks>
public sealed class SoftDetector : IParticleDetector
{
    /// <summary>First frames that it learns from unless told otherwise.</summary>
    public const int DefaultLearningFrames = 20;

    /// <summary>False molecules begun, at most, in a frame of nothing but noise. Each is kept for some frames.</summary>
    public const double FalseBirthsPerFrame = 2e-5;

    private const int LargestUnbinned = 160;
    private const int LargestHalved = 1400;
    private readonly ParticleDetectorOptions _options;
    private readonly ConcurrentBag<SoftSegmentation> _free = [];
    private SoftField? _field;

    /// <summary>Creates a detector that has seen nothing yet.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public SoftDetector(ParticleDetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <inheritdoc/>
    public int LearningFrames => Math.Max(_options.LearningFrames, DefaultLearningFrames);

    /// <inheritdoc/>
    public void Learn(IReadOnlyList<Frame> first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.Count == 0)
        {
            throw new ArgumentException("at least one frame is needed to learn from", nameof(first));
        }

        var (height, width) = (first[0].Height, first[0].Width);
        var side = Math.Max(height, width);
        var bin = side <= LargestUnbinned ? 1 : side <= LargestHalved ? 2 : 4;
        _field = new SoftField(height, width, bin, _options);
        var frames = first.Select(frame => Read(frame, null)).ToList();
        _field.Learn(frames);
        frames.ForEach(frame => frame.Dispose());
    }

    /// <inheritdoc/>
    public IDisposable Segment(Frame frame, Frame? denoised = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return Read(frame, denoised);
    }

    /// <inheritdoc/>
    public FrameDetections Measure(Frame frame, IDisposable segmentation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var read = segmentation as SoftSegmentation ?? throw new ArgumentException("not a segmentation of this detector", nameof(segmentation));
        return Field.Measure(frame.Header, read, _options.WithLabels);
    }

    /// <inheritdoc/>
    public string Describe() => _field?.Describe() ?? "nothing learnt yet";

    /// <inheritdoc/>
    public void Dispose() => _free.Clear();

    private SoftField Field => _field ?? throw new InvalidOperationException("Learn comes first");

    private SoftSegmentation Read(Frame frame, Frame? denoised)
    {
        if (!_free.TryTake(out var read))
        {
            read = new SoftSegmentation(frame.Height, frame.Width, Field.Bin, _free.Add);
        }

        read.Read(frame, denoised, _options.ZeroCounts ?? 0);
        return read;
    }
}

/// <summary>A frame as floats, whole and binned, with the denoised one where there is one.</summary>
internal sealed class SoftSegmentation(int height, int width, int bin, Action<SoftSegmentation> giveBack) : IDisposable
{
    private Frame? _denoised;
    private double _zero;
    private bool _taken;

    /// <summary>Counts over those without beam.</summary>
    public Plane Raw { get; } = new(height, width);

    /// <summary>The same in blocks.</summary>
    public Plane Binned { get; } = new(height / bin, width / bin);

    public bool HasDenoised => _denoised is not null;

    public void Read(Frame frame, Frame? denoised, double zero)
    {
        _taken = true;
        _zero = zero;
        Raw.Read(frame, zero);
        Binned.Bin(Raw, bin);
        _denoised = denoised?.Share();
    }

    /// <summary>Counts over those without beam, without their noise. Made when asked for: hardly any frame needs them.</summary>
    /// <param name="into">Out; nothing where <see cref="HasDenoised"/> is false.</param>
    public void ReadDenoised(Plane into)
    {
        if (_denoised is { } denoised)
        {
            into.Read(denoised, _zero);
        }
    }

    public void Dispose()
    {
        if (_taken)
        {
            _taken = false;
            _denoised?.Dispose();
            _denoised = null;
            giveBack(this);
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{width} x {height}");
}
