using System.Buffers;
using System.Runtime.Intrinsics;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Segments a frame without a network: flattened background, noise-aware smoothing, threshold, components, watershed of what touches.</summary>
/// <remarks>A pure function of the frame once it has its settings; thread-safe.</remarks>
internal sealed class ClassicalSegmenter(SegmenterSettings settings) : ISegmenter
{
    private const int BackgroundPasses = 2;
    private const int MedianSamples = 8192;
    private const double SettledMap = 0.03;
    private const double LargestShare = 0.3;
    private const double LeastSnr = 4.5;

    /// <summary>What it was given.</summary>
    public SegmenterSettings Settings { get; } = settings;

    /// <inheritdoc/>
    public Segmentation Segment(Frame frame)
    {
        using var work = WorkImage.Bin(frame, Settings.Bin, Settings.ZeroCounts);
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
        var learnt = Settings.Background is { } known && known.Rows * known.Step <= work.Rows * Settings.Bin && Settings.Level > 0;
        var map = learnt
            ? Scaled(Settings.Background!, Median(smooth) / Settings.Level)
            : BackgroundEstimator.Fit(work, null, Settings.Bin, Settings.BackgroundPx);
        ImageLoops.Contrast(smooth, map, Settings.Bin, Settings.Dark, contrast);
        using var free = new Mat();
        using var kernel = Cv2.GetStructuringElement(MorphShapes.Rect, new Size(5, 5));
        for (var pass = 0; pass < passes; pass++)
        {
            ImageLoops.Mask(contrast, Settings.Threshold * 0.75, above: false, free);
            Cv2.Erode(free, free, kernel);
            var before = map;
            map = BackgroundEstimator.Fit(work, free, Settings.Bin, Settings.BackgroundPx);
            ImageLoops.Contrast(smooth, map, Settings.Bin, Settings.Dark, contrast);
            if (learnt && LargestChange(before, map) < SettledMap * Settings.Contrast)
            {
                break;
            }
        }

        return map;
    }

    /// <summary>Labels the components of the thresholded contrast and measures them, splitting those that look like several.</summary>
    public IReadOnlyList<Blob> Components(Mat contrast, Mat labels)
    {
        using var mask = new Mat();
        ImageLoops.Mask(contrast, Settings.Threshold, above: true, mask);
        var count = Cv2.ConnectedComponents(mask, labels, PixelConnectivity.Connectivity4, MatType.CV_32SC1);
        var moments = ArrayPool<BlobMoments>.Shared.Rent(count);
        Array.Clear(moments, 0, count);
        Gather(contrast, labels, moments);
        var blobs = new List<Blob>();
        for (var label = 1; label < count; label++)
        {
            ref var whole = ref moments[label];
            if (whole.Count < Settings.MinArea)
            {
                continue;
            }

            var box = whole.Box;
            var atBorder = box.X == 0 || box.Y == 0 || box.Right == labels.Cols || box.Bottom == labels.Rows;
            if (whole.Count < 1.25 * Settings.TypicalArea)
            {
                Keep(whole.ToBlob(label, Settings.Bin, atBorder), blobs);
                continue;
            }

            var number = InstanceSplitter.Split(labels, box, label, Settings.MinArea, out var parts);
            foreach (var part in Gather(contrast, box, parts, number))
            {
                if (part.Count >= Settings.MinArea && part.Count < LargestShare * contrast.Rows * contrast.Cols)
                {
                    Keep(part.ToBlob(label, Settings.Bin, atBorder), blobs);
                }
            }
        }

        ArrayPool<BlobMoments>.Shared.Return(moments);
        return blobs;
    }

    private void Keep(in Blob blob, List<Blob> blobs)
    {
        if (StandsOut(blob))
        {
            blobs.Add(blob);
        }
    }

    // Specks of noise over the threshold: not worth a fit. White noise assumed, so correlated noise passes rather than a faint particle fails.
    private bool StandsOut(in Blob blob)
    {
        var pixels = blob.Area / (Settings.Bin * Settings.Bin);
        var white = Settings.Noise * 2 * Math.Sqrt(Math.PI * ((Settings.SmoothPx * Settings.SmoothPx) + (1 / 12.0)));
        return blob.Contrast * Math.Sqrt(pixels) > LeastSnr * white;
    }

    /// <summary>Median of a CV_32FC1 image, from some thousand pixels spread over it.</summary>
    public static unsafe double Median(Mat image)
    {
        int rows = image.Rows, columns = image.Cols;

        // An odd step does not fall in with rows of any even length.
        var spread = Math.Max(1, rows * columns / MedianSamples) | 1;
        var some = ArrayPool<float>.Shared.Rent((rows * columns / spread) + 1);
        var count = 0;
        var next = 0;
        for (var y = 0; y < rows; y++)
        {
            var line = (float*)image.Ptr(y);
            for (; next < columns; next += spread)
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

    private static BackgroundMap Scaled(BackgroundMap map, double factor) =>
        new([.. map.Values.Select(v => (float)Math.Max(1e-3, v * factor))], map.Rows, map.Columns, map.Step);

    private static double LargestChange(BackgroundMap before, BackgroundMap after)
    {
        if (before.Values.Length != after.Values.Length)
        {
            return double.MaxValue;
        }

        var most = 0.0;
        for (var i = 0; i < before.Values.Length; i++)
        {
            most = Math.Max(most, Math.Abs((after.Values[i] / before.Values[i]) - 1));
        }

        return most;
    }

    // One pass over the labels sums up every component at once, run by run.
    private static unsafe void Gather(Mat contrast, Mat labels, BlobMoments[] moments)
    {
        int rows = labels.Rows, columns = labels.Cols;
        for (var y = 0; y < rows; y++)
        {
            var line = (int*)labels.Ptr(y);
            var value = (float*)contrast.Ptr(y);
            var x = 0;
            while (x < columns)
            {
                if (x + 8 <= columns && Vector256.EqualsAll(Vector256.Load(line + x), Vector256<int>.Zero))
                {
                    x += 8;
                    continue;
                }

                var label = line[x];
                var from = x++;
                while (x < columns && line[x] == label)
                {
                    x++;
                }

                if (label > 0)
                {
                    moments[label].AddRun(y, from, x, value);
                }
            }
        }
    }

    private static unsafe BlobMoments[] Gather(Mat contrast, Rect box, int[] parts, int number)
    {
        var moments = new BlobMoments[number];
        for (var y = 0; y < box.Height; y++)
        {
            var value = (float*)contrast.Ptr(box.Y + y);
            for (var x = 0; x < box.Width;)
            {
                var part = parts[(y * box.Width) + x];
                var from = x++;
                while (x < box.Width && parts[(y * box.Width) + x] == part)
                {
                    x++;
                }

                if (part > 0)
                {
                    moments[part - 1].AddRun(box.Y + y, box.X + from, box.X + x, value);
                }
            }
        }

        return moments;
    }
}
