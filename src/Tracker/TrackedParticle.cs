using LiveLtem.Core;
using LiveLtem.Tracker.Linking;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker;

/// <summary>One measurement of a track whose row is not handed out yet.</summary>
/// <param name="Detection">What was measured.</param>
/// <param name="Index">Its index in its frame.</param>
/// <param name="AfterGap">Whether the track was not seen in the frame before.</param>
/// <param name="RotationDeg">Unwrapped rotation by the symmetry as known so far.</param>
/// <param name="IsAmbiguous">Whether its branch may be wrong.</param>
/// <param name="Point">The row, where the symmetry was decided when it was made.</param>
internal readonly record struct HeldMeasurement(
    Detection Detection, int Index, bool AfterGap, double? RotationDeg = null, bool IsAmbiguous = false, TrackPoint? Point = null);

/// <summary>All that the tracker knows of one particle.</summary>
internal sealed class TrackedParticle
{
    /// <summary>Weight of a particle's own recent steps against the model learnt from all, in frames.</summary>
    private const double PriorSteps = 3;
    private const double StepMemory = 0.93;
    private const double LargestStepRatio = 16;

    /// <summary>Odds of being a particle at all: what a first detection, a further one and a miss in the open do to them.</summary>
    private const double FirstOdds = 1.5;
    private const double HitOdds = 3;
    private const double MissOdds = 0.5;
    private const double LargestOdds = 100;

    private const double SizeMemory = 0.2;
    private const double RotationPriorDeg = 8;

    private readonly Queue<HeldMeasurement> _held = new();
    private AxisFilter _x;
    private AxisFilter _y;
    private AngleUnwrapper _live;
    private double _odds = FirstOdds;
    private double _steps;
    private double _stepSquares;
    private int _liveSymmetry = -1;
    private SymmetryVote? _vote = new();
    private HeldMeasurement _latest;
    private bool _latestIsHeld;
    private Point2 _firstMeasured;
    private LayerVote _layer;

    public TrackedParticle(int id, long firstFrame)
    {
        Id = id;
        FirstFrame = firstFrame;
    }

    public int Id { get; }

    /// <summary>Count of analysed frames when it was first seen.</summary>
    public long FirstFrame { get; }

    /// <summary>Frames in which it was measured.</summary>
    public int Measured { get; private set; }

    /// <summary>Analysed frames since it was last measured; 0 when it was measured in the latest.</summary>
    public int Missed { get; private set; }

    /// <summary>Those of them in which nothing lay over it.</summary>
    public int MissedInOpen { get; private set; }

    /// <summary>Whether it is hidden by, or merged with, a neighbour at present.</summary>
    public bool IsCovered { get; set; }

    /// <summary>Decided symmetry, or the leading one while that is open.</summary>
    public int Symmetry => Decided ?? _vote!.Leader;

    /// <summary>Decided symmetry; null while open.</summary>
    public int? Decided { get; private set; }

    /// <summary>Predicted or last estimated centre, px.</summary>
    public Point2 Position => new(_x.Position, _y.Position);

    /// <summary>Variance of the position by axis, px^2.</summary>
    public double VarianceX => _x.Variance;

    /// <summary>Variance of the position by axis, px^2.</summary>
    public double VarianceY => _y.Variance;

    /// <summary>Last measured centre, carried along with the common motion, px.</summary>
    public Point2 LastMeasured { get; private set; }

    /// <summary>Distance from where it was first measured to where it was last, common motion taken off, px.</summary>
    public double Travelled => Math.Sqrt(Math.Pow(LastMeasured.X - _firstMeasured.X, 2) + Math.Pow(LastMeasured.Y - _firstMeasured.Y, 2));

    /// <summary>Last step, px, drift taken off, over the root of the frames it took; null where the particle was not seen in the frame before.</summary>
    public (double X, double Y)? LastStep { get; private set; }

    /// <summary>The step before <see cref="LastStep"/>, or null.</summary>
    public (double X, double Y)? StepBefore { get; private set; }

    /// <summary>The step before <see cref="StepBefore"/>, or null.</summary>
    public (double X, double Y)? StepTwoBefore { get; private set; }

    /// <summary>Running mean of the logarithm of the area.</summary>
    public double LogArea { get; private set; }

    /// <summary>Diameter of a disc of its area, px.</summary>
    public double SizePx => 2 * Math.Sqrt(Math.Exp(LogArea) / Math.PI);

    /// <summary>Full length, px, as last measured.</summary>
    public double MajorPx { get; private set; }

    /// <summary>The layer it was seen in most: 0 where there is one layer only, else 1 or 2.</summary>
    public int Layer => _layer.Leader;

    /// <summary>Where it would have been when the movie began: centre less the drift then. See <see cref="DriftAccount"/>.</summary>
    public Point2 Anchor { get; set; }

    /// <summary>Chance that it is a particle that is still there.</summary>
    public double Existence => _odds / (1 + _odds);

    /// <summary>Degrees from branch to branch; 0 without orientation.</summary>
    public double BranchDeg => _live.BranchDeg;

    /// <summary>Predicted orientation, degrees, any branch; null where not known.</summary>
    public double? PredictedAngleDeg => _live.PredictedDeg;

    /// <summary>Variance of one step of the orientation, degrees^2.</summary>
    public double AngleStepVariance => _live.StepSquareDeg2 is { } s ? (0.5 * s) + (0.5 * RotationPriorDeg * RotationPriorDeg) : 4 * RotationPriorDeg * RotationPriorDeg;

    /// <summary>Goes one frame on.</summary>
    public void Predict(in MotionModel model)
    {
        var scale = StepScale(model);
        _x.Predict(model, scale);
        _y.Predict(model, scale);
    }

    /// <summary>Carries all positions along with a common motion.</summary>
    public void Move(in RigidMotion motion)
    {
        var to = motion.Apply(Position);
        (_x.Position, _y.Position) = (to.X, to.Y);
        LastMeasured = motion.Apply(LastMeasured);
        _firstMeasured = motion.Apply(_firstMeasured);
    }

    /// <summary>Takes the first detection.</summary>
    public void Start(Detection detection, int index, in MotionModel model, double variance)
    {
        var fit = detection.Best;
        _x = AxisFilter.Start(fit.XPx, variance, model);
        _y = AxisFilter.Start(fit.YPx, variance, model);
        LogArea = Math.Log(Math.Max(fit.AreaPx, 1));
        _firstMeasured = new Point2(fit.XPx, fit.YPx);
        Take(detection, index, fit);
    }

    /// <summary>Takes a further detection.</summary>
    /// <param name="detection">The detection.</param>
    /// <param name="index">Its index in the frame.</param>
    /// <param name="model">Motion.</param>
    /// <param name="varianceX">Variance of its position, px^2.</param>
    /// <param name="varianceY">Variance of its position, px^2.</param>
    /// <param name="frames">Frames since the one analysed before, >= 1.</param>
    /// <param name="isMerged">Whether it is this particle together with another: then neither size nor steps are learnt from it.</param>
    public void Update(Detection detection, int index, in MotionModel model, double varianceX, double varianceY, int frames, bool isMerged)
    {
        var fit = detection.For(Symmetry);
        var share = 1 / Math.Sqrt(frames);
        double dx = share * (fit.XPx - LastMeasured.X), dy = share * (fit.YPx - LastMeasured.Y);
        if (isMerged || Missed > 0)
        {
            (StepTwoBefore, StepBefore, LastStep) = (null, null, null);
        }
        else
        {
            (StepTwoBefore, StepBefore, LastStep) = (StepBefore, LastStep, (dx, dy));
            LearnStep(((dx * dx) + (dy * dy)) / 2, (varianceX + varianceY) / 2, model);
        }

        _x.Update(fit.XPx, varianceX);
        _y.Update(fit.YPx, varianceY);
        _odds = Math.Min(_odds * HitOdds, LargestOdds);
        var isWhole = (detection.Flags & (DetectionFlags.Border | DetectionFlags.Covered | DetectionFlags.Contact)) == 0;
        if (!isMerged)
        {
            LogArea += (isWhole ? SizeMemory : SizeMemory / 4) * (Math.Log(Math.Max(fit.AreaPx, 1)) - LogArea);
        }

        Take(detection, index, fit);
    }

    /// <summary>Counts a frame in which it should have been seen and was not.</summary>
    public void Miss()
    {
        Missed++;
        if (!IsCovered)
        {
            MissedInOpen++;
            _odds *= MissOdds;
        }
    }

    /// <summary>Settles the symmetry by what has been seen.</summary>
    public void Decide()
    {
        if (_vote is { } vote)
        {
            Decided = vote.Leader;
            _vote = null;
            FollowAngles();
        }
    }

    /// <summary>The latest measurement as a row, by what is known now; called once in a frame that measured the particle.</summary>
    public TrackPoint Latest(long frame)
    {
        var point = Row(frame, _latest);
        _latestIsHeld = true;
        _held.Enqueue(Decided is null ? _latest : _latest with { Point = point });
        return point;
    }

    /// <summary>The oldest measurement not yet handed out, as a final row; the symmetry must be decided.</summary>
    public TrackPoint TakeFinal(long frame)
    {
        var measurement = _held.Dequeue();
        return measurement.Point ?? Row(frame, measurement);
    }

    private double StepScale(in MotionModel model)
    {
        var total = model.TotalVariance;
        return Math.Clamp(((PriorSteps * total) + _stepSquares) / ((PriorSteps + _steps) * total), 0.1, 100);
    }

    private void LearnStep(double square, double measurementVariance, in MotionModel model)
    {
        var limit = LargestStepRatio * model.TotalVariance * StepScale(model);
        _steps = (_steps * StepMemory) + 1;
        _stepSquares = (_stepSquares * StepMemory) + Math.Clamp(square - (2 * measurementVariance), 0, limit);
    }

    private void Take(Detection detection, int index, ShapeFit fit)
    {
        var afterGap = Missed > 0;
        Measured++;
        (Missed, MissedInOpen) = (0, 0);
        IsCovered = false;
        LastMeasured = new Point2(fit.XPx, fit.YPx);
        MajorPx = fit.MajorPx;
        _layer.Add(detection.Layer, (detection.Flags & (DetectionFlags.Border | DetectionFlags.Contact)) != 0);
        _latest = new HeldMeasurement(detection, index, afterGap);
        _latestIsHeld = false;
        if (_vote is { } vote)
        {
            vote.Add(detection);
            if (vote.Leader != _liveSymmetry)
            {
                FollowAngles();
                return;
            }
        }

        _latest = Follow(_latest);
    }

    private HeldMeasurement Follow(HeldMeasurement measurement)
    {
        var rotation = _live.Advance(AngleOf(measurement.Detection, Symmetry), measurement.AfterGap, out var ambiguous);
        return measurement with { RotationDeg = rotation, IsAmbiguous = ambiguous };
    }

    /// <summary>Follows the orientation anew by the symmetry as it is known now, from the first measurement on.</summary>
    private void FollowAngles()
    {
        if (_liveSymmetry == Symmetry)
        {
            return;
        }

        _liveSymmetry = Symmetry;
        _live = new AngleUnwrapper(Symmetry);
        for (var k = _held.Count; k > 0; k--)
        {
            _held.Enqueue(Follow(_held.Dequeue()));
        }

        if (!_latestIsHeld)
        {
            _latest = Follow(_latest);
        }
    }

    private static double? AngleOf(Detection detection, int symmetry)
    {
        var fit = detection.For(symmetry);
        return fit.Symmetry == symmetry && symmetry > 0 ? fit.AngleDeg : null;
    }

    private TrackPoint Row(long frame, HeldMeasurement measurement)
    {
        var symmetry = Symmetry;
        var detection = measurement.Detection;
        var fit = detection.For(symmetry);
        if (fit.Symmetry != symmetry || (symmetry == 0 && fit.AngleDeg is not null))
        {
            // The angle of another shape follows another convention: it would be a wrong number here.
            fit = fit with { Symmetry = symmetry, AngleDeg = null, AngleErrDeg = null };
        }

        return new TrackPoint
        {
            Frame = frame,
            Particle = Id,
            Fit = fit,
            RotationDeg = measurement.RotationDeg,
            Layer = detection.Layer == 0 ? 0 : Layer,
            Score = detection.Score,
            Features = detection.Features,
            Outline = detection.Outline?.Symmetry == symmetry ? detection.Outline : null,
            Flags = detection.Flags | (measurement.AfterGap ? DetectionFlags.Gap : DetectionFlags.None)
                | (measurement.IsAmbiguous ? DetectionFlags.RotationAmbiguous : DetectionFlags.None),
            Detection = measurement.Index,
        };
    }
}
