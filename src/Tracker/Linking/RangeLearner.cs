using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Linking;

/// <summary>A search range learnt from the positions themselves.</summary>
/// <param name="SearchRangePx">Largest displacement, px.</param>
/// <param name="MemoryFrames">Frames for which a particle may vanish.</param>
/// <param name="StepPx">Typical displacement from frame to frame, drift taken off, px; null where no two frames follow one another.</param>
/// <param name="SpacingPx">Median distance to the nearest neighbour, px; null where no frame has two particles.</param>
public sealed record LearntRange(double SearchRangePx, int MemoryFrames, double? StepPx, double? SpacingPx)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var step = StepPx is { } s ? $"typical step {s:0.###} px" : "no two frames to compare";
        var spacing = SpacingPx is { } a ? $"neighbours {a:0.###} px apart" : "never two particles in a frame";
        return $"learnt search range {SearchRangePx:0.###} px, memory {MemoryFrames} frames ({step}, {spacing})";
    }
}

/// <summary>Learns how far particles go between frames.</summary>
/// <remarks>In the first frames, pairs that are each other's nearest neighbour (drift taken off) are taken for the same particle; the median
/// of their displacements gives the step of a random walk by axis, sigma = median / sqrt(2 ln 2). Five sigma (which a Gaussian step
/// passes once in 270,000) is too little where the motion is uneven in time, half the distance to the nearest neighbour as far as can
/// be told apart: the range is their geometric mean. Where the particles really move that far, five sigma up to half the distance, but
/// at least 2.5 sigma.</remarks>
internal static class RangeLearner
{
    private const int FrameLimit = 20;
    private const double Sigmas = 5;
    private const double SpacingFraction = 0.5;
    private const double FewestStepsInRange = 2.5;
    private const int Memory = 3;

    /// <summary>Learns from the first frames of a table.</summary>
    public static LearntRange Learn(PositionTable table, int[] rows, bool removesDrift)
    {
        var motion = new CommonMotion();
        List<double> steps = [];
        List<double> spacings = [];
        Point2[] previous = [];
        long previousFrame = 0;
        var frames = 0;
        foreach (var (frame, first, count) in TableLinker.FrameRuns(table, rows))
        {
            var points = new Point2[count];
            for (var i = 0; i < count; i++)
            {
                points[i] = table.Positions[rows[first + i]];
            }

            if (motion.MedianSpacing(points) is > 0 and var spacing)
            {
                spacings.Add(spacing);
            }

            if (frames > 0 && frame == previousFrame + 1)
            {
                if (removesDrift && motion.Find(previous, points, previous.Length) is { } found)
                {
                    found.Motion.Apply(previous, previous);
                }

                AddSteps(previous, points, steps);
            }

            (previous, previousFrame) = (points, frame);
            if (++frames >= FrameLimit)
            {
                break;
            }
        }

        return Conclude(Median(steps), Median(spacings));
    }

    private static LearntRange Conclude(double? step, double? spacing)
    {
        // Two median-sized steps out of the Rayleigh distribution: sigma by axis.
        var sigma = step / Math.Sqrt(2 * Math.Log(2));
        var range = (sigma, spacing) switch
        {
            ({ } s, { } a) when Sigmas * s < SpacingFraction * a => Math.Sqrt(Sigmas * s * SpacingFraction * a),
            ({ } s, { } a) => Math.Max(SpacingFraction * a, FewestStepsInRange * s),
            ({ } s, null) => Sigmas * s,
            (null, { } a) => SpacingFraction * a,
            _ => 1,
        };
        if (!(range > 0))
        {
            // Nothing moved at all: anything well inside the spacing will do.
            range = spacing * SpacingFraction ?? 1;
        }

        return new LearntRange(range, Memory, step, spacing);
    }

    private static void AddSteps(Point2[] from, Point2[] to, List<double> steps)
    {
        PointGrid later = new(), earlier = new();
        var cell = Math.Max(1e-9, Extent(to) / Math.Sqrt(to.Length));
        later.Build(to, cell);
        earlier.Build(from, cell);
        for (var i = 0; i < from.Length; i++)
        {
            var j = NearestAnywhere(later, from[i], cell, out var d);
            if (NearestAnywhere(earlier, to[j], cell, out _) == i)
            {
                steps.Add(Math.Sqrt(d));
            }
        }
    }

    private static int NearestAnywhere(PointGrid grid, Point2 centre, double cell, out double distanceSquared)
    {
        for (var radius = cell; ; radius *= 2)
        {
            var j = grid.Nearest(centre, radius, out distanceSquared);
            if (j >= 0)
            {
                return j;
            }
        }
    }

    private static double Extent(Point2[] points)
    {
        double x0 = double.MaxValue, x1 = double.MinValue, y0 = double.MaxValue, y1 = double.MinValue;
        foreach (var p in points)
        {
            (x0, x1, y0, y1) = (Math.Min(x0, p.X), Math.Max(x1, p.X), Math.Min(y0, p.Y), Math.Max(y1, p.Y));
        }

        return Math.Max(x1 - x0, y1 - y0);
    }

    private static double? Median(List<double> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        values.Sort();
        return values[values.Count / 2];
    }
}
