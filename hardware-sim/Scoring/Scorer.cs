using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Scoring;

/// <summary>Judges a table of detections or tracks against the truth.</summary>
public static class Scorer
{
    /// <summary>Compares two tables.</summary>
    /// <param name="truth">What was there.</param>
    /// <param name="predicted">What was found.</param>
    /// <param name="gatePx">Greatest distance of a match, px; null: half of the truth's minor length.</param>
    /// <exception cref="InputException">There is neither a gate nor a minor length.</exception>
    public static ScoreReport Score(PointTable truth, PointTable predicted, double? gatePx = null)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(predicted);
        if (gatePx is { } gate && !(gate > 0 && double.IsFinite(gate)))
        {
            throw new InputException(FormattableString.Invariant($"--gate-px {gate}: must be above 0"));
        }

        var frames = new MatchedFrames(truth, predicted, gatePx);
        var all = new ErrorStatistics(truth, predicted);
        var clear = new ErrorStatistics(truth, predicted);
        var shapes = new SortedDictionary<string, (long Found, long There)>(StringComparer.Ordinal);
        var symmetry = (True: truth.Column("symmetry"), Predicted: predicted.Column("symmetry"));
        var states = new StateCounts(truth.Column("state"), predicted.Column("state"));
        long found = 0, wrong = 0, missed = 0, agreeing = 0;
        foreach (var frame in frames.Frames)
        {
            var matches = MatchedFrames.Assign(frame);
            found += matches.Count;
            wrong += frame.Predictions.Length - matches.Count;
            missed += frame.Truth.Length - matches.Count;
            CountShapes(truth.Shape, frame, matches, shapes);
            foreach (var pair in matches)
            {
                all.Add(pair);
                states.Add(pair);
                if (truth.Flags is null || truth.Flags[pair.Truth].Length == 0)
                {
                    clear.Add(pair);
                }

                agreeing += symmetry.True is { } t && symmetry.Predicted is { } p && t[pair.Truth] == p[pair.Prediction] ? 1 : 0;
            }
        }

        var tracked = truth.Id is not null && predicted.Id is not null;
        return new ScoreReport
        {
            Truth = found + missed,
            Ignored = frames.Ignored,
            Predicted = found + wrong,
            Detection = new DetectionScore(found, wrong, missed),
            LayerAware = LayerAware(frames.Frames, HasLayers(truth) ? truth.Column("layer") : null, predicted.Column("layer")),
            LayerFlips = tracked && HasLayers(truth) && predicted.Column("layer") is { } layer
                ? TrackMeasures.LayerFlips(frames.Frames, truth.Id!, predicted.Id!, layer)
                : null,
            RecallByShape = shapes.ToDictionary(s => s.Key, s => (double)s.Value.Found / s.Value.There),
            Errors = all.Result(),
            ErrorsOfClear = clear.Result(),
            SymmetryAccuracy = symmetry.True is null || symmetry.Predicted is null || found == 0 ? null : (double)agreeing / found,
            States = states.Result(),
            Mot = tracked ? TrackMeasures.ClearMot(frames.Frames, truth.Id!, predicted.Id!) : null,
            Identity = tracked
                ? TrackMeasures.Identity(frames.Frames, truth.Id!, predicted.Id!, truth.IdNames.Count, predicted.IdNames.Count)
                : null,
            Hota = tracked ? TrackMeasures.Hota(frames.Frames, truth.Id!, predicted.Id!) : null,
        };
    }

    private static void CountShapes(
        string[]? shape, FramePairs frame, List<Pair> matches, SortedDictionary<string, (long Found, long There)> shapes)
    {
        if (shape is null)
        {
            return;
        }

        var found = matches.Select(m => m.Truth).ToHashSet();
        foreach (var row in frame.Truth)
        {
            var (hits, there) = shapes.GetValueOrDefault(shape[row]);
            shapes[shape[row]] = (hits + (found.Contains(row) ? 1 : 0), there + 1);
        }
    }

    private static bool HasLayers(PointTable truth) => truth.Column("layer")?.Any(l => l != 0) ?? false;

    private static DetectionScore? LayerAware(IReadOnlyList<FramePairs> frames, double[]? trueLayer, double[]? layer)
    {
        if (trueLayer is null || layer is null)
        {
            return null;
        }

        long found = 0, wrong = 0, missed = 0;
        foreach (var frame in frames)
        {
            var matches = MatchedFrames.Assign(frame, pair => trueLayer[pair.Truth] == layer[pair.Prediction]);
            found += matches.Count;
            wrong += frame.Predictions.Length - matches.Count;
            missed += frame.Truth.Length - matches.Count;
        }

        return new DetectionScore(found, wrong, missed);
    }
}
