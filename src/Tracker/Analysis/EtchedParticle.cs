namespace LiveLtem.Tracker.Analysis;

/// <summary>One particle that dissolves, by stretch of constant dose rate.</summary>
/// <param name="symmetry">Fold of its symmetry.</param>
internal sealed class EtchedParticle(int symmetry)
{
    private readonly SortedDictionary<int, (SizeHistory Sizes, OutlineHistory Outlines)> _stretches = [];

    /// <summary>Fold of its symmetry.</summary>
    public int Symmetry => symmetry;

    /// <summary>Frames in which its size was measured.</summary>
    public long Count => _stretches.Values.Sum(stretch => stretch.Sizes.Count);

    /// <summary>Number of the last frame in which it was seen.</summary>
    public long LastFrame { get; set; }

    /// <summary>The stretches in which it was seen.</summary>
    public IEnumerable<int> Stretches => _stretches.Keys;

    /// <summary>Adds one frame.</summary>
    /// <param name="stretch">Stretch of constant dose rate.</param>
    /// <param name="point">The particle there.</param>
    /// <param name="time">s, or frames.</param>
    /// <param name="frame">The frame.</param>
    public void Add(int stretch, in PhysicsPoint point, double time, PhysicsFrame frame)
    {
        if (!_stretches.TryGetValue(stretch, out var histories))
        {
            _stretches[stretch] = histories = (new SizeHistory(), new OutlineHistory(symmetry));
        }

        histories.Sizes.Add(new SizeHistory.Bin(1, time, point.Minor / 2, point.Major / 2, point.Area, frame.DoseRate));
        if (point.Outline is { } outline && outline.Symmetry == symmetry)
        {
            histories.Outlines.Add(time, outline, frame.PixelLength);
        }
    }

    /// <summary>Its sizes by the fits.</summary>
    /// <param name="stretches">Which stretches count.</param>
    /// <param name="since">From when on.</param>
    public List<SizeHistory.Bin> Sizes(Func<int, bool> stretches, double since = double.NegativeInfinity) =>
        [.. _stretches.Where(stretch => stretches(stretch.Key)).SelectMany(stretch => stretch.Value.Sizes.Means).Where(bin => bin.Time >= since)];

    /// <summary>Its outlines.</summary>
    /// <param name="stretches">Which stretches count.</param>
    /// <param name="since">From when on.</param>
    public List<OutlineHistory.Bin> Outlines(Func<int, bool> stretches, double since = double.NegativeInfinity) =>
        [.. _stretches.Where(stretch => stretches(stretch.Key)).SelectMany(stretch => stretch.Value.Outlines.Bins).Where(bin => bin.Time >= since)];

    /// <summary>Its outlines as squares with round corners.</summary>
    public static List<(double Time, RoundedSquare Square, double Weight)> Squares(IEnumerable<OutlineHistory.Bin> outlines) =>
        [.. outlines.Select(bin => (bin.Time, Square: RoundedSquare.Fit(bin.Square), (double)bin.Count)).Where(bin => bin.Square is not null).Select(bin => (bin.Time, bin.Square!.Value, bin.Item3))];
}

/// <summary>What a cube's facets and corners do.</summary>
/// <param name="Facet">Recession of the facets, and its error.</param>
/// <param name="Corner">Recession of the corners, and its error; NaN where corners cannot be told from sharp ones.</param>
/// <param name="Rounding">Growth of the corners' radius, and its error; likewise.</param>
/// <param name="Radius">The corners' radius at the end, and its error; likewise.</param>
internal readonly record struct CubeRates((double Value, double Err) Facet, (double Value, double Err) Corner, (double Value, double Err) Rounding, (double Value, double Err) Radius)
{
    private const double CornerShare = 0.41421356237309505;
    private const int LeastBins = 4;

    // Areas that are this near to a square's, by the fraction of it, know nothing of corners.
    private const double Sharp = 1e-4;
    private static readonly (double, double) Unknown = (double.NaN, double.NaN);

    /// <summary>By outlines where there are enough, else by the fits and what their areas lack of a square.</summary>
    public static CubeRates Of(List<SizeHistory.Bin> sizes, List<OutlineHistory.Bin> outlines)
    {
        var squares = EtchedParticle.Squares(outlines);
        return squares.Count >= LeastBins ? ByOutline(squares) : ByArea(sizes);
    }

    private static CubeRates ByOutline(List<(double Time, RoundedSquare Square, double Weight)> squares)
    {
        var facet = RobustLine.Fit([.. squares.Select(bin => (bin.Time, bin.Square.HalfSide, bin.Weight))]);
        if (RoundingLine.Fit([.. squares.Select(bin => (bin.Time, bin.Square.RadiusSquared, bin.Weight))]) is not { } rounding)
        {
            return new CubeRates((-facet.Slope, facet.Err), Unknown, Unknown, Unknown);
        }

        // A square taken too large has corners taken too round: the errors go together.
        double hh = 0, hq = 0, qq = 0;
        var (from, span) = (squares[0].Time, squares[^1].Time - squares[0].Time);
        foreach (var (time, square, weight) in squares)
        {
            var part = (time - from) / span;
            var radius = rounding.First + (part * (rounding.Last - rounding.First));
            var h = square.HalfSide - facet.First - (part * (facet.Last - facet.First));
            var q = square.RadiusSquared - (radius * Math.Abs(radius));
            (hh, hq, qq) = (hh + (weight * h * h), hq + (weight * h * q), qq + (weight * q * q));
        }

        var together = hq / Math.Max(Math.Sqrt(hh * qq), 1e-300);
        var (a, b) = (Math.Sqrt(2) * facet.Err, CornerShare * rounding.Err);
        var err = Math.Sqrt(Math.Max(0, (a * a) + (b * b) - (2 * together * a * b)));
        return new CubeRates(
            (-facet.Slope, facet.Err), ((-Math.Sqrt(2) * facet.Slope) + (CornerShare * rounding.Slope), err), (rounding.Slope, rounding.Err),
            (Math.Max(0, rounding.Last), rounding.LastErr));
    }

    // A = 4 h^2 - (4 - pi) r^2.
    private static CubeRates ByArea(List<SizeHistory.Bin> sizes)
    {
        var facet = RobustLine.Fit([.. sizes.Select(bin => (bin.Time, (bin.HalfMinor + bin.HalfMajor) / 2, (double)bin.Count))]);
        var known = (-facet.Slope, facet.Err);
        if (sizes.TrueForAll(bin => Math.Abs(bin.Area - (4 * bin.HalfMinor * bin.HalfMajor)) < Sharp * bin.Area) ||
            RoundingLine.Fit([.. sizes.Select(bin => (bin.Time, (Math.Pow(bin.HalfMinor + bin.HalfMajor, 2) - bin.Area) / (4 - Math.PI), (double)bin.Count))]) is not { } rounding)
        {
            return new CubeRates(known, Unknown, Unknown, Unknown);
        }

        var (a, b) = (Math.Sqrt(2) * facet.Err, CornerShare * rounding.Err);
        return new CubeRates(
            known, ((-Math.Sqrt(2) * facet.Slope) + (CornerShare * rounding.Slope), Math.Sqrt((a * a) + (b * b))), (rounding.Slope, rounding.Err),
            (Math.Max(0, rounding.Last), rounding.LastErr));
    }
}
