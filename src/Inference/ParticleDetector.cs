using System.Collections.Immutable;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>Finds particles by a network or, without one, by thresholds, and measures every particle's pose on the full-resolution frame.</summary>
/// <remarks>Polarity, smoothing, particle size, edge blur and noise are learnt from the first frames. <see cref="Segment"/> is pure;
/// <see cref="Measure"/> remembers the particles of earlier frames, so that it can follow them through contacts and settle their shapes.</remarks>
public sealed class ParticleDetector : IParticleDetector
{
    private readonly ParticleDetectorOptions _options;
    private readonly NetworkModel? _model;
    private readonly Func<IReadOnlyList<Frame>, double, SegmentationPlan> _planner;
    private readonly ParticleMemory _memory = new();
    private Population[] _populations = [];
    private SegmentationPlan? _plan;
    private FrameFitter? _fitter;
    private Grouping? _grouping;
    private ParticleSieve? _sieve;
    private Leftovers? _leftovers;

    // Whole frames are segmented side by side: threads of OpenCV's own within each of them would only fight for the same cores.
    static ParticleDetector() => OpenCvSharp.Cv2.SetNumThreads(1);

    /// <summary>Creates a detector that has seen nothing yet.</summary>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="model">The network that segments, the detector's from now on; null to do without one, as is done too where it finds nothing.</param>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public ParticleDetector(ParticleDetectorOptions options, NetworkModel? model = null)
        : this(options, (frames, zero) => (model is null ? null : NetworkPlanner.Plan(frames, options, zero, model)) ?? ClassicalPlanner.Plan(frames, options, zero)) =>
        _model = model;

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

    /// <inheritdoc/>
    public void Learn(IReadOnlyList<Frame> first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.Count == 0)
        {
            throw new ArgumentException("at least one frame is needed to learn from", nameof(first));
        }

        var usable = Usable(first);
        var zero = _options.ZeroCounts ?? 0;
        var plan = _planner(usable, zero);
        var (imaging, populations) = Learn(usable, plan, zero, _options.ZeroCounts is null, out var foundZero);
        if (foundZero > 0)
        {
            plan = _planner(usable, foundZero);
            (imaging, populations) = Learn(usable, plan, foundZero, seeksZero: false, out _);
        }

        _plan = plan;
        _populations = populations;
        _fitter = new FrameFitter(imaging, _options.Symmetries);
        for (var layer = 0; layer < populations.Length; layer++)
        {
            _fitter.Expect(layer, populations[layer]);
        }

        _grouping = new Grouping(_fitter, populations[0]);
        _sieve = new ParticleSieve(_options, plan, populations);
        _leftovers = new Leftovers(plan, populations);
    }

    /// <inheritdoc/>
    public IDisposable Segment(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var plan = _plan ?? throw new InvalidOperationException("Learn comes before Segment");
        return plan.Segmenter.Segment(frame);
    }

    /// <inheritdoc/>
    public FrameDetections Measure(Frame frame, IDisposable segmentation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var found = segmentation as Segmentation ?? throw new ArgumentException("not a segmentation of this detector", nameof(segmentation));
        var fitter = _fitter ?? throw new InvalidOperationException("Learn comes before Measure");
        var allAlike = _populations[0].Dominant is not null;
        var hypotheses = _memory.Propose(found, allAlike);
        if (found.IsSeparated)
        {
            // What covers a particle, or is covered by it, must be in the fit from the start.
            hypotheses.AddRange(_memory.Unclaimed(hypotheses, least: 2));
        }

        fitter.Fit(frame, found.Background, hypotheses);
        if (!found.IsSeparated)
        {
            _grouping!.Correct(frame, found, hypotheses);
        }
        else if (!allAlike)
        {
            _memory.Forget(_grouping!.Join(frame, found, hypotheses));
        }

        if (_plan!.Layers == 2)
        {
            fitter.SortByFocus(frame, found.Background, hypotheses);
        }

        var kept = _sieve!.Keep(hypotheses, frame);
        var missing = _memory.Unclaimed(kept);
        if (found.IsSeparated && allAlike)
        {
            missing = _leftovers!.Propose(frame, found, kept, fitter);
        }
        if (missing.Count > 0)
        {
            // Particles that the mask lost are looked for where they were; the found ones stand around them.
            fitter.FitSome(frame, found.Background, missing, kept);
            var more = _sieve.Keep(missing, frame);
            if (found.IsSeparated && more.Count > 0)
            {
                fitter.Settle(frame, found.Background, more, kept);
                if (_plan!.Layers == 2)
                {
                    fitter.SortByFocus(frame, found.Background, [.. more, .. kept]);
                }

                kept = _sieve.Keep(kept, frame);
                more = _sieve.Keep(more, frame);
            }

            kept.AddRange(more);
            ParticleSieve.DropTwins(kept);
        }

        var detections = new List<Detection>(kept.Count);
        foreach (var hypothesis in kept)
        {
            detections.Add(DetectionBuilder.From(hypothesis, frame, fitter.Pose.Blurs.Of(hypothesis.Pose.Layer)));
        }

        _memory.Remember(kept, frame, allAlike);
        return new FrameDetections
        {
            Header = frame.Header,
            Particles = detections,
            Height = frame.Height,
            Width = frame.Width,
            Snr = ContrastToNoise(kept, fitter.Pose.Noise, found.Background, frame),
            Labels = _options.WithLabels ? LabelPainter.Paint(kept, frame.Height, frame.Width, _plan!.Layers) : null,
        };
    }

    /// <inheritdoc/>
    public string Describe()
    {
        if (_plan is null || _fitter is null)
        {
            return "nothing learnt yet";
        }

        if (!_plan.Found)
        {
            return _plan.Words;
        }

        var side = Math.Sqrt(_plan.TypicalArea);
        var blurs = _fitter.Pose.Blurs;
        var blur = FormattableString.Invariant(_plan.Layers == 2 ? (FormattableString)$"{blurs.First:F2} and {blurs.Second:F2}" : $"{blurs.First:F2}");
        return FormattableString.Invariant(
            $"{(_plan.Dark ? "dark" : "bright")} particles about {side:F0} px across, contrast {_plan.Contrast:F2}, edge blur {blur} px, {_fitter.Pose.ZeroCounts:F0} counts without beam, noise correlation {_fitter.Pose.Noise.CorrelationX[1]:F2}, {_plan.Words}");
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _model?.Dispose();

    private (ImagingModel Imaging, Population[] Populations) Learn(List<Frame> frames, SegmentationPlan plan, double zero, bool seeksZero, out double foundZero)
    {
        foundZero = 0;
        var noise = RecordingCalibrator.Guess(frames, zero);
        if (!plan.Found)
        {
            return (new ImagingModel(noise, new EdgeBlur(RecordingCalibrator.FirstBlur), zero), [Population.Unknown, Population.Unknown, Population.Unknown]);
        }

        var segmentations = frames.Select(plan.Segmenter.Segment).ToList();
        var learnt = RecordingCalibrator.Learn(frames, segmentations, _options.Symmetries, noise, zero, plan.Layers);
        if (seeksZero && segmentations[0].IsSeparated)
        {
            foundZero = ZeroFinder.Find(frames, segmentations, _options.Symmetries, learnt.Imaging, learnt.Populations);
        }

        segmentations.ForEach(s => s.Dispose());
        return learnt;
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

    private static double? ContrastToNoise(List<Hypothesis> kept, NoiseModel noise, BackgroundMap background, Frame frame)
    {
        if (kept.Count == 0)
        {
            return null;
        }

        var ratios = new double[kept.Count];
        for (var i = 0; i < ratios.Length; i++)
        {
            var pose = kept[i].Pose;
            var level = background.At(Math.Clamp(pose.X, 0, frame.Width - 1), Math.Clamp(pose.Y, 0, frame.Height - 1));
            ratios[i] = Math.Abs(pose.Contrast) * level / Math.Sqrt(noise.Variance(level));
        }

        Array.Sort(ratios);
        return ratios[ratios.Length / 2];
    }
}
