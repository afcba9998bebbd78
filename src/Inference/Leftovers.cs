using System.Buffers;
using System.Numerics.Tensors;
using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;
using OpenCvSharp;

namespace LiveLtem.Inference;

/// <summary>Looks at what the fitted particles leave unexplained: where it is still too dark over the area of a particle, another one lies under or over them.</summary>
/// <remarks>Particles that cover each other by more than half have one centre for a network; divided by what the known ones let through, the frame shows the rest
/// (matching pursuit, Mallat and Zhang 1993, doi:10.1109/78.258082, with particles as the atoms).</remarks>
internal sealed class Leftovers(SegmentationPlan plan, Population[] populations)
{
    private const int MostAFrame = 12;
    private const double PixelsAcross = 10;
    private const double LeastOfTypical = 0.4;
    private const double SmoothingShare = 0.45;
    private const double Apart = 0.4;
    private const int Elsewhere = 1 << 20;

    // Who was found is followed by memory: after the first frames a look now and then finds the newcomers.
    private const int FirstFrames = 8;
    private const int LookEvery = 4;
    private const float LeastThrough = 0.08f;
    private long _frames;

    /// <summary>Proposes particles where too much is left over.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">Its segmentation.</param>
    /// <param name="kept">The particles so far.</param>
    /// <param name="fitter">Knows blur and zero.</param>
    public List<Hypothesis> Propose(Frame frame, Segmentation found, IReadOnlyList<Hypothesis> kept, FrameFitter fitter)
    {
        var proposals = new List<Hypothesis>();
        var side = Math.Sqrt(plan.TypicalArea);
        var turn = _frames++;
        if (side < 6 || (turn >= FirstFrames && turn % LookEvery != 0))
        {
            return proposals;
        }

        var bin = Math.Max(1, (int)Math.Round(side / PixelsAcross));
        using var rest = Rest(frame, found, kept, fitter.Pose, bin);
        using var smooth = new Mat();
        var kernel = Math.Max(1, (int)Math.Round(SmoothingShare * side / bin));
        Cv2.BoxFilter(rest, smooth, MatType.CV_32FC1, new Size(kernel, kernel), borderType: BorderTypes.Reflect101);
        var least = LeastOfTypical * plan.Contrast;
        foreach (var (x, y, value) in Peaks(smooth, (float)least, Apart * side / bin))
        {
            var half = side / 2;
            double px = (x * bin) + ((bin - 1) / 2.0), py = (y * bin) + ((bin - 1) / 2.0);
            var atBorder = px < half || py < half || px > frame.Width - 1 - half || py > frame.Height - 1 - half;
            var blob = new Blob(Elsewhere + proposals.Count, px, py, plan.TypicalArea, half, half, 0, plan.Contrast, atBorder)
            {
                Layer = plan.Layers == 2 ? 1 : 0,
                Score = Math.Min(1, value / plan.Contrast),
            };
            var guess = RecordingCalibrator.GuessPose(blob, plan.Dark);
            if (populations[guess.Layer].Dominant is { } usual && populations[guess.Layer].Prior(usual) is { } size)
            {
                guess = guess with { Kind = usual, S1 = size.S1, S2 = size.S2, Contrast = size.Contrast };
            }

            proposals.Add(new Hypothesis { Blob = blob, Whole = false, Pose = guess });
            if (proposals.Count == MostAFrame)
            {
                break;
            }
        }

        return proposals;
    }

    // 1 - data / (background x what the particles let through), positive where it is darker than they explain (brighter, for bright ones).
    private unsafe Mat Rest(Frame frame, Segmentation found, IReadOnlyList<Hypothesis> kept, PoseFitter fitter, int bin)
    {
        var model = ArrayPool<float>.Shared.Rent(frame.Height * frame.Width);
        model.AsSpan(0, frame.Height * frame.Width).Fill(1);
        foreach (var hypothesis in kept)
        {
            Multiply(hypothesis.Drawn, fitter.Blurs, frame, model);
        }

        var work = WorkImage.Bin(frame, bin, fitter.ZeroCounts);
        int rows = work.Rows, columns = work.Cols;
        var whole = 1f / (bin * bin);
        for (var y = 0; y < rows; y++)
        {
            var line = (float*)work.Ptr(y);
            for (var x = 0; x < columns; x++)
            {
                var through = 0f;
                for (var j = 0; j < bin; j++)
                {
                    for (var i = 0; i < bin; i++)
                    {
                        through += model[(((y * bin) + j) * frame.Width) + (x * bin) + i];
                    }
                }

                // Under several particles hardly a count is left to tell from.
                through = Math.Max(LeastThrough, through * whole);
                var level = (float)found.Background.At((x * bin) + ((bin - 1) / 2.0), (y * bin) + ((bin - 1) / 2.0));
                var left = 1 - (line[x] / (level * through));
                line[x] = plan.Dark ? left : -left;
            }
        }

        ArrayPool<float>.Shared.Return(model);
        return work;
    }

    private static void Multiply(in ShapePose pose, EdgeBlur blurs, Frame frame, float[] model)
    {
        var blur = blurs.Of(pose.Layer);
        var box = FitBox.Around(pose, EdgeProfile.Limit * blur);
        var coverage = ArrayPool<float>.Shared.Rent(box.Count);
        ShapeRenderer.Draw(pose, blur, box, coverage.AsSpan(0, box.Count), [], 0);
        var x0 = Math.Max(0, box.X0);
        var x1 = Math.Min(frame.Width, box.X0 + box.Width);
        for (var y = Math.Max(0, box.Y0); y < Math.Min(frame.Height, box.Y0 + box.Height) && x1 > x0; y++)
        {
            var line = coverage.AsSpan(((y - box.Y0) * box.Width) + x0 - box.X0, x1 - x0);
            TensorPrimitives.Multiply(line, -(float)pose.Contrast, line);
            TensorPrimitives.Add(line, 1f, line);
            var target = model.AsSpan((y * frame.Width) + x0, x1 - x0);
            TensorPrimitives.Multiply(target, line, target);
        }

        ArrayPool<float>.Shared.Return(coverage);
    }

    private static unsafe List<(int X, int Y, float Value)> Peaks(Mat image, float least, double apart)
    {
        int rows = image.Rows, columns = image.Cols;
        var high = new List<(int X, int Y, float Value)>();
        for (var y = 0; y < rows; y++)
        {
            var line = (float*)image.Ptr(y);
            for (var x = 0; x < columns; x++)
            {
                if (line[x] > least)
                {
                    high.Add((x, y, line[x]));
                }
            }
        }

        high.Sort((a, b) => a.Value != b.Value ? b.Value.CompareTo(a.Value) : a.Y != b.Y ? a.Y.CompareTo(b.Y) : a.X.CompareTo(b.X));
        var peaks = new List<(int X, int Y, float Value)>();
        foreach (var one in high)
        {
            if (peaks.TrueForAll(p => Math.Pow(p.X - one.X, 2) + Math.Pow(p.Y - one.Y, 2) > apart * apart))
            {
                peaks.Add(one);
                if (peaks.Count == MostAFrame)
                {
                    break;
                }
            }
        }

        return peaks;
    }
}
