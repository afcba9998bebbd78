using System.Collections.Immutable;
using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>The classical detector: segments each frame and measures every particle's pose on the full-resolution frame.</summary>
/// <remarks>Polarity, smoothing, particle size, edge blur and noise are learnt from the first frames. <see cref="Segment"/> is pure;
/// <see cref="Measure"/> remembers the particles of earlier frames, so that it can follow them through contacts and settle their shapes.</remarks>
public sealed class ParticleDetector : IParticleDetector
{
    // The fit finds the best place and shape among many: noise alone reaches six or seven somewhere in a frame.
    private const double LeastSnr = 7;
    private const double LeastSnrSeenOnce = 6.5;
    private const double OutsideShare = 0.28;
    private const double LargestCut = 6;
    private const double LeastSnrRemembered = 4.5;
    private readonly ParticleDetectorOptions _options;
    private readonly ParticleMemory _memory = new();
    private ClassicalSegmenter? _segmenter;
    private FrameFitter? _fitter;
    private Grouping? _grouping;
    private Population _population = Population.Unknown;
    private bool _found;
    private double _typicalContrast;
    private double _typicalArea;

    // Whole frames are segmented side by side: threads of OpenCV's own within each of them would only fight for the same cores.
    static ParticleDetector() => OpenCvSharp.Cv2.SetNumThreads(1);

    /// <summary>Creates a detector that has seen nothing yet.</summary>
    /// <param name="options">What the operator prescribes.</param>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public ParticleDetector(ParticleDetectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
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
        var settings = ScaleSearch.Find(usable, _options.DarkParticles);
        _found = settings is not null;
        settings ??= Fallback(usable[0]);
        _segmenter = new ClassicalSegmenter(settings);
        var noise = RecordingCalibrator.Guess(usable);
        var population = Population.Unknown;
        var blur = 1.2;
        if (_found)
        {
            var segmentations = usable.Select(_segmenter.Segment).ToList();
            (noise, blur, population) = RecordingCalibrator.Learn(usable, segmentations, _options.Symmetries, noise);
            segmentations.ForEach(s => s.Dispose());
        }

        _typicalContrast = settings.Contrast;
        _typicalArea = settings.TypicalArea * settings.Bin * settings.Bin;
        _fitter = new FrameFitter(noise, blur, _options.Symmetries);
        _fitter.Expect(population);
        _population = population;
        _grouping = new Grouping(_fitter, population);
    }

    /// <inheritdoc/>
    public IDisposable Segment(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var segmenter = _segmenter ?? throw new InvalidOperationException("Learn comes before Segment");
        return segmenter.Segment(frame);
    }

    /// <inheritdoc/>
    public FrameDetections Measure(Frame frame, IDisposable segmentation)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var found = segmentation as Segmentation ?? throw new ArgumentException("not a segmentation of this detector", nameof(segmentation));
        var fitter = _fitter ?? throw new InvalidOperationException("Learn comes before Measure");
        var hypotheses = _memory.Propose(found, _population.Dominant is not null);
        fitter.Fit(frame, found.Background, hypotheses);
        _grouping!.Correct(frame, found, hypotheses);
        var kept = Keep(hypotheses, frame);
        var missing = _memory.Unclaimed(kept);
        if (missing.Count > 0)
        {
            // Particles that the mask lost are looked for where they were; the found ones stand around them.
            fitter.FitSome(frame, found.Background, missing, kept);
            kept.AddRange(Keep(missing, frame));
            DropTwins(kept);
        }

        var detections = new List<Detection>(kept.Count);
        foreach (var hypothesis in kept)
        {
            detections.Add(DetectionBuilder.From(hypothesis, frame, fitter.Pose.Blur));
        }

        _memory.Remember(kept, frame, _population.Dominant is not null);
        return new FrameDetections
        {
            Header = frame.Header,
            Particles = detections,
            Height = frame.Height,
            Width = frame.Width,
            Snr = ContrastToNoise(kept, fitter.Pose.Noise, found.Background, frame),
            Labels = _options.WithLabels ? LabelPainter.Paint(kept, frame.Height, frame.Width) : null,
        };
    }

    /// <inheritdoc/>
    public string Describe()
    {
        if (_segmenter is null || _fitter is null)
        {
            return "nothing learnt yet";
        }

        if (!_found)
        {
            return "no particles stood out in the first frames; looking for dark particles with standard smoothing";
        }

        var s = _segmenter.Settings;
        var side = Math.Sqrt(s.TypicalArea) * s.Bin;
        return FormattableString.Invariant(
            $"{(s.Dark ? "dark" : "bright")} particles about {side:F0} px across, contrast {s.Contrast:F2}, edge blur {_fitter.Pose.Blur:F2} px, noise correlation {_fitter.Pose.Noise.CorrelationX[1]:F2}, binned {s.Bin}x");
    }

    /// <summary>Nothing to free: kept for the interface.</summary>
    public void Dispose()
    {
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
        using var work = WorkImage.Bin(frame, Math.Max(1, Math.Min(8, Math.Min(frame.Height, frame.Width) / 8)));
        return OpenCvSharp.Cv2.Mean(work).Val0;
    }

    private SegmenterSettings Fallback(Frame frame) => new()
    {
        Bin = Math.Min(frame.Height, frame.Width) < 64 ? 1 : 2,
        SmoothPx = 1,
        Dark = _options.DarkParticles ?? true,
        Contrast = 0.3,
        Noise = 0.04,
        MinArea = 12,
        BackgroundPx = Math.Max(8, Math.Min(frame.Height, frame.Width) / 10.0),
    };

    private List<Hypothesis> Keep(List<Hypothesis> hypotheses, Frame frame)
    {
        var kept = new List<Hypothesis>(hypotheses.Count);
        foreach (var h in hypotheses)
        {
            if (IsParticle(h, frame))
            {
                kept.Add(h);
            }
        }

        DropTwins(kept);
        return kept;
    }

    private bool IsParticle(Hypothesis h, Frame frame)
    {
        if (!h.Fit.Converged || h.Fits.Count == 0)
        {
            return false;
        }

        var pose = h.Pose;
        var dark = _segmenter!.Settings.Dark;
        var contrast = dark ? pose.Contrast : -pose.Contrast;
        var expected = h.Known is { Seen: > 2 } known ? Math.Abs(known.Pose.Contrast) : _typicalContrast;
        if (h.Snr < (h.Known is null ? LeastSnr : h.Known.Seen < 3 ? LeastSnrSeenOnce : LeastSnrRemembered) || contrast < 0.35 * expected || contrast > 4 * expected)
        {
            return false;
        }

        if (pose.Minor < Math.Max(2, _options.MinSizePx ?? 0) || pose.Major > Math.Min(_options.MaxSizePx ?? double.MaxValue, 0.8 * Math.Max(frame.Height, frame.Width)))
        {
            return false;
        }

        // Mostly outside: what is left tells too little.
        var beyond = OutsideShare * pose.Minor;
        if (pose.X < -beyond || pose.Y < -beyond || pose.X > frame.Width - 1 + beyond || pose.Y > frame.Height - 1 + beyond)
        {
            return false;
        }

        // Of a thing that was only ever seen cut by the border, the fit says any size: unevenness of the liquid there passes for a huge disc.
        var cut = pose.X < pose.Reach || pose.Y < pose.Reach || pose.X > frame.Width - 1 - pose.Reach || pose.Y > frame.Height - 1 - pose.Reach;
        if (cut && h.Known is null or { Clear: 0 } && _typicalArea > 0 && pose.Area > LargestCut * _typicalArea)
        {
            return false;
        }

        if ((h.Known is null or { Seen: < 3 } || (h.Known.Clear == 0 && _population.Dominant is not null)) && !_population.Admits(pose))
        {
            return false;
        }

        if (h.Known is not null && h.Blob.Component == 0)
        {
            var moved = Math.Sqrt(Math.Pow(pose.X - h.Known.Pose.X - h.Known.VelocityX, 2) + Math.Pow(pose.Y - h.Known.Pose.Y - h.Known.VelocityY, 2));
            return moved < 0.7 * pose.Minor && contrast > 0.55 * expected;
        }

        return h.Known is not null || h.Fit.XErr < 0.35 * pose.Minor;
    }

    // Two hypotheses that ended on the same particle: the remembered one stays, else the one that explains more.
    private static void DropTwins(List<Hypothesis> kept)
    {
        for (var i = kept.Count - 1; i >= 0; i--)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (kept[j], kept[i]);
                double dx = a.Pose.X - b.Pose.X, dy = a.Pose.Y - b.Pose.Y;
                var near = 0.45 * Math.Min(a.Pose.Minor, b.Pose.Minor);
                if ((dx * dx) + (dy * dy) >= near * near || (a.Known is { Seen: > 2 } && b.Known is { Seen: > 2 }))
                {
                    continue;
                }

                var keepFirst = (a.Known?.Seen ?? 0) != (b.Known?.Seen ?? 0) ? (a.Known?.Seen ?? 0) > (b.Known?.Seen ?? 0) : a.Snr >= b.Snr;
                if (keepFirst)
                {
                    kept.RemoveAt(i);
                    break;
                }

                kept.RemoveAt(j);
                i--;
                j--;
            }
        }
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
