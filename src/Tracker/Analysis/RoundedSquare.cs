using LiveLtem.Core;

namespace LiveLtem.Tracker.Analysis;

/// <summary>A square with round corners read off its outline: half the side, and the corners' radius squared.</summary>
/// <param name="HalfSide">Distance of a facet from the centre.</param>
/// <param name="RadiusSquared">Square of the corners' radius; below zero by chance where they are sharp, so that means are free of bias.</param>
internal readonly record struct RoundedSquare(double HalfSide, double RadiusSquared)
{
    // Directions up to 22.5 degrees off a facet's normal each, and all those round the corner, where blur passes some on to the next one, together.
    private const int Groups = 5;
    private const int Kinds = 7;
    private const int Nodes = 100;
    private static readonly double[] Weights = [4, 8, 8, 8, 20];
    private static readonly double[,] Unit = Tabulate();

    /// <summary>Distance of the corner from the centre.</summary>
    /// <param name="halfSide">Distance of a facet from the centre.</param>
    /// <param name="radius">Radius of the corner.</param>
    public static double Corner(double halfSide, double radius) => (Math.Sqrt(2) * halfSide) - ((Math.Sqrt(2) - 1) * radius);

    /// <summary>Fits an outline by least squares; null where it is no such square.</summary>
    /// <param name="squared">Mean squared distance by kind of direction, of <see cref="OutlineHistory"/> for n = 4.</param>
    public static RoundedSquare? Fit(Func<int, double> squared)
    {
        Span<double> seen = stackalloc double[Groups];
        for (var c = 0; c < Kinds; c++)
        {
            seen[Math.Min(c, Groups - 1)] += c < Groups - 1 ? squared(c) : squared(c) * (c == Kinds - 1 ? 4 : 8) / 20;
        }

        var square = seen[0];
        var radius = 0.0;
        for (var turn = 0; turn < 20; turn++)
        {
            if (!(square > 0))
            {
                return null;
            }

            var x = Math.Min(radius / square, 1);
            double aa = 0, ab = 0, bb = 0, ga = 0, gb = 0;
            for (var g = 0; g < Groups; g++)
            {
                var (value, slope) = At(g, x);
                var (a, b) = (value - (x * slope), slope);
                var rest = seen[g] - (square * value);
                (aa, ab, bb) = (aa + (Weights[g] * a * a), ab + (Weights[g] * a * b), bb + (Weights[g] * b * b));
                (ga, gb) = (ga + (Weights[g] * a * rest), gb + (Weights[g] * b * rest));
            }

            var det = (aa * bb) - (ab * ab);
            var (stepSquare, stepRadius) = (((bb * ga) - (ab * gb)) / det, ((aa * gb) - (ab * ga)) / det);
            (square, radius) = (square + stepSquare, Math.Min(radius + stepRadius, square + stepSquare));
            if (Math.Abs(stepSquare) + Math.Abs(stepRadius) < 1e-7 * square)
            {
                break;
            }
        }

        return square > 0 && double.IsFinite(radius) ? new RoundedSquare(Math.Sqrt(square), radius) : null;
    }

    // Of a square of half side 1 whose corners have a radius of sqrt(x), and by how much it changes with x.
    private static (double Value, double Slope) At(int group, double x)
    {
        var node = (int)Math.Clamp(x * Nodes, 0, Nodes - 1);
        var slope = (Unit[group, node + 1] - Unit[group, node]) * Nodes;
        return (Unit[group, node] + (slope * (x - ((double)node / Nodes))), slope);
    }

    private static double[,] Tabulate()
    {
        const int Fine = 200;
        var table = new double[Groups, Nodes + 1];
        for (var node = 0; node <= Nodes; node++)
        {
            var radius = Math.Sqrt((double)node / Nodes);
            for (var c = 0; c < Kinds; c++)
            {
                double sum = 0, all = 0;
                for (var j = -Fine; j <= Fine; j++)
                {
                    var weight = 1 - Math.Abs(j / (double)Fine);
                    var turn = (c + (j / (double)Fine)) * 2 * Math.PI / MeasuredOutline.Directions;
                    (sum, all) = (sum + (weight * Math.Pow(Distance(turn, radius), 2)), all + weight);
                }

                table[Math.Min(c, Groups - 1), node] += sum / all * (c < Groups - 1 ? 1 : c == Kinds - 1 ? 0.2 : 0.4);
            }
        }

        return table;
    }

    private static double Distance(double turn, double radius)
    {
        var (sin, cos) = Math.SinCos(turn);
        var (low, high) = (Math.Min(Math.Abs(sin), Math.Abs(cos)), Math.Max(Math.Abs(sin), Math.Abs(cos)));
        var flat = 1 / high;
        var middle = 1 - radius;
        if (flat * low <= middle)
        {
            return flat;
        }

        // The circle about (middle, middle).
        var along = middle * (low + high);
        return along + Math.Sqrt(Math.Max(0, (along * along) - (2 * middle * middle) + (radius * radius)));
    }
}

/// <summary>A corner's radius that changes evenly, through its squares.</summary>
/// <param name="Slope">Change of the radius in a unit of time.</param>
/// <param name="Err">1-sigma error of the slope from the scatter about the line.</param>
/// <param name="First">Radius at the first point.</param>
/// <param name="Last">Radius at the last point.</param>
/// <param name="LastErr">1-sigma error of <paramref name="Last"/>.</param>
/// <remarks>Least squares of r|r| with r = r0 + slope t: noise scatters the squares evenly, roots of single ones it would push down.</remarks>
internal readonly record struct RoundingLine(double Slope, double Err, double First, double Last, double LastErr)
{
    /// <summary>Fits; null with fewer than four points.</summary>
    /// <param name="points">Time, square of the radius, frames.</param>
    public static RoundingLine? Fit(IReadOnlyList<(double Time, double Square, double Weight)> points)
    {
        if (points.Count < 4)
        {
            return null;
        }

        var (from, span) = (points[0].Time, points[^1].Time - points[0].Time);
        var third = Math.Max(1, points.Count / 3);
        var early = Root(points.Take(third).Average(point => point.Square));
        var late = Root(points.TakeLast(third).Average(point => point.Square));
        var least = 1e-3 * Math.Sqrt(points.Max(point => Math.Abs(point.Square)));
        // In units of the whole time, by the radii at both ends.
        double a = early, b = late, aa = 0, ab = 0, bb = 0, squares = 0;
        for (var turn = 0; turn < 40; turn++)
        {
            double ga = 0, gb = 0;
            (aa, ab, bb, squares) = (0, 0, 0, 0);
            foreach (var (time, square, weight) in points)
            {
                var t = (time - from) / span;
                var r = (a * (1 - t)) + (b * t);
                var slope = 2 * Math.Max(Math.Abs(r), least);
                var (da, db) = (slope * (1 - t), slope * t);
                var rest = square - (r * Math.Abs(r));
                (aa, ab, bb) = (aa + (weight * da * da), ab + (weight * da * db), bb + (weight * db * db));
                (ga, gb, squares) = (ga + (weight * da * rest), gb + (weight * db * rest), squares + (weight * rest * rest));
            }

            var det = (aa * bb) - (ab * ab);
            if (!(det > 1e-12 * aa * bb))
            {
                return null;
            }

            var (stepA, stepB) = (((bb * ga) - (ab * gb)) / det, ((aa * gb) - (ab * ga)) / det);
            // A short step at a time where r passes through zero.
            var bound = Math.Max(Math.Abs(a), Math.Abs(b)) + least;
            (a, b) = (a + Math.Clamp(stepA, -bound / 2, bound / 2), b + Math.Clamp(stepB, -bound / 2, bound / 2));
            if (Math.Abs(stepA) + Math.Abs(stepB) < 1e-7 * bound)
            {
                break;
            }
        }

        var all = (aa * bb) - (ab * ab);
        var variance = squares / (points.Count - 2);
        var slopeErr = Math.Sqrt(variance * (aa + bb + (2 * ab)) / all) / span;
        return new RoundingLine((b - a) / span, slopeErr, a, b, Math.Sqrt(variance * aa / all));
    }

    private static double Root(double square) => Math.Sign(square) * Math.Sqrt(Math.Abs(square));
}
