namespace LiveLtem.Tracker.Analysis;

/// <summary>How alike the particles of a crystal are turned: S_n = |&lt;exp(i n theta)&gt;| over the particles of a frame, then over frames.</summary>
/// <remarks>N particles turned at random give 0.89/sqrt(N) by chance. The mean direction in the frame of the crystal is kept for the alignment with the lattice,
/// &lt;cos n(theta - phi)&gt;.</remarks>
internal sealed class BodyOrder
{
    private const int LeastParticles = 3;
    private readonly Dictionary<int, (int Count, double C, double S)> _folds = [];
    private double _c;
    private double _s;

    /// <summary>S_n by frame.</summary>
    public OrderSeries Series { get; } = new();

    /// <summary>Order of the particles' symmetry in the newest frame that had any.</summary>
    public int Fold { get; private set; }

    /// <summary>What chance alone would give.</summary>
    public double Chance => 0.886 / Math.Sqrt(Series.Particles);

    /// <summary>Takes the particles of one frame.</summary>
    /// <param name="points">The particles.</param>
    /// <param name="turnDeg">Turn that carries the frame into that of the crystal.</param>
    public void Add(IReadOnlyList<PhysicsPoint> points, double turnDeg)
    {
        _folds.Clear();
        foreach (var point in points)
        {
            if (point.IsOriented)
            {
                var (sin, cos) = Math.SinCos(point.Symmetry * (point.AngleDeg + turnDeg) * Math.PI / 180);
                var sum = _folds.GetValueOrDefault(point.Symmetry);
                _folds[point.Symmetry] = (sum.Count + 1, sum.C + cos, sum.S + sin);
            }
        }

        if (_folds.Count == 0)
        {
            return;
        }

        // Shapes of one symmetry at a time: the most frequent.
        var (fold, (count, c, s)) = _folds.MaxBy(entry => entry.Value.Count);
        if (count >= LeastParticles)
        {
            Fold = fold;
            Series.Add(Math.Sqrt((c * c) + (s * s)) / count, count);
            (_c, _s) = (_c + (c / count), _s + (s / count));
        }
    }

    /// <summary>&lt;cos n(theta - phi)&gt; against a direction in the frame of the crystal; NaN without any.</summary>
    public double Alignment(double directionDeg)
    {
        var (sin, cos) = Math.SinCos(Fold * directionDeg * Math.PI / 180);
        return ((_c * cos) + (_s * sin)) / Series.Count;
    }
}
