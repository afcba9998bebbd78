using System.Buffers;
using System.Numerics.Tensors;
using LiveLtem.Inference.Pose;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Estimates the brightness of the liquid where no particle is: a smooth surface through the pixels that are not particle.</summary>
/// <remarks>A quadratic trend over the whole frame, times the normalised convolution (Knutsson and Westin 1993, doi:10.1109/CVPR.1993.341081) of what
/// departs from it, on a coarse grid: a convolution alone would lean inwards at the border of a sloping background. Where particles cover nearly
/// everything the value comes from further away.</remarks>
internal static class BackgroundEstimator
{
    private const int CellsAcross = 64;
    private const float LeastSupport = 0.04f;
    private const int Planes = 6;
    private const int Passes = 3;

    /// <summary>Side of a grid cell, working pixels.</summary>
    public static int CellOf(Mat work) => Math.Clamp(Math.Max(work.Rows, work.Cols) / CellsAcross, 1, Math.Max(1, Math.Min(work.Rows, work.Cols)));

    /// <summary>Fits the surface.</summary>
    /// <param name="work">Working image, counts, CV_32FC1.</param>
    /// <param name="free">255 where no particle is, CV_8UC1, or null for everywhere.</param>
    /// <param name="bin">Frame pixels to a working pixel.</param>
    /// <param name="reachPx">Reach of the smoothing, sigma in frame pixels.</param>
    public static BackgroundMap Fit(Mat work, Mat? free, int bin, double reachPx)
    {
        var cell = CellOf(work);
        var rows = Math.Max(1, work.Rows / cell);
        var columns = Math.Max(1, work.Cols / cell);
        var rented = ArrayPool<float>.Shared.Rent(Planes * rows * columns);
        ImageLoops.CellSums(work, free, cell, rows, columns, new Plane(rented, 0, rows, columns).Span, new Plane(rented, 1, rows, columns).Span);
        var surface = Surface(rented, rows, columns, cell * bin, reachPx);
        ArrayPool<float>.Shared.Return(rented);
        return surface;
    }

    /// <summary>Fits the surface through what cells say of it, but for cells that are much darker or brighter than it.</summary>
    /// <param name="like">A surface of the grid that is wanted.</param>
    /// <param name="sums">Weighted sums of levels, [rows, columns] of the grid.</param>
    /// <param name="masses">How much each cell tells.</param>
    /// <param name="reachPx">Reach of the smoothing, sigma in frame pixels.</param>
    /// <param name="most">A cell that differs by more than this, relative, is left out.</param>
    public static BackgroundMap Through(BackgroundMap like, ReadOnlySpan<float> sums, ReadOnlySpan<float> masses, double reachPx, double most)
    {
        int rows = like.Rows, columns = like.Columns;
        var rented = ArrayPool<float>.Shared.Rent(Planes * rows * columns);
        var (values, weights, trend) = (new Plane(rented, 0, rows, columns), new Plane(rented, 1, rows, columns), new Plane(rented, 2, rows, columns));
        sums.CopyTo(values.Span);
        masses.CopyTo(weights.Span);
        for (var pass = 0; pass < Passes; pass++)
        {
            Trend(values.Span, weights.Span, rows, columns, trend.Span);
            for (var i = 0; i < sums.Length; i++)
            {
                if (weights.Span[i] > 0 && Math.Abs((values.Span[i] / (weights.Span[i] * trend.Span[i])) - 1) > most)
                {
                    values.Span[i] = weights.Span[i] = 0;
                }
            }
        }

        var surface = Surface(rented, rows, columns, like.Step, reachPx);
        ArrayPool<float>.Shared.Return(rented);
        return surface;
    }

    // Of the planes the first holds the weighted sums, the second the weights; the others are scratch.
    private static BackgroundMap Surface(float[] planes, int rows, int columns, int step, double reachPx)
    {
        var (values, weights, trend) = (new Plane(planes, 0, rows, columns), new Plane(planes, 1, rows, columns), new Plane(planes, 2, rows, columns));
        var (support, wide, wideSupport) = (new Plane(planes, 3, rows, columns), new Plane(planes, 4, rows, columns), new Plane(planes, 5, rows, columns));
        Trend(values.Span, weights.Span, rows, columns, trend.Span);
        TensorPrimitives.Divide(values.Span, trend.Span, values.Span);

        var sigma = Math.Max(0.8, reachPx / step);
        var fine = new float[rows * columns];
        Convolve(values, weights, sigma, new Plane(fine, 0, rows, columns), support);
        if (TensorPrimitives.Min<float>(support.Span) >= LeastSupport)
        {
            TensorPrimitives.Multiply(fine, trend.Span, fine);
            TensorPrimitives.Max(fine, 1e-3f, fine);
        }
        else
        {
            Convolve(values, weights, sigma * 4, wide, wideSupport);
            LeanOnFarther(fine, values.Span, weights.Span, trend.Span, support.Span, wide.Span, wideSupport.Span);
        }

        return new BackgroundMap(fine, rows, columns, step);
    }

    // A cell with too little free liquid around it leans on its wider neighbourhood.
    private static void LeanOnFarther(
        Span<float> fine, ReadOnlySpan<float> values, ReadOnlySpan<float> weights, ReadOnlySpan<float> trend, ReadOnlySpan<float> support, ReadOnlySpan<float> wide, ReadOnlySpan<float> wideSupport)
    {
        double total = 0, mass = 0;
        for (var i = 0; i < values.Length; i++)
        {
            total += values[i];
            mass += weights[i];
        }

        var mean = mass > 0 ? total / mass : 0;
        for (var i = 0; i < fine.Length; i++)
        {
            var trust = Math.Min(1, support[i] / LeastSupport);
            var far = wideSupport[i] > 1e-4 ? wide[i] : mean;
            fine[i] = (float)((trust * fine[i]) + ((1 - trust) * far)) * trend[i];
            if (!(fine[i] > 1e-3f))
            {
                fine[i] = 1e-3f;
            }
        }
    }

    // Weighted least-squares quadratic through the cells' means; flat where too few cells are free.
    private static void Trend(ReadOnlySpan<float> sums, ReadOnlySpan<float> weights, int rows, int columns, Span<float> trend)
    {
        const int terms = 6;
        Span<double> h = stackalloc double[terms * terms];
        Span<double> g = stackalloc double[terms];
        var (total, mass) = Moments(sums, weights, rows, columns, h, g);
        var mean = mass > 0 ? total / mass : 1;
        for (var a = 0; a < terms; a++)
        {
            h[(a * terms) + a] += 1e-6 * mass;
        }

        if (!(mean > 0) || mass < 4 * terms || !SmallSolver.Factor(h, terms))
        {
            trend.Fill((float)Math.Max(1e-3, mean));
            return;
        }

        SmallSolver.Solve(h, terms, g);
        for (var row = 0; row < rows; row++)
        {
            var y = Place(row, rows);
            double constant = g[0] + (g[2] * y) + (g[5] * y * y), slope = g[1] + (g[4] * y);
            for (var column = 0; column < columns; column++)
            {
                var x = Place(column, columns);
                trend[(row * columns) + column] = (float)Math.Clamp(constant + (x * (slope + (x * g[3]))), 0.2 * mean, 5 * mean);
            }
        }
    }

    // Normal equations of 1, x, y, x^2, xy, y^2 over the cells, from sums along each row.
    private static (double Total, double Mass) Moments(ReadOnlySpan<float> sums, ReadOnlySpan<float> weights, int rows, int columns, Span<double> h, Span<double> g)
    {
        const int terms = 6;
        ReadOnlySpan<int> powerX = [0, 1, 0, 2, 1, 0];
        ReadOnlySpan<int> powerY = [0, 0, 1, 0, 1, 2];
        Span<double> weighted = stackalloc double[5];
        Span<double> summed = stackalloc double[3];
        Span<double> y = stackalloc double[5];
        Span<double> places = stackalloc double[columns];
        for (var column = 0; column < columns; column++)
        {
            places[column] = Place(column, columns);
        }

        for (var row = 0; row < rows; row++)
        {
            weighted.Clear();
            summed.Clear();
            for (var column = 0; column < columns; column++)
            {
                double x = places[column], w = weights[(row * columns) + column], s = sums[(row * columns) + column], xx = x * x;
                weighted[0] += w;
                weighted[1] += w * x;
                weighted[2] += w * xx;
                weighted[3] += w * xx * x;
                weighted[4] += w * xx * xx;
                summed[0] += s;
                summed[1] += s * x;
                summed[2] += s * xx;
            }

            y[0] = 1;
            for (var p = 1; p < 5; p++)
            {
                y[p] = y[p - 1] * Place(row, rows);
            }

            for (var a = 0; a < terms; a++)
            {
                g[a] += summed[powerX[a]] * y[powerY[a]];
                for (var b = 0; b < terms; b++)
                {
                    h[(a * terms) + b] += weighted[powerX[a] + powerX[b]] * y[powerY[a] + powerY[b]];
                }
            }
        }

        return (g[0], h[0]);
    }

    // -1 at the first cell, 1 at the last.
    private static double Place(int cell, int cells) => cells > 1 ? (2.0 * cell / (cells - 1)) - 1 : 0;

    // Normalised convolution; 'support' takes how much free liquid each cell leans on.
    private static void Convolve(in Plane values, in Plane weights, double sigma, in Plane result, in Plane support)
    {
        var size = (2 * (int)Math.Ceiling(2.5 * sigma)) + 1;
        Blur(values, result, size, sigma);
        Blur(weights, support, size, sigma);
        var share = support.Span;
        var into = result.Span;
        for (var i = 0; i < into.Length; i++)
        {
            into[i] = share[i] > 1e-6f ? into[i] / share[i] : 0;
        }
    }

    private static unsafe void Blur(in Plane from, in Plane to, int size, double sigma)
    {
        fixed (float* source = from.Span, target = to.Span)
        {
            using var a = Mat.FromPixelData(from.Rows, from.Columns, MatType.CV_32FC1, (nint)source);
            using var b = Mat.FromPixelData(to.Rows, to.Columns, MatType.CV_32FC1, (nint)target);
            Cv2.GaussianBlur(a, b, new Size(size, size), sigma, sigma, BorderTypes.Isolated | BorderTypes.Constant);
        }
    }

    /// <summary>A grid of values within a rented array.</summary>
    private readonly record struct Plane(float[] Array, int Index, int Rows, int Columns)
    {
        public Span<float> Span => Array.AsSpan(Index * Rows * Columns, Rows * Columns);
    }
}
