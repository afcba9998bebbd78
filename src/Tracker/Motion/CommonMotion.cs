using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Motion;

/// <summary>A common motion, and how well it holds.</summary>
/// <param name="Motion">The motion.</param>
/// <param name="Matched">Earlier points that it carries onto a later one of their own.</param>
/// <param name="ResidualPx">Root mean square distance of those pairs after the motion, px.</param>
/// <param name="SpacingPx">Median distance to the nearest neighbour, px.</param>
public readonly record struct CommonMotionResult(RigidMotion Motion, int Matched, double ResidualPx, double SpacingPx);

/// <summary>Finds the motion that most particles of two frames share, before anybody knows which is which.</summary>
/// <remarks>
/// <para>Every pair of an earlier and a later point votes for its displacement (for several small turns of the whole); the strongest
/// peaks, and no motion at all, are refined by alternating one-to-one nearest matching with a rigid fit (iterated closest points, Besl
/// and McKay 1992, doi:10.1109/34.121791), and the motion with the least cost wins: for each earlier point
/// min(d^2, gate^2)/gate^2, and a price for the length of the shift.</para>
/// <para>In a lattice every lattice vector is nearly as good as the true shift. What tells them apart is the rim, the vacancies and the
/// small displacements from the lattice: so the whole constellation is matched, points seen a few frames ago included, and of two shifts
/// that explain it alike the shorter is taken.</para>
/// <para>Deterministic; not thread-safe; O(n) in the number of points.</para>
/// </remarks>
public sealed class CommonMotion
{
    /// <summary>Fewest points in either frame for a motion to be called common.</summary>
    public const int FewestPoints = 8;

    /// <summary>Distance within which a point counts as matched, in spacings: well under a half, so that a wrong site never counts.</summary>
    private const double GateSpacings = 0.3;

    /// <summary>How far a shift is looked for, in spacings: nearly a whole one is the hard case of a lattice; few points allow more.</summary>
    private const double ReachSpacings = 1.25;
    private const double ReachSpacingsOfFew = 2.5;
    private const int Few = 300;

    /// <summary>Price of a shift by one spacing, in unmatched points.</summary>
    private const double ShiftPrice = 3;

    /// <summary>Price of the largest turn looked for, in unmatched points.</summary>
    private const double TurnPrice = 1;
    private const double LargestTurnRad = 6 * Math.PI / 180;

    /// <summary>A motion must spare this many unmatched points against none, or stand out of its own error this many times.</summary>
    private const double FewestSpared = 1;
    private const double LeastSignificance = 4;

    /// <summary>Above this many points a sample of as many stands for all while hypotheses are weighed.</summary>
    private const int MostSampled = 400;

    /// <summary>Up to this many points every frame votes; above, only a frame that still points do not explain as well as usual.</summary>
    private const int AlwaysVoting = 150;
    private const double UsualMemory = 0.1;
    private const int FramesToKnowUsual = 5;

    private const int MostHypotheses = 24;
    private const int MostRefined = 4;
    private const int Refinements = 6;

    private readonly PointGrid _grid = new();
    private readonly PointGrid _spacingGrid = new();
    private readonly List<Neighbour> _near = [];
    private readonly List<Hypothesis> _hypotheses = [];
    private readonly List<double> _spacings = [];
    private Point2[] _moved = [];
    private Point2[] _turned = [];
    private Point2[] _pairFrom = [];
    private Point2[] _pairTo = [];
    private int[] _claimedBy = [];
    private int[] _claims = [];
    private double[] _claimDistance = [];
    private int[] _votes = [];
    private Point2[] _sampled = [];
    private Trial[] _screened = [];
    private double _usualUnmatched;
    private double _usualShift;
    private int _calls;

    private readonly record struct Hypothesis(RigidMotion Motion, int Votes);

    private readonly record struct Trial(RigidMotion Motion, double Cost, int Matched, double SumSquares);

    /// <summary>Finds the common motion, or null where there is none that most points share and that differs from none.</summary>
    /// <param name="from">Where points were, px; may hold points that the later frame lost.</param>
    /// <param name="to">Where points are, px.</param>
    /// <param name="expected">Points of <paramref name="from"/> that are expected in the later frame: most of these must agree.</param>
    public CommonMotionResult? Find(ReadOnlySpan<Point2> from, ReadOnlySpan<Point2> to, int expected)
    {
        if (expected < FewestPoints || to.Length < FewestPoints)
        {
            return null;
        }

        var spacing = MedianSpacing(to);
        if (!(spacing > 0))
        {
            return null;
        }

        var gate = GateSpacings * spacing;
        _grid.Build(to, 2 * gate);
        Buffers.Ensure(ref _moved, from.Length);
        Buffers.Ensure(ref _pairFrom, from.Length);
        Buffers.Ensure(ref _pairTo, from.Length);
        Buffers.Ensure(ref _claimDistance, to.Length);
        Buffers.Ensure(ref _claimedBy, to.Length);
        Buffers.Ensure(ref _claims, from.Length);
        var centre = Centroid(from);
        var still = Evaluate(new RigidMotion(centre, 0, 0, 0), from, to, gate, spacing);
        var best = Refine(still, from, to, gate, spacing);
        if (MayHaveJumped(best, from.Length, spacing))
        {
            var sample = Sample(from);
            Vote(sample, to, centre, spacing, gate);
            best = Weigh(best, sample, from, to, gate, spacing);
        }

        var spared = still.Cost - best.Cost;
        if (best.Matched < FewestPoints || 2 * best.Matched <= Math.Min(expected, to.Length))
        {
            return null;
        }

        var residual = Math.Sqrt(best.SumSquares / best.Matched);
        var error = Math.Max(residual, 1e-9) / Math.Sqrt(best.Matched);
        if (spared < FewestSpared && best.Motion.ShiftPx < LeastSignificance * error && Math.Abs(best.Motion.AngleRad) * Spread(from, centre) < LeastSignificance * error)
        {
            return null;
        }

        return new CommonMotionResult(best.Motion, best.Matched, residual, spacing);
    }

    /// <summary>The points themselves, or of very many an even choice in no pattern, so that no row of a lattice is taken or left.</summary>
    private ReadOnlySpan<Point2> Sample(ReadOnlySpan<Point2> points)
    {
        if (points.Length <= 2 * MostSampled)
        {
            return points;
        }

        Buffers.Ensure(ref _sampled, MostSampled);
        var stride = (double)points.Length / MostSampled;
        for (var k = 0; k < MostSampled; k++)
        {
            var within = ((uint)k * 2_654_435_761u) / (double)uint.MaxValue;
            _sampled[k] = points[(int)((k + (0.999 * within)) * stride)];
        }

        return _sampled.AsSpan(0, MostSampled);
    }

    /// <summary>Whether the points that hardly moved leave more unexplained than usual, or moved farther.</summary>
    private bool MayHaveJumped(Trial still, int points, double spacing)
    {
        var unmatched = (double)(points - still.Matched) / points;
        var shift = still.Motion.ShiftPx / spacing;
        var scatter = Math.Sqrt((_usualUnmatched + (1.0 / points)) / points);
        var jumped = _calls < FramesToKnowUsual || points <= AlwaysVoting
            || unmatched > _usualUnmatched + (2 * scatter) || shift > (3 * _usualShift) + 0.03;
        var weight = Math.Max(UsualMemory, 1.0 / (_calls + 1));
        if (_calls < FramesToKnowUsual || !jumped)
        {
            _usualUnmatched += weight * (unmatched - _usualUnmatched);
            _usualShift += weight * (shift - _usualShift);
        }

        _calls = Math.Min(_calls + 1, 1_000_000);
        return jumped;
    }

    /// <summary>The best of the hypotheses and of what was best before. A sample screens them; all points decide, for of a lattice with
    /// some points missing a sample cannot tell a rim from chance.</summary>
    private Trial Weigh(Trial best, ReadOnlySpan<Point2> sample, ReadOnlySpan<Point2> from, ReadOnlySpan<Point2> to, double gate, double spacing)
    {
        Buffers.Ensure(ref _screened, MostHypotheses);
        var count = 0;
        foreach (var hypothesis in _hypotheses)
        {
            // One round of fitting takes off the width of a bin and of a turn.
            var raw = Evaluate(hypothesis.Motion, sample, to, gate, spacing);
            _screened[count++] = Refine(raw, sample, to, gate, spacing, rounds: 1);
        }

        _screened.AsSpan(0, count).Sort(static (a, b) => a.Cost.CompareTo(b.Cost));
        for (var k = 0; k < Math.Min(count, MostRefined); k++)
        {
            var trial = Refine(Evaluate(_screened[k].Motion, from, to, gate, spacing), from, to, gate, spacing);
            if (trial.Cost < best.Cost)
            {
                best = trial;
            }
        }

        return best;
    }

    /// <summary>Median distance to the nearest neighbour, px; 0 where there are fewer than two points.</summary>
    public double MedianSpacing(ReadOnlySpan<Point2> points)
    {
        if (points.Length < 2)
        {
            return 0;
        }

        double x0 = double.MaxValue, x1 = double.MinValue, y0 = double.MaxValue, y1 = double.MinValue;
        foreach (var p in points)
        {
            (x0, x1, y0, y1) = (Math.Min(x0, p.X), Math.Max(x1, p.X), Math.Min(y0, p.Y), Math.Max(y1, p.Y));
        }

        var extent = Math.Max(x1 - x0, y1 - y0);
        if (!(extent > 0) || !double.IsFinite(extent))
        {
            return 0;
        }

        var cell = Math.Max(Math.Sqrt(Math.Max((x1 - x0) * (y1 - y0), extent * extent / points.Length) / points.Length), extent * 1e-9);
        _spacingGrid.Build(points, cell);
        _spacings.Clear();
        var stride = Math.Max(1, points.Length / MostSampled);
        for (var i = 0; i < points.Length; i += stride)
        {
            for (var radius = 2 * cell; ; radius *= 2)
            {
                if (_spacingGrid.Nearest(points[i], radius, out var d, except: i) >= 0)
                {
                    _spacings.Add(Math.Sqrt(d));
                    break;
                }
            }
        }

        _spacings.Sort();
        return _spacings[_spacings.Count / 2];
    }

    private static Point2 Centroid(ReadOnlySpan<Point2> points)
    {
        double x = 0, y = 0;
        foreach (var p in points)
        {
            x += p.X;
            y += p.Y;
        }

        return new Point2(x / points.Length, y / points.Length);
    }

    /// <summary>Root mean square distance from the centre, px: a turn by its own error moves the points by theirs.</summary>
    private static double Spread(ReadOnlySpan<Point2> points, Point2 centre)
    {
        var sum = 0.0;
        foreach (var p in points)
        {
            sum += p.DistanceSquaredTo(centre);
        }

        return Math.Sqrt(sum / points.Length);
    }

    /// <summary>Displacements that many pairs share, for each of several turns, the most shared first.</summary>
    private void Vote(ReadOnlySpan<Point2> from, ReadOnlySpan<Point2> to, Point2 centre, double spacing, double gate)
    {
        _hypotheses.Clear();
        var reach = spacing * (from.Length <= Few ? ReachSpacingsOfFew : ReachSpacings);
        var bin = gate / 2;
        var side = (2 * (int)Math.Ceiling(reach / bin)) + 1;
        Buffers.Ensure(ref _votes, side * side);
        var farthest = 0.0;
        foreach (var p in from)
        {
            farthest = Math.Max(farthest, p.DistanceSquaredTo(centre));
        }

        // Turns in steps that move the rim by less than the gate.
        var steps = (int)Math.Clamp(Math.Ceiling(LargestTurnRad * Math.Sqrt(farthest) / gate), 1, 12);
        Buffers.Ensure(ref _turned, from.Length);
        _spacingGrid.Build(to, reach);
        for (var step = -steps; step <= steps; step++)
        {
            var turn = new RigidMotion(centre, 0, 0, LargestTurnRad * step / steps);
            turn.Apply(from, _turned);
            Array.Clear(_votes, 0, side * side);
            for (var i = 0; i < from.Length; i++)
            {
                _near.Clear();
                _spacingGrid.Within(_turned[i], reach, _near);
                foreach (var near in _near)
                {
                    var bx = (int)Math.Round((to[near.Index].X - _turned[i].X) / bin) + (side / 2);
                    var by = (int)Math.Round((to[near.Index].Y - _turned[i].Y) / bin) + (side / 2);
                    if ((uint)bx < (uint)side && (uint)by < (uint)side)
                    {
                        _votes[(by * side) + bx]++;
                    }
                }
            }

            TakePeaks(turn, side, bin, Math.Max(FewestPoints / 2, from.Length / 4));
        }

        _hypotheses.Sort(static (a, b) => a.Votes != b.Votes ? b.Votes.CompareTo(a.Votes)
            : a.Motion.ShiftPx != b.Motion.ShiftPx ? a.Motion.ShiftPx.CompareTo(b.Motion.ShiftPx)
            : a.Motion.AngleRad.CompareTo(b.Motion.AngleRad));
        KeepDistinct(gate);
    }

    private void TakePeaks(RigidMotion turn, int side, double bin, int fewest)
    {
        for (var y = 1; y < side - 1; y++)
        {
            for (var x = 1; x < side - 1; x++)
            {
                var centre = _votes[(y * side) + x];
                if (centre == 0)
                {
                    continue;
                }

                var sum = 0;
                var isPeak = true;
                for (var dy = -1; dy <= 1 && isPeak; dy++)
                {
                    for (var dx = -1; dx <= 1; dx++)
                    {
                        var v = _votes[((y + dy) * side) + x + dx];
                        sum += v;
                        isPeak &= v <= centre;
                    }
                }

                if (isPeak && sum >= fewest)
                {
                    _hypotheses.Add(new Hypothesis(turn with { ShiftX = (x - (side / 2)) * bin, ShiftY = (y - (side / 2)) * bin }, sum));
                }
            }
        }
    }

    /// <summary>Of hypotheses with about the same shift (neighbouring turns, neighbouring bins), the one with the most votes stays.</summary>
    private void KeepDistinct(double gate)
    {
        var kept = 0;
        for (var i = 0; i < _hypotheses.Count && kept < MostHypotheses; i++)
        {
            var isNew = true;
            for (var k = 0; k < kept && isNew; k++)
            {
                var dx = _hypotheses[i].Motion.ShiftX - _hypotheses[k].Motion.ShiftX;
                var dy = _hypotheses[i].Motion.ShiftY - _hypotheses[k].Motion.ShiftY;
                isNew = (dx * dx) + (dy * dy) > gate * gate;
            }

            if (isNew)
            {
                _hypotheses[kept++] = _hypotheses[i];
            }
        }

        _hypotheses.RemoveRange(kept, _hypotheses.Count - kept);
    }

    /// <summary>Matches one to one and prices a motion.</summary>
    private Trial Evaluate(RigidMotion motion, ReadOnlySpan<Point2> from, ReadOnlySpan<Point2> to, double gate, double spacing)
    {
        motion.Apply(from, _moved);
        Array.Fill(_claimedBy, -1, 0, to.Length);
        for (var i = 0; i < from.Length; i++)
        {
            var j = _grid.Nearest(_moved[i], gate, out var d);
            _claims[i] = j;
            if (j >= 0 && (_claimedBy[j] < 0 || d < _claimDistance[j]))
            {
                _claimedBy[j] = i;
                _claimDistance[j] = d;
            }
        }

        var matched = 0;
        var squares = 0.0;
        for (var i = 0; i < from.Length; i++)
        {
            var j = _claims[i];
            if (j < 0 || _claimedBy[j] != i)
            {
                continue;
            }

            _pairFrom[matched] = from[i];
            _pairTo[matched++] = to[j];
            squares += _claimDistance[j];
        }

        var relative = motion.ShiftPx / spacing;
        var turn = motion.AngleRad / LargestTurnRad;
        var cost = from.Length - matched + (squares / (gate * gate)) + (ShiftPrice * relative * relative) + (TurnPrice * turn * turn);
        return new Trial(motion, cost, matched, squares);
    }

    /// <summary>Alternates fitting and matching for as long as the cost falls.</summary>
    private Trial Refine(Trial trial, ReadOnlySpan<Point2> from, ReadOnlySpan<Point2> to, double gate, double spacing, int rounds = Refinements)
    {
        var centre = trial.Motion.Centre;
        for (var k = 0; k < rounds && trial.Matched >= FewestPoints / 2; k++)
        {
            // The pairs of the latest Evaluate are those of this trial, or of a worse one that ended the loop.
            var fit = About(centre, RigidMotion.Fit(_pairFrom.AsSpan(0, trial.Matched), _pairTo.AsSpan(0, trial.Matched)));
            if (Math.Abs(fit.AngleRad) > 2 * LargestTurnRad)
            {
                break;
            }

            var next = Evaluate(fit, from, to, gate, spacing);
            if (next.Cost >= trial.Cost - 1e-9)
            {
                break;
            }

            trial = next;
        }

        return trial;
    }

    /// <summary>The same motion told about another centre.</summary>
    private static RigidMotion About(Point2 centre, RigidMotion motion)
    {
        var to = motion.Apply(centre);
        return new RigidMotion(centre, to.X - centre.X, to.Y - centre.Y, motion.AngleRad);
    }
}
