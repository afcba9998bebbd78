namespace LiveLtem.HardwareSim.Scoring;

/// <summary>Counts how often each predicted state stands where each true one is.</summary>
internal sealed class StateCounts(double[]? truth, double[]? predicted)
{
    private readonly SortedDictionary<double, int> _trueStates = [];
    private readonly SortedDictionary<double, int> _predictedStates = [];
    private readonly Dictionary<(int, int), long> _counts = [];
    private long _points;
    private long _unclassified;

    public void Add(Pair pair)
    {
        if (truth is null || predicted is null || double.IsNaN(truth[pair.Truth]))
        {
            return;
        }

        _points++;
        if (double.IsNaN(predicted[pair.Prediction]))
        {
            _unclassified++;
            return;
        }

        var key = (Index(_trueStates, truth[pair.Truth]), Index(_predictedStates, predicted[pair.Prediction]));
        _counts[key] = _counts.GetValueOrDefault(key) + 1;
    }

    public StateScore? Result()
    {
        if (_points == 0 || predicted is null)
        {
            return null;
        }

        var matches = SparseAssignment.Solve(_trueStates.Count, _predictedStates.Count, [.. _counts.Select(c => (c.Key.Item1, c.Key.Item2, (double)c.Value))]);
        var right = matches.Select((state, i) => state < 0 ? 0 : _counts.GetValueOrDefault((i, state))).Sum();
        return new StateScore((double)right / _points, _points, _unclassified, _trueStates.Count, _predictedStates.Count);
    }

    private static int Index(SortedDictionary<double, int> states, double state)
    {
        if (!states.TryGetValue(state, out var index))
        {
            states[state] = index = states.Count;
        }

        return index;
    }
}
