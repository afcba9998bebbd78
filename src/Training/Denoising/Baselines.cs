using System.Numerics.Tensors;
using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scoring;
using OpenCvSharp;

namespace LiveLtem.Training.Denoising;

/// <summary>What others do, each given the parameters that suit the clean movie best, which nobody has at the microscope.</summary>
internal sealed class Baselines(IReadOnlyList<float[]> raw, IReadOnlyList<float[]> clean, int height, int width)
{
    private const int Reach = 15;
    private const double WipedPx = 16;
    private readonly double _noise = Noise(raw);

    /// <summary>All of them on every so many frames.</summary>
    /// <param name="every">1 for all frames.</param>
    /// <param name="tell">Gets a line for each.</param>
    public IEnumerable<BaselineResult> All(int every, Action<string> tell)
    {
        yield return new BaselineResult("raw", Score(t => raw[t], every));
        yield return Best("temporal mean over 31 frames", [0.0], (t, _) => Temporal(t, 1e9), every, tell);
        yield return Best("temporal median over 31 frames", [0.0], (t, _) => Median(t), every * 4, tell);
        yield return Best("Gaussian, sigma {0} px", [1.5, 2.5, 4, 6, 9], (t, s) => Blurred(raw[t], s), every, tell);
        yield return Best("total variation, weight {0} x noise", [1, 2, 4, 8], (t, w) => TotalVariation(raw[t], w * _noise), every * 4, tell);
        yield return Best("non-local means, h {0} x noise", [0.6, 1, 1.5], (t, h) => NonLocal(raw[t], h), every * 8, tell);
        var spatial = new[] { 1, 1.5, 2.5, 3.5, 5 };
        BaselineResult? best = null;
        foreach (var frames in new[] { 1.5, 2.5, 4, 6, 8, 12 })
        {
            var next = Best($"3-D Gaussian over +-15 frames, sigma {frames} frames, {{0}} px", spatial, (t, s) => Blurred(Temporal(t, frames), s), every, tell);
            best = best is null || next.Score.DetailCorrelation > best.Score.DetailCorrelation ? next : best;
        }

        yield return best!;
        yield return new BaselineResult("control: clean, wiped by a blur of 16 px", Score(t => Blurred(clean[t], WipedPx), every));
    }

    /// <summary>Scores frames of anyone's making.</summary>
    public PictureScore Score(Func<int, float[]> shown, int every)
    {
        var scorer = new PictureScorer(height, width);
        for (var t = 0; t < raw.Count; t += every)
        {
            scorer.Add(clean[t], shown(t));
        }

        return scorer.Score();
    }

    /// <summary>What this program makes of it, judged on all frames: of every twentieth, the first one, which has no past to go by, would weigh twenty times too much.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="model">Its network; null for the linear filter alone.</param>
    /// <param name="looksAhead">Whether later frames count.</param>
    public BaselineResult Ours(string name, string? model, bool looksAhead)
    {
        var scorer = new PictureScorer(height, width);
        OwnMethods.Run(raw, height, width, model, looksAhead, (t, shown) => scorer.Add(clean[t], shown));
        return new BaselineResult(name, scorer.Score());
    }

    private BaselineResult Best(string name, IReadOnlyList<double> parameters, Func<int, double, float[]> filter, int every, Action<string> tell)
    {
        BaselineResult? best = null;
        foreach (var parameter in parameters)
        {
            var score = Score(t => filter(t, parameter), every);
            if (best is null || score.DetailCorrelation > best.Score.DetailCorrelation)
            {
                best = new BaselineResult(string.Format(System.Globalization.CultureInfo.InvariantCulture, name, parameter), score);
            }
        }

        tell(FormattableString.Invariant($"{best!.Name}: {best.Score.DetailCorrelation:F3}"));
        return best;
    }

    private float[] Temporal(int t, double sigma)
    {
        var sum = new float[height * width];
        var weights = 0.0;
        for (var other = Math.Max(0, t - Reach); other <= Math.Min(raw.Count - 1, t + Reach); other++)
        {
            var weight = Math.Exp(-0.5 * (other - t) * (other - t) / (sigma * sigma));
            TensorPrimitives.MultiplyAdd(raw[other], (float)weight, sum, sum);
            weights += weight;
        }

        TensorPrimitives.Multiply(sum, (float)(1 / weights), sum);
        return sum;
    }

    private float[] Median(int t)
    {
        var (first, last) = (Math.Max(0, t - Reach), Math.Min(raw.Count - 1, t + Reach));
        var values = new float[last - first + 1];
        var shown = new float[height * width];
        for (var i = 0; i < shown.Length; i++)
        {
            for (var other = first; other <= last; other++)
            {
                values[other - first] = raw[other][i];
            }

            Array.Sort(values);
            shown[i] = values[values.Length / 2];
        }

        return shown;
    }

    private float[] Blurred(float[] picture, double sigma)
    {
        var shown = (float[])picture.Clone();
        new GaussianBlur(sigma).Apply(shown, height, width);
        return shown;
    }

    // Chambolle 2004, doi:10.1023/B:JMIV.0000011325.36760.1e: fixed point on the dual field.
    private float[] TotalVariation(float[] picture, double weight)
    {
        const double Step = 0.248;
        const int Rounds = 60;
        var (px, py, divergence) = (new float[picture.Length], new float[picture.Length], new float[picture.Length]);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < picture.Length; i++)
            {
                var (x, y) = (i % width, i / width);
                divergence[i] = px[i] - (x > 0 ? px[i - 1] : 0) + py[i] - (y > 0 ? py[i - width] : 0) - (float)(picture[i] / weight);
            }

            for (var i = 0; i < picture.Length; i++)
            {
                var gx = i % width < width - 1 ? divergence[i + 1] - divergence[i] : 0;
                var gy = i / width < height - 1 ? divergence[i + width] - divergence[i] : 0;
                var scale = (float)(1 / (1 + (Step * Math.Sqrt((gx * gx) + (gy * gy)))));
                px[i] = (px[i] + (float)(Step * gx)) * scale;
                py[i] = (py[i] + (float)(Step * gy)) * scale;
            }
        }

        var shown = new float[picture.Length];
        for (var i = 0; i < picture.Length; i++)
        {
            var (x, y) = (i % width, i / width);
            shown[i] = picture[i] - (float)(weight * (px[i] - (x > 0 ? px[i - 1] : 0) + py[i] - (y > 0 ? py[i - width] : 0)));
        }

        return shown;
    }

    // OpenCV's takes bytes: 8 standard deviations of noise over the range.
    private float[] NonLocal(float[] picture, double strength)
    {
        var mean = TensorPrimitives.Sum<float>(picture) / picture.Length;
        var gain = 255 / (8 * _noise);
        using var floats = Mat.FromPixelData(height, width, MatType.CV_32FC1, picture);
        using var bytes = new Mat();
        floats.ConvertTo(bytes, MatType.CV_8UC1, gain, 128 - (mean * gain));
        using var denoised = new Mat();
        Cv2.FastNlMeansDenoising(bytes, denoised, (float)(strength * _noise * gain), 7, 21);
        using var back = new Mat();
        denoised.ConvertTo(back, MatType.CV_32FC1, 1 / gain, mean - (128 / gain));
        back.GetArray(out float[] shown);
        return shown;
    }

    private static double Noise(IReadOnlyList<float[]> raw)
    {
        var difference = new float[raw[0].Length];
        TensorPrimitives.Subtract(raw[^1], raw[^2], difference);
        return TensorPrimitives.StdDev<float>(difference) / Math.Sqrt(2);
    }
}
