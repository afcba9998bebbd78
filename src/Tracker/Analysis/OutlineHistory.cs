using LiveLtem.Core;

namespace LiveLtem.Tracker.Analysis;

/// <summary>The outline of one particle over a stretch of time, in bounded memory: directions that its symmetry makes equal together, neighbours in time averaged whenever the bins run out.</summary>
internal sealed class OutlineHistory
{
    private const int MostBins = 32;
    private static readonly (int[] ClassOf, int[] Members)[] Folding = [.. Enumerable.Range(0, 7).Select(FoldingOf)];
    private readonly int[] _classOf;
    private readonly int[] _members;
    private readonly List<Bin> _bins = [];
    private int _perBin = 1;

    /// <summary>Starts the history of a particle of that symmetry.</summary>
    public OutlineHistory(int symmetry) => (_classOf, _members) = Folding[Math.Clamp(symmetry, 0, Folding.Length - 1)];

    /// <summary>Degrees from one direction to the next.</summary>
    public static double StepDeg => 360.0 / MeasuredOutline.Directions;

    /// <summary>In order of time.</summary>
    public IReadOnlyList<Bin> Bins => _bins;

    /// <summary>Mean area over the frames of a bin.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="symmetry">Fold of the symmetry that it is folded by.</param>
    public static double Area(Bin bin, int symmetry)
    {
        var sum = 0.0;
        for (var k = 0; k < MeasuredOutline.Directions; k++)
        {
            sum += bin.Square(ClassOf(symmetry, k));
        }

        return Math.PI / MeasuredOutline.Directions * sum;
    }

    /// <summary>Adds the outline of one frame.</summary>
    /// <param name="time">s, or frames.</param>
    /// <param name="outline">px^2.</param>
    /// <param name="pixel">Length of a pixel.</param>
    public void Add(double time, MeasuredOutline outline, double pixel)
    {
        if (_bins.Count == 0 || _bins[^1].Count >= _perBin)
        {
            Fold();
            _bins.Add(new Bin(_members.Length));
        }

        var bin = _bins[^1];
        bin.Count++;
        bin.Times += time;
        var unit = pixel * pixel;
        for (var k = 0; k < _classOf.Length; k++)
        {
            bin.Squares[_classOf[k]] += outline.SquaredPx[k] * unit / _members[_classOf[k]];
        }
    }

    private void Fold()
    {
        if (_bins.Count < MostBins)
        {
            return;
        }

        for (var i = 0; i < MostBins / 2; i++)
        {
            _bins[2 * i].Take(_bins[(2 * i) + 1]);
            _bins[i] = _bins[2 * i];
        }

        _bins.RemoveRange(MostBins / 2, MostBins / 2);
        _perBin *= 2;
    }

    private static (int[] ClassOf, int[] Members) FoldingOf(int symmetry)
    {
        int[] classOf = [.. Enumerable.Range(0, MeasuredOutline.Directions).Select(k => ClassOf(symmetry, k))];
        return (classOf, [.. Enumerable.Range(0, classOf.Max() + 1).Select(c => classOf.Count(own => own == c))]);
    }

    // A body of n-fold symmetry has mirrors through its facets' normals too; an irregular one has nothing of the kind, a round one no directions.
    private static int ClassOf(int symmetry, int direction)
    {
        if (symmetry < 2)
        {
            return symmetry == 1 ? direction : 0;
        }

        var period = MeasuredOutline.Directions / symmetry;
        return Math.Min(direction % period, period - (direction % period));
    }

    /// <summary>Some frames: sums.</summary>
    internal sealed class Bin(int classes)
    {
        /// <summary>Frames.</summary>
        public int Count { get; set; }

        /// <summary>Sum of times.</summary>
        public double Times { get; set; }

        /// <summary>Sums of squared distances from the centre, by kind of direction.</summary>
        public double[] Squares { get; } = new double[classes];

        /// <summary>Mean time.</summary>
        public double Time => Times / Count;

        /// <summary>Mean squared distance.</summary>
        /// <param name="kind">Kind of direction.</param>
        public double Square(int kind) => Squares[kind] / Count;

        /// <summary>Adds those of another.</summary>
        public void Take(Bin other)
        {
            (Count, Times) = (Count + other.Count, Times + other.Times);
            for (var c = 0; c < Squares.Length; c++)
            {
                Squares[c] += other.Squares[c];
            }
        }
    }
}
