using LiveLtem.Core;

namespace LiveLtem.Tracker.Analysis.States;

/// <summary>Counts the time in each state and the moves between them: each by its chance, or by the states themselves where no chances are known.</summary>
/// <remarks>Memory is that of the tracks' last points; those not seen for long are forgotten.</remarks>
internal sealed class StateAccount
{
    private const int ForgetAfterFrames = 1000;
    private readonly Dictionary<int, (long Frame, int State, bool HasMoves)> _last = [];
    private readonly HashSet<int> _molecules = [];
    private double[] _time = [];
    private double[] _followed = [];
    private double[] _moves = [];
    private double[] _doubt = [];
    private double[] _gyration = [];
    private double[] _gyrationSquares = [];
    private double[] _length = [];
    private double[] _area = [];
    private double[] _shapes = [];

    /// <summary>States.</summary>
    public int Count => _time.Length;

    /// <summary>Points with a state.</summary>
    public long Points { get; private set; }

    /// <summary>Molecules with a state.</summary>
    public int Molecules => _molecules.Count;

    /// <summary>Expected points in a state.</summary>
    public double Time(int state) => _time[state];

    /// <summary>Expected points in a state whose next frame is known too.</summary>
    public double Followed(int state) => _followed[state];

    /// <summary>Expected moves between successive frames.</summary>
    public double Moves(int from, int to) => _moves[(from * Count) + to];

    /// <summary>1-sigma error of <see cref="Moves"/>: that of counting, one more than were seen, as there might have been, and of not knowing when there was one.</summary>
    public double MovesErr(int from, int to) => Math.Sqrt(Moves(from, to) + 1 + _doubt[(from * Count) + to]);

    /// <summary>Root of the mean squared radius of gyration in a state and its error, px; NaN where no shapes were measured.</summary>
    public (double Value, double Err) Gyration(int state)
    {
        var n = _shapes[state];
        var mean = _gyration[state] / n;
        var root = Math.Sqrt(mean);
        var spread = Math.Sqrt(Math.Max(0, (_gyrationSquares[state] / n) - (mean * mean)) / n);
        return (root, spread / (2 * root));
    }

    /// <summary>Mean end-to-end length in a state, px; NaN where no shapes were measured.</summary>
    public double Length(int state) => _length[state] / _shapes[state];

    /// <summary>Mean area in a state, px^2; NaN where no shapes were measured.</summary>
    public double Area(int state) => _area[state] / _shapes[state];

    /// <summary>Takes the points of a frame.</summary>
    public void Add(FrameTracks tracks)
    {
        foreach (var point in tracks.Points)
        {
            if (point.State is { } state)
            {
                Add(point, state);
            }
        }

        if (tracks.Header.Number % ForgetAfterFrames == 0)
        {
            foreach (var old in _last.Where(l => l.Value.Frame < tracks.Header.Number - ForgetAfterFrames).Select(l => l.Key).ToList())
            {
                _last.Remove(old);
            }
        }
    }

    private void Add(TrackPoint point, int state)
    {
        var evidence = point.StateEvidence;
        Ensure(Math.Max(state + 1, evidence?.Chances.Count ?? 0));
        Points++;
        _molecules.Add(point.Particle);
        for (var k = 0; k < Count; k++)
        {
            var chance = evidence is null ? (k == state ? 1 : 0) : k < evidence.Chances.Count ? evidence.Chances[k] : 0;
            _time[k] += chance;
            if (point.Features is { } features)
            {
                _shapes[k] += chance;
                _gyration[k] += chance * features.GyrationPx2;
                _gyrationSquares[k] += chance * features.GyrationPx2 * features.GyrationPx2;
                _length[k] += chance * features.EndToEndPx;
                _area[k] += chance * features.AreaPx2;
            }
        }

        if (evidence?.Moves is { } moves)
        {
            var n = evidence.Chances.Count;
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    Move(i, j, moves[(i * n) + j]);
                }
            }
        }

        // A table says the states alone: then what follows what counts whole.
        if (evidence is null && _last.TryGetValue(point.Particle, out var before) && before.Frame == point.Frame - 1 && !before.HasMoves)
        {
            Move(before.State, state, 1);
        }

        _last[point.Particle] = (point.Frame, state, evidence is not null);
    }

    private void Move(int from, int to, double chance)
    {
        _followed[from] += chance;
        _moves[(from * Count) + to] += chance;
        _doubt[(from * Count) + to] += chance * (1 - Math.Min(chance, 1));
    }

    private void Ensure(int count)
    {
        var old = Count;
        if (count <= old)
        {
            return;
        }

        Array.Resize(ref _time, count);
        Array.Resize(ref _followed, count);
        Array.Resize(ref _gyration, count);
        Array.Resize(ref _gyrationSquares, count);
        Array.Resize(ref _length, count);
        Array.Resize(ref _area, count);
        Array.Resize(ref _shapes, count);
        _moves = Widened(_moves);
        _doubt = Widened(_doubt);

        double[] Widened(double[] matrix)
        {
            var wide = new double[count * count];
            for (var i = 0; i < old; i++)
            {
                matrix.AsSpan(i * old, old).CopyTo(wide.AsSpan(i * count));
            }

            return wide;
        }
    }
}
