namespace LiveLtem.Tracker.Motion;

/// <summary>Learns from the first frames how particles move: how far, and whether a step remembers the one before.</summary>
/// <remarks>The length of a step comes from the 80 % quantile of the squared displacements (for a Gaussian step sigma^2 = q / (2 ln 5)): no
/// stray link moves it, and a sample of still and moving particles is not called still. Memory comes from the covariance of successive
/// steps: a measurement error of variance s^2 adds -s^2 to it, so what is left above is the variance of the remembered part.</remarks>
internal sealed class MotionLearner
{
    private const int FewestSteps = 10;
    private const int FewestPairs = 16;
    private const double LeastSignificance = 4;
    private const int MostSteps = 20_000;
    private const double RememberedShare = 0.3;
    private const double LargestRetention = 0.95;
    private const double LeastStepPx = 0.05;

    private readonly List<double> _squares = [];
    private double _measurement;
    private double _products;
    private double _secondProducts;
    private int _pairs;
    private int _secondPairs;

    /// <summary>Adds one step of a particle seen in successive frames, drift taken off.</summary>
    /// <param name="dx">px.</param>
    /// <param name="dy">px.</param>
    /// <param name="measurementVariance">Variance of one measured coordinate, px^2.</param>
    /// <param name="before">The step before it, where there is one.</param>
    /// <param name="beforeThat">And the one before that.</param>
    public void Add(double dx, double dy, double measurementVariance, (double X, double Y)? before, (double X, double Y)? beforeThat)
    {
        if (_squares.Count >= MostSteps)
        {
            return;
        }

        _squares.Add((dx * dx) + (dy * dy));
        _measurement += measurementVariance;
        if (before is { } b)
        {
            _products += ((dx * b.X) + (dy * b.Y)) / 2;
            _pairs++;
        }

        if (beforeThat is { } bb)
        {
            _secondProducts += ((dx * bb.X) + (dy * bb.Y)) / 2;
            _secondPairs++;
        }
    }

    /// <summary>What is known so far.</summary>
    /// <param name="prior">Taken until there are enough steps.</param>
    public MotionModel Conclude(in MotionModel prior)
    {
        if (_squares.Count < FewestSteps)
        {
            return prior;
        }

        _squares.Sort();
        var step = _squares[(int)(0.8 * (_squares.Count - 1))] / (2 * Math.Log(5));
        var measurement = _measurement / _squares.Count;
        var motion = Math.Max(step - (2 * measurement), Math.Max(0.25 * step, LeastStepPx * LeastStepPx));
        if (_pairs < FewestPairs || _secondPairs < FewestPairs)
        {
            return new MotionModel(motion, 0, 0);
        }

        // With x' = x + v and v' = retention v + noise, the steps' covariance is retention V at lag one and retention^2 V at lag two.
        var lagOne = (_products / _pairs) + measurement;
        var lagTwo = _secondProducts / _secondPairs;
        // The covariance of independent steps scatters by step / sqrt(2 pairs): both axes count.
        var significant = LeastSignificance * step / Math.Sqrt(2 * _pairs);
        if (lagOne < Math.Max(RememberedShare * motion, significant) || lagTwo <= 0)
        {
            return new MotionModel(motion, 0, 0);
        }

        var retention = Math.Clamp(lagTwo / lagOne, 0.1, LargestRetention);
        var remembered = Math.Min(lagOne / retention, motion);
        return new MotionModel(Math.Max(motion - remembered, LeastStepPx * LeastStepPx), remembered, retention);
    }
}
