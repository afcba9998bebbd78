using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>One way of finding the particles of a recording: how frames are segmented, what was learnt for it, and the particles it remembers.</summary>
/// <remarks><see cref="Segment"/> is thread-safe, <see cref="Measure"/> is called in frame order. It lives for as long as anybody holds a lease on it;
/// then its network is freed.</remarks>
internal sealed class DetectionPath
{
    private const double MostContrast = 0.95;
    private const double MostBlurChange = 1.6;
    private readonly ParticleDetectorOptions _options;
    private readonly ImagingModel _imaging;
    private readonly Population[] _populations;
    private readonly FrameFitter _fitter;
    private readonly Grouping _grouping;
    private readonly ParticleSieve _sieve;
    private readonly Lock _gate = new();
    private readonly Leftovers _leftovers;
    private ParticleMemory _memory = new();
    private int _leases = 1;

    private DetectionPath(ParticleDetectorOptions options, SegmentationPlan plan, ImagingModel imaging, Population[] populations)
    {
        _options = options;
        Plan = plan;
        _imaging = imaging;
        _populations = populations;
        _fitter = new FrameFitter(imaging, options.Symmetries);
        for (var layer = 0; layer < populations.Length; layer++)
        {
            _fitter.Expect(layer, populations[layer]);
        }

        _grouping = new Grouping(_fitter, populations[0]);
        _sieve = new ParticleSieve(options, plan, populations);
        _leftovers = new Leftovers(plan, populations);
    }

    /// <summary>How frames are segmented.</summary>
    public SegmentationPlan Plan { get; }

    /// <summary>Counts without beam.</summary>
    public double ZeroCounts => _imaging.ZeroCounts;

    /// <summary>Learns from a recording's first frames, the counts without beam too where they are not prescribed. The one lease is the caller's.</summary>
    /// <param name="options">What the operator prescribes.</param>
    /// <param name="frames">First frames, none of them blank.</param>
    /// <param name="planner">Makes the segmenter from frames and the counts without beam.</param>
    public static DetectionPath Learn(ParticleDetectorOptions options, IReadOnlyList<Frame> frames, Func<IReadOnlyList<Frame>, double, SegmentationPlan> planner)
    {
        var zero = options.ZeroCounts ?? 0;
        var plan = planner(frames, zero);
        var (imaging, populations) = Calibrate(options, frames, plan, zero, options.ZeroCounts is null, out var foundZero);
        if (foundZero > 0)
        {
            var again = planner(frames, foundZero);
            var (better, others) = Calibrate(options, frames, again, foundZero, seeksZero: false, out _);

            // A zero that lets particles swallow the whole beam, or edges blur, was read off something else than particles over one another.
            if (again.Contrast < MostContrast && better.Blurs.First < MostBlurChange * imaging.Blurs.First)
            {
                (plan, imaging, populations) = (again, better, others);
            }
        }

        return new DetectionPath(options, plan, imaging, populations);
    }

    /// <summary>Learns what another segmenter needs besides what this path knows of the recording. The one lease is the caller's.</summary>
    /// <param name="frames">First frames, none of them blank.</param>
    /// <param name="plan">How the other one segments.</param>
    public DetectionPath Learn(IReadOnlyList<Frame> frames, SegmentationPlan plan)
    {
        // Noise, blur and kinds of particles are the recording's, not the segmenter's: what more frames told stays.
        if (Continues(plan))
        {
            return new DetectionPath(_options, plan, _imaging, _populations);
        }

        var (imaging, populations) = Calibrate(_options, frames, plan, ZeroCounts, seeksZero: false, out _);
        return new DetectionPath(_options, plan, imaging, populations);
    }

    /// <summary>Takes a lease, unless the last one was given back already.</summary>
    public bool TryLease()
    {
        lock (_gate)
        {
            if (_leases == 0)
            {
                return false;
            }

            _leases++;
            return true;
        }
    }

    /// <summary>Gives a lease back; the last one frees the network.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_leases > 0)
            {
                return;
            }
        }

        Plan.Model?.Dispose();
    }

    /// <summary>Segments a frame. The caller holds a lease.</summary>
    public Segmentation Segment(Frame frame) => Plan.Segmenter.Segment(frame);

    /// <summary>Comes after another path: where both see the same layers and polarity, the particles it remembers are followed on, else memory starts anew.</summary>
    public void Follow(DetectionPath earlier) => _memory = earlier.Continues(Plan) ? earlier._memory : new ParticleMemory();

    /// <summary>Where each particle is.</summary>
    /// <param name="frame">The frame; stays the caller's.</param>
    /// <param name="found">What <see cref="Segment"/> gave for it; stays the caller's.</param>
    public FrameDetections Measure(Frame frame, Segmentation found)
    {
        var allAlike = _populations[0].Dominant is not null;
        var hypotheses = _memory.Propose(found, allAlike);
        if (found.IsSeparated)
        {
            // What covers a particle, or is covered by it, must be in the fit from the start.
            hypotheses.AddRange(_memory.Unclaimed(hypotheses, least: allAlike || Plan.Layers == 2 ? 2 : 1));
        }

        _fitter.Fit(frame, found.Background, hypotheses);
        if (!found.IsSeparated)
        {
            _grouping.Correct(frame, found, hypotheses);
        }
        else if (!allAlike)
        {
            _memory.Forget(_grouping.Join(frame, found, hypotheses));
        }

        if (Plan.Layers == 2)
        {
            _fitter.SortByFocus(frame, found.Background, hypotheses);
        }

        var kept = _sieve.Keep(hypotheses, frame);
        var missing = _memory.Unclaimed(kept);
        if (found.IsSeparated && allAlike)
        {
            missing = _leftovers.Propose(frame, found, kept, _fitter);
        }

        if (missing.Count > 0)
        {
            // Particles that the mask lost are looked for where they were; the found ones stand around them.
            _fitter.FitSome(frame, found.Background, missing, kept);
            var more = _sieve.Keep(missing, frame);
            if (found.IsSeparated && more.Count > 0)
            {
                _fitter.Settle(frame, found.Background, more, kept);
                if (Plan.Layers == 2)
                {
                    _fitter.SortByFocus(frame, found.Background, [.. more, .. kept]);
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
            detections.Add(DetectionBuilder.From(hypothesis, frame, _fitter.Pose.Blurs.Of(hypothesis.Pose.Layer)));
        }

        _memory.Remember(kept, frame, allAlike);
        return new FrameDetections
        {
            Header = frame.Header,
            Particles = detections,
            Height = frame.Height,
            Width = frame.Width,
            Snr = ContrastToNoise(kept, _fitter.Pose.Noise, found.Background, frame),
            Labels = _options.WithLabels ? LabelPainter.Paint(kept, frame.Height, frame.Width, Plan.Layers) : null,
        };
    }

    /// <summary>One line of what was learnt.</summary>
    public string Describe()
    {
        if (!Plan.Found)
        {
            return Plan.Words;
        }

        var side = Math.Sqrt(Plan.TypicalArea);
        var blurs = _imaging.Blurs;
        var blur = FormattableString.Invariant(Plan.Layers == 2 ? (FormattableString)$"{blurs.First:F2} and {blurs.Second:F2}" : $"{blurs.First:F2}");
        return FormattableString.Invariant(
            $"{(Plan.Dark ? "dark" : "bright")} particles about {side:F0} px across, contrast {Plan.Contrast:F2}, edge blur {blur} px, {ZeroCounts:F0} counts without beam, noise correlation {_imaging.Noise.CorrelationX[1]:F2}, {Plan.Words}");
    }

    private static (ImagingModel Imaging, Population[] Populations) Calibrate(
        ParticleDetectorOptions options, IReadOnlyList<Frame> frames, SegmentationPlan plan, double zero, bool seeksZero, out double foundZero)
    {
        foundZero = 0;
        var noise = RecordingCalibrator.Guess(frames, zero);
        if (!plan.Found)
        {
            return (new ImagingModel(noise, new EdgeBlur(RecordingCalibrator.FirstBlur), zero), [Population.Unknown, Population.Unknown, Population.Unknown]);
        }

        var segmentations = frames.Select(plan.Segmenter.Segment).ToList();
        var learnt = RecordingCalibrator.Learn(frames, segmentations, options.Symmetries, noise, zero, plan.Layers);
        if (seeksZero && segmentations[0].IsSeparated)
        {
            foundZero = ZeroFinder.Find(frames, segmentations, options.Symmetries, learnt.Imaging, learnt.Populations);
        }

        segmentations.ForEach(s => s.Dispose());
        return learnt;
    }

    private bool Continues(SegmentationPlan next) => Plan.Found && next.Found && Plan.Layers == next.Layers && Plan.Dark == next.Dark;

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
