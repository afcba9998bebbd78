namespace LiveLtem.Tracker.Analysis;

/// <summary>The sizes of one particle over a stretch of time, in bounded memory: neighbours are averaged whenever the bins run out.</summary>
internal sealed class SizeHistory
{
    private const int MostBins = 128;
    private readonly FoldingBins<Bin> _bins = new(MostBins);

    /// <summary>Sizes over some frames: sums, to be divided by their count.</summary>
    /// <param name="Count">Frames.</param>
    /// <param name="Time">s, or frames.</param>
    /// <param name="HalfMinor">Half of the shorter length.</param>
    /// <param name="HalfMajor">Half of the longer length.</param>
    /// <param name="Area">Area.</param>
    /// <param name="Dose">Dose rate.</param>
    public readonly record struct Bin(int Count, double Time, double HalfMinor, double HalfMajor, double Area, double Dose) : IFrameSum<Bin>
    {
        /// <summary>Two together.</summary>
        public Bin With(Bin other) => new(
            Count + other.Count, Time + other.Time, HalfMinor + other.HalfMinor, HalfMajor + other.HalfMajor, Area + other.Area, Dose + other.Dose);

        /// <summary>The means.</summary>
        public Bin Mean => new(Count, Time / Count, HalfMinor / Count, HalfMajor / Count, Area / Count, Dose / Count);
    }

    /// <summary>Frames taken.</summary>
    public long Count { get; private set; }

    /// <summary>The means, in order of time.</summary>
    public IEnumerable<Bin> Means => _bins.Bins.Select(bin => bin.Mean);

    /// <summary>Adds one frame.</summary>
    public void Add(in Bin frame)
    {
        Count++;
        _bins.Add(frame);
    }
}

/// <summary>A straight line through points of which a few may be wrong.</summary>
/// <param name="Slope">Its slope.</param>
/// <param name="Err">1-sigma error of the slope from the scatter about the line.</param>
/// <param name="First">Its value at the first point.</param>
/// <param name="Last">Its value at the last point.</param>
/// <remarks>Weighted least squares, points further off than five median deviations left out. The ends of a straight line differ by as much as
/// those of the parabola that fits best, so slope times time is last minus first also where the rate itself changes evenly.</remarks>
internal readonly record struct RobustLine(double Slope, double Err, double First, double Last)
{
    private const double Far = 5;

    /// <summary>Fits; NaN with fewer than four points.</summary>
    public static RobustLine Fit(IReadOnlyList<(double X, double Y, double Weight)> points)
    {
        if (points.Count < 4)
        {
            return new RobustLine(double.NaN, double.NaN, double.NaN, double.NaN);
        }

        var kept = points;
        for (var turn = 0; ; turn++)
        {
            var w = kept.Sum(p => p.Weight);
            var x = kept.Sum(p => p.Weight * p.X) / w;
            var y = kept.Sum(p => p.Weight * p.Y) / w;
            var xx = kept.Sum(p => p.Weight * (p.X - x) * (p.X - x));
            var slope = kept.Sum(p => p.Weight * (p.X - x) * (p.Y - y)) / xx;
            double At(double at) => y + (slope * (at - x));
            var off = points.Select(p => Math.Sqrt(p.Weight) * Math.Abs(p.Y - At(p.X))).ToArray();
            var limit = Far * off.Order().ElementAt(off.Length / 2);
            var next = points.Where((_, i) => off[i] <= limit).ToList();
            if (turn == 3 || next.Count == kept.Count || next.Count < 4)
            {
                var squares = kept.Sum(p => p.Weight * Math.Pow(p.Y - At(p.X), 2));
                return new RobustLine(slope, Math.Sqrt(squares / Math.Max(1, kept.Count - 2) / xx), At(points[0].X), At(points[^1].X));
            }

            kept = next;
        }
    }
}
