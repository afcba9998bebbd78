using LiveLtem.Tracker.Linking;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Takes the motion that all particles share off their positions, frame after frame.</summary>
/// <remarks>The motion of a frame is what carries its particles onto the corrected places they had in the frame before with the least sum of
/// squares: shift and turn with at least six of them, a shift with two to five, none with a single one, whose own motion it would be. A step
/// of the remaining motion loses k/(2N) of its square to the k numbers that were fitted; <see cref="Factor"/> gives it back on average.</remarks>
internal sealed class DriftPath
{
    private const int LeastForTurn = 6;
    private Dictionary<int, Point2> _before = [];
    private Dictionary<int, Point2> _now = [];
    private RigidMotion _motion;

    /// <summary>What squares of steps into the newest frame have to be multiplied by.</summary>
    public double Factor { get; private set; } = 1;

    /// <summary>Corrects one frame.</summary>
    /// <param name="points">Its particles.</param>
    public void Take(IReadOnlyList<PhysicsPoint> points)
    {
        var from = new List<Point2>();
        var to = new List<Point2>();
        foreach (var point in points)
        {
            if (_before.TryGetValue(point.Particle, out var earlier))
            {
                from.Add(point.Position);
                to.Add(earlier);
            }
        }

        Fit(from, to);
        _now.Clear();
        foreach (var point in points)
        {
            _now[point.Particle] = _motion.Apply(point.Position);
        }

        (_before, _now) = (_now, _before);
    }

    /// <summary>Where a particle of the newest frame is with the common motion taken off.</summary>
    public Point2 Of(int particle) => _before[particle];

    /// <summary>Nothing ties the next frame to what was before.</summary>
    public void Cut()
    {
        _before.Clear();
        _motion = RigidMotion.None;
        Factor = 1;
    }

    private void Fit(List<Point2> from, List<Point2> to)
    {
        Factor = 1;
        if (from.Count < 2)
        {
            return;
        }

        if (from.Count >= LeastForTurn)
        {
            _motion = RigidMotion.Fit(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(from), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(to));
            Factor = 2.0 * from.Count / ((2 * from.Count) - 3);
            return;
        }

        // The turn so far stays; the shift is what is left on average.
        double x = 0, y = 0;
        for (var i = 0; i < from.Count; i++)
        {
            var at = _motion.Apply(from[i]);
            (x, y) = (x + to[i].X - at.X, y + to[i].Y - at.Y);
        }

        _motion = _motion with { ShiftX = _motion.ShiftX + (x / from.Count), ShiftY = _motion.ShiftY + (y / from.Count) };
        Factor = from.Count / (from.Count - 1.0);
    }
}
