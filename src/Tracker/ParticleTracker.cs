using LiveLtem.Core;
using LiveLtem.Tracker.Linking;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker;

/// <summary>Links the detections of successive frames into tracks that keep their identity through drift, gaps, contacts and passings.</summary>
/// <remarks>
/// <para>A frame goes: predict each particle (Kalman); take off the common motion; price every pair within reach
/// (<see cref="LinkCost"/>); link them exactly (<see cref="AssignmentSolver"/>); update, begin, coast and end tracks. How far particles
/// move is learnt from the first frames, and followed particle by particle from there. Each detection is a row of some track.</para>
/// <para>Detections are first brought into reading order, so that the order they come in changes no track. Deterministic. Not
/// thread-safe: called in frame order from one thread.</para>
/// </remarks>
public sealed class ParticleTracker : IParticleTracker
{
    /// <summary>Frames for which unseen particles still help to recognise the constellation.</summary>
    private const int ConstellationFrames = 3;

    /// <summary>A frame without any detection, where at least this many particles were expected, is a blank one: nobody has left.</summary>
    private const int FewestForBlank = 4;
    private const int LongestBlank = 60;

    /// <summary>Frames that a particle seen only once or twice may stay unseen: most of these are false.</summary>
    private const int NewcomerFrames = 3;
    private const int NewcomerMeasured = 2;

    /// <summary>A particle that rests where the border cuts it comes and goes with the noise: it is the same one for long.</summary>
    private const int RestingFrames = 60;
    private const int RestingMeasured = 4;
    private const double RestingSizes = 0.5;

    /// <summary>Most frames that a prediction is carried on for; from there its uncertainty stands for itself.</summary>
    private const int LongestPrediction = 100;

    private const double PriorStepSizes = 0.15;
    private const double PriorStepSpacings = 0.2;
    private const double LeastPriorStepPx = 0.5;
    private const double MergedAreaRatio = 1.3;

    private readonly ParticleTrackerOptions _options;
    private readonly LinkCost _cost;
    private readonly CommonMotion _commonMotion = new();
    private readonly MotionLearner _learner = new();
    private readonly DriftAccount _drift = new();
    private readonly FinishedFrames _finished = new();
    private readonly PointGrid _grid = new();
    private readonly AssignmentProblem _problem = new();
    private readonly AssignmentSolver _solver = new();
    private readonly List<Neighbour> _near = [];
    private readonly List<TrackedParticle> _particles = [];
    private readonly List<TrackedParticle> _measured = [];
    private readonly List<TrackedParticle> _undecided = [];
    private Point2[] _points = [];
    private Point2[] _known = [];
    private MeasuredShape[] _shapes = [];
    private int[] _order = [];
    private int[] _columnOfRow = [];
    private int[] _rowOfColumn = [];
    private bool[] _isMerged = [];
    private PricedParticle[] _priced = [];
    private MotionModel _prior;
    private MotionModel _model;
    private int _count;
    private int _frames;
    private int _nextId;
    private long _analysed;
    private int _blank;
    private long? _lastNumber;
    private bool _completed;

    /// <summary>Creates a tracker that knows no particle yet.</summary>
    /// <param name="options">How to link; the defaults where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public ParticleTracker(ParticleTrackerOptions? options = null)
    {
        _options = options ?? new ParticleTrackerOptions();
        _options.Validate();
        _cost = new LinkCost(_options);
    }

    /// <summary>How particles move, as far as learnt.</summary>
    public MotionModel Motion => _model;

    /// <summary>The common motion taken off before the latest frame; null where there was none.</summary>
    public CommonMotionResult? LastMotion { get; private set; }

    /// <inheritdoc/>
    public FrameTracks Track(FrameDetections detections)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (_completed)
        {
            throw new InvalidOperationException("the tracker was completed; a new recording needs a new one");
        }

        var number = detections.Header.Number;
        if (_lastNumber is { } last && number <= last)
        {
            throw new ArgumentException($"frames come in order, and {number} came after {last}", nameof(detections));
        }

        Sort(detections.Particles);
        LearnPrior(detections.Particles);
        _frames = _lastNumber is { } before ? (int)Math.Min(number - before, LongestPrediction) : 1;
        Predict(_frames);
        _lastNumber = number;
        _measured.Clear();
        LastMotion = null;
        (double X, double Y)? drift = null;
        if (!IsBlank(detections))
        {
            TakeOffDrift();
            Assign(detections);
            Update(detections);
            Begin(detections.Particles);
            End(detections);
            _analysed++;
            drift = _drift.Add(_measured);
            Decide();
        }

        _measured.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        _finished.Add(detections.Header, _measured, drift);
        return new FrameTracks
        {
            Header = detections.Header,
            Points = _measured.ConvertAll(p => p.Latest(number)),
            DriftXPx = drift?.X,
            DriftYPx = drift?.Y,
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<FrameTracks> TakeFinished() => _finished.Take();

    /// <inheritdoc/>
    public void Complete()
    {
        _completed = true;
        foreach (var particle in _undecided)
        {
            particle.Decide();
        }

        _undecided.Clear();
        _particles.Clear();
    }

    /// <summary>Detections in reading order.</summary>
    private void Sort(IReadOnlyList<Detection> detections)
    {
        var n = detections.Count;
        Buffers.Ensure(ref _points, n);
        Buffers.Ensure(ref _order, n);
        for (var i = 0; i < n; i++)
        {
            _points[i] = new Point2(detections[i].Best.XPx, detections[i].Best.YPx);
            _order[i] = i;
        }

        _points.AsSpan(0, n).Sort(_order.AsSpan(0, n), static (a, b) => a.Y != b.Y ? a.Y.CompareTo(b.Y) : a.X.CompareTo(b.X));
        _count = n;
    }

    /// <summary>Before anything has moved, a step is expected to be small against the particles and the distances between them.</summary>
    private void LearnPrior(IReadOnlyList<Detection> detections)
    {
        if (_prior.StepVariance > 0 || _count == 0)
        {
            return;
        }

        List<double> sizes = [.. detections.Select(d => Math.Sqrt(Math.Max(d.Best.AreaPx, 1)))];
        sizes.Sort();
        var step = PriorStepSizes * sizes[sizes.Count / 2];
        var spacing = _commonMotion.MedianSpacing(_points.AsSpan(0, _count));
        if (spacing > 0)
        {
            step = Math.Min(step, PriorStepSpacings * spacing);
        }

        step = Math.Max(step, LeastPriorStepPx);
        _model = _prior = new MotionModel(step * step, 0, 0);
    }

    private void Predict(int frames)
    {
        for (var k = 0; k < frames; k++)
        {
            foreach (var particle in _particles)
            {
                particle.Predict(_model);
            }
        }
    }

    /// <summary>A frame that tells nothing of who is there: not analysed, or without a single one of many particles.</summary>
    private bool IsBlank(FrameDetections detections)
    {
        if (_count > 0)
        {
            _blank = 0;
            return false;
        }

        var expected = 0;
        foreach (var particle in _particles)
        {
            expected += particle.Missed == 0 ? 1 : 0;
        }

        return ++_blank <= LongestBlank && (detections.Failure is not null || expected >= FewestForBlank);
    }

    private void TakeOffDrift()
    {
        if (!_options.RemovesDrift)
        {
            return;
        }

        Buffers.Ensure(ref _known, _particles.Count);
        int known = 0, expected = 0;
        foreach (var particle in _particles)
        {
            if (particle.Missed < ConstellationFrames)
            {
                _known[known++] = particle.Position;
                expected += particle.Missed == 0 ? 1 : 0;
            }
        }

        LastMotion = _commonMotion.Find(_known.AsSpan(0, known), _points.AsSpan(0, _count), expected);
        if (LastMotion is { } found)
        {
            foreach (var particle in _particles)
            {
                particle.Move(found.Motion);
            }
        }
    }

    private void Assign(FrameDetections detections)
    {
        Buffers.Ensure(ref _columnOfRow, _particles.Count);
        Buffers.Ensure(ref _rowOfColumn, _count);
        Array.Fill(_rowOfColumn, -1, 0, _count);
        _problem.Reset(_particles.Count, _count, 0);
        if (_particles.Count == 0 || _count == 0)
        {
            Array.Fill(_columnOfRow, -1, 0, _particles.Count);
            return;
        }

        _cost.Begin((double)detections.Height * detections.Width, _model);
        var worst = 0.0;
        Buffers.Ensure(ref _shapes, _count);
        for (var i = 0; i < _count; i++)
        {
            var detection = detections.Particles[_order[i]];
            _shapes[i] = new MeasuredShape(detection, detection.Best);
            worst = Math.Max(worst, Math.Max(_shapes[i].VarianceX, _shapes[i].VarianceY));
        }

        Buffers.Ensure(ref _priced, _particles.Count);
        var sum = 0.0;
        for (var row = 0; row < _particles.Count; row++)
        {
            _priced[row] = _cost.Price(_particles[row], worst);
            sum += _priced[row].ReachPx;
        }

        _grid.Build(_points.AsSpan(0, _count), Math.Max(sum / _particles.Count, 1e-3));
        for (var row = 0; row < _particles.Count; row++)
        {
            ref readonly var particle = ref _priced[row];
            _problem.UnlinkedCosts[row] = particle.Unlinked;
            _near.Clear();
            _grid.Within(particle.Position, particle.ReachPx, _near);
            foreach (var near in _near)
            {
                ref readonly var shape = ref _shapes[near.Index];
                var cost = LinkCost.Linked(
                    particle, shape.HasOtherFits && shape.Symmetry != particle.Symmetry ? Other(detections, near.Index, particle.Symmetry) : shape);
                if (cost < particle.Unlinked)
                {
                    _problem.Add(row, near.Index, cost);
                }
            }
        }

        _solver.Solve(_problem, _columnOfRow);
        for (var row = 0; row < _particles.Count; row++)
        {
            if (_columnOfRow[row] >= 0)
            {
                _rowOfColumn[_columnOfRow[row]] = row;
            }
        }
    }

    /// <summary>A detection by another symmetry than its best.</summary>
    private MeasuredShape Other(FrameDetections detections, int index, int symmetry)
    {
        var detection = detections.Particles[_order[index]];
        return new MeasuredShape(detection, detection.For(symmetry));
    }

    private void Update(FrameDetections detections)
    {
        FindCovered(detections.Particles);
        var learning = _analysed < _options.LearningFrames;
        for (var row = 0; row < _particles.Count; row++)
        {
            var particle = _particles[row];
            var column = _columnOfRow[row];
            if (column < 0)
            {
                particle.Miss();
                continue;
            }

            var detection = detections.Particles[_order[column]];
            var (vx, vy) = LinkCost.Variances(detection.For(particle.Symmetry), detection.Flags);
            var isMerged = _isMerged[column];
            if (isMerged)
            {
                // Two particles found as one: its centre is somewhere between them.
                var spread = detection.Best.MajorPx * detection.Best.MajorPx / 16;
                (vx, vy) = (vx + spread, vy + spread);
            }

            particle.Update(detection, _order[column], _model, vx, vy, _frames, isMerged);
            if (learning && particle.LastStep is { } step)
            {
                _learner.Add(step.X, step.Y, (vx + vy) / 2, particle.StepBefore, particle.StepTwoBefore);
            }

            _measured.Add(particle);
        }

        if (learning && _count > 0)
        {
            _model = _learner.Conclude(_prior);
        }
    }

    /// <summary>Unlinked particles that lie on a detection of another are hidden by it, or merged with it where it has grown.</summary>
    private void FindCovered(IReadOnlyList<Detection> detections)
    {
        Buffers.Ensure(ref _isMerged, _count);
        Array.Clear(_isMerged, 0, _count);
        var longest = 0.0;
        for (var i = 0; i < _count; i++)
        {
            longest = Math.Max(longest, detections[i].Best.MajorPx);
        }

        for (var row = 0; row < _particles.Count; row++)
        {
            var particle = _particles[row];
            if (_columnOfRow[row] >= 0)
            {
                continue;
            }

            particle.IsCovered = false;
            if (particle.Measured <= NewcomerMeasured || _count == 0)
            {
                continue;
            }

            _near.Clear();
            _grid.Within(particle.Position, (longest + particle.MajorPx) / 2, _near);
            foreach (var near in _near)
            {
                var detection = detections[_order[near.Index]];
                var touch = (detection.Best.MajorPx + particle.MajorPx) / 2;
                if (near.DistanceSquared > touch * touch)
                {
                    continue;
                }

                particle.IsCovered = true;
                var owner = _rowOfColumn[near.Index];
                if (owner >= 0 && Math.Log(Math.Max(detection.Best.AreaPx, 1)) - _particles[owner].LogArea > Math.Log(MergedAreaRatio))
                {
                    _isMerged[near.Index] = true;
                }
            }
        }
    }

    private void Begin(IReadOnlyList<Detection> detections)
    {
        for (var column = 0; column < _count; column++)
        {
            if (_rowOfColumn[column] >= 0)
            {
                continue;
            }

            var detection = detections[_order[column]];
            var particle = new TrackedParticle(_nextId++, _analysed);
            var (vx, vy) = LinkCost.Variances(detection.Best, detection.Flags);
            particle.Start(detection, _order[column], _model, Math.Max(vx, vy));
            _particles.Add(particle);
            _undecided.Add(particle);
            _measured.Add(particle);
        }
    }

    private void End(FrameDetections detections)
    {
        for (var i = _particles.Count - 1; i >= 0; i--)
        {
            var particle = _particles[i];
            if (particle.Missed > _options.CoveredMemoryFrames || particle.MissedInOpen > LongestAbsence(particle, detections.Width, detections.Height))
            {
                particle.Decide();
                _particles.RemoveAt(i);
            }
        }
    }

    private int LongestAbsence(TrackedParticle particle, int width, int height)
    {
        var p = particle.Position;
        var inside = Math.Min(Math.Min(p.X, width - 1 - p.X), Math.Min(p.Y, height - 1 - p.Y));
        if (inside < particle.SizePx / 2)
        {
            var rests = particle.Measured >= RestingMeasured && particle.Travelled < RestingSizes * particle.SizePx;
            return rests && _options.MemoryFrames > 0 ? Math.Max(RestingFrames, _options.MemoryFrames) : _options.MemoryFrames;
        }

        if (particle.Measured <= NewcomerMeasured)
        {
            return Math.Min(NewcomerFrames, _options.MemoryFrames);
        }

        return _options.MemoryFrames;
    }

    private void Decide()
    {
        for (var i = 0; i < _undecided.Count; i++)
        {
            var particle = _undecided[i];
            if (particle.Measured >= _options.SymmetryFrames || _analysed - particle.FirstFrame > _options.LongestHoldFrames)
            {
                particle.Decide();
            }
        }

        _undecided.RemoveAll(static p => p.Decided is not null);
    }
}
