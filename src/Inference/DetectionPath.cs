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

    // Macromolecules differ from the liquid by a few per cent. So do faint particles, which however can be followed.
    private const double FaintContrast = 0.1;
    private const double LongTrack = 25;
    private const int FewFrames = 8;
    private const double MostBlurChange = 1.6;
    private const double BackgroundReach = 0.1;
    private const int FramesToSettle = 2;
    private const int RoundsToSettle = 3;
    private readonly ParticleDetectorOptions _options;
    private readonly ImagingModel _imaging;
    private readonly Population[] _populations;
    private readonly FrameFitter _fitter;
    private readonly Grouping _grouping;
    private readonly ParticleSieve _sieve;
    private readonly Lock _gate = new();
    private readonly Leftovers _leftovers;
    private readonly StackSplitter _stacks;
    private ParticleMemory _memory = new();

    // By how much the background of two layers was corrected last; it changes slowly.
    private float[]? _liquid;
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
        _stacks = new StackSplitter(_fitter, populations);
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

        return Settled(options, frames, plan, imaging, populations);
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
        return Settled(_options, frames, plan, imaging, populations);
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
        var (kept, background) = Solve(frame, found);
        var outlines = _fitter.Outlines(frame, background, kept, _options.OutlinesAFrame);
        var detections = new List<Detection>(kept.Count);
        for (var i = 0; i < kept.Count; i++)
        {
            detections.Add(DetectionBuilder.From(kept[i], frame, _fitter.Pose.Blurs.Of(kept[i].Pose.Layer), outlines[i]));
        }

        return new FrameDetections
        {
            Header = frame.Header,
            Particles = detections,
            Height = frame.Height,
            Width = frame.Width,
            Snr = ContrastToNoise(kept, _fitter.Pose.Noise, background, frame),
            Labels = _options.WithLabels ? LabelPainter.Paint(kept, frame.Height, frame.Width, Plan.Layers) : null,
        };
    }

    // Fits, corrects and sieves the particles of a frame, and remembers them.
    private (List<Hypothesis> Kept, BackgroundMap Background) Solve(Frame frame, Segmentation found)
    {
        var background = _liquid is null ? found.Background : found.Background.Times(_liquid);
        var allAlike = _populations[0].Dominant is not null;
        var rounds = found.IsSeparated && allAlike ? _leftovers.Rounds() : 0;
        var hypotheses = _memory.Propose(found, allAlike);
        if (found.IsSeparated)
        {
            // What covers a particle, or is covered by it, must be in the fit from the start.
            hypotheses.AddRange(_memory.Unclaimed(hypotheses, least: allAlike || Plan.Layers == 2 ? 2 : 1));
        }

        _fitter.Fit(frame, background, hypotheses);
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
            _stacks.Split(frame, background, hypotheses);
            _fitter.SortByFocus(frame, background, hypotheses, again: rounds > 0);
        }

        var kept = _sieve.Keep(hypotheses, frame);
        if (Plan.Layers == 2 && (rounds > 0 || _liquid is null))
        {
            using (var light = new ParticleLight(frame, kept, _fitter.Pose.Blurs))
            {
                background = light.Correct(frame, background, ZeroCounts, Math.Min(frame.Height, frame.Width) * BackgroundReach, Plan.Contrast);
            }

            _liquid = background.Over(found.Background);
            _fitter.Fit(frame, background, kept);
            kept = _sieve.Keep(kept, frame);
        }

        if (Plan.Layers == 2)
        {
            _stacks.Prune(frame, background, kept);
        }

        if (found.IsSeparated && allAlike)
        {
            // Each round shows better what the next one has to find.
            while (rounds-- > 0)
            {
                var there = Add(frame, found, background, kept, _leftovers.Propose(frame, background, kept, _fitter));
                if (Plan.Layers == 2)
                {
                    _stacks.Prune(frame, background, kept);
                }

                rounds = there ? rounds : 0;
            }

            if (Plan.Layers == 1)
            {
                // What is followed inside another one is asked whether it is there.
                _stacks.Prune(frame, background, kept, onlyOverlapping: true);
            }
        }
        else
        {
            Add(frame, found, background, kept, _memory.Unclaimed(kept));
        }

        // Fitted again beside a newcomer, one may have come to no end.
        kept.RemoveAll(h => !h.Fit.Converged || h.Fits.Count == 0);
        _memory.Remember(kept, frame, allAlike);
        return (kept, background);
    }

    // Particles that the segmentation lost are looked for where they should be; the found ones stand around them. True where one was there.
    private bool Add(Frame frame, Segmentation found, BackgroundMap background, List<Hypothesis> kept, List<Hypothesis> missing)
    {
        if (missing.Count == 0)
        {
            return false;
        }

        _fitter.FitSome(frame, background, missing, kept);
        var more = _sieve.Keep(missing, frame);
        if (found.IsSeparated && more.Count > 0)
        {
            _fitter.Settle(frame, background, more, kept);
            if (Plan.Layers == 2)
            {
                _fitter.SortByFocus(frame, background, [.. more, .. kept], again: false);
            }

            var still = _sieve.Keep(kept, frame);
            kept.Clear();
            kept.AddRange(still);
            more = _sieve.Keep(more, frame);
        }

        kept.AddRange(more);
        ParticleSieve.DropTwins(kept);
        return more.Exists(kept.Contains);
    }

    /// <summary>Why what it finds may be something else than particles of a firm shape; null where nothing says so.</summary>
    /// <param name="frames">Frames analysed so far.</param>
    /// <param name="points">Detections that were followed in them.</param>
    /// <param name="tracks">Tracks of these.</param>
    public string? Doubt(long frames, long points, long tracks)
    {
        const string Soft = "macromolecules, whose contrast lies below the noise, are found with --profile soft";
        if (!Plan.Found)
        {
            return $"nothing stands out of the first frames; {Soft}";
        }

        if (Plan.IsDisputed)
        {
            return $"the network sees other particles in the first frames than stand out of them: look at the pictures of the report before a figure is believed; {Soft}";
        }

        if (points == 0 && frames >= FewFrames)
        {
            return $"nothing was found in {frames} frames; {Soft}";
        }

        var steps = (double)points / Math.Max(1, tracks);
        return tracks > 0 && frames >= FewFrames && Plan.Contrast < FaintContrast && steps < Math.Min(frames / 2.0, LongTrack)
            ? FormattableString.Invariant($"what was found differs from the liquid by {100 * Plan.Contrast:F0} % only and is lost again after {steps:F0} frames on average, as noise would be; {Soft}")
            : null;
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

    // Of two layers, blur, noise and sizes can be told only once all the particles of a pile are known: they are measured anew on what the path itself finds.
    private static DetectionPath Settled(
        ParticleDetectorOptions options, IReadOnlyList<Frame> frames, SegmentationPlan plan, ImagingModel imaging, Population[] populations)
    {
        if (plan.Layers == 2 && plan.Found)
        {
            // Backwards, so that what is remembered in the end is how the recording begins.
            var some = frames.Take(FramesToSettle).ToList();
            var segmentations = some.ConvertAll(plan.Segmenter.Segment);
            DetectionPath? path = null;
            for (var round = 0; round < RoundsToSettle; round++)
            {
                path = new DetectionPath(options, plan, imaging, populations) { _memory = path?._memory ?? new ParticleMemory() };
                var solved = new (List<Hypothesis> Kept, BackgroundMap Background)[some.Count];
                for (var i = solved.Length - 1; i >= 0; i--)
                {
                    solved[i] = path.Solve(some[i], segmentations[i]);
                }

                path._memory.Reconsider();
                (imaging, populations) = RecordingCalibrator.Relearn(some, [.. solved.Select(s => s.Background)], [.. solved.Select(s => s.Kept)], imaging, populations, options.Symmetries);
            }

            segmentations.ForEach(s => s.Dispose());
            return new DetectionPath(options, plan, imaging, populations) { _memory = path!._memory };
        }

        return new DetectionPath(options, plan, imaging, populations);
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
