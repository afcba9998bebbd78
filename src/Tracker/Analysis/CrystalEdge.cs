using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>One straight edge of a crystal as columns of particles that run up to it: the height of each frame by frame.</summary>
/// <remarks>The edge runs along a lattice vector of length p. Columns are p wide and follow the crystal: their origin moves with the median
/// displacement of its particles and stays locked to the phase of the outermost ones. They lean as the lattice does, so that each
/// of its particles is in the middle of one.</remarks>
internal sealed class CrystalEdge
{
    private const double Margin = 1.5;
    private const double MostMissing = 0.1;
    private const double MostRows = 3;
    private const double MostTilt = 0.1;
    private readonly Dictionary<int, Point2> _before = [];
    private readonly (double X, double Y) _along;
    private readonly (double X, double Y) _outward;
    private readonly double _lean;
    private double _origin;
    private int _first;

    private CrystalEdge((double X, double Y) vector, (double X, double Y) other, bool isLeft)
    {
        Spacing = Math.Sqrt((vector.X * vector.X) + (vector.Y * vector.Y));
        _along = (vector.X / Spacing, vector.Y / Spacing);
        _outward = isLeft ? (_along.Y, -_along.X) : (-_along.Y, _along.X);
        var shift = Math.IEEERemainder((other.X * _along.X) + (other.Y * _along.Y), Spacing);
        var row = (other.X * _outward.X) + (other.Y * _outward.Y);
        _lean = shift / row;
    }

    /// <summary>Distance of columns.</summary>
    public double Spacing { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; private set; }

    /// <summary>The longest edge of a crystal that does not lie at the border of the field; null where there is none.</summary>
    /// <param name="crystal">Its particles.</param>
    /// <param name="particles">Their numbers.</param>
    /// <param name="box">The field.</param>
    public static CrystalEdge? Find(Point2[] crystal, int[] particles, (double Left, double Right, double Top, double Bottom) box)
    {
        if (CellFit.Of(crystal) is not { } cell)
        {
            return null;
        }

        var vectors = new List<(double X, double Y)> { cell.First, cell.Second };
        foreach (var sign in new[] { -1, 1 })
        {
            // A hexagonal crystal has a third kind of dense row.
            var third = (X: cell.First.X + (sign * cell.Second.X), Y: cell.First.Y + (sign * cell.Second.Y));
            if (Math.Sqrt((third.X * third.X) + (third.Y * third.Y)) < 1.15 * cell.A2)
            {
                vectors.Add(third);
            }
        }

        CrystalEdge? best = null;
        foreach (var vector in vectors)
        {
            foreach (var isLeft in new[] { false, true })
            {
                var other = vector == cell.First ? cell.Second : cell.First;
                var edge = new CrystalEdge(vector, other, isLeft);
                edge.Choose(crystal, box);
                best = edge.Columns > (best?.Columns ?? 0) ? edge : best;
            }
        }

        best?.Remember(crystal, particles);
        return best;
    }

    /// <summary>The heights of the columns, in their order; null where too many of them hold no particle.</summary>
    /// <param name="crystal">Particles of the crystal.</param>
    /// <param name="particles">Their numbers.</param>
    public double[]? Heights(Point2[] crystal, int[] particles)
    {
        Follow(crystal, particles);
        Remember(crystal, particles);
        var outermost = Lock(crystal);
        var heights = new double[Columns];
        var last = -1;
        var missing = 0;
        for (var k = 0; k < Columns; k++)
        {
            if (!outermost.TryGetValue(_first + k, out var i))
            {
                missing++;
                continue;
            }

            heights[k] = Across(crystal[i]);
            for (var m = last + 1; m < k; m++)
            {
                heights[m] = last < 0 ? double.NaN : heights[last] + ((heights[k] - heights[last]) * (m - last) / (k - last));
            }

            last = k;
        }

        return missing > MostMissing * Columns || last < Columns - 1 || double.IsNaN(heights[0]) ? null : heights;
    }

    /// <summary>The next frame does not follow upon the last one.</summary>
    public void Cut() => _before.Clear();

    private void Choose(Point2[] crystal, (double Left, double Right, double Top, double Bottom) box)
    {
        _origin = 0;
        var outermost = Lock(crystal);
        var columns = outermost.Where(column => ToBorder(crystal[column.Value], box) >= Margin * Spacing).OrderBy(column => column.Key)
            .Select(column => (At: column.Key, Height: Across(crystal[column.Value]))).ToList();
        int bestStart = 0, bestLength = 0;
        for (var start = 0; start < columns.Count; start++)
        {
            double least = double.MaxValue, most = double.MinValue;
            for (var end = start; end < columns.Count && (end == start || columns[end].At <= columns[end - 1].At + 2); end++)
            {
                (least, most) = (Math.Min(least, columns[end].Height), Math.Max(most, columns[end].Height));
                var length = columns[end].At - columns[start].At + 1;
                // Around a corner the height falls off for good.
                if (length > bestLength && most - least < ((MostRows + (MostTilt * length)) * Spacing))
                {
                    (bestStart, bestLength) = (columns[start].At, length);
                }
            }
        }

        // The corners of a crystal have the fewest bonds and come and go.
        (_first, Columns) = (bestStart + 1, Math.Max(0, bestLength - 2));
    }

    // The outermost particle of each column, with the origin at the mean phase of these.
    private Dictionary<int, int> Lock(Point2[] crystal)
    {
        var outermost = new Dictionary<int, int>();
        for (var turn = 0; turn < 3; turn++)
        {
            outermost.Clear();
            for (var i = 0; i < crystal.Length; i++)
            {
                var column = (int)Math.Round((Along(crystal[i]) - _origin) / Spacing);
                if (!outermost.TryGetValue(column, out var other) || Across(crystal[i]) > Across(crystal[other]))
                {
                    outermost[column] = i;
                }
            }

            double c = 0, s = 0;
            foreach (var i in outermost.Values)
            {
                var (sin, cos) = Math.SinCos(2 * Math.PI * (Along(crystal[i]) - _origin) / Spacing);
                (c, s) = (c + cos, s + sin);
            }

            var off = Math.Atan2(s, c) / (2 * Math.PI) * Spacing;
            _origin += off;
            if (Math.Abs(off) < 0.05 * Spacing)
            {
                break;
            }
        }

        return outermost;
    }

    private void Follow(Point2[] crystal, int[] particles)
    {
        var steps = new List<double>();
        for (var i = 0; i < crystal.Length; i++)
        {
            if (_before.TryGetValue(particles[i], out var before))
            {
                steps.Add(Along(crystal[i]) - Along(before));
            }
        }

        if (steps.Count > 0)
        {
            steps.Sort();
            _origin += steps[steps.Count / 2];
        }
    }

    private void Remember(Point2[] crystal, int[] particles)
    {
        _before.Clear();
        for (var i = 0; i < crystal.Length; i++)
        {
            _before[particles[i]] = crystal[i];
        }
    }

    // How far the field goes on beyond a point.
    private double ToBorder(Point2 point, (double Left, double Right, double Top, double Bottom) box)
    {
        var x = _outward.X > 0 ? (box.Right - point.X) / _outward.X : (box.Left - point.X) / Math.Min(_outward.X, -1e-12);
        var y = _outward.Y > 0 ? (box.Bottom - point.Y) / _outward.Y : (box.Top - point.Y) / Math.Min(_outward.Y, -1e-12);
        return Math.Min(x, y);
    }

    private double Along(Point2 point) => (point.X * _along.X) + (point.Y * _along.Y) - (_lean * Across(point));

    private double Across(Point2 point) => (point.X * _outward.X) + (point.Y * _outward.Y);
}
