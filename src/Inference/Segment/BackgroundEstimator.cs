using System.Numerics.Tensors;
using System.Runtime.InteropServices;
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
        var values = new float[rows * columns];
        var weights = new float[rows * columns];
        ImageLoops.CellSums(work, free, cell, rows, columns, values, weights);
        var trend = Trend(values, weights, rows, columns);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] /= trend[i];
        }

        var sigma = Math.Max(0.8, reachPx / (cell * bin));
        var fine = Convolve(values, weights, rows, columns, sigma, out var support);
        if (TensorPrimitives.Min<float>(support) >= LeastSupport)
        {
            TensorPrimitives.Multiply(fine, trend, fine);
            TensorPrimitives.Max(fine, 1e-3f, fine);
            return new BackgroundMap(fine, rows, columns, cell * bin);
        }

        var wide = Convolve(values, weights, rows, columns, sigma * 4, out var wideSupport);
        double total = 0, mass = 0;
        for (var i = 0; i < values.Length; i++)
        {
            total += values[i];
            mass += weights[i];
        }

        var mean = mass > 0 ? total / mass : values.Average();
        for (var i = 0; i < fine.Length; i++)
        {
            // A cell with too little free liquid around it leans on its wider neighbourhood.
            var trust = Math.Min(1, support[i] / LeastSupport);
            var far = wideSupport[i] > 1e-4 ? wide[i] : mean;
            fine[i] = (float)((trust * fine[i]) + ((1 - trust) * far)) * trend[i];
            if (!(fine[i] > 1e-3f))
            {
                fine[i] = 1e-3f;
            }
        }

        return new BackgroundMap(fine, rows, columns, cell * bin);
    }

    // Weighted least-squares quadratic through the cells' means; flat where too few cells are free.
    private static float[] Trend(float[] sums, float[] weights, int rows, int columns)
    {
        const int terms = 6;
        Span<double> h = stackalloc double[terms * terms];
        Span<double> g = stackalloc double[terms];
        var (total, mass) = Moments(sums, weights, rows, columns, h, g);
        var mean = mass > 0 ? total / mass : 1;
        var trend = new float[sums.Length];
        for (var a = 0; a < terms; a++)
        {
            h[(a * terms) + a] += 1e-6 * mass;
        }

        if (!(mean > 0) || mass < 4 * terms || !SmallSolver.Factor(h, terms))
        {
            Array.Fill(trend, (float)Math.Max(1e-3, mean));
            return trend;
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

        return trend;
    }

    // Normal equations of 1, x, y, x^2, xy, y^2 over the cells, from sums along each row.
    private static (double Total, double Mass) Moments(float[] sums, float[] weights, int rows, int columns, Span<double> h, Span<double> g)
    {
        const int terms = 6;
        ReadOnlySpan<int> powerX = [0, 1, 0, 2, 1, 0];
        ReadOnlySpan<int> powerY = [0, 0, 1, 0, 1, 2];
        Span<double> weighted = stackalloc double[5];
        Span<double> summed = stackalloc double[3];
        Span<double> y = stackalloc double[5];
        for (var row = 0; row < rows; row++)
        {
            weighted.Clear();
            summed.Clear();
            for (var column = 0; column < columns; column++)
            {
                double x = Place(column, columns), w = weights[(row * columns) + column], s = sums[(row * columns) + column], xx = x * x;
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

    private static float[] Read(Mat mat)
    {
        var values = new float[mat.Rows * mat.Cols];
        Marshal.Copy(mat.Data, values, 0, values.Length);
        return values;
    }

    private static float[] Convolve(float[] values, float[] weights, int rows, int columns, double sigma, out float[] support)
    {
        using var a = Mat.FromPixelData(rows, columns, MatType.CV_32FC1, values);
        using var b = Mat.FromPixelData(rows, columns, MatType.CV_32FC1, weights);
        using var blurredA = new Mat();
        using var blurredB = new Mat();
        var size = (2 * (int)Math.Ceiling(2.5 * sigma)) + 1;
        Cv2.GaussianBlur(a, blurredA, new Size(size, size), sigma, sigma, BorderTypes.Isolated | BorderTypes.Constant);
        Cv2.GaussianBlur(b, blurredB, new Size(size, size), sigma, sigma, BorderTypes.Isolated | BorderTypes.Constant);
        var result = Read(blurredA);
        support = Read(blurredB);
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = support[i] > 1e-6f ? result[i] / support[i] : 0;
        }

        return result;
    }
}
