using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Learns the blur of edges and the noise of a recording from its first frames, by fitting its particles and looking at what is left.</summary>
/// <remarks>The residuals of the fits are the noise itself, seen through the same pixels and with motion and background taken off; their
/// neighbour products give its correlation. Edges are left out of both, since a shape that is not quite right shows there.</remarks>
internal static class RecordingCalibrator
{
    private const int MostParticles = 60;
    private const int MostFrames = 2;
    private const int MostBlobs = 70;
    private const double NearPx = 12;
    private const int FewestFree = 6;
    private const double WideRange = 2.5;

    // Two layers start from what single particles say; a stray one in the wrong layer must not drag its blur away.
    private const double NarrowRange = 1.3;

    // Even those that stand freest among two layers are covered here and there, and then pass for another shape.
    private const double DominantOfLayers = 0.5;
    private const int GridBlurs = 13;
    private const double LeastBlur = 0.7;
    private const double MostBlur = 4.2;
    private const double LeastApart = 1.2;
    private const double MostSay = 20;
    private const double MostOfBestMisfit = 1.3;
    private const double LeastAspectOfBars = 1.06;
    private const double FewestRegular = 0.25;
    private const int Rounds = 2;

    // Pieces that are particles already include those that others cover: it takes longer until all of a pile fit together.
    private const int RoundsOfSeparated = 3;
    private const int SweepsOfSeparated = 2;

    /// <summary>Blur of edges before any is measured, px.</summary>
    public const double FirstBlur = 1.2;

    /// <summary>First guess of the noise, before any particle is fitted.</summary>
    /// <param name="frames">First frames, in order.</param>
    /// <param name="zero">Counts without beam.</param>
    public static NoiseModel Guess(IReadOnlyList<Frame> frames, double zero)
    {
        var first = frames[0];
        var n = first.Height * first.Width;
        var a = new float[n];
        first.CopyTo(a);
        var level = MedianOf(a) - zero;
        double variance = 0;
        for (var k = 1; k < frames.Count && variance <= 0; k++)
        {
            var b = new float[n];
            frames[k].CopyTo(b);
            var ratio = level > 0 ? level / Math.Max(1e-6, MedianOf(b) - zero) : 1;
            for (var i = 0; i < n; i++)
            {
                b[i] = (float)(((b[i] - zero) * ratio) - (a[i] - zero));
            }

            variance = Spread(b) / 2;
        }

        if (variance <= 0)
        {
            // One frame: differences of neighbours two apart, less touched by the detector's blur than adjacent ones.
            var d = new float[Math.Max(1, n - 2)];
            for (var i = 0; i + 2 < n; i++)
            {
                d[i] = a[i + 2] - a[i];
            }

            variance = Spread(d) / 2;
        }

        variance = Math.Max(variance, 1e-6 * Math.Max(1, level * level));
        double[] white = [1, 0, 0, 0];
        return level > 0 ? new NoiseModel(0, variance / level, white, white) : new NoiseModel(variance, 0, white, white);
    }

    /// <summary>Finds the edge blur that explains the particles best, and the noise that is left.</summary>
    /// <param name="frames">First frames.</param>
    /// <param name="segmentations">Their segmentations.</param>
    /// <param name="symmetries">Symmetries that particles may have; empty for any.</param>
    /// <param name="noise">First guess of the noise.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <param name="layers">Layers to tell apart: 1 or 2.</param>
    /// <returns>Noise, blur and, by layer, what the particles are like; the guesses where no particle could be fitted.</returns>
    public static (ImagingModel Imaging, Population[] Populations) Learn(
        IReadOnlyList<Frame> frames, IReadOnlyList<Segmentation> segmentations, IReadOnlyList<int> symmetries, NoiseModel noise, double zero, int layers)
    {
        var imaging = new ImagingModel(noise, new EdgeBlur(FirstBlur), zero);
        var backgrounds = segmentations.Select(s => s.Background).ToList();
        Population[] populations = [Population.Unknown, Population.Unknown, Population.Unknown];
        var rounds = (segmentations[0].IsSeparated ? RoundsOfSeparated : Rounds) + layers - 1;
        for (var round = 0; round < rounds; round++)
        {
            var fitted = FitAll(frames, segmentations, symmetries, imaging, populations, layers, round, regularOnly: false);
            if (round == 0 && segmentations[0].IsSeparated && fitted.Count < FewestRegular * segmentations[0].Blobs.Count)
            {
                // While neither the noise's correlation nor the blur is known, nearly all may look irregular, and nothing would be left to learn them from.
                fitted = FitAll(frames, segmentations, symmetries, imaging, populations, layers, round, regularOnly: true);
            }

            if (fitted.Count == 0)
            {
                break;
            }

            if (layers == 2 && round == 0)
            {
                imaging = imaging with { Blurs = TwoBlurs(frames, backgrounds, fitted, imaging) };
                continue;
            }

            imaging = Measure(frames, backgrounds, fitted, imaging, layers == 2 ? NarrowRange : WideRange);
        }

        return (imaging, populations);
    }

    /// <summary>Measures blur, noise and sizes again on particles of two layers that were all found.</summary>
    /// <param name="frames">Frames.</param>
    /// <param name="backgrounds">Their backgrounds.</param>
    /// <param name="found">Their particles, fitted.</param>
    /// <param name="imaging">What was known of blur and noise.</param>
    /// <param name="populations">By layer, what was known of the particles.</param>
    /// <param name="symmetries">Symmetries that particles may have; empty for any.</param>
    public static (ImagingModel Imaging, Population[] Populations) Relearn(
        IReadOnlyList<Frame> frames, IReadOnlyList<BackgroundMap> backgrounds, IReadOnlyList<List<Hypothesis>> found, ImagingModel imaging, Population[] populations, IReadOnlyList<int> symmetries)
    {
        var samples = new List<Sample>();
        for (var f = 0; f < found.Count; f++)
        {
            foreach (var one in found[f].Where(h => h.Fit.Converged && !h.Blob.AtBorder && h.Snr >= 8 && h.Pose.Kind != ShapeKind.Irregular))
            {
                samples.Add(SampleOf(f, one, found[f]));
            }
        }

        if (samples.Count == 0)
        {
            return (imaging, populations);
        }

        var single = Single([.. samples.Select(s => s.Pose.Contrast)]);
        samples.RemoveAll(s => StackSplitter.IsTooDark(s.Pose.Contrast, single));

        var best = samples.GroupBy(s => s.Pose.Layer).OrderBy(g => g.Key).SelectMany(g => BestExplained([.. g])).ToList();
        var of = Population.Of([.. best.Select(s => s.Pose)], DominantOfLayers);
        imaging = imaging with { Blurs = TwoBlurs(frames, backgrounds, samples, imaging) };
        imaging = imaging with { Noise = Residuals(frames, backgrounds, best, imaging) ?? imaging.Noise };
        if (ShapeOfAll(frames[0], backgrounds[0], found[0], imaging, symmetries) is { } right && right.Dominant != populations[0].Dominant)
        {
            of = right;
        }

        return (imaging, of.Dominant is null ? populations : [of, of, of]);
    }

    // The shape that explains the freest of them best, all taken together: alone, at a low dose, a blurred square passes for a hexagon.
    private static Population? ShapeOfAll(Frame frame, BackgroundMap background, List<Hypothesis> found, ImagingModel imaging, IReadOnlyList<int> symmetries)
    {
        var fitter = new FrameFitter(imaging, symmetries, regularOnly: true);
        var freest = found.Where(h => h.Fit.Converged && !h.Blob.AtBorder).OrderByDescending(h => h.GapOfAny).ThenBy(h => h.Pose.X).Take(MostParticles / 2).ToList();
        var anew = freest.ConvertAll(h => new Hypothesis { Whole = true, Pose = h.Pose });
        fitter.FitSome(frame, background, anew, [.. found.Except(freest)]);
        var worth = new Dictionary<ShapeKind, double>();
        foreach (var one in anew.Where(h => h.Fits.Count > 1))
        {
            var top = one.Fits.Max(f => f.LogEvidence);
            foreach (var kind in anew.SelectMany(h => h.Fits).Select(f => f.Kind).Distinct())
            {
                var own = one.Fits.Where(f => f.Kind == kind).Select(f => f.LogEvidence - top).DefaultIfEmpty(-MostSay).Max();
                worth[kind] = worth.GetValueOrDefault(kind) + Math.Max(own, -MostSay);
            }
        }

        if (worth.Count == 0)
        {
            return null;
        }

        var best = worth.OrderByDescending(w => w.Value).ThenBy(w => w.Key).First().Key;
        if (best == ShapeKind.Bar && worth.ContainsKey(ShapeKind.Square) && IsAsWideAsLong(anew))
        {
            // A free aspect makes up for a blur that is slightly off, or for the rim of a neighbour that nobody knows of.
            best = ShapeKind.Square;
        }

        return Population.Of([.. anew.SelectMany(h => h.Fits).Where(f => f.Kind == best).Select(f => f.Fit.Pose)], DominantOfLayers);
    }

    private static bool IsAsWideAsLong(List<Hypothesis> fitted)
    {
        var aspects = fitted.SelectMany(h => h.Fits).Where(f => f.Kind == ShapeKind.Bar).Select(f => f.Fit.Pose.Major / f.Fit.Pose.Minor).Order().ToArray();
        return aspects[aspects.Length / 2] < LeastAspectOfBars;
    }

    // Blur of each layer and noise, on particles that were fitted.
    private static ImagingModel Measure(
        IReadOnlyList<Frame> frames, IReadOnlyList<BackgroundMap> backgrounds, List<Sample> samples, ImagingModel imaging, double range)
    {
        foreach (var layer in samples.GroupBy(s => s.Pose.Layer).OrderBy(g => g.Key))
        {
            imaging = imaging with { Blurs = imaging.Blurs.With(layer.Key, BestBlur(frames, backgrounds, [.. layer], imaging, layer.Key, range)) };
        }

        if (imaging.Blurs.First > imaging.Blurs.Second)
        {
            // The first layer is the sharper one.
            imaging = imaging with { Blurs = new EdgeBlur(imaging.Blurs.Second, imaging.Blurs.First) };
        }

        return imaging with { Noise = Residuals(frames, backgrounds, samples, imaging) ?? imaging.Noise };
    }

    private static Sample SampleOf(int frame, Hypothesis one, List<Hypothesis> all)
    {
        var near = all.Where(o => o != one && Math.Abs(o.Pose.X - one.Pose.X) < o.Pose.Reach + one.Pose.Reach + NearPx
            && Math.Abs(o.Pose.Y - one.Pose.Y) < o.Pose.Reach + one.Pose.Reach + NearPx).Select(o => o.Pose).ToArray();
        return new Sample(frame, one.Pose, near, one.Snr, one.Fit.ChiSquare / Math.Max(1, one.Fit.Pixels), one.GapOfAny, Math.Max(1, one.Fit.Pixels));
    }

    private static List<Sample> FitAll(
        IReadOnlyList<Frame> frames, IReadOnlyList<Segmentation> segmentations, IReadOnlyList<int> symmetries, ImagingModel imaging, Population[] populations, int layers, int round, bool regularOnly)
    {
        var fitted = new List<Sample>();
        var fitter = new FrameFitter(imaging, symmetries, regularOnly);
        for (var layer = 0; layer < populations.Length; layer++)
        {
            fitter.Expect(layer, populations[layer]);
        }

        var clear = new List<ShapePose>();
        var step = Math.Max(1, (frames.Count + MostFrames - 1) / MostFrames);
        for (var f = 0; f < frames.Count; f += step)
        {
            var hypotheses = segmentations[f].Blobs.Select(b => FirstGuess(b, segmentations[f])).ToList();

            // Many particles tell no more than some: a compact crowd is fitted, and those inside it, whose neighbours are fitted too, are used.
            var middle = segmentations[f].IsSeparated ? Loners(hypotheses) : Crowd(hypotheses, frames[f]);
            for (var sweep = 0; sweep < (segmentations[f].IsSeparated ? SweepsOfSeparated : 1); sweep++)
            {
                fitter.Fit(frames[f], segmentations[f].Background, hypotheses);
            }

            if (layers == 2 && round > 0)
            {
                fitter.SortByFocus(frames[f], segmentations[f].Background, hypotheses);
                fitter.Fit(frames[f], segmentations[f].Background, hypotheses);
            }

            var some = hypotheses.Take(middle).ToList();
            foreach (var h in some)
            {
                if (!h.Fit.Converged || h.Blob.AtBorder || h.Snr < 8 || h.Unexplained > 0.5)
                {
                    continue;
                }

                // What others cover may look like anything.
                if (h.GapOfAny > -1 || !segmentations[f].IsSeparated)
                {
                    clear.Add(h.Pose);
                }

                if (h.Pose.Kind != ShapeKind.Irregular)
                {
                    fitted.Add(SampleOf(f, h, hypotheses));
                }
            }
        }

        if (layers == 2)
        {
            // Two that lie exactly over each other stand as clear as one.
            var single = Single([.. clear.Select(p => p.Contrast), .. fitted.Select(s => s.Pose.Contrast)]);
            clear.RemoveAll(p => StackSplitter.IsTooDark(p.Contrast, single));
            fitted.RemoveAll(s => StackSplitter.IsTooDark(s.Pose.Contrast, single));
        }

        // Both layers hold the same kind of particle more often than not, and one alone may show too few to tell.
        var population = layers == 2 ? Population.Of(clear, DominantOfLayers) : Population.Of(clear);
        if (layers == 2 && population.Dominant is null)
        {
            // Hardly any stands clear: then those count that a shape explains well.
            population = Population.Of([.. fitted.OrderBy(s => s.Misfit).Take(fitted.Count / 2).Select(s => s.Pose)], DominantOfLayers);
        }

        Array.Fill(populations, population);

        return [.. fitted.GroupBy(s => s.Pose.Layer).OrderBy(g => g.Key).SelectMany(g => BestExplained([.. g]))];
    }

    // Contrast of one particle where some lie over each other and look like one: singles are the faintest of what was fitted.
    private static double Single(List<double> contrasts) => contrasts.Count == 0 ? 0 : contrasts.OrderBy(Math.Abs).ElementAt(contrasts.Count / 5);

    // Those that the model explains best are what it can be calibrated on.
    private static IEnumerable<Sample> BestExplained(List<Sample> fitted) => Uncovered(fitted)
        .OrderBy(s => s.Misfit).ThenBy(s => s.Frame).ThenBy(s => s.Pose.X).Take(Math.Max(6, fitted.Count * 2 / 3))
        .OrderByDescending(s => s.Snr).ThenBy(s => s.Frame).ThenBy(s => s.Pose.X).Take(MostParticles);

    /// <summary>The hypothesis that a piece of the mask suggests by itself.</summary>
    /// <param name="blob">The piece.</param>
    /// <param name="segmentation">Where it comes from.</param>
    /// <param name="whole">True where the piece is a component of its own and shows all of the particle.</param>
    public static Hypothesis FirstGuess(in Blob blob, Segmentation segmentation, bool whole = true) => new()
    {
        Blob = blob,
        Whole = whole,
        Pose = GuessPose(blob, segmentation.Dark),
    };

    /// <summary>The bar with the second moments of a piece of the mask.</summary>
    public static ShapePose GuessPose(in Blob blob, bool dark) =>
        new(ShapeKind.Bar, blob.X, blob.Y, blob.Angle, Math.Max(1, blob.HalfMajor), Math.Max(1, blob.HalfMinor), (dark ? 1 : -1) * blob.Contrast * 1.1)
        {
            Layer = blob.Layer,
        };

    // Keeps the particles nearest to the middle of the frame, in order of distance; returns how many of them have all their neighbours kept.
    private static int Crowd(List<Hypothesis> hypotheses, Frame frame)
    {
        double Distance(Hypothesis h) => Math.Pow(h.Pose.X - (frame.Width / 2.0), 2) + Math.Pow(h.Pose.Y - (frame.Height / 2.0), 2);
        if (hypotheses.Count <= MostBlobs)
        {
            return hypotheses.Count;
        }

        hypotheses.Sort((a, b) => Distance(a).CompareTo(Distance(b)));
        hypotheses.RemoveRange(MostBlobs, hypotheses.Count - MostBlobs);
        return MostBlobs / 2;
    }

    private static double BestBlur(
        IReadOnlyList<Frame> frames, IReadOnlyList<BackgroundMap> backgrounds, List<Sample> samples, ImagingModel imaging, int layer, double range)
    {
        var blur = imaging.Blurs.Of(layer);
        double Cost(double candidate) => samples.Sum(sample => CostOf(frames, backgrounds, sample, imaging with { Blurs = imaging.Blurs.With(layer, candidate) }));

        // Golden section in the logarithm of the blur.
        var low = Math.Log(Math.Max(0.45, blur / range));
        var high = Math.Log(Math.Min(4, blur * range));
        var golden = (Math.Sqrt(5) - 1) / 2;
        var a = high - (golden * (high - low));
        var b = low + (golden * (high - low));
        double costA = Cost(Math.Exp(a)), costB = Cost(Math.Exp(b));
        for (var i = 0; i < 9; i++)
        {
            if (costA < costB)
            {
                high = b;
                b = a;
                costB = costA;
                a = high - (golden * (high - low));
                costA = Cost(Math.Exp(a));
            }
            else
            {
                low = a;
                a = b;
                costA = costB;
                b = low + (golden * (high - low));
                costB = Cost(Math.Exp(b));
            }
        }

        return Math.Exp((low + high) / 2);
    }

    // Edges that lie over other particles are the less sure of; they count only where there are too few others.
    private static List<Sample> Uncovered(List<Sample> samples)
    {
        var free = samples.Where(s => s.Gap > -1).ToList();
        return free.Count >= FewestFree ? free : [.. samples.OrderByDescending(s => s.Gap).Take(FewestFree)];
    }

    // Puts those first that stand freest, then all that stand near them; returns how many of the free ones there are.
    private static int Loners(List<Hypothesis> hypotheses)
    {
        if (hypotheses.Count <= MostBlobs / 2)
        {
            return hypotheses.Count;
        }

        double Room(Hypothesis h) => h.Blob.AtBorder ? double.NegativeInfinity : hypotheses.Where(o => o != h).Min(o => Distance(o, h) - o.Pose.S1 - h.Pose.S1);
        var free = hypotheses.OrderByDescending(Room).ThenBy(h => h.Pose.X).Take(MostBlobs / 2).ToList();
        var near = hypotheses.Except(free).Where(o => free.Exists(h => Distance(o, h) < o.Pose.Reach + h.Pose.Reach + NearPx)).ToList();
        hypotheses.Clear();
        hypotheses.AddRange(free);
        hypotheses.AddRange(near);
        return free.Count;

        static double Distance(Hypothesis a, Hypothesis b) => Math.Sqrt(Math.Pow(a.Pose.X - b.Pose.X, 2) + Math.Pow(a.Pose.Y - b.Pose.Y, 2));
    }

    // The two blurs of which each particle may take the better one, on a grid: which layer it was taken for does not matter, and one that tells little has little say.
    private static EdgeBlur TwoBlurs(IReadOnlyList<Frame> frames, IReadOnlyList<BackgroundMap> backgrounds, List<Sample> samples, ImagingModel imaging)
    {
        var grid = Enumerable.Range(0, GridBlurs).Select(i => LeastBlur * Math.Pow(MostBlur / LeastBlur, i / (GridBlurs - 1.0))).ToArray();

        // In one of the layers all may be covered: those that stand freest of either.
        var some = samples.GroupBy(s => s.Pose.Layer).OrderBy(g => g.Key)
            .SelectMany(g => g.OrderByDescending(s => s.Gap).ThenBy(s => s.Frame).ThenBy(s => s.Pose.X).Take(MostParticles / 2)).ToList();
        var costs = new double[some.Count][];
        var misfits = new double[some.Count];
        for (var i = 0; i < costs.Length; i++)
        {
            costs[i] = [.. grid.Select(blur => CostOf(frames, backgrounds, some[i], imaging with { Blurs = imaging.Blurs.With(some[i].Pose.Layer, blur) }))];
            var least = costs[i].Min();
            misfits[i] = least / some[i].Pixels;

            // By what its best fit leaves over: a particle that lies over something unknown would shout loudest.
            var scale = 2 * Math.Max(imaging.Noise.Excess, least / some[i].Pixels);
            for (var k = 0; k < grid.Length; k++)
            {
                costs[i][k] = Math.Min(MostSay, (costs[i][k] - least) / scale);
            }
        }

        // Several particles taken for one are explained by no blur, and least badly by a wide one: only those that are as well explained as the best are heard.
        var ceiling = MostOfBestMisfit * misfits.Order().ElementAt(misfits.Length / 4);
        costs = [.. costs.Where((_, i) => misfits[i] <= ceiling)];

        var (first, second, lowest) = (0, 0, double.PositiveInfinity);
        for (var a = 0; a < grid.Length; a++)
        {
            for (var b = a; b < grid.Length; b++)
            {
                var sum = costs.Sum(c => Math.Min(c[a], c[b]));
                if (sum < lowest)
                {
                    (first, second, lowest) = (a, b, sum);
                }
            }
        }

        // Less apart than this they are one layer as far as focus can tell.
        return new EdgeBlur(grid[first], Math.Max(grid[second], LeastApart * grid[first]));
    }

    private static double CostOf(IReadOnlyList<Frame> frames, IReadOnlyList<BackgroundMap> backgrounds, Sample sample, ImagingModel imaging)
    {
        var fitter = new PoseFitter(imaging);
        // The box must not follow the blur: all candidates are judged on the same pixels.
        return fitter.Load(frames[sample.Frame], backgrounds[sample.Frame], sample.Pose, sample.Near, margin: 7) ? fitter.Fit(sample.Pose, null, 5).ChiSquare : 0;
    }

    private static NoiseModel? Residuals(
        IReadOnlyList<Frame> frames, IReadOnlyList<BackgroundMap> backgrounds, List<Sample> samples, ImagingModel imaging)
    {
        var tally = new NoiseTally();
        var fitter = new PoseFitter(imaging);
        foreach (var sample in samples)
        {
            if (fitter.Load(frames[sample.Frame], backgrounds[sample.Frame], sample.Pose, sample.Near, margin: 7))
            {
                fitter.Fit(sample.Pose, null, 5);
                fitter.Tally(tally);
            }
        }

        return tally.Solve();
    }

    private static double MedianOf(float[] values)
    {
        var some = Thin(values);
        Array.Sort(some);
        return some[some.Length / 2];
    }

    private static double Spread(float[] values)
    {
        var some = Thin(values);
        Array.Sort(some);
        var median = some[some.Length / 2];
        for (var i = 0; i < some.Length; i++)
        {
            some[i] = Math.Abs(some[i] - median);
        }

        Array.Sort(some);
        var root = 1.4826 * some[some.Length / 2];
        return root * root;
    }

    private static float[] Thin(float[] values)
    {
        var step = Math.Max(1, values.Length / 60_000);
        var some = new float[(values.Length + step - 1) / step];
        for (var i = 0; i < some.Length; i++)
        {
            some[i] = float.IsFinite(values[i * step]) ? values[i * step] : 0;
        }

        return some;
    }

    private readonly record struct Sample(int Frame, ShapePose Pose, ShapePose[] Near, double Snr, double Misfit, double Gap, int Pixels);
}
