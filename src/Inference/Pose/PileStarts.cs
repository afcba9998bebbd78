using System.Numerics.Tensors;
using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>One other answer for a pile, before it is fitted.</summary>
/// <param name="Removed">Particles that are not there by it.</param>
/// <param name="Added">Particles that are there instead.</param>
internal sealed record PileStart(IReadOnlyList<Hypothesis> Removed, IReadOnlyList<ShapePose> Added);

/// <summary>Proposes other answers for a pile of particles from what the present ones leave over. Not thread-safe.</summary>
/// <param name="fitter">Knows noise and blur.</param>
/// <param name="population">What the recording's particles are like.</param>
internal sealed class PileStarts(FrameFitter fitter, Population population)
{
    private const int Axes = 6;
    private const int BestPairs = 2;
    private const double SmoothingShare = 0.3;
    private const double EndShare = 0.02;
    private const double LeastOfTypical = 0.4;
    private const double LeastApart = 0.4;
    private float[] _left = [];
    private float[] _scratch = [];

    /// <summary>Starts for a pile, of which one particle is badly explained.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">Its segmentation.</param>
    /// <param name="one">The badly explained one.</param>
    /// <param name="pile">It and those that touch it.</param>
    /// <param name="standing">The others near.</param>
    /// <param name="box">The pixels in question.</param>
    public List<PileStart> Of(Frame frame, Segmentation found, Hypothesis one, List<Hypothesis> pile, List<Hypothesis> standing, FitBox box)
    {
        var starts = new List<PileStart>();
        if (Peak(frame, found, [.. pile, .. standing], box) is { } more)
        {
            starts.Add(new PileStart([], [more]));
        }

        foreach (var pair in Pairs(frame, found, one, [.. pile.Where(h => h != one), .. standing], box))
        {
            starts.Add(new PileStart([one], pair));
        }

        if (pile.Count > 1)
        {
            starts.Add(new PileStart([one], []));
        }

        return starts;
    }

    private double Radius => Math.Sqrt(population.TypicalArea / Math.PI);

    // Where most is left over, a particle of the usual size.
    private ShapePose? Peak(Frame frame, Segmentation found, List<Hypothesis> present, FitBox box)
    {
        Leftover(frame, found, present, box);
        var at = TensorPrimitives.IndexOfMax<float>(_left.AsSpan(0, box.Count));
        return _left[at] < LeastOfTypical * population.TypicalContrast ? null : Usual(found, box.X0 + (at % box.Width), box.Y0 + (at / box.Width));
    }

    // Pairs that reach from one end of what is there to the other, along several axes; those come first that explain most before any fit.
    private IEnumerable<ShapePose[]> Pairs(Frame frame, Segmentation found, Hypothesis one, List<Hypothesis> others, FitBox box)
    {
        Leftover(frame, found, others, box);
        var points = Region(one, box);
        var radius = Radius;
        if (points.Count < 0.5 * population.TypicalArea)
        {
            return [];
        }

        var near = others.Select(h => h.Drawn).ToArray();
        var tried = new List<(double Misfit, int Axis, ShapePose[] Pair)>();
        var along = new double[points.Count];
        for (var axis = 0; axis < Axes; axis++)
        {
            var (sin, cos) = Math.SinCos(axis * Math.PI / Axes);
            for (var i = 0; i < along.Length; i++)
            {
                along[i] = (points[i].X * cos) + (points[i].Y * sin);
            }

            Array.Sort(along);
            var low = along[(int)(EndShare * along.Length)];
            var high = along[^(1 + (int)(EndShare * along.Length))];
            var middle = (low + high) / 2;
            var half = Math.Max(LeastApart * radius, ((high - low) / 2) - radius);
            var first = End(points, cos, sin, middle - half, p => p < Math.Min(middle, low + radius));
            var second = End(points, cos, sin, middle + half, p => p > Math.Max(middle, high - radius));
            ShapePose[] pair = [Usual(found, first.X, first.Y), Usual(found, second.X, second.Y)];
            tried.Add((fitter.Pose.Misfit(frame, found.Background, box, [.. pair, .. near], 1, out _), axis, pair));
        }

        tried.Sort((a, b) => a.Misfit != b.Misfit ? a.Misfit.CompareTo(b.Misfit) : a.Axis.CompareTo(b.Axis));
        var chosen = new List<(double Misfit, int Axis, ShapePose[] Pair)>();
        foreach (var start in tried)
        {
            // Neighbouring axes lead to the same pair.
            if (chosen.Count < BestPairs && chosen.TrueForAll(c => Math.Abs(c.Axis - start.Axis) is > 1 and < Axes - 1))
            {
                chosen.Add(start);
            }
        }

        return chosen.Select(c => c.Pair);
    }

    // The centre of one end: its place on the axis is given, across it lies where the pixels of that end lie.
    private static (double X, double Y) End(List<(double X, double Y)> points, double cos, double sin, double place, Func<double, bool> belongs)
    {
        double sum = 0;
        var n = 0;
        foreach (var (x, y) in points)
        {
            if (belongs((x * cos) + (y * sin)))
            {
                sum += (y * cos) - (x * sin);
                n++;
            }
        }

        var across = sum / Math.Max(1, n);
        return ((place * cos) - (across * sin), (place * sin) + (across * cos));
    }

    private ShapePose Usual(Segmentation found, double x, double y) =>
        new(ShapeKind.Disc, x, y, 0, Radius, Radius, (found.Dark ? 1 : -1) * population.TypicalContrast);

    private List<(double X, double Y)> Region(Hypothesis one, FitBox box)
    {
        var least = LeastOfTypical * population.TypicalContrast;
        var reach = one.Pose.Reach + Radius;
        var points = new List<(double X, double Y)>();
        for (var i = 0; i < box.Count; i++)
        {
            double x = box.X0 + (i % box.Width), y = box.Y0 + (i / box.Width);
            if (_left[i] > least && Math.Pow(x - one.Pose.X, 2) + Math.Pow(y - one.Pose.Y, 2) < reach * reach)
            {
                points.Add((x, y));
            }
        }

        return points;
    }

    private void Leftover(Frame frame, Segmentation found, List<Hypothesis> present, FitBox box)
    {
        if (_left.Length < box.Count)
        {
            _left = new float[box.Count];
            _scratch = new float[box.Count];
        }

        var left = _left.AsSpan(0, box.Count);
        fitter.Pose.Leftover(frame, found.Background, box, present.Select(h => h.Drawn).ToArray(), left);
        if (!found.Dark)
        {
            TensorPrimitives.Negate(left, left);
        }

        Smooth(box, Math.Max(1, (int)Math.Round(SmoothingShare * Math.Sqrt(population.TypicalArea) / 2)));
    }

    // Running mean along rows, then along columns.
    private void Smooth(FitBox box, int half)
    {
        for (var y = 0; y < box.Height; y++)
        {
            Smooth(_left.AsSpan(y * box.Width, box.Width), _scratch.AsSpan(y * box.Width, box.Width), half);
        }

        var column = new float[box.Height];
        var into = new float[box.Height];
        for (var x = 0; x < box.Width; x++)
        {
            for (var y = 0; y < box.Height; y++)
            {
                column[y] = _scratch[(y * box.Width) + x];
            }

            Smooth(column, into, half);
            for (var y = 0; y < box.Height; y++)
            {
                _left[(y * box.Width) + x] = into[y];
            }
        }
    }

    private static void Smooth(ReadOnlySpan<float> from, Span<float> into, int half)
    {
        var sum = 0.0;
        for (var i = -half; i < from.Length; i++)
        {
            sum += i + half < from.Length ? from[i + half] : 0;
            sum -= i - half - 1 >= 0 ? from[i - half - 1] : 0;
            if (i >= 0)
            {
                into[i] = (float)(sum / (Math.Min(from.Length - 1, i + half) - Math.Max(0, i - half) + 1));
            }
        }
    }
}
