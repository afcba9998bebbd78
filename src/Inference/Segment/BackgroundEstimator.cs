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
        var area = new Rect(0, 0, columns * cell, rows * cell);
        using var weight = new Mat();
        if (free is null)
        {
            weight.Create(rows, columns, MatType.CV_32FC1);
            weight.SetTo(1);
        }
        else
        {
            using var part = free[area];
            using var scaled = new Mat();
            part.ConvertTo(scaled, MatType.CV_32FC1, 1 / 255.0);
            Cv2.Resize(scaled, weight, new Size(columns, rows), 0, 0, InterpolationFlags.Area);
        }

        using var sum = new Mat();
        using (var part = work[area])
        {
            if (free is null)
            {
                Cv2.Resize(part, sum, new Size(columns, rows), 0, 0, InterpolationFlags.Area);
            }
            else
            {
                using var kept = new Mat(area.Height, area.Width, MatType.CV_32FC1, new Scalar(0));
                using var mask = free[area];
                part.CopyTo(kept, mask);
                Cv2.Resize(kept, sum, new Size(columns, rows), 0, 0, InterpolationFlags.Area);
            }
        }

        var values = Read(sum);
        var weights = Read(weight);
        var trend = Trend(values, weights, rows, columns);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] /= trend[i];
        }

        var sigma = Math.Max(0.8, reachPx / (cell * bin));
        var fine = Convolve(values, weights, rows, columns, sigma, out var support);
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
            var trust = Math.Min(1, support[i] / 0.04);
            var far = wideSupport[i] > 1e-4 ? wide[i] : mean;
            fine[i] = (float)((trust * fine[i]) + ((1 - trust) * far)) * trend[i];
            if (!(fine[i] > 1e-3f))
            {
                fine[i] = 1e-3f;
            }
        }

        return new BackgroundMap(fine, rows, columns, cell * bin);
    }

    /// <summary>Draws the surface at working resolution, CV_32FC1.</summary>
    public static Mat Render(BackgroundMap map, int bin, Size size)
    {
        using var coarse = Mat.FromPixelData(map.Rows, map.Columns, MatType.CV_32FC1, map.Values);
        var cell = map.Step / bin;
        using var covered = new Mat();
        Cv2.Resize(coarse, covered, new Size(map.Columns * cell, map.Rows * cell), 0, 0, InterpolationFlags.Linear);
        var result = new Mat();
        Cv2.CopyMakeBorder(covered, result, 0, size.Height - covered.Rows, 0, size.Width - covered.Cols, BorderTypes.Replicate);
        return result;
    }

    // Weighted least-squares quadratic through the cells' means; flat where too few cells are free.
    private static float[] Trend(float[] sums, float[] weights, int rows, int columns)
    {
        const int terms = 6;
        Span<double> h = stackalloc double[terms * terms];
        Span<double> g = stackalloc double[terms];
        Span<double> basis = stackalloc double[terms];
        double total = 0, mass = 0;
        for (var i = 0; i < sums.Length; i++)
        {
            Basis(i, rows, columns, basis);
            total += sums[i];
            mass += weights[i];
            for (var a = 0; a < terms; a++)
            {
                g[a] += basis[a] * sums[i];
                for (var b = 0; b < terms; b++)
                {
                    h[(a * terms) + b] += basis[a] * basis[b] * weights[i];
                }
            }
        }

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
        for (var i = 0; i < trend.Length; i++)
        {
            Basis(i, rows, columns, basis);
            var value = 0.0;
            for (var a = 0; a < terms; a++)
            {
                value += basis[a] * g[a];
            }

            trend[i] = (float)Math.Clamp(value, 0.2 * mean, 5 * mean);
        }

        return trend;

        static void Basis(int cell, int rows, int columns, Span<double> basis)
        {
            var x = columns > 1 ? (2.0 * (cell % columns) / (columns - 1)) - 1 : 0;
            var y = rows > 1 ? (2.0 * (cell / columns) / (rows - 1)) - 1 : 0;
            basis[0] = 1;
            basis[1] = x;
            basis[2] = y;
            basis[3] = x * x;
            basis[4] = x * y;
            basis[5] = y * y;
        }
    }

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
