namespace LiveLtem.HardwareSim.Scoring;

/// <summary>The measures of whole tracks: CLEAR MOT, IDF1 and HOTA, each as the reference evaluation TrackEval defines it.</summary>
internal static class TrackMeasures
{
    /// <summary>CLEAR MOT: pairs of the frame before are kept while they hold, the rest is assigned by similarity.</summary>
    public static ClearMotScore ClearMot(IReadOnlyList<FramePairs> frames, int[] truthIds, int[] predictedIds)
    {
        var lastTrack = new Dictionary<int, int>();
        HashSet<int> before = [];
        var stretches = new Dictionary<int, int>();
        long truth = 0, found = 0, missed = 0, wrong = 0, switches = 0;
        var similarity = 0.0;
        foreach (var (frame, matches) in KeepingPairs(frames, truthIds, predictedIds))
        {
            var now = new HashSet<int>();
            foreach (var pair in matches)
            {
                var particle = truthIds[pair.Truth];
                var track = predictedIds[pair.Prediction];
                if (lastTrack.TryGetValue(particle, out var last) && last != track)
                {
                    switches++;
                }

                lastTrack[particle] = track;
                if (!before.Contains(particle))
                {
                    stretches[particle] = stretches.GetValueOrDefault(particle) + 1;
                }

                now.Add(particle);
                similarity += pair.Similarity;
            }

            before = now;
            truth += frame.Truth.Length;
            found += matches.Count;
            missed += frame.Truth.Length - matches.Count;
            wrong += frame.Predictions.Length - matches.Count;
        }

        var mota = truth == 0 ? (wrong == 0 ? 1 : 0) : 1 - ((missed + wrong + switches) / (double)truth);
        return new ClearMotScore(mota, found == 0 ? null : similarity / found, switches, stretches.Values.Sum(n => (long)n - 1), wrong, missed);
    }

    /// <summary>How often the layer given to a particle differs from the one given to it in the frame before.</summary>
    public static LayerStability LayerFlips(IReadOnlyList<FramePairs> frames, int[] truthIds, int[] predictedIds, double[] layer)
    {
        long flips = 0, steps = 0;
        var before = new Dictionary<int, double>();
        foreach (var (_, matches) in KeepingPairs(frames, truthIds, predictedIds))
        {
            var now = new Dictionary<int, double>();
            foreach (var pair in matches)
            {
                var particle = truthIds[pair.Truth];
                now[particle] = layer[pair.Prediction];
                if (before.TryGetValue(particle, out var last))
                {
                    steps++;
                    flips += last != now[particle] ? 1 : 0;
                }
            }

            before = now;
        }

        return new LayerStability(flips, steps);
    }

    /// <summary>IDF1: the assignment of tracks to particles over the whole movie that shares the most frames.</summary>
    public static IdentityScore Identity(IReadOnlyList<FramePairs> frames, int[] truthIds, int[] predictedIds, int particles, int tracks)
    {
        long truth = 0, predicted = 0;
        var shared = new Dictionary<(int, int), long>();
        foreach (var frame in frames)
        {
            truth += frame.Truth.Length;
            predicted += frame.Predictions.Length;
            foreach (var pair in frame.Pairs)
            {
                if (pair.InGate)
                {
                    var key = (truthIds[pair.Truth], predictedIds[pair.Prediction]);
                    shared[key] = shared.GetValueOrDefault(key) + 1;
                }
            }
        }

        var chosen = SparseAssignment.Solve(particles, tracks, [.. shared.Select(s => (s.Key.Item1, s.Key.Item2, (double)s.Value))]);
        long hits = 0;
        for (var particle = 0; particle < chosen.Length; particle++)
        {
            hits += chosen[particle] >= 0 ? shared[(particle, chosen[particle])] : 0;
        }

        return new IdentityScore(Ratio(2 * hits, truth + predicted), Ratio(hits, predicted), Ratio(hits, truth));
    }

    /// <summary>HOTA and its parts.</summary>
    public static HotaScore Hota(IReadOnlyList<FramePairs> frames, int[] truthIds, int[] predictedIds)
    {
        var (alignment, truthRows, trackRows) = Alignment(frames, truthIds, predictedIds);
        const int Thresholds = 19;
        var matched = new Dictionary<(int, int), long>[Thresholds];
        var found = new long[Thresholds];
        var located = new double[Thresholds];
        for (var a = 0; a < Thresholds; a++)
        {
            matched[a] = [];
        }

        long truth = 0, predicted = 0;
        foreach (var frame in frames)
        {
            truth += frame.Truth.Length;
            predicted += frame.Predictions.Length;
            var matches = MatchedFrames.Solve(
                frame.Truth, frame.Predictions, frame.Pairs, p => alignment[(truthIds[p.Truth], predictedIds[p.Prediction])] * p.Similarity);
            foreach (var pair in matches)
            {
                var key = (truthIds[pair.Truth], predictedIds[pair.Prediction]);
                for (var a = 0; a < Thresholds && pair.Similarity >= Alpha(a) - 1e-12; a++)
                {
                    matched[a][key] = matched[a].GetValueOrDefault(key) + 1;
                    found[a]++;
                    located[a] += pair.Similarity;
                }
            }
        }

        double hota = 0, detection = 0, association = 0, location = 0;
        for (var a = 0; a < Thresholds; a++)
        {
            var det = Ratio(found[a], truth + predicted - found[a]);
            var sum = matched[a].Sum(m => m.Value * (double)m.Value / Math.Max(1, truthRows[m.Key.Item1] + trackRows[m.Key.Item2] - m.Value));
            var ass = sum / Math.Max(1, found[a]);
            hota += Math.Sqrt(det * ass);
            detection += det;
            association += ass;
            // Without a match a threshold counts as perfectly located, as in the reference evaluation.
            location += found[a] == 0 ? 1 : located[a] / found[a];
        }

        return new HotaScore(hota / Thresholds, detection / Thresholds, association / Thresholds, location / Thresholds);
    }

    private static double Alpha(int index) => 0.05 * (index + 1);

    // How well two tracks fit over the whole movie: a soft Jaccard index that the frame-wise matching is weighted with.
    private static (Dictionary<(int, int), double> Alignment, Dictionary<int, long> TruthRows, Dictionary<int, long> TrackRows) Alignment(
        IReadOnlyList<FramePairs> frames, int[] truthIds, int[] predictedIds)
    {
        var potential = new Dictionary<(int, int), double>();
        var truthRows = new Dictionary<int, long>();
        var trackRows = new Dictionary<int, long>();
        var byTruth = new Dictionary<int, double>();
        var byPrediction = new Dictionary<int, double>();
        foreach (var frame in frames)
        {
            foreach (var row in frame.Truth)
            {
                truthRows[truthIds[row]] = truthRows.GetValueOrDefault(truthIds[row]) + 1;
            }

            foreach (var row in frame.Predictions)
            {
                trackRows[predictedIds[row]] = trackRows.GetValueOrDefault(predictedIds[row]) + 1;
            }

            byTruth.Clear();
            byPrediction.Clear();
            foreach (var pair in frame.Pairs)
            {
                byTruth[pair.Truth] = byTruth.GetValueOrDefault(pair.Truth) + pair.Similarity;
                byPrediction[pair.Prediction] = byPrediction.GetValueOrDefault(pair.Prediction) + pair.Similarity;
            }

            foreach (var pair in frame.Pairs)
            {
                var union = byTruth[pair.Truth] + byPrediction[pair.Prediction] - pair.Similarity;
                var key = (truthIds[pair.Truth], predictedIds[pair.Prediction]);
                potential[key] = potential.GetValueOrDefault(key) + (union > 0 ? pair.Similarity / union : 0);
            }
        }

        var alignment = potential.ToDictionary(p => p.Key, p => p.Value / (truthRows[p.Key.Item1] + trackRows[p.Key.Item2] - p.Value));
        return (alignment, truthRows, trackRows);
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 1 : (double)part / whole;

    // The pairs of each frame: those of the frame before are kept while they hold, the rest is assigned by similarity.
    private static IEnumerable<(FramePairs Frame, List<Pair> Matches)> KeepingPairs(IReadOnlyList<FramePairs> frames, int[] truthIds, int[] predictedIds)
    {
        var before = new Dictionary<int, int>();
        foreach (var frame in frames)
        {
            var kept = before;
            var matches = MatchedFrames.Solve(frame.Truth, frame.Predictions, frame.Pairs.Where(p => p.InGate), pair =>
            {
                var holds = kept.TryGetValue(truthIds[pair.Truth], out var track) && track == predictedIds[pair.Prediction];
                // Above any sum of similarities: keeping a pair comes first, then the number of pairs, then their closeness.
                return (holds ? 1e9 : 0) + 1e4 + pair.Similarity;
            });
            before = matches.ToDictionary(pair => truthIds[pair.Truth], pair => predictedIds[pair.Prediction]);
            yield return (frame, matches);
        }
    }
}
