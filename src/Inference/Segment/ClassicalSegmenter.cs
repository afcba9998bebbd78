using System.Buffers;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Segments a frame without a network: flattened background, noise-aware smoothing, threshold, components, watershed of what touches.</summary>
/// <remarks>A pure function of the frame once it has its settings; thread-safe.</remarks>
internal sealed class ClassicalSegmenter(SegmenterSettings settings)
{
    private const int BackgroundPasses = 2;
    private const int MedianStep = 13;
    private const double LargestShare = 0.3;
    private const double LeastSnr = 4.5;

    /// <summary>What it was given.</summary>
    public SegmenterSettings Settings { get; } = settings;

    /// <summary>Segments one frame.</summary>
    public Segmentation Segment(Frame frame)
    {
        using var work = WorkImage.Bin(frame, Settings.Bin);
        using var smooth = WorkImage.Smooth(work, Settings.SmoothPx);
        using var contrast = new Mat();
        var background = Flatten(work, smooth, contrast, BackgroundPasses);
        var labels = new Mat();
        var blobs = Components(contrast, labels);
        return new Segmentation { Background = background, Labels = labels, Bin = Settings.Bin, Dark = Settings.Dark, Blobs = blobs };
    }

    /// <summary>Finds the background and fills the contrast image, positive in particles.</summary>
    /// <param name="work">Working image.</param>
    /// <param name="smooth">The same, smoothed.</param>
    /// <param name="contrast">Takes the contrast.</param>
    /// <param name="passes">Refinements; each leaves out what the one before took for particle.</param>
    public BackgroundMap Flatten(Mat work, Mat smooth, Mat contrast, int passes)
    {
        var map = Settings.Background is { } learnt && learnt.Rows * learnt.Step <= work.Rows * Settings.Bin && Settings.Level > 0
            ? Scaled(learnt, Median(smooth) / Settings.Level)
            : BackgroundEstimator.Fit(work, null, Settings.Bin, Settings.BackgroundPx);
        Contrast(smooth, map, contrast);
        using var free = new Mat();
        using var kernel = Cv2.GetStructuringElement(MorphShapes.Ellipse, new Size(5, 5));
        for (var pass = 0; pass < passes; pass++)
        {
            Mask(contrast, Settings.Threshold * 0.75, above: false, free);
            Cv2.Erode(free, free, kernel);
            map = BackgroundEstimator.Fit(work, free, Settings.Bin, Settings.BackgroundPx);
            Contrast(smooth, map, contrast);
        }

        return map;
    }

    /// <summary>Labels the components of the thresholded contrast and measures them, splitting those that look like several.</summary>
    public IReadOnlyList<Blob> Components(Mat contrast, Mat labels)
    {
        using var mask = new Mat();
        Mask(contrast, Settings.Threshold, above: true, mask);
        using var stats = new Mat();
        using var centres = new Mat();
        var count = Cv2.ConnectedComponentsWithStats(mask, labels, stats, centres, PixelConnectivity.Connectivity4, MatType.CV_32SC1);
        var blobs = new List<Blob>();
        for (var label = 1; label < count; label++)
        {
            var area = stats.At<int>(label, (int)ConnectedComponentsTypes.Area);
            if (area < Settings.MinArea)
            {
                continue;
            }

            var box = new Rect(
                stats.At<int>(label, (int)ConnectedComponentsTypes.Left), stats.At<int>(label, (int)ConnectedComponentsTypes.Top),
                stats.At<int>(label, (int)ConnectedComponentsTypes.Width), stats.At<int>(label, (int)ConnectedComponentsTypes.Height));
            if (area < 1.25 * Settings.TypicalArea)
            {
                var blob = Measure(contrast, labels, box, label, null, 0);
                if (StandsOut(blob))
                {
                    blobs.Add(blob);
                }

                continue;
            }

            var parts = InstanceSplitter.Split(labels, box, label, Settings.MinArea, out var part);
            for (var p = 1; p <= parts; p++)
            {
                var blob = Measure(contrast, labels, box, label, part, p);
                var pixels = blob.Area / (Settings.Bin * Settings.Bin);
                if (StandsOut(blob) && pixels >= Settings.MinArea && pixels < LargestShare * contrast.Rows * contrast.Cols)
                {
                    blobs.Add(blob);
                }
            }
        }

        return blobs;
    }

    // Specks of noise over the threshold: not worth a fit. White noise assumed, so correlated noise passes rather than a faint particle fails.
    private bool StandsOut(in Blob blob)
    {
        var pixels = blob.Area / (Settings.Bin * Settings.Bin);
        var white = Settings.Noise * 2 * Math.Sqrt(Math.PI * ((Settings.SmoothPx * Settings.SmoothPx) + (1 / 12.0)));
        return blob.Contrast * Math.Sqrt(pixels) > LeastSnr * white;
    }

    /// <summary>Median of a CV_32FC1 image, from every 13th pixel.</summary>
    public static unsafe double Median(Mat image)
    {
        int rows = image.Rows, columns = image.Cols;
        var some = ArrayPool<float>.Shared.Rent((rows * columns / MedianStep) + 1);
        var count = 0;
        var next = 0;
        for (var y = 0; y < rows; y++)
        {
            var line = (float*)image.Ptr(y);
            for (; next < columns; next += MedianStep)
            {
                some[count++] = line[next];
            }

            next -= columns;
        }

        Array.Sort(some, 0, count);
        var median = some[count / 2];
        ArrayPool<float>.Shared.Return(some);
        return median;
    }

    // OpenCV's own comparison with a number takes fifty times as long here.
    private static unsafe void Mask(Mat image, double threshold, bool above, Mat mask)
    {
        int rows = image.Rows, columns = image.Cols;
        mask.Create(rows, columns, MatType.CV_8UC1);
        var limit = (float)threshold;
        for (var y = 0; y < rows; y++)
        {
            var source = (float*)image.Ptr(y);
            var target = (byte*)mask.Ptr(y);
            for (var x = 0; x < columns; x++)
            {
                target[x] = (byte)(-(source[x] > limit == above ? 1 : 0));
            }
        }
    }

    private static BackgroundMap Scaled(BackgroundMap map, double factor) =>
        new([.. map.Values.Select(v => (float)Math.Max(1e-3, v * factor))], map.Rows, map.Columns, map.Step);

    private void Contrast(Mat smooth, BackgroundMap map, Mat contrast)
    {
        using var full = BackgroundEstimator.Render(map, Settings.Bin, smooth.Size());
        using var ratio = new Mat();
        Cv2.Divide(smooth, full, ratio);
        var sign = Settings.Dark ? -1 : 1;
        ratio.ConvertTo(contrast, MatType.CV_32FC1, sign, -sign);
    }

    private unsafe Blob Measure(Mat contrast, Mat labels, Rect box, int label, int[]? part, int number)
    {
        double m = 0, mx = 0, my = 0, mxx = 0, mxy = 0, myy = 0, weight = 0;
        for (var y = 0; y < box.Height; y++)
        {
            var line = (int*)labels.Ptr(box.Y + y) + box.X;
            var value = (float*)contrast.Ptr(box.Y + y) + box.X;
            for (var x = 0; x < box.Width; x++)
            {
                if (line[x] != label || (part is not null && part[(y * box.Width) + x] != number))
                {
                    continue;
                }

                m++;
                mx += x;
                my += y;
                mxx += (double)x * x;
                mxy += (double)x * y;
                myy += (double)y * y;
                weight += value[x];
            }
        }

        if (m == 0)
        {
            return default;
        }

        double cx = mx / m, cy = my / m;
        double xx = (mxx / m) - (cx * cx) + (1 / 12.0), yy = (myy / m) - (cy * cy) + (1 / 12.0), xy = (mxy / m) - (cx * cy);
        var root = Math.Sqrt((0.25 * (xx - yy) * (xx - yy)) + (xy * xy));
        var mean = (xx + yy) / 2;

        // A bar of half-length a has the second moment a^2 / 3 along it.
        double bin = Settings.Bin;
        var offset = (bin - 1) / 2;
        return new Blob(
            label, ((box.X + cx) * bin) + offset, ((box.Y + cy) * bin) + offset, m * bin * bin,
            Math.Sqrt(3 * (mean + root)) * bin, Math.Sqrt(3 * Math.Max(1 / 12.0, mean - root)) * bin, 0.5 * Math.Atan2(2 * xy, xx - yy), weight / m,
            box.X == 0 || box.Y == 0 || box.Right == labels.Cols || box.Bottom == labels.Rows);
    }
}
