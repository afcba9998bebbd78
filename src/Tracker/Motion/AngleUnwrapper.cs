namespace LiveLtem.Tracker.Motion;

/// <summary>Follows the orientation of one particle over the branches that its symmetry leaves open. A value, no allocation.</summary>
/// <remarks>Each angle is taken on the branch nearest the predicted one: the last value plus the mean step as far as successive steps have
/// agreed (first-order autoregression of the steps, shrunk towards none: Brownian rotation has no memory, a steady turn has). After a gap
/// the branch nearest the last value. Raw angles are never averaged.</remarks>
public struct AngleUnwrapper
{
    /// <summary>Weight of the newest step in the running sums.</summary>
    private const double Newest = 0.25;

    /// <summary>Step, as a fraction of a branch, whose square holds the prediction back until steps have agreed.</summary>
    private const double ShrinkBranches = 0.03;

    private readonly double _branch;
    private double _last;
    private double _lastStep;
    private double _meanStep;
    private double _squares;
    private double _products;
    private bool _started;
    private bool _hasStep;
    private bool _brokenOff;

    /// <summary>Creates one for a symmetry.</summary>
    /// <param name="symmetry">Fold: 1 or more; 0 has no orientation and gives null always.</param>
    public AngleUnwrapper(int symmetry) => _branch = symmetry > 0 ? 360.0 / symmetry : 0;

    /// <summary>Degrees from one branch to the next: 360/n; 0 without orientation.</summary>
    public readonly double BranchDeg => _branch;

    /// <summary>Last unwrapped value, degrees; null before the first angle.</summary>
    public readonly double? LastDeg => _started ? _last : null;

    /// <summary>Expected value in the next frame, degrees; null before the first angle.</summary>
    public readonly double? PredictedDeg => _started ? _last + PredictedStep : null;

    /// <summary>Mean square of the recent steps, degrees^2; null before the first step.</summary>
    public readonly double? StepSquareDeg2 => _hasStep ? _squares : null;

    private readonly double PredictedStep
    {
        get
        {
            if (!_hasStep || _brokenOff)
            {
                return 0;
            }

            var shrink = ShrinkBranches * _branch;
            var agreement = Math.Clamp(_products / (_squares + (shrink * shrink)), 0, 1);
            return agreement * _meanStep;
        }
    }

    /// <summary>Takes the next frame's angle in.</summary>
    /// <param name="angleDeg">Measured, degrees, on any branch; null where none was measured.</param>
    /// <param name="afterGap">Whether the particle was not seen in the frame before.</param>
    /// <param name="ambiguous">Whether the branch may be wrong: a step over half of ±180/n, or a gap before it.</param>
    /// <returns>Unwrapped angle, degrees, that starts at the first angle; null without one.</returns>
    public double? Advance(double? angleDeg, bool afterGap, out bool ambiguous)
    {
        ambiguous = false;
        if (_branch == 0)
        {
            return null;
        }

        _brokenOff |= afterGap;
        if (angleDeg is not { } angle)
        {
            _brokenOff = _started;
            return null;
        }

        if (!_started)
        {
            (_started, _last, _brokenOff) = (true, angle, false);
            return angle;
        }

        var predicted = _last + PredictedStep;
        var value = angle + (_branch * Math.Round((predicted - angle) / _branch));
        var step = value - _last;
        ambiguous = _brokenOff || Math.Abs(step) > _branch / 4 || Math.Abs(value - predicted) > _branch / 4;
        if (_brokenOff)
        {
            // The step spans several frames: it says nothing about one.
            (_brokenOff, _meanStep, _lastStep, _products) = (false, 0, 0, 0);
        }
        else
        {
            _squares = _hasStep ? ((1 - Newest) * _squares) + (Newest * step * step) : step * step;
            _products = ((1 - Newest) * _products) + (_hasStep ? Newest * step * _lastStep : 0);
            _meanStep = _hasStep ? ((1 - Newest) * _meanStep) + (Newest * step) : step;
            (_hasStep, _lastStep) = (true, step);
        }

        _last = value;
        return value;
    }
}
