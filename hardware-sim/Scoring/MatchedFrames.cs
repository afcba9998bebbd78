using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Scoring;

/// <summary>A possible pair: a row of truth and a row of the prediction in one frame that are near enough to be looked at.</summary>
/// <param name="Truth">Row of the truth.</param>
/// <param name="Prediction">Row of the prediction.</param>
/// <param name="Similarity">1 - d / minor length of the truth, above 0.</param>
/// <param name="InGate">Whether d is within the gate.</param>
internal readonly record struct Pair(int Truth, int Prediction, double Similarity, bool InGate);

/// <summary>What one frame holds after the rows that do not count are gone.</summary>
/// <param name="Truth">Rows of truth that count.</param>
/// <param name="Predictions">Rows of the prediction that count.</param>
/// <param name="Pairs">Possible pairs between these.</param>
internal sealed record FramePairs(int[] Truth, int[] Predictions, Pair[] Pairs);

/// <summary>Finds possible pairs frame by frame and sets aside what does not count.</summary>
internal sealed class MatchedFrames
{
    /// <summary>Below this visible fraction a row of truth is ignored.</summary>
    public const double LeastVisible = 0.25;

    private readonly PointTable _truth;
    private readonly PointTable _predicted;
    private readonly double[] _truthX;
    private readonly double[] _truthY;
    private readonly double[] _x;
    private readonly double[] _y;
    private readonly double[]? _minor;
    private readonly double? _gatePx;
    private readonly bool[] _ignored;

    public MatchedFrames(PointTable truth, PointTable predicted, double? gatePx)
    {
        _truth = truth;
        _predicted = predicted;
        _gatePx = gatePx;
        _truthX = truth.Column("x") ?? [];
        _truthY = truth.Column("y") ?? [];
        _x = predicted.Column("x") ?? [];
        _y = predicted.Column("y") ?? [];
        _minor = truth.Column("minor_px");
        if (gatePx is null && truth.Count > 0 && (_minor is null || _minor.Any(m => !(m > 0))))
        {
            throw new InputException($"{truth.Source}: no minor_px to take half of as the gate; give --gate-px");
        }

        var visible = truth.Column("visible");
        _ignored = new bool[truth.Count];
        for (var i = 0; i < _ignored.Length; i++)
        {
            _ignored[i] = visible?[i] < LeastVisible || (truth.Flags?[i].Contains("outside", StringComparison.Ordinal) ?? false);
        }

        Frames = [.. truth.FrameNumbers.Union(predicted.FrameNumbers).Order().Select(Count)];
    }

    /// <summary>The frames, rising.</summary>
    public IReadOnlyList<FramePairs> Frames { get; }

    /// <summary>Rows of truth that are set aside.</summary>
    public long Ignored => _ignored.LongCount(i => i);

    /// <summary>Pairs of greatest number and, among those, of least squared distance: the frame-wise optimal assignment within the gate.</summary>
    /// <param name="frame">One frame.</param>
    /// <param name="allowed">Which pairs may match, or null for all in the gate.</param>
    public static List<Pair> Assign(FramePairs frame, Func<Pair, bool>? allowed = null) =>
        Solve(frame.Truth, frame.Predictions, frame.Pairs.Where(p => p.InGate && (allowed?.Invoke(p) ?? true)), Closeness);

    /// <summary>The matching of greatest total weight.</summary>
    public static List<Pair> Solve(int[] truth, int[] predictions, IEnumerable<Pair> pairs, Func<Pair, double> weight)
    {
        // Rows of a frame are contiguous before anything is set aside, but not after: look them up.
        var rows = Index(truth);
        var columns = Index(predictions);
        var edges = new List<(int, int, double)>();
        var byEnds = new Dictionary<(int, int), Pair>();
        foreach (var pair in pairs)
        {
            var (row, column) = (rows[pair.Truth], columns[pair.Prediction]);
            edges.Add((row, column, weight(pair)));
            byEnds[(row, column)] = pair;
        }

        var result = SparseAssignment.Solve(truth.Length, predictions.Length, edges);
        var matches = new List<Pair>();
        for (var row = 0; row < result.Length; row++)
        {
            if (result[row] >= 0)
            {
                matches.Add(byEnds[(row, result[row])]);
            }
        }

        return matches;
    }

    // Every pair is worth more than all distances together could cost, so that the number of pairs comes first.
    private static double Closeness(Pair pair) => 1e6 - ((1 - pair.Similarity) * (1 - pair.Similarity));

    private static Dictionary<int, int> Index(int[] rows)
    {
        var index = new Dictionary<int, int>(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            index[rows[i]] = i;
        }

        return index;
    }

    private FramePairs Count(int frame)
    {
        var (firstTruth, truthCount) = _truth.Rows(frame);
        var (first, count) = _predicted.Rows(frame);
        var truth = Enumerable.Range(firstTruth, truthCount).ToArray();
        var predictions = Enumerable.Range(first, count).ToArray();
        var all = new FramePairs(truth, predictions, Near(truth, predictions));
        if (!truth.Any(i => _ignored[i]))
        {
            return all;
        }

        // A prediction that matches an ignored particle is set aside with it.
        var aside = Assign(all).Where(p => _ignored[p.Truth]).Select(p => p.Prediction).ToHashSet();
        return new FramePairs(
            [.. truth.Where(i => !_ignored[i])],
            [.. predictions.Where(i => !aside.Contains(i))],
            [.. all.Pairs.Where(p => !_ignored[p.Truth] && !aside.Contains(p.Prediction))]);
    }

    private Pair[] Near(int[] truth, int[] predictions)
    {
        if (truth.Length == 0 || predictions.Length == 0)
        {
            return [];
        }

        var cell = Math.Max(1e-3, truth.Max(i => Math.Max(Scale(i), Gate(i))));
        var grid = new Dictionary<(long, long), List<int>>();
        foreach (var j in predictions)
        {
            var key = ((long)Math.Floor(_x[j] / cell), (long)Math.Floor(_y[j] / cell));
            if (!grid.TryGetValue(key, out var list))
            {
                grid[key] = list = [];
            }

            list.Add(j);
        }

        var pairs = new List<Pair>();
        foreach (var i in truth)
        {
            var (cx, cy) = ((long)Math.Floor(_truthX[i] / cell), (long)Math.Floor(_truthY[i] / cell));
            for (var gy = cy - 1; gy <= cy + 1; gy++)
            {
                for (var gx = cx - 1; gx <= cx + 1; gx++)
                {
                    if (!grid.TryGetValue((gx, gy), out var list))
                    {
                        continue;
                    }

                    foreach (var j in list)
                    {
                        var distance = Math.Sqrt(Math.Pow(_x[j] - _truthX[i], 2) + Math.Pow(_y[j] - _truthY[i], 2));
                        var similarity = Math.Max(0, 1 - (distance / Scale(i)));
                        var inGate = distance <= Gate(i);
                        if (inGate || similarity > 0)
                        {
                            pairs.Add(new Pair(i, j, similarity, inGate));
                        }
                    }
                }
            }
        }

        return [.. pairs];
    }

    private double Gate(int row) => _gatePx ?? (_minor![row] / 2);

    private double Scale(int row) => _minor is not null && _minor[row] > 0 ? _minor[row] : 2 * _gatePx!.Value;
}
