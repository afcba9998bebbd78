using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>How far a patch of plain liquid strays by noise alone, by its size: measured where no particle was seen, however far the noise is correlated.</summary>
/// <remarks>From differences of two frames, in which what stands still (unevenness of the liquid, the gain) cancels: the spread of the means of square
/// blocks. Where hardly any liquid is free, all blocks are taken: particles that close cannot move by much of their own size between two frames. Grain that reaches over many pixels, as smoothed or compressed movies have it, makes large patches stray far more than independent pixels would.</remarks>
internal sealed class FreeNoise
{
    private const int Cell = 4;
    private const int FewestBlocks = 80;
    private const double LeastNoise = 1e-6;
    private static readonly int[] Sides = [4, 8, 16, 32];
    private readonly List<(double Side, double Noise)> _ladder;

    private FreeNoise(List<(double Side, double Noise)> ladder) => _ladder = ladder;

    /// <summary>Measures it.</summary>
    /// <param name="one">A frame.</param>
    /// <param name="next">The one after it.</param>
    /// <param name="found">What looks like particles in the first one: what lies there is left out.</param>
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
        using var taken = Taken(difference, found);
        var ladder = new List<(double, double)>();
        foreach (var side in Sides)
        {
            if (Spread(difference, taken, side / Cell) is > LeastNoise and var noise)
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

    private static Mat Taken(Mat cells, IEnumerable<Blob> found)
    {
        var taken = new Mat(cells.Rows, cells.Cols, MatType.CV_8UC1, Scalar.Black);
        foreach (var blob in found)
        {
            // Half a particle more: it moves from one frame to the next.
            var reach = (1.5 * Math.Max(blob.HalfMajor, blob.HalfMinor)) + Cell;
            Cv2.Circle(taken, new Point((int)(blob.X / Cell), (int)(blob.Y / Cell)), (int)Math.Ceiling(reach / Cell), Scalar.White, -1);
        }

        return taken;
    }

    // Robust spread of the means of blocks of so many cells, the free ones where there are enough; null where the frame holds too few.
    private static double? Spread(Mat difference, Mat taken, int cells)
    {
        var free = new List<double>();
        var all = new List<double>();
        int rows = difference.Rows, columns = difference.Cols;
        for (var y = 0; y + cells <= rows; y += cells)
        {
            for (var x = 0; x + cells <= columns; x += cells)
            {
                var block = new Rect(x, y, cells, cells);
                using var part = difference[block];
                using var mask = taken[block];
                all.Add(Cv2.Mean(part).Val0);
                if (Cv2.CountNonZero(mask) == 0)
                {
                    free.Add(all[^1]);
                }
            }
        }

        var means = free.Count >= FewestBlocks ? free : all;
        if (means.Count < FewestBlocks)
        {
            return null;
        }

        means.Sort();
        var middle = means[means.Count / 2];
        var away = means.ConvertAll(m => Math.Abs(m - middle));
        away.Sort();
        return 1.4826 * away[away.Count / 2];
    }
}
