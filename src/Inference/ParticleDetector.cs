using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Inference.Models;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>Finds particles by a network or, without one, by thresholds, and measures every particle's pose on the full-resolution frame.</summary>
/// <remarks>Polarity, smoothing, particle size, edge blur and noise are learnt from the first frames. <see cref="Segment"/> is pure;
/// <see cref="Measure"/> remembers the particles of earlier frames, so that it can follow them through contacts and settle their shapes.
/// The network may change at a frame: <see cref="Prepare(NetworkModel?)"/> takes its time on any thread while frames are served as before,
/// <see cref="Switch"/> says from which frame on it serves; each frame is measured by what segmented it, however many are on their way.</remarks>
public sealed class ParticleDetector : IParticleDetector
{
    // What is planned later is planned from copies of the first frames; two are what a plan looks at, a third stands in for the noise between them.
    private const int MostKept = 3;
    private readonly ParticleDetectorOptions _options;
    private readonly Func<IReadOnlyList<Frame>, double, SegmentationPlan> _planner;
    private readonly PathSchedule _paths = new();
    private readonly FramePool _copies = new(keepPerSize: 0);
    private readonly List<Frame> _kept = [];
    private NetworkModel? _unplanned;
    private DetectionPath? _measuring;

    // Whole frames are segmented side by side: threads of OpenCV's own within each of them would only fight for the same cores.
    static ParticleDetector() => OpenCvSharp.Cv2.SetNumThreads(1);

    /// <summary>Creates a detector that has seen nothing yet.</summary>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="model">The network that segments, the detector's from now on; null to do without one, as is done too where it finds nothing.</param>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public ParticleDetector(ParticleDetectorOptions options, NetworkModel? model = null)
        : this(options, (frames, zero) => PlanChooser.Plan(frames, options, zero, model)) =>
        _unplanned = model;

    /// <summary>Creates a detector with a segmenter of the caller's choice.</summary>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="planner">Makes the segmenter from the first frames and the counts without beam.</param>
    internal ParticleDetector(ParticleDetectorOptions options, Func<IReadOnlyList<Frame>, double, SegmentationPlan> planner)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _planner = planner;
    }

    /// <inheritdoc/>
    public int LearningFrames => _options.LearningFrames;

    /// <summary>What segments the newest frames; null before <see cref="Learn"/>. Thread-safe.</summary>
    public ModelInUse? Model => _paths.Last is { } path ? Facts(path) : null;

    /// <inheritdoc/>
    public void Learn(IReadOnlyList<Frame> first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.Count == 0)
        {
            throw new ArgumentException("at least one frame is needed to learn from", nameof(first));
        }

        var usable = Usable(first);
        _kept.AddRange(usable.Take(MostKept).Select(Copy));
        var path = DetectionPath.Learn(_options, usable, _planner);
        if (path.Plan.Model is null)
        {
            _unplanned?.Dispose();
        }

        _unplanned = null;
        _measuring = path;
        _paths.Add(long.MinValue, path);
    }

    /// <summary>Makes another way of segmenting ready, from the first frames and what was learnt of the recording. May take seconds; thread-safe.</summary>
    /// <param name="model">The network, the detector's from now on; null for thresholds.</param>
    /// <exception cref="InputException">The network is sure of nothing in the first frames; it is freed.</exception>
    /// <exception cref="InvalidOperationException">Nothing was learnt yet.</exception>
    public PreparedModel Prepare(NetworkModel? model)
    {
        try
        {
            return Prepare((frames, zero) => model is null
                ? ClassicalPlanner.Plan(frames, _options, zero)
                : NetworkPlanner.Plan(frames, _options, zero, model)
                    ?? throw new InputException($"model {model.Card.Name} finds no particle in the first frames of this recording: choose another one, or '{ModelInUse.None}' for thresholds"));
        }
        catch
        {
            model?.Dispose();
            throw;
        }
    }

    /// <summary>Segments by what was made ready from a frame on; no frame of that number or a later one may have been segmented yet.</summary>
    /// <param name="prepared">Made by this detector, which takes it.</param>
    /// <param name="firstFrame">First frame that it serves.</param>
    /// <exception cref="ArgumentOutOfRangeException">An earlier change holds from a later frame on.</exception>
    public void Switch(PreparedModel prepared, long firstFrame)
    {
        ArgumentNullException.ThrowIfNull(prepared);
        _paths.Add(firstFrame, prepared.Take());
    }

    /// <inheritdoc/>
    public IDisposable Segment(Frame frame, Frame? denoised = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var path = _paths.Lease(frame.Number);
        try
        {
            return new PathSegmentation(path, path.Segment(frame));
        }
        finally
        {
            path.Release();
        }
    }

    /// <inheritdoc/>
    public FrameDetections Measure(Frame frame, IDisposable segmentation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var found = segmentation as PathSegmentation ?? throw new ArgumentException("not a segmentation of this detector", nameof(segmentation));
        if (found.Path != _measuring)
        {
            found.Path.Follow(_measuring!);
            _measuring = found.Path;
            _paths.Reached(found.Path);
        }

        return found.Path.Measure(frame, found.Found);
    }

    /// <inheritdoc/>
    public string Describe() => _paths.Last?.Describe() ?? "nothing learnt yet";

    /// <inheritdoc/>
    public string? Doubt(long frames, long points, long tracks) => _paths.Last?.Doubt(frames, points, tracks);

    /// <summary>Frees the networks. Nothing may be under way any more.</summary>
    public void Dispose()
    {
        _paths.Clear();
        _unplanned?.Dispose();
        _kept.ForEach(frame => frame.Dispose());
        _kept.Clear();
        _copies.Dispose();
    }

    internal PreparedModel Prepare(Func<IReadOnlyList<Frame>, double, SegmentationPlan> planner)
    {
        var now = _paths.Last ?? throw new InvalidOperationException("Learn comes before Prepare");
        return new PreparedModel(now.Learn(_kept, planner(_kept, now.ZeroCounts)));
    }

    internal static ModelInUse Facts(DetectionPath path) => path.Plan.Model is { } model
        ? new ModelInUse { Name = model.Card.Name, Sha256 = model.Card.Sha256, Provider = model.Provider }
        : ModelInUse.Thresholds;

    private Frame Copy(Frame frame)
    {
        using var draft = _copies.Rent(frame.Height, frame.Width, frame.Type);
        frame.Bytes.CopyTo(draft.Bytes);
        return draft.Publish(frame.Header);
    }

    private static List<Frame> Usable(IReadOnlyList<Frame> first)
    {
        var means = first.Select(Mean).ToArray();
        var sorted = means.Order().ToArray();
        var median = sorted[sorted.Length / 2];
        var usable = first.Where((_, i) => means[i] > 0.4 * median && means[i] < 2.5 * median).ToList();
        return usable.Count > 0 ? usable : [.. first];
    }

    private static double Mean(Frame frame)
    {
        using var work = WorkImage.Bin(frame, Math.Max(1, Math.Min(8, Math.Min(frame.Height, frame.Width) / 8)), 0);
        return OpenCvSharp.Cv2.Mean(work).Val0;
    }

    /// <summary>A segmentation with the path that made it, and that measures it.</summary>
    private sealed class PathSegmentation(DetectionPath path, Segmentation found) : IDisposable
    {
        public DetectionPath Path => path;

        public Segmentation Found => found;

        public void Dispose() => found.Dispose();
    }
}
