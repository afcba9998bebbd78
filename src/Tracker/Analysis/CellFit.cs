using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>The cell of a plane lattice fitted to the mean places of its sites.</summary>
/// <param name="A1">Length of the shortest lattice vector.</param>
/// <param name="A1Err">Its 1-sigma error.</param>
/// <param name="A2">Length of the shortest one that is independent of it.</param>
/// <param name="A2Err">Its 1-sigma error.</param>
/// <param name="AngleDeg">Angle between them, degrees: see remarks.</param>
/// <param name="AngleErrDeg">Its 1-sigma error.</param>
/// <param name="Sites">Sites that the fit rests on.</param>
/// <param name="ResidualRms">Rms distance of the mean places from the lattice.</param>
/// <param name="Indices">Place in the lattice of each site: (i, j) counts a1 and a2; null for one that belongs to none.</param>
/// <param name="First">The vector of length a1.</param>
/// <param name="Second">The vector of length a2.</param>
/// <remarks>
/// The first guess is where the vectors between neighbours heap up. Sites that such bonds connect are numbered from bond to bond, and origin
/// and both vectors follow from all of them at once by linear least squares: the error falls with the size of the crystal. Where the sites do
/// not fit one lattice (a crystal that is bent or holds dislocations), the vectors are the means of the bonds.
/// Angle: the acute one for a rhombic cell; within <see cref="NearlySquareDeg"/> of square the one from a1 to a2 turning from +x towards +y,
/// in (0, 180), for folding the angles of a nearly square cell at 90 degrees would make every one of them too small.
/// </remarks>
internal sealed record CellFit(
    double A1, double A1Err, double A2, double A2Err, double AngleDeg, double AngleErrDeg, int Sites, double ResidualRms,
    (int I, int J)?[] Indices, (double X, double Y) First, (double X, double Y) Second)
{
    /// <summary>How far from 90 degrees a cell may be to count as nearly square.</summary>
    public const double NearlySquareDeg = 5;

    private const double Reach = 1.3;
    private const double Alike = 0.2;
    private const double LeastBonded = 0.5;
    private const int LeastSites = 6;

    /// <summary>Fits the lattice; null where the sites lie on none.</summary>
    /// <param name="sites">Mean places.</param>
    public static CellFit? Of(Point2[] sites)
    {
        if (sites.Length < LeastSites)
        {
            return null;
        }

        var map = new NeighbourMap();
        map.Build(sites, Reach);
        if (!(map.Spacing > 0))
        {
            return null;
        }

        var bonds = Bonds(sites, map);
        if (Guess(bonds, map.Spacing) is not var (g1, g2))
        {
            return null;
        }

        var fitting = bonds.Count(bond => Step(bond.V, g1, g2, Alike * map.Spacing) is not null);
        if (fitting < LeastBonded * bonds.Count)
        {
            return null;
        }

        var (indices, components) = Number(sites, map, g1, g2);
        if (Solve(sites, indices, components, map.Spacing) is not { } fit)
        {
            return FromBonds(bonds, g1, g2, map.Spacing, sites.Length, indices);
        }

        return fit;
    }

    private static List<(int From, int To, Vector V)> Bonds(Point2[] sites, NeighbourMap map)
    {
        var bonds = new List<(int, int, Vector)>();
        for (var i = 0; i < sites.Length; i++)
        {
            foreach (var j in map.Of(i))
            {
                bonds.Add((i, j, new Vector(sites[j].X - sites[i].X, sites[j].Y - sites[i].Y)));
            }
        }

        return bonds;
    }

    // The two shortest independent vectors around which bonds heap up.
    private static (Vector, Vector)? Guess(List<(int From, int To, Vector V)> bonds, double spacing)
    {
        var left = bonds.ConvertAll(bond => bond.V);
        var heaps = new List<(Vector V, int Count)>();
        while (left.Count > 0 && heaps.Count < 4)
        {
            var most = 0;
            var middle = default(Vector);
            foreach (var candidate in left)
            {
                var (sum, count) = Heap(left, candidate, Alike * spacing);
                if (count > most)
                {
                    (most, middle) = (count, sum * (1.0 / count));
                }
            }

            for (var turn = 0; turn < 5; turn++)
            {
                var (sum, count) = Heap(left, middle, Alike * spacing);
                middle = sum * (1.0 / count);
            }

            heaps.Add((middle, most));
            left.RemoveAll(v => (v - middle).Length < Alike * spacing || (v + middle).Length < Alike * spacing);
        }

        var ordered = heaps.Where(heap => heap.Count >= 0.25 * heaps[0].Count).OrderBy(heap => heap.V.Length).ToList();
        foreach (var second in ordered.Skip(1))
        {
            var first = ordered[0].V;
            if (Math.Abs(first.Cross(second.V)) > 0.3 * first.Length * second.V.Length)
            {
                return (first, second.V);
            }
        }

        return null;

        static (Vector Sum, int Count) Heap(List<Vector> vectors, Vector centre, double within)
        {
            var sum = default(Vector);
            var count = 0;
            foreach (var v in vectors)
            {
                if ((v - centre).Length < within)
                {
                    sum += v;
                    count++;
                }
            }

            return (sum, count);
        }
    }

    // The lattice step that a bond is, or null.
    private static (int I, int J)? Step(Vector bond, Vector g1, Vector g2, double within)
    {
        (int I, int J)? best = null;
        var nearest = within;
        for (var i = -1; i <= 1; i++)
        {
            for (var j = -1; j <= 1; j++)
            {
                var off = (bond - (g1 * i) - (g2 * j)).Length;
                if ((i != 0 || j != 0) && off < nearest)
                {
                    (best, nearest) = ((i, j), off);
                }
            }
        }

        return best;
    }

    private static ((int I, int J)?[] Indices, int[] Components) Number(Point2[] sites, NeighbourMap map, Vector g1, Vector g2)
    {
        var indices = new (int I, int J)?[sites.Length];
        var components = new int[sites.Length];
        Array.Fill(components, -1);
        var queue = new Queue<int>();
        for (var start = 0; start < sites.Length; start++)
        {
            if (components[start] >= 0)
            {
                continue;
            }

            var members = new List<int>();
            components[start] = start;
            indices[start] = (0, 0);
            queue.Enqueue(start);
            while (queue.TryDequeue(out var i))
            {
                members.Add(i);
                foreach (var j in map.Of(i))
                {
                    var bond = new Vector(sites[j].X - sites[i].X, sites[j].Y - sites[i].Y);
                    if (components[j] < 0 && Step(bond, g1, g2, Alike * map.Spacing) is var (di, dj))
                    {
                        components[j] = start;
                        indices[j] = (indices[i]!.Value.I + di, indices[i]!.Value.J + dj);
                        queue.Enqueue(j);
                    }
                }
            }

            if (members.Count < 3)
            {
                members.ForEach(i => indices[i] = null);
            }
        }

        return (indices, components);
    }

    private static CellFit? Solve(Point2[] sites, (int I, int J)?[] indices, int[] components, double spacing)
    {
        double s11 = 0, s12 = 0, s22 = 0;
        var (b1, b2) = (default(Vector), default(Vector));
        var used = 0;
        var origins = 0;
        var groups = Enumerable.Range(0, sites.Length).Where(i => indices[i] is not null).GroupBy(i => components[i]).Select(group => group.ToArray()).ToList();
        var means = new List<(double I, double J, Vector At)>();
        foreach (var group in groups)
        {
            var mean = (I: group.Average(i => (double)indices[i]!.Value.I), J: group.Average(i => (double)indices[i]!.Value.J));
            var at = new Vector(group.Average(i => sites[i].X), group.Average(i => sites[i].Y));
            means.Add((mean.I, mean.J, at));
            foreach (var k in group)
            {
                var (i, j) = (indices[k]!.Value.I - mean.I, indices[k]!.Value.J - mean.J);
                var d = new Vector(sites[k].X, sites[k].Y) - at;
                (s11, s12, s22) = (s11 + (i * i), s12 + (i * j), s22 + (j * j));
                (b1, b2) = (b1 + (d * i), b2 + (d * j));
            }

            used += group.Length;
            origins++;
        }

        var det = (s11 * s22) - (s12 * s12);
        var free = (2 * used) - (2 * origins) - 4;
        if (!(det > 1e-9 * s11 * s22) || free < 2)
        {
            return null;
        }

        var g1 = ((b1 * s22) - (b2 * s12)) * (1 / det);
        var g2 = ((b2 * s11) - (b1 * s12)) * (1 / det);
        var squares = 0.0;
        for (var c = 0; c < groups.Count; c++)
        {
            foreach (var k in groups[c])
            {
                var d = new Vector(sites[k].X, sites[k].Y) - means[c].At;
                var off = d - (g1 * (indices[k]!.Value.I - means[c].I)) - (g2 * (indices[k]!.Value.J - means[c].J));
                squares += off.Dot(off);
            }
        }

        var residual = Math.Sqrt(squares / used);
        return residual > Alike * spacing
            ? null
            : Reduced(g1, g2, squares / free, s22 / det, -s12 / det, s11 / det, used, residual, indices);
    }

    private static CellFit FromBonds(List<(int From, int To, Vector V)> bonds, Vector g1, Vector g2, double spacing, int sites, (int I, int J)?[] indices)
    {
        double s11 = 0, s12 = 0, s22 = 0;
        var (b1, b2) = (default(Vector), default(Vector));
        var steps = bonds.Select(bond => (bond.V, Step: Step(bond.V, g1, g2, Alike * spacing))).Where(bond => bond.Step is not null).ToList();
        foreach (var (v, step) in steps)
        {
            var (i, j) = step!.Value;
            (s11, s12, s22) = (s11 + (i * i), s12 + (i * j), s22 + (j * j));
            (b1, b2) = (b1 + (v * i), b2 + (v * j));
        }

        var det = (s11 * s22) - (s12 * s12);
        var (f1, f2) = (((b1 * s22) - (b2 * s12)) * (1 / det), ((b2 * s11) - (b1 * s12)) * (1 / det));
        var squares = steps.Sum(bond => (bond.V - (f1 * bond.Step!.Value.I) - (f2 * bond.Step.Value.J)) is var off ? off.Dot(off) : 0);

        // Every bond is there twice, from both ends.
        return Reduced(f1, f2, squares / Math.Max(1, (2 * steps.Count) - 4), 2 * s22 / det, -2 * s12 / det, 2 * s11 / det, sites, Math.Sqrt(squares / steps.Count), indices);
    }

    // To the two shortest vectors (Gauss 1801), shorter first, with the covariance of their components carried along.
    private static CellFit Reduced(
        Vector g1, Vector g2, double variance, double c11, double c12, double c22, int sites, double residual, (int I, int J)?[] indices)
    {
        indices = [.. indices];
        while (true)
        {
            if (g2.Length < g1.Length)
            {
                (g1, g2, c11, c22) = (g2, g1, c22, c11);
                Renumber(p => (p.J, p.I));
            }

            var times = (int)Math.Round(g1.Dot(g2) / g1.Dot(g1));
            if (times == 0)
            {
                break;
            }

            g2 -= g1 * times;
            (c12, c22) = (c12 - (times * c11), c22 - (2 * times * c12) + (times * times * c11));
            Renumber(p => (p.I + (times * p.J), p.J));
        }

        // (0, 180) from a1 to a2, turning from +x towards +y.
        if (g1.Cross(g2) < 0)
        {
            (g2, c12) = (g2 * -1, -c12);
            Renumber(p => (p.I, -p.J));
        }

        var angle = Math.Atan2(g1.Cross(g2), g1.Dot(g2));
        var (l1, l2) = (g1.Length, g2.Length);
        var spread = variance * Math.Max(0, (c11 / (l1 * l1)) + (c22 / (l2 * l2)) - (2 * c12 * Math.Cos(angle) / (l1 * l2)));
        var degrees = angle * 180 / Math.PI;
        return new CellFit(
            l1, Math.Sqrt(variance * c11), l2, Math.Sqrt(variance * c22),
            degrees > 90 + NearlySquareDeg ? 180 - degrees : degrees, Math.Sqrt(spread) * 180 / Math.PI,
            sites, residual, indices, (g1.X, g1.Y), (g2.X, g2.Y));

        void Renumber(Func<(int I, int J), (int, int)> change)
        {
            for (var i = 0; i < indices.Length; i++)
            {
                indices[i] = indices[i] is { } old ? change(old) : null;
            }
        }
    }

    private readonly record struct Vector(double X, double Y)
    {
        public double Length => Math.Sqrt((X * X) + (Y * Y));

        public static Vector operator +(Vector a, Vector b) => new(a.X + b.X, a.Y + b.Y);

        public static Vector operator -(Vector a, Vector b) => new(a.X - b.X, a.Y - b.Y);

        public static Vector operator *(Vector a, double factor) => new(a.X * factor, a.Y * factor);

        public double Dot(Vector other) => (X * other.X) + (Y * other.Y);

        public double Cross(Vector other) => (X * other.Y) - (Y * other.X);
    }
}
