using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Finds from a few frames whether particles are dark or bright, how much smoothing the noise asks for, and how strong they are.</summary>
/// <remarks>Tries both polarities and a ladder of smoothing widths. A try is judged by its compact pieces: particles are compact, the gaps
/// between the particles of a crystal (which the wrong polarity finds) are one sprawling net. The polarity that holds over the ladder is taken;
/// of the widths that serve, the narrowest whose noise stays well below the contrast.</remarks>
internal static class ScaleSearch
{
    private const double EnoughContrast = 7.5;
    private const double LeastSnr = 7;
    private const double SmoothingShare = 0.065;
    private static readonly double[] Ladder = [0.6, 1, 1.5, 2.1, 3, 4.2, 6, 8.5];

    /// <summary>Searches.</summary>
    /// <param name="frames">First frames of the recording; one is enough, noise is better known from two.</param>
    /// <param name="dark">Polarity where it is given.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <returns>The best settings, or null where nothing particle-like stands out.</returns>
    public static SegmenterSettings? Find(IReadOnlyList<Frame> frames, bool? dark, double zero)
    {
        var shortest = Math.Min(frames[0].Height, frames[0].Width);
        if (shortest < 16)
        {
            return null;
        }

        var picks = frames.Count > 2 ? new[] { 0, frames.Count / 2 } : [0];
        var tries = new List<Trial>();
        var noise = NoiseByScale(frames, Ladder.Where(s => !(s > shortest / 12.0 && s > 1)).ToArray(), zero);
        foreach (var sigma in Ladder)
        {
            if (sigma > shortest / 12.0 && sigma > 1)
            {
                continue;
            }

            foreach (var polarity in dark is { } known ? new[] { known } : [true, false])
            {
                var trial = new Trial(sigma, polarity, zero, noise);
                foreach (var pick in picks)
                {
                    trial.Add(frames[pick], pick + 1 < frames.Count ? frames[pick + 1] : null);
                }

                tries.Add(trial);
            }
        }

        // With little smoothing, specks of correlated noise pass for small particles of either polarity; real ones are still there, and as
        // compact, when the smoothing grows. So the polarity is the one that holds over the ladder.
        var same = tries.Where(t => t.Score > 0).GroupBy(t => t.Dark).MaxBy(g => g.Sum(Weight))?.ToList();
        if (same is null)
        {
            return null;
        }

        // Tries that separate well go first.
        var sound = same.Where(t => t.Separation >= EnoughContrast).ToList();
        var best = (sound.Count > 0 ? sound : same).MaxBy(Weight)!;
        var least = same.FirstOrDefault(t => t.Separation >= EnoughContrast && t.Score >= 0.6 * best.Score) ?? best;

        // More smoothing than the noise asks for makes smoother outlines and smaller images, as long as the particles stay much larger.
        var most = SmoothingShare * least.TypicalSidePx;
        var chosen = same.LastOrDefault(t => t.Sigma <= most && t.Sigma > least.Sigma && t.Score >= 0.8 * best.Score && t.Separation >= EnoughContrast) ?? least;
        return chosen.Settings();

        static double Weight(Trial t) => t.Score * Math.Min(1, t.Separation / EnoughContrast);
    }

    // Noise after each smoothing, fraction of the level: it says how far a piece of any size stands out, however the noise is correlated.
    private static (double Sigma, double Noise)[] NoiseByScale(IReadOnlyList<Frame> frames, double[] sigmas, double zero)
    {
        var result = new List<(double, double)>();
        foreach (var sigma in sigmas)
        {
            var noise = NoiseAt(sigma, frames, zero);
            if (noise > 0)
            {
                result.Add((sigma, noise));
            }
        }

        return [.. result];
    }

    /// <summary>Noise of a smoothed frame, fraction of its level; 0 where it cannot be told.</summary>
    /// <param name="sigma">Smoothing, px of the frame.</param>
    /// <param name="frames">First frames; one is enough, noise is better known from two.</param>
    /// <param name="zero">Counts without beam.</param>
    public static double NoiseAt(double sigma, IReadOnlyList<Frame> frames, double zero) =>
        new Trial(sigma, true, zero, []).NoiseOf(frames[0], frames.Count > 1 ? frames[1] : null);

    private static int BinFor(double sigma) => sigma < 1.4 ? 1 : sigma < 2.9 ? 2 : sigma < 5.9 ? 4 : 8;

    private sealed class Trial(double sigma, bool dark, double zero, (double Sigma, double Noise)[] noiseByScale)
    {
        private readonly int _bin = BinFor(sigma);
        private readonly List<double> _areas = [];
        private double _score;
        private double _contrast;
        private double _noise;
        private double _level;
        private int _frames;
        private BackgroundMap? _background;
        private double _backgroundPx;

        public bool Dark { get; } = dark;

        public double Sigma { get; } = sigma;

        public double TypicalSidePx => _areas.Count == 0 ? 0 : Math.Sqrt(_areas.Order().ElementAt(_areas.Count / 2));

        public double Score => _frames > 0 ? _score / _frames : 0;

        public double Separation => _noise > 0 ? _contrast / _noise : 0;

        private double SmoothPx => Math.Sqrt(Math.Max(0, (Sigma * Sigma) - (((_bin * _bin) - 1) / 12.0))) / _bin;

        private double MinArea => Math.Max(5, 3.5 * Sigma * Sigma / (_bin * _bin));

        public void Add(Frame frame, Frame? next)
        {
            using var work = WorkImage.Bin(frame, _bin, zero);
            using var smooth = WorkImage.Smooth(work, SmoothPx);
            _backgroundPx = Math.Max(Math.Min(frame.Height, frame.Width) / 10.0, 8 * Sigma);
            var level = ClassicalSegmenter.Median(smooth);
            if (level <= 0)
            {
                return;
            }

            var noise = NoiseOf(smooth, next, level);
            if (noise <= 0)
            {
                return;
            }

            // From three sigma of noise the contrast climbs to that of the particles, and the background with it.
            var contrast = 3 * noise / 0.45;
            using var image = new Mat();
            BackgroundMap? map = null;
            using var labels = new Mat();
            for (var pass = 0; pass < 6; pass++)
            {
                var segmenter = new ClassicalSegmenter(Trying(contrast, noise) with { TypicalArea = double.MaxValue });
                map = segmenter.Flatten(work, smooth, image, pass == 0 ? 3 : 2);
                var found = Strength(segmenter.Components(image, labels));
                if (found <= 0)
                {
                    break;
                }

                var settled = Math.Abs(found - contrast) < 0.02 * contrast;
                contrast = Math.Max(found, 3 * noise);
                if (settled)
                {
                    break;
                }
            }

            var blobs = new ClassicalSegmenter(Trying(contrast, noise)).Components(image, labels);
            double compact = 0, all = 0, snr = 0;
            var areas = new List<double>();
            foreach (var blob in blobs)
            {
                var each = blob.Contrast / NoiseOver(blob.Area);
                if (each < LeastSnr)
                {
                    continue;
                }

                all += blob.Area;
                var fill = blob.Area / (4 * blob.HalfMajor * blob.HalfMinor);
                if (fill < 0.72 || blob.HalfMajor > 8 * blob.HalfMinor || blob.Area > 0.2 * work.Rows * work.Cols * _bin * _bin)
                {
                    continue;
                }

                compact += blob.Area;
                snr += Math.Min(each, 60);
                areas.Add(blob.Area);
            }

            _frames++;
            if (all <= 0 || areas.Count == 0)
            {
                return;
            }

            var share = compact / all;
            _score += snr * share * share;
            _contrast = _frames == 1 ? contrast : Math.Min(_contrast, contrast);
            _noise = Math.Max(_noise, noise);
            _areas.AddRange(areas);
            if (_frames == 1)
            {
                _level = level;
                _background = map;
            }
        }

        public SegmenterSettings Settings()
        {
            _areas.Sort();
            return Trying(_contrast, _noise) with
            {
                TypicalArea = _areas[_areas.Count / 2] / (_bin * _bin),
                Background = _background,
                Level = _level,
            };
        }

        private SegmenterSettings Trying(double contrast, double noise) => new()
        {
            Bin = _bin,
            SmoothPx = SmoothPx,
            Dark = Dark,
            Contrast = contrast,
            Noise = noise,
            MinArea = MinArea,
            ZeroCounts = zero,
            BackgroundPx = _backgroundPx,
        };

        /// <summary>Noise of the smoothed frame, fraction of its level; 0 where it cannot be told.</summary>
        public double NoiseOf(Frame frame, Frame? next)
        {
            using var work = WorkImage.Bin(frame, _bin, zero);
            using var smooth = WorkImage.Smooth(work, SmoothPx);
            var level = ClassicalSegmenter.Median(smooth);
            return level > 0 ? NoiseOf(smooth, next, level) : 0;
        }

        // A mean over that many frame pixels is as calm as a Gaussian of the same noise area, 4 pi sigma^2.
        private double NoiseOver(double area)
        {
            var wanted = Math.Sqrt(area / (4 * Math.PI));
            if (noiseByScale.Length == 0)
            {
                return double.MaxValue;
            }

            var last = noiseByScale[^1];
            if (wanted >= last.Sigma)
            {
                return last.Noise * last.Sigma / wanted;
            }

            for (var i = noiseByScale.Length - 2; i >= 0; i--)
            {
                var (low, high) = (noiseByScale[i], noiseByScale[i + 1]);
                if (wanted >= low.Sigma)
                {
                    var t = Math.Log(wanted / low.Sigma) / Math.Log(high.Sigma / low.Sigma);
                    return low.Noise * Math.Pow(high.Noise / low.Noise, t);
                }
            }

            return noiseByScale[0].Noise;
        }

        private double NoiseOf(Mat smooth, Frame? next, double level)
        {
            using var difference = new Mat();
            double root;
            if (next is not null)
            {
                using var work = WorkImage.Bin(next, _bin, zero);
                using var other = WorkImage.Smooth(work, SmoothPx);
                var nextLevel = ClassicalSegmenter.Median(other);
                if (nextLevel > 0)
                {
                    Cv2.AddWeighted(smooth, 1 / level, other, -1 / nextLevel, 0, difference);
                    root = Deviation(difference) / Math.Sqrt(2);
                    if (root > 0)
                    {
                        return root;
                    }
                }
            }

            // One frame, or a repeated one: what a wider smoothing takes away. White noise loses 1 - 2/(1+k) + 1/k of itself for k = ratio of variances.
            var own = Math.Max(SmoothPx, 0.45);
            using var wide = WorkImage.Smooth(smooth, own);
            Cv2.Subtract(smooth, wide, difference);
            root = Deviation(difference) / level;
            return root / Math.Sqrt(1 - (4.0 / 3) + 0.5);
        }

        // Standard deviation from the median absolute deviation: particles that move are a minority.
        private static double Deviation(Mat image)
        {
            using var absolute = new Mat();
            using Mat centred = image - new Scalar(ClassicalSegmenter.Median(image));
            Cv2.Absdiff(centred, new Scalar(0), absolute);
            return 1.4826 * ClassicalSegmenter.Median(absolute);
        }

        // Mean contrast of the pieces that cannot be noise; their blurred rims make it a tenth too low.
        private double Strength(IReadOnlyList<Blob> blobs)
        {
            double area = 0, sum = 0;
            foreach (var blob in blobs)
            {
                if (blob.Contrast / NoiseOver(blob.Area) >= LeastSnr)
                {
                    area += blob.Area;
                    sum += blob.Area * blob.Contrast;
                }
            }

            return area > 0 ? 1.1 * sum / area : 0;
        }
    }
}
