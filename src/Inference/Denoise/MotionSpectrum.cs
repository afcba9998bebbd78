namespace LiveLtem.Inference.Denoise;

/// <summary>How strong the picture and its noise are at each spatial frequency, and how fast the picture changes there.</summary>
/// <remarks>The picture is a sum of parts that forget themselves at fixed rates: part k keeps exp(-1/T_k) of itself from frame to frame, and has
/// variance P_k a coefficient; the noise N is what no two frames share. The camera's fixed
/// pattern rests too, but does not fade towards high frequencies as everything does that came through the lens: that is how it is told apart.</remarks>
public sealed class MotionSpectrum
{
    /// <summary>Frames after which each part has forgotten all but 1/e of itself; the last stands for what does not move.</summary>
    public static IReadOnlyList<double> Times { get; } = [3, 10, 35, 100];

    /// <summary>Parts of the picture.</summary>
    public static int Parts => 4;

    /// <summary>Variance of the noise a coefficient, by ring.</summary>
    public IList<double> Noise { get; } = new double[FrequencyBins.Count];

    /// <summary>Variance of each part of the picture a coefficient, [ring][part].</summary>
    public IReadOnlyList<double[]> Power { get; } = [.. Enumerable.Range(0, FrequencyBins.Count).Select(_ => new double[Parts])];

    /// <summary>Variance a coefficient of the camera's own fixed pattern (what is left of pixel gains), the same at all frequencies; it is no part of the picture.</summary>
    public double Pattern { get; set; }

    /// <summary>What a part keeps of itself over some frames.</summary>
    public static double Kept(int part, long frames) => Math.Exp(-frames / Times[part]);

    /// <summary>Standard deviation of the noise of one pixel.</summary>
    /// <param name="modes">Coefficients of the frame in each ring.</param>
    public double NoiseRms(ReadOnlySpan<int> modes)
    {
        var (sum, all) = (0.0, 0);
        for (var bin = 0; bin < modes.Length; bin++)
        {
            sum += modes[bin] * Noise[bin];
            all += modes[bin];
        }

        return Math.Sqrt(sum / Math.Max(1, all));
    }
}
