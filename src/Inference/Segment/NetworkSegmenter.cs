using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Segments a frame by a network: bins it to the network's scale, runs it, reads the particles off its maps.</summary>
/// <remarks>A pure function of the frame once it has its settings; thread-safe.</remarks>
internal sealed class NetworkSegmenter(NetworkModel model, NetworkSettings settings) : ISegmenter
{
    /// <summary>Lowest peak that is handed on: what a remembered particle may be recognised by, though it would not found a new one.</summary>
    public const double LeastScore = 0.2;

    // Liquid for the background: neither particle nor the blurred rim of one.
    private const double FreeBelow = 0.3;

    /// <inheritdoc/>
    public Segmentation Segment(Frame frame)
    {
        using var work = WorkImage.Bin(frame, settings.Bin, settings.ZeroCounts);
        int rows = work.Rows, columns = work.Cols;
        using var run = Fill(work);
        run.Run();
        using var free = Free(run, rows, columns);
        var background = BackgroundEstimator.Fit(work, free, settings.Bin, settings.BackgroundPx);
        var peaks = MapDecoder.Read(run, model.Card.Layers, rows, columns, LeastScore);
        var blobs = new List<Blob>(peaks.Count);
        foreach (var peak in peaks)
        {
            var blob = ToBlob(peak, blobs.Count + 1, frame, work, background);
            if (blob.Contrast >= settings.LeastContrast)
            {
                blobs.Add(blob);
            }
        }

        return new Segmentation { Background = background, Bin = settings.Bin, Dark = settings.Dark, Blobs = blobs };
    }

    /// <summary>Pads to the network's multiple by reflection and scales to its 8 bits.</summary>
    private unsafe NetworkRun Fill(Mat work)
    {
        int rows = work.Rows, columns = work.Cols;
        var multiple = model.Card.Multiple;
        var run = model.Rent((rows + multiple - 1) / multiple * multiple, (columns + multiple - 1) / multiple * multiple);
        var gain = (float)settings.Scale.Gain;
        var offset = (float)(settings.Scale.Offset + 0.5);
        for (var y = 0; y < run.Height; y++)
        {
            var line = new ReadOnlySpan<float>((float*)work.Ptr(Mirrored(y, rows)), columns);
            var into = run.Image.Slice(y * run.Width, run.Width);
            for (var x = 0; x < columns; x++)
            {
                into[x] = (byte)Math.Clamp((line[x] * gain) + offset, 0, 255);
            }

            for (var x = columns; x < run.Width; x++)
            {
                into[x] = into[Mirrored(x, columns)];
            }
        }

        return run;
    }

    private static int Mirrored(int at, int length)
    {
        var period = Math.Max(1, (2 * length) - 2);
        var folded = at % period;
        return folded < length ? folded : period - folded;
    }

    // 255 where no particle of any layer is.
    private unsafe Mat Free(NetworkRun run, int rows, int columns)
    {
        using var particles = new Mat(rows, columns, MatType.CV_8UC1);
        for (var y = 0; y < rows; y++)
        {
            var into = new Span<byte>((byte*)particles.Ptr(y), columns);
            run.Map(0, MapLayout.Foreground).Slice(y * run.Width, columns).CopyTo(into);
            if (model.Card.Layers == 2)
            {
                System.Numerics.Tensors.TensorPrimitives.Max<byte>(into, run.Map(1, MapLayout.Foreground).Slice(y * run.Width, columns), into);
            }
        }

        var free = new Mat();
        Cv2.Threshold(particles, free, FreeBelow * 255, 255, ThresholdTypes.BinaryInv);
        using var kernel = Cv2.GetStructuringElement(MorphShapes.Rect, new Size(5, 5));
        Cv2.Erode(free, free, kernel);
        return free;
    }

    private Blob ToBlob(in MapPeak peak, int number, Frame frame, Mat work, BackgroundMap background)
    {
        var bin = settings.Bin;
        var offset = (bin - 1) / 2.0;
        double x = (peak.X * bin) + offset, y = (peak.Y * bin) + offset;
        double along = peak.HalfMajor * bin, across = peak.HalfMinor * bin;
        var (sin, cos) = Math.SinCos(peak.Angle);
        var ex = (Math.Abs(cos) * along) + (Math.Abs(sin) * across);
        var ey = (Math.Abs(sin) * along) + (Math.Abs(cos) * across);
        var atBorder = x < ex || y < ey || x > frame.Width - 1 - ex || y > frame.Height - 1 - ey;
        var blob = new Blob(number, x, y, 4 * along * across, along, across, peak.Angle, 0, atBorder)
        {
            // Which of two layers is for the fit to say, by how sharp the edges are.
            Layer = model.Card.Layers == 2 ? peak.Layer + 1 : 0,
            Score = peak.Score,
        };
        return blob with { Contrast = (settings.Dark ? 1 : -1) * ContrastProbe.Measure(work, background, bin, blob) };
    }
}
