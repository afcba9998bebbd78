using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>How far a patch of plain liquid strays by noise alone, by its size: measured where no particle was seen, however far the noise is correlated.</summary>
/// <remarks>From differences of two frames, in which what stands still (unevenness of the liquid, the gain) cancels. The autocovariance of the cells that are
/// free in both frames gives the variance of the mean over a square of any size, also where no free square of that size is left between the particles. Where
/// hardly any liquid is free, all cells are taken: particles that close cannot move by much of their own size between two frames.
/// Grain that reaches over many pixels, as smoothed or compressed movies have it, makes large patches stray far more than independent pixels would.</remarks>
internal sealed class FreeNoise
{
    private const int Cell = 4;
    private const int FewestCells = 600;
    private const double LeastNoise = 1e-6;

    // Cells beyond so many deviations are a particle that nobody saw, or a hot pixel.
    private const double FarthestSigma = 5;
    private const int LongestCells = 8;
    private static readonly int[] Sides = [4, 8, 16, 32];
    private readonly List<(double Side, double Noise)> _ladder;

    private FreeNoise(List<(double Side, double Noise)> ladder) => _ladder = ladder;

    /// <summary>Measures it.</summary>
    /// <param name="one">A frame.</param>
    /// <param name="next">The one after it.</param>
    /// <param name="found">What looks like particles in either of them: what lies there is left out.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <returns>The noise, or null where the frames are too small or do not differ.</returns>
    public static FreeNoise? Measure(Frame one, Frame next, IEnumerable<Blob> found, double zero)
    {
        using var a = WorkImage.Bin(one, Cell, zero);
        using var b = WorkImage.Bin(next, Cell, zero);
        double levelA = ClassicalSegmenter.Median(a), levelB = ClassicalSegmenter.Median(b);
        if (levelA <= 0 || levelB <= 0)
        {
            return null;
        }

        using var difference = new Mat();
        Cv2.AddWeighted(a, 1 / levelA / Math.Sqrt(2), b, -1 / levelB / Math.Sqrt(2), 0, difference);
        return Measure(difference, found);
    }

    /// <summary>Measures it on one frame alone: its slow unevenness is taken off, what is left of it counts as noise.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">What looks like particles: what lies there is left out.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <param name="reachPx">Sigma of what counts as slow, px of the frame.</param>
    /// <returns>The noise, or null where the frame is too small or does not vary.</returns>
    public static FreeNoise? Measure(Frame frame, IEnumerable<Blob> found, double zero, double reachPx)
    {
        using var cells = WorkImage.Bin(frame, Cell, zero);
        var free = Free(cells, found);
        using var mask = new Mat(cells.Rows, cells.Cols, MatType.CV_32FC1);
        mask.SetArray(Array.ConvertAll(free, f => f ? 1f : 0));
        using var taken = new Mat();
        using var smooth = new Mat();
        using var weight = new Mat();
        Cv2.Multiply(cells, mask, taken);
        Cv2.GaussianBlur(taken, smooth, new Size(), reachPx / Cell);
        Cv2.GaussianBlur(mask, weight, new Size(), reachPx / Cell);
        Cv2.Max(weight, new Scalar(1e-6), weight);
        Cv2.Divide(smooth, weight, smooth);
        if (ClassicalSegmenter.Median(smooth) <= 0)
        {
            return null;
        }

        Cv2.Max(smooth, new Scalar(1e-3), smooth);
        Cv2.Divide(cells, smooth, cells);
        return Measure(cells, found);
    }

    private static FreeNoise? Measure(Mat difference, IEnumerable<Blob> found)
    {
        var free = Free(difference, found);
        if (free.AsSpan().Count(true) < FewestCells)
        {
            free.AsSpan().Fill(true);
        }

        if (Centred(difference, free) is not { } cells)
        {
            return null;
        }

        var ladder = new List<(double, double)>();
        var covariance = Autocovariance(cells, free, difference.Rows, difference.Cols);
        foreach (var side in Sides)
        {
            if (Math.Min(difference.Rows, difference.Cols) > side / Cell && Spread(covariance, side / Cell) is > LeastNoise and var noise)
            {
                ladder.Add((side, noise));
            }
        }

        return ladder.Count == 0 ? null : new FreeNoise(ladder);
    }

    /// <summary>1-sigma scatter of the mean over a compact patch, fraction of the level.</summary>
    /// <param name="area">Its area, px^2 of the frame.</param>
    public double Over(double area)
    {
        var side = Math.Sqrt(Math.Max(1, area));
        for (var i = 1; i < _ladder.Count; i++)
        {
            var (low, high) = (_ladder[i - 1], _ladder[i]);
            if (side >= low.Side && side < high.Side)
            {
                return low.Noise * Math.Pow(high.Noise / low.Noise, Math.Log(side / low.Side) / Math.Log(high.Side / low.Side));
            }
        }

        // Beyond the ladder patches are taken as independent of one another.
        var end = side < _ladder[0].Side ? _ladder[0] : _ladder[^1];
        return end.Noise * end.Side / side;
    }

    private static bool[] Free(Mat cells, IEnumerable<Blob> found)
    {
        using var taken = new Mat(cells.Rows, cells.Cols, MatType.CV_8UC1, Scalar.Black);
        foreach (var blob in found)
        {
            // The blurred rim too.
            var reach = (1.2 * Math.Max(blob.HalfMajor, blob.HalfMinor)) + Cell;
            Cv2.Circle(taken, new Point((int)(blob.X / Cell), (int)(blob.Y / Cell)), (int)Math.Ceiling(reach / Cell), Scalar.White, -1);
        }

        taken.GetArray(out byte[] bytes);
        return Array.ConvertAll(bytes, b => b == 0);
    }

    // The cells less their median, strays no longer free; null where too few are left or all are alike.
    private static double[]? Centred(Mat difference, bool[] free)
    {
        difference.GetArray(out float[] values);
        var some = values.Where((_, i) => free[i]).Order().ToArray();
        if (some.Length < FewestCells)
        {
            return null;
        }

        var middle = some[some.Length / 2];
        var away = Array.ConvertAll(some, v => Math.Abs(v - middle));
        Array.Sort(away);
        var most = FarthestSigma * 1.4826 * away[away.Length / 2];
        if (most <= 0)
        {
            return null;
        }

        for (var i = 0; i < values.Length; i++)
        {
            free[i] &= Math.Abs(values[i] - middle) <= most;
        }

        var sum = 0.0;
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (free[i])
            {
                sum += values[i];
                count++;
            }
        }

        return Array.ConvertAll(values, v => v - (sum / count));
    }

    // By lag: [dy, dx + LongestCells - 1], dy >= 0; pairs of free cells only.
    private static double[,] Autocovariance(double[] cells, bool[] free, int rows, int columns)
    {
        var result = new double[LongestCells, (2 * LongestCells) - 1];
        for (var dy = 0; dy < Math.Min(LongestCells, rows); dy++)
        {
            for (var dx = dy == 0 ? 0 : 1 - LongestCells; dx < LongestCells; dx++)
            {
                var sum = 0.0;
                var pairs = 0;
                for (var y = 0; y + dy < rows; y++)
                {
                    var (here, there) = (y * columns, ((y + dy) * columns) + dx);
                    for (var x = Math.Max(0, -dx); x < columns - Math.Max(0, dx); x++)
                    {
                        if (free[here + x] && free[there + x])
                        {
                            sum += cells[here + x] * cells[there + x];
                            pairs++;
                        }
                    }
                }

                result[dy, dx + LongestCells - 1] = pairs > 0 ? sum / pairs : 0;
            }
        }

        return result;
    }

    // Standard deviation of the mean over a square of so many cells: the covariances of all pairs of its cells, averaged.
    private static double Spread(double[,] covariance, int side)
    {
        var sum = 0.0;
        for (var dy = 0; dy < side; dy++)
        {
            for (var dx = dy == 0 ? 0 : 1 - side; dx < side; dx++)
            {
                // A lag and its opposite are one entry.
                var twice = dy == 0 && dx == 0 ? 1 : 2;
                sum += twice * (side - dy) * (side - Math.Abs(dx)) * covariance[dy, dx + LongestCells - 1];
            }
        }

        return Math.Sqrt(Math.Max(0, sum)) / (side * side);
    }
}
