using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Linking;

/// <summary>How <see cref="PositionLinker"/> links.</summary>
public sealed record PositionLinkerOptions
{
    /// <summary>Largest displacement between two sightings, px, > 0; common motion taken off first.</summary>
    public required double SearchRangePx { get; init; }

    /// <summary>Frames for which a particle may vanish and still be the same one when it comes back, >= 0.</summary>
    public int MemoryFrames { get; init; }

    /// <summary>Whether a motion that most particles share is taken off first.</summary>
    public bool RemovesDrift { get; init; } = true;

    /// <summary>Refuses values that cannot be meant.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        if (!(SearchRangePx > 0) || !double.IsFinite(SearchRangePx))
        {
            throw new ArgumentOutOfRangeException(nameof(SearchRangePx), SearchRangePx, "the search range must be a positive number of px");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(MemoryFrames);
    }
}

/// <summary>Links bare positions frame by frame: squared displacement is the cost, the search range its gate.</summary>
/// <remarks>The cost of Crocker and Grier 1996 (doi:10.1006/jcis.1996.0217) as trackpy has it: a link costs d^2, an earlier particle left
/// unlinked the search range squared, a later one nothing, and a particle that has vanished is looked for at its last position. The sum
/// over a frame is minimised exactly. A common drift (with a small turn) is taken off first: it moves the last positions of all
/// particles, vanished ones too. Not thread-safe.</remarks>
public sealed class PositionLinker
{
    /// <summary>Frames for which vanished particles still help to recognise the constellation, whatever the memory is.</summary>
    private const int ConstellationFrames = 3;

    /// <summary>Most candidate pairs in a frame: beyond, memory and time would go where no answer can mean anything.</summary>
    private const int MostCandidates = 20_000_000;

    /// <summary>Added to the gate, px, as trackpy does: a step of just the search range counts as within.</summary>
    private const double GateSlackPx = 1e-7;

    private readonly PositionLinkerOptions _options;
    private readonly CommonMotion _commonMotion = new();
    private readonly PointGrid _grid = new();
    private readonly AssignmentProblem _problem = new();
    private readonly AssignmentSolver _solver = new();
    private readonly List<Neighbour> _near = [];
    private readonly List<Particle> _particles = [];
    private readonly List<Particle> _vanished = [];
    private Point2[] _known = [];
    private Point2[] _sorted = [];
    private int[] _order = [];
    private int[] _columnOfRow = [];
    private int _nextId;
    private long _lastFrame;

    private record struct Particle(int Id, Point2 Position, long LastSeen);

    /// <summary>Creates a linker that knows no particle yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public PositionLinker(PositionLinkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>The common motion taken off in the last frame; null where there was none.</summary>
    public CommonMotionResult? LastMotion { get; private set; }

    /// <summary>Tracks begun so far.</summary>
    public int Tracks => _nextId;

    /// <summary>Links one frame.</summary>
    /// <param name="frame">Its number, larger than the last one's; numbers passed over are empty frames.</param>
    /// <param name="positions">Finite positions in any order, px.</param>
    /// <param name="ids">Receives the track of each position, same order; from 0, never reused.</param>
    /// <exception cref="InputException">The search range makes almost everybody a candidate for everybody, in a frame of many thousands.</exception>
    public void Link(long frame, ReadOnlySpan<Point2> positions, Span<int> ids)
    {
        if (_nextId > 0 && frame <= _lastFrame)
        {
            throw new ArgumentOutOfRangeException(nameof(frame), frame, $"frames come in order, and the last was {_lastFrame}");
        }

        SortPositions(positions);
        var points = _sorted.AsSpan(0, positions.Length);
        Forget(frame);
        LastMotion = null;
        var consecutive = frame - _lastFrame <= ConstellationFrames;
        if (_options.RemovesDrift && consecutive)
        {
            TakeOffDrift(points);
        }

        // Those that no longer may be linked served the constellation only; they stand behind the others.
        var linkable = 0;
        while (linkable < _particles.Count && MayBeLinked(_particles[linkable], frame))
        {
            linkable++;
        }

        Assign(frame, points, linkable);
        for (var row = 0; row < linkable; row++)
        {
            var column = _columnOfRow[row];
            if (column >= 0)
            {
                _particles[row] = new Particle(_particles[row].Id, points[column], frame);
                ids[_order[column]] = _particles[row].Id;
                _order[column] = ~_order[column];
            }
        }

        for (var column = 0; column < points.Length; column++)
        {
            if (_order[column] >= 0)
            {
                ids[_order[column]] = _nextId;
                _particles.Add(new Particle(_nextId++, points[column], frame));
            }
        }

        _lastFrame = frame;
    }

    private bool MayBeLinked(Particle particle, long frame) => frame - particle.LastSeen - 1 <= _options.MemoryFrames;

    /// <summary>Positions in reading order: who is linked with whom then cannot depend on the order they came in.</summary>
    private void SortPositions(ReadOnlySpan<Point2> positions)
    {
        Buffers.Ensure(ref _sorted, positions.Length);
        Buffers.Ensure(ref _order, positions.Length);
        positions.CopyTo(_sorted);
        for (var i = 0; i < positions.Length; i++)
        {
            _order[i] = i;
        }

        _sorted.AsSpan(0, positions.Length).Sort(_order.AsSpan(0, positions.Length),
            static (a, b) => a.Y != b.Y ? a.Y.CompareTo(b.Y) : a.X.CompareTo(b.X));
    }

    /// <summary>Drops particles that serve nothing any more and puts those that may still be linked first; both kinds keep their order.</summary>
    private void Forget(long frame)
    {
        _vanished.Clear();
        var kept = 0;
        foreach (var particle in CollectionsMarshal.AsSpan(_particles))
        {
            if (MayBeLinked(particle, frame))
            {
                _particles[kept++] = particle;
            }
            else if (_options.RemovesDrift && frame - particle.LastSeen <= ConstellationFrames)
            {
                _vanished.Add(particle);
            }
        }

        _particles.RemoveRange(kept, _particles.Count - kept);
        _particles.AddRange(_vanished);
    }

    private void TakeOffDrift(ReadOnlySpan<Point2> points)
    {
        Buffers.Ensure(ref _known, _particles.Count);
        var expected = 0;
        for (var i = 0; i < _particles.Count; i++)
        {
            _known[i] = _particles[i].Position;
            expected += _particles[i].LastSeen == _lastFrame ? 1 : 0;
        }

        LastMotion = _commonMotion.Find(_known.AsSpan(0, _particles.Count), points, expected);
        if (LastMotion is { } found)
        {
            for (var i = 0; i < _particles.Count; i++)
            {
                _particles[i] = _particles[i] with { Position = found.Motion.Apply(_particles[i].Position) };
            }
        }
    }

    private void Assign(long frame, ReadOnlySpan<Point2> points, int linkable)
    {
        var range = _options.SearchRangePx;
        _problem.Reset(linkable, points.Length, range * range);
        Buffers.Ensure(ref _columnOfRow, linkable);
        if (linkable == 0)
        {
            return;
        }

        _grid.Build(points, range + GateSlackPx);
        for (var row = 0; row < linkable; row++)
        {
            _near.Clear();
            _grid.Within(_particles[row].Position, range + GateSlackPx, _near);
            if (_problem.LinkCount + _near.Count > MostCandidates)
            {
                throw new InputException(
                    $"a search range of {range:0.###} px gives over {MostCandidates / 1_000_000} million candidate pairs in frame {frame} ({points.Length} positions); give a smaller --search-range");
            }

            foreach (var near in _near)
            {
                _problem.Add(row, near.Index, Math.Min(near.DistanceSquared, range * range));
            }
        }

        _solver.Solve(_problem, _columnOfRow);
    }
}
