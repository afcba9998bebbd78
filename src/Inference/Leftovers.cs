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
    private const int MostAFrame = 40;
    private const double PixelsAcross = 10;
    private const double LeastOfTypical = 0.4;
    private const double SmoothingShare = 0.45;
    private const double Apart = 0.4;
    private const int Elsewhere = 1 << 20;

    // Who was found is followed by memory: after the first frames a look now and then finds the newcomers.
    private const int FirstFrames = 8;
    private const int LookEvery = 4;
    private const int FirstRounds = 3;
    private const float LeastThrough = 0.08f;
    private long _frames;

    /// <summary>How often to look in the next frame: first again and again, then, since memory follows who was found, now and then for newcomers.</summary>
    public int Rounds() => _frames++ is var turn && turn < FirstFrames ? FirstRounds : turn % LookEvery == 0 ? 1 : 0;

    /// <summary>Proposes particles where too much is left over.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="kept">The particles so far.</param>
    /// <param name="fitter">Knows blur and zero.</param>
    public List<Hypothesis> Propose(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> kept, FrameFitter fitter)
    {
        var proposals = new List<Hypothesis>();
        var side = Math.Sqrt(plan.TypicalArea);
        if (side < 6)
        {
            return proposals;
        }

        var bin = Math.Max(1, (int)Math.Round(side / PixelsAcross));
        using var rest = Rest(frame, background, kept, fitter.Pose, bin);
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
    private unsafe Mat Rest(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> kept, PoseFitter fitter, int bin)
    {
        using var light = new ParticleLight(frame, kept, fitter.Blurs);
        var work = WorkImage.Bin(frame, bin, fitter.ZeroCounts);
        int rows = work.Rows, columns = work.Cols;
        for (var y = 0; y < rows; y++)
        {
            var line = (float*)work.Ptr(y);
            for (var x = 0; x < columns; x++)
            {
                // Under several particles hardly a count is left to tell from.
                var through = Math.Max(LeastThrough, light.Mean(x * bin, y * bin, bin));
                var level = (float)background.At((x * bin) + ((bin - 1) / 2.0), (y * bin) + ((bin - 1) / 2.0));
                var left = 1 - (line[x] / (level * through));
                line[x] = plan.Dark ? left : -left;
            }
        }

        return work;
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
