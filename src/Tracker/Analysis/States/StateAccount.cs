using LiveLtem.Core;

namespace LiveLtem.Tracker.Analysis.States;

/// <summary>Counts the time in each state and the moves between them, each by its chance.</summary>
internal sealed class StateAccount
{
    private double[] _time = [];
    private double[] _moves = [];
    private double[] _doubt = [];
    private double[] _gyration = [];
    private double[] _gyrationSquares = [];
    private double[] _length = [];
    private double[] _area = [];

    /// <summary>States.</summary>
    public int Count => _time.Length;

    /// <summary>Measurements.</summary>
    public long Points { get; private set; }

    /// <summary>Molecules.</summary>
    public int Molecules { get; private set; }

    /// <summary>Expected measurements in a state.</summary>
    public double Time(int state) => _time[state];

    /// <summary>Expected moves between successive frames, stays included.</summary>
    public double Moves(int from, int to) => _moves[(from * Count) + to];

    /// <summary>Variance that doubt about the states adds to <see cref="Moves"/>.</summary>
    public double Doubt(int from, int to) => _doubt[(from * Count) + to];

    /// <summary>Root of the mean squared radius of gyration in a state, px, and the error of it.</summary>
    public (double Value, double Err) Gyration(int state)
    {
        var n = Math.Max(_time[state], 1);
        var mean = _gyration[state] / n;
        var spread = Math.Sqrt(Math.Max(0, (_gyrationSquares[state] / n) - (mean * mean)) / n);
        var root = Math.Sqrt(Math.Max(mean, 0));
        return (root, root > 0 ? spread / (2 * root) : 0);
    }

    /// <summary>Mean end-to-end length in a state, px.</summary>
    public double Length(int state) => _length[state] / Math.Max(_time[state], 1);

    /// <summary>Mean area in a state, px^2.</summary>
    public double Area(int state) => _area[state] / Math.Max(_time[state], 1);

    public void Add(TrackPoint point, double[] chances, int state, bool isFirst)
    {
        Ensure(chances.Length);
        Points++;
        Molecules += isFirst ? 1 : 0;
        var features = point.Features!;
        for (var k = 0; k < chances.Length; k++)
        {
            _time[k] += chances[k];
            _gyration[k] += chances[k] * features.GyrationPx2;
            _gyrationSquares[k] += chances[k] * features.GyrationPx2 * features.GyrationPx2;
            _length[k] += chances[k] * features.EndToEndPx;
            _area[k] += chances[k] * features.AreaPx2;
        }
    }

    public void AddMoves(double[]? moves, int count)
    {
        Ensure(count);
        for (var i = 0; moves is not null && i < moves.Length; i++)
        {
            _moves[i] += moves[i];
            _doubt[i] += moves[i] * (1 - Math.Min(moves[i], 1));
        }
    }

    public string? Describe(StateModel? model)
    {
        if (model is null)
        {
            return null;
        }

        var parts = Enumerable.Range(0, model.Count).Select(k => FormattableString.Invariant(
            $"{k}: Rg2 {model.Means[k][0]:F0} ± {Math.Sqrt(model.Covariances[k][0]):F0} px2, {(Count > 0 ? Time(k) / Math.Max(Points, 1) : model.Start[k]):P0}, leaves {(Count > 0 ? 1 - (Moves(k, k) / Math.Max(1e-9, Enumerable.Range(0, Count).Sum(j => Moves(k, j)))) : 0):F4} a frame"));
        return $"{model.Count} states ({string.Join("; ", parts)})";
    }

    private void Ensure(int count)
    {
        if (_time.Length == 0)
        {
            (_time, _gyration, _gyrationSquares, _length, _area) = (new double[count], new double[count], new double[count], new double[count], new double[count]);
            (_moves, _doubt) = (new double[count * count], new double[count * count]);
        }
    }
}
